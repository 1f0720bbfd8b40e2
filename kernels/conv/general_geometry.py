"""Extents of a convolution of any rank."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...dialects.engine.base import extents_of
from ...dialects.engine.contraction import ConvolutionOp
from ...runtime.size import Extent, numbers_of

CHANNELS = 4
"""Output channels that share the loads of the input, where the groups allow."""


@dataclass(frozen=True)
class Geometry:
    """
    Extents of a convolution; `sizes` and so on have one entry for each spatial dimension.

    Images, sizes and extents may be values.
    """

    images: Extent
    groups: int
    channels: int
    outputs: int
    sizes: tuple[Extent, ...]
    extents: tuple[Extent, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]

    @staticmethod
    def of(op: ConvolutionOp) -> Geometry:
        """The extents of an operation; `channels` and `outputs` are those of one group."""
        images, channels, *sizes = extents_of(op.operands[0])
        _, outputs, *extents = extents_of(op.target_types()[0])
        channels, outputs = numbers_of((channels, outputs))
        rank, groups = len(extents), op.group_count
        return Geometry(
            images,
            groups,
            channels // groups,
            outputs // groups,
            tuple(sizes),
            tuple(extents),
            op.kernel,
            op.window("strides"),
            op.window("pads")[:rank],
            op.window("dilations"),
        )

    @cached_property
    def together(self) -> int:
        """Output channels of a row buffer: a divisor of those of a group."""
        return next(n for n in range(CHANNELS, 0, -1) if self.outputs % n == 0)
