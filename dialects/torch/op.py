"""The class of all operations of the `torch` dialect."""

from __future__ import annotations

from abc import ABC

from ..framework import FrameworkOp


class TorchOp(FrameworkOp, ABC):
    """
    A node of an exported torch program; see `FrameworkOp`.

    ```mlir
    %y = torch.aten.conv2d.default(%x, %w) {padding = [1, 1], nodes = ["conv1"]}
      : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
    ```
    """

    @property
    def operator(self) -> str:
        """What torch calls the operator: `aten.conv2d.default`."""
        return self.name.partition(".")[2]
