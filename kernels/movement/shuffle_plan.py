"""How channels of groups are interleaved: see `shuffle.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.shuffle import ShuffleOp
from ...runtime.size import Extent, Size, floordiv, numbers_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..common.physical_boxes import Box
from ..common.strided_view import Axis, is_strided, logical_strides
from ..template import Plan, PlanEntry
from .copies_plan import Copy

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


def block_lanes(op: ShuffleOp, target: Target) -> int:
    """Lanes of a block, 0 where the channels cannot be shuffled in blocks."""
    element, shape = element_of(op.input), extents_of(op.input)
    if not isinstance(element, Float32Type | Float64Type) or len(shape) not in (3, 4):
        return 0
    if isinstance(shape[1], Size):
        return 0
    lanes = target.lanes(element)
    groups = op.group_count
    if lanes < 2 or groups * min(lanes, 2 * groups) > MOST_SHUFFLES:
        return 0
    return lanes


def strided_copy(op: ShuffleOp) -> Copy:
    """The shuffle as a copy between tensors without blocks."""
    source, result = op.sources[0], op.destinations[0]
    (images, channels, *sizes), groups = extents_of(source), op.group_count
    read, write = logical_strides(source), logical_strides(result)
    of_group = floordiv(channels, groups)
    pixels = zip(sizes, zip(read[2:], write[2:], strict=True), strict=True)
    axes = [
        Axis(images, (read[0], write[0])),
        Axis(of_group, (read[1], write[1] * groups)),
        Axis(groups, (read[1] * of_group, write[1])),
        *(Axis(*axis) for axis in pixels),
    ]
    return Copy(0, (Box(tuple(axes), (0, 0)),))


@dataclass(frozen=True)
class ShufflePlan(Plan):
    """
    A shuffle on blocks of channels: the views of operand and result.

    Images, rows and columns may be values.
    """

    op: ShuffleOp
    input: ChannelBlocks
    result: ChannelBlocks
    chunks: Extent

    @staticmethod
    def of(op: ShuffleOp, target: Target, chunks: Extent) -> ShufflePlan | None:
        """None where operand and result do not lie in blocks of a vector."""
        values, lanes = (op.sources[0], op.destinations[0]), block_lanes(op, target)
        if not lanes or any(map(is_strided, values)):
            return None
        rank = rank_of(op.sources[0])
        source, result = (channel_blocks(v, rank, lanes) for v in values)
        if source is None or result is None:
            return None
        return ShufflePlan(op, source, result, chunks)

    @property
    def channels(self) -> int:
        """Channels of all groups."""
        return numbers_of(extents_of(self.op.input)[1:2])[0]

    @property
    def patterns(self) -> dict[int, Lanes]:
        """By first block: how vectors are put together, every `groups` blocks in the same way."""
        channels, groups, lanes = self.channels, self.op.group_count, self.result.lanes
        full = channels // lanes
        firsts = [*range(min(groups, full)), *([full] if self.result.blocks > full else [])]
        return {first: Lanes.of(first, channels, groups, lanes) for first in firsts}

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes of a block, patterns of lanes, and the most vectors that one of them reads."""
        patterns = self.patterns.values()
        return {
            "lanes": self.result.lanes,
            "patterns": len(patterns),
            "vectors_read": max((len(p.blocks) for p in patterns), default=0),
        }
