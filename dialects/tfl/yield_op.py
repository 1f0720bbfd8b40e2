"""The terminator of subgraphs."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from ..framework import FrameworkYield


@irdl_op_definition
class YieldOp(FrameworkYield):
    """
    Ends a subgraph and names its outputs.

    ```mlir
    tfl.Yield %sum : tensor<4xf32>
    ```
    """

    name = "tfl.Yield"
