"""
`engine.shuffle`: channels of groups interleaved.

On blocks of W channels (`aBcd16b`) each vector of the result is put together from the vectors of
its pixel that hold its lanes, with one shuffle for each but the first. Blocks that are `groups`
apart need the same lanes of vectors that are one block apart, so there is code for `groups`
blocks and for the last one where it is not full. Without blocks it is a strided copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine.base import EngineOp, element_of, shape_of
from ...dialects.engine.shuffle import ShuffleOp
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.blocked_operands import blocked_tag
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..common.chunking import each_of
from ..common.physical_boxes import Box
from ..common.strided_view import Axis, is_strided, logical_strides
from ..template import LayoutChoice
from .copies import Copies, MovementTemplate

MOST_SHUFFLES = 160
"""Of all groups: each is an operation or two."""


@dataclass(frozen=True)
class Lanes:
    """A vector of the result: the blocks it reads, and of each lane (number of block, lane)."""

    blocks: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    @staticmethod
    def of(block: int, channels: int, groups: int, lanes: int) -> Lanes:
        """Vector number `block`; lanes beyond the channels repeat the first one."""
        first = block * lanes
        wanted = [c if c < channels else first for c in range(first, first + lanes)]
        sources = [c % groups * (channels // groups) + c // groups for c in wanted]
        blocks = tuple(dict.fromkeys(s // lanes for s in sources))
        return Lanes(blocks, tuple((blocks.index(s // lanes), s % lanes) for s in sources))

    def combine(self, b: KernelBuilder, vectors: Sequence[SSAValue]) -> SSAValue:
        """The vector of the result from those of `blocks`."""
        lanes = len(self.places)
        if len(vectors) == 1:
            return b.shuffle(vectors[0], vectors[0], [lane for _, lane in self.places])
        # Each shuffle keeps what is in place and brings the lanes of one more vector.
        found = b.shuffle(
            vectors[0],
            vectors[1],
            [lane + lanes * (number == 1) for number, lane in self.places],
        )
        for more, vector in enumerate(vectors[2:], 2):
            mask = [lanes + lane if n == more else i for i, (n, lane) in enumerate(self.places)]
            found = b.shuffle(found, vector, mask)
        return found


class ShuffleTemplate(MovementTemplate):
    """Interleaved channels in blocks of a vector, or in any layout without blocks."""

    OPERATION = ShuffleOp

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        choices = [
            LayoutChoice((None,), (None,), choice.seconds) for choice in super().layouts(op, target)
        ]
        if choices and (lanes := _lanes(op, target)):
            data = blocked_tag(len(shape_of(op.sources[0])), 1, lanes)
            choices.append(LayoutChoice((data,), (data,), choices[0].seconds))
        return choices

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not self._known(op):
            return False
        values = (op.sources[0], op.destinations[0])
        return all(map(is_strided, values)) or _blocks(op, target) is not None

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        assert isinstance(op, ShuffleOp)
        found = _blocks(op, copies.builder.target)
        if found is not None:
            _write_blocks(op, copies, *found)
            return
        source, target = op.sources[0], copies.target
        (images, channels, *sizes), groups = shape_of(source), op.group_count
        read, write = logical_strides(source), logical_strides(target)
        of_group = channels // groups
        axes = [
            Axis(images, (read[0], write[0])),
            Axis(of_group, (read[1], write[1] * groups)),
            Axis(groups, (read[1] * of_group, write[1])),
            *(
                Axis(*axis)
                for axis in zip(sizes, zip(read[2:], write[2:], strict=True), strict=True)
            ),
        ]
        copies.writer(0).write([Box(tuple(axes), (0, 0))])


def _lanes(op: EngineOp, target: Target) -> int:
    """Lanes of a block, 0 where the channels cannot be shuffled in blocks."""
    assert isinstance(op, ShuffleOp)
    element, shape = element_of(op.input), shape_of(op.input)
    if not isinstance(element, Float32Type | Float64Type) or len(shape) not in (3, 4):
        return 0
    lanes = target.lanes(element)
    groups = op.group_count
    if lanes < 2 or groups * min(lanes, 2 * groups) > MOST_SHUFFLES:
        return 0
    return lanes


def _blocks(op: EngineOp, target: Target) -> tuple[ChannelBlocks, ChannelBlocks] | None:
    """Operand and result where both lie in blocks of a vector."""
    values = (op.sources[0], op.destinations[0])
    lanes = _lanes(op, target)
    if not lanes or any(map(is_strided, values)):
        return None
    rank = len(shape_of(op.sources[0]))
    source, result = (channel_blocks(v, rank, lanes) for v in values)
    return None if source is None or result is None else (source, result)


def _write_blocks(
    op: ShuffleOp, copies: Copies, source: ChannelBlocks, result: ChannelBlocks
) -> None:
    b, channels, groups = copies.builder, shape_of(op.input)[1], op.group_count
    images, blocks, rows, columns, lanes = result.shape
    x, y = source.cast(b, copies.memories[0]), result.cast(b, copies.result)

    def vector(pattern: Lanes, step: Index, target: Index, image: Index, row: Index) -> None:
        """One block of a row of pixels; what it reads is `step` blocks behind the pattern."""
        with b.loop(0, columns) as loop:
            vectors = [
                b.vload(x, (image, b.add(block, step), row, loop.index, 0), lanes)
                for block in pattern.blocks
            ]
            b.vstore(pattern.combine(b, vectors), y, (image, target, row, loop.index, 0))

    full = channels // lanes
    with each_of(b, (images, rows), copies.chunk, copies.chunks) as (image, row):
        for first in range(min(groups, full)):
            pattern = Lanes.of(first, channels, groups, lanes)
            with b.loop(0, -(-(full - first) // groups)) as loop:
                block = b.add(b.mul(loop.index, groups), first)
                vector(pattern, loop.index, block, image, row)
        if blocks > full:
            vector(Lanes.of(full, channels, groups, lanes), 0, full, image, row)
