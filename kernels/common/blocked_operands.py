"""
The operands of a contraction on blocks of channels, seen together.

Convolutions of all kinds take their input, their epilogue operands and their result as
`[image, channel block, row, column, lane]` (`channel_blocks.py`) and finish each vector of sums in
the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute, Region, SSAValue

from ...dialects.engine.base import (
    dense_stride_extents_of,
    extents_of,
    stride_extents_of,
)
from ...dialects.engine.contraction import ContractionOp
from ...runtime.format_tag import FormatTag
from ...runtime.size import Extent, Size, is_one
from ..builder import Index, KernelBuilder
from ..template import storage_type
from .channel_blocks import BroadcastOperand, ChannelBlocks, Loaded, channel_blocks, to_storage
from .inline_region import inline_region


def blocked_tag(rank: int, axis: int, lanes: int) -> str:
    """`aBcd16b`: rank 4, blocks of 16 along axis 1."""
    return str(FormatTag(rank, tuple(range(rank)), ((axis, lanes),)))


def epilogue_tag(operand: SSAValue | Attribute, rank: int, lanes: int) -> str | None:
    """Layout of an epilogue operand: blocked along the channels where it has them."""
    shape = extents_of(operand)
    channel = 1 - (rank - len(shape))
    if channel < 0 or is_one(shape[channel]):
        return None
    return blocked_tag(len(shape), channel, lanes)


def is_dense(value: SSAValue) -> bool:
    """Whether a value fills its buffer without gaps."""
    return stride_extents_of(value) == dense_stride_extents_of(value)


@dataclass(frozen=True)
class BlockedOperands:
    """Views of the input, the epilogue operands and the result of one contraction."""

    input: ChannelBlocks
    epilogue: tuple[BroadcastOperand, ...]
    result: ChannelBlocks
    element: Attribute
    """Element type of the result."""

    @staticmethod
    def of(
        op: ContractionOp, rank: int, lanes: int, input_lanes: int | None = None
    ) -> BlockedOperands | None:
        """
        The views of a planned operation of `rank` in blocks of `lanes` channels, its input in
        blocks of `input_lanes` where these differ. None where an operand lies in another way.
        """
        [target] = op.target_types()
        source = channel_blocks(op.operands[0], rank, input_lanes or lanes)
        result = channel_blocks(target, rank, lanes)
        operands = [BroadcastOperand.of(v, rank, lanes) for v in op.epilogue_operands]
        found = tuple(o for o in operands if o is not None)
        if source is None or result is None or len(found) < len(operands):
            return None
        for operand in found:
            # A size of another name may turn out to be 1, and so one for all.
            pairs = zip(operand.view.extents, result.extents, strict=True)
            if any(isinstance(own, Size) and own != whole for own, whole in pairs):
                return None
        return BlockedOperands(source, found, result, target.element_type)

    def recut(self, pixels: Extent, rows: int) -> BlockedOperands | None:
        """All images as `rows` equal runs of one row of `pixels`; None where one has gaps."""
        source, result = self.input.recut(pixels, rows), self.result.recut(pixels, rows)
        views = [operand.view.recut(pixels, rows) for operand in self.epilogue]
        found = [view for view in views if view is not None]
        if source is None or result is None or len(found) < len(views):
            return None
        epilogue = tuple(
            BroadcastOperand(view, operand.element)
            for view, operand in zip(found, self.epilogue, strict=True)
        )
        return BlockedOperands(source, epilogue, result, self.element)

    @property
    def epilogue_names(self) -> list[str]:
        """What the epilogue operands are called in the code."""
        return [f"extra{i}" for i in range(len(self.epilogue))]

    def cast_epilogue(self, b: KernelBuilder, memories: Sequence[SSAValue]) -> list[SSAValue]:
        """The physical memrefs of the epilogue operands as their views."""
        return [o.view.cast(b, m) for o, m in zip(self.epilogue, memories, strict=True)]

    def epilogue_boxes(
        self,
        b: KernelBuilder,
        memories: Sequence[SSAValue],
        offsets: Sequence[Index],
        sizes: Sequence[Index],
    ) -> list[SSAValue]:
        """The part of each epilogue operand that belongs to a part of the result."""
        return [
            o.view.box(b, m, offsets, sizes) for o, m in zip(self.epilogue, memories, strict=True)
        ]

    def finish(
        self,
        b: KernelBuilder,
        region: Region | None,
        value: SSAValue,
        memories: Sequence[SSAValue],
        position: Sequence[Index],
        loaded: Loaded,
    ) -> SSAValue:
        """The epilogue `region` on one vector of sums: what is stored at `position`."""
        if region is None:
            return value
        operands = [
            o.load(b, m, position, self.result.lanes, loaded)
            for o, m in zip(self.epilogue, memories, strict=True)
        ]
        [value] = inline_region(b, region.block, [value, *operands])
        return to_storage(b, value, self.element, storage_type(self.element))
