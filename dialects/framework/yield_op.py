"""The terminator of subgraphs; each dialect names its own."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation, traits_def, var_operand_def
from xdsl.traits import IsTerminator, Pure


class FrameworkYield(IRDLOperation, ABC):
    """Ends a subgraph and names its outputs. A dialect calls its own `DIALECT.Yield`."""

    outputs = var_operand_def()

    traits = traits_def(IsTerminator(), Pure())

    assembly_format = "attr-dict ($outputs^ `:` type($outputs))?"

    def __init__(self, outputs: Sequence[SSAValue]):
        super().__init__(operands=[outputs])
