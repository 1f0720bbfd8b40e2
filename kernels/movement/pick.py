"""
`engine.pick`: channels of several tensors in any order.

On blocks of W channels (`aBcd16b`) each vector of the result is put together from the vectors of
its pixel that hold its lanes, with one shuffle for each but the first. Without blocks, channels in
equal steps are one strided copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, Float64Type

from ...dialects.engine.base import byte_extent_of, element_of, extents_of, rank_of
from ...dialects.engine.pick import PickOp
from ...runtime.size import Extent
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..common.chunking import each_of
from ..common.copy_boxes import Run, whole
from ..common.physical_boxes import Box
from ..common.strided_view import Axis, is_strided, logical_strides
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
)
from .copies import is_known, row_major
from .copies_plan import CopiesPlan, Copy, copy_chunks
from .copies_writer import CopiesWriter
from .shuffle_plan import Lanes

MOST_VECTORS = 480
"""That a pixel's result is put together from in blocks: each is an operation or two."""

Progression = tuple[int, int, int, int, int]
"""Channels in equal steps: (count, first and step in the result, first and step in the input)."""


def progressions(places: Sequence[tuple[int, int]], number: int) -> list[Progression]:
    """The channels that the result has of an input, in as few equal steps as are found in order."""
    own = [(at, channel) for at, (source, channel) in enumerate(places) if source == number]
    found: list[Progression] = []
    while own:
        steps = (1, 1)
        count = 1
        if len(own) > 1:
            steps = (own[1][0] - own[0][0], own[1][1] - own[0][1])
            while (
                count < len(own)
                and (
                    own[count][0] - own[count - 1][0],
                    own[count][1] - own[count - 1][1],
                )
                == steps
            ):
                count += 1
        found.append((count, own[0][0], steps[0], own[0][1], steps[1]))
        own = own[count:]
    return found


def block_lanes(op: PickOp, target: Target) -> int:
    """Lanes of a block, 0 where the channels cannot be put together in blocks."""
    element, rank = element_of(op.sources[0]), rank_of(op.sources[0])
    if not isinstance(element, Float32Type | Float64Type) or rank not in (3, 4):
        return 0
    lanes = target.lanes(element)
    vectors = sum(len(pattern.blocks) for pattern in _patterns(op, lanes))
    return lanes if lanes > 1 and vectors <= MOST_VECTORS else 0


def _patterns(op: PickOp, lanes: int) -> list[Lanes]:
    """
    How each vector of the result is put together; a block is numbered by its input, and its own
    number in that.
    """
    places = op.places
    starts = [0]
    for value in op.inputs:
        [count] = [n for n in extents_of(value)[1:2] if isinstance(n, int)]
        starts.append(starts[-1] + -(-count // lanes))
    found: list[Lanes] = []
    for first in range(0, len(places), lanes):
        wanted = places[first : first + lanes]
        # Lanes beyond the channels repeat the first one.
        wanted = [*wanted, *[wanted[0]] * (lanes - len(wanted))]
        sources = [starts[number] * lanes + channel for number, channel in wanted]
        blocks = tuple(dict.fromkeys(s // lanes for s in sources))
        found.append(Lanes(blocks, tuple((blocks.index(s // lanes), s % lanes) for s in sources)))
    return found


@dataclass(frozen=True)
class PickPlan(Plan):
    """Channels on blocks of a vector: the views of inputs and result."""

    op: PickOp
    inputs: tuple[ChannelBlocks, ...]
    result: ChannelBlocks
    chunks: Extent

    @staticmethod
    def of(op: PickOp, target: Target, chunks: Extent) -> PickPlan | None:
        """None where inputs and result do not all lie in blocks of a vector."""
        lanes, rank = block_lanes(op, target), rank_of(op.sources[0])
        if not lanes:
            return None
        views = [channel_blocks(v, rank, lanes) for v in (*op.sources, op.destinations[0])]
        known = [view for view in views if view is not None]
        if len(known) < len(views):
            return None
        return PickPlan(op, tuple(known[:-1]), known[-1], chunks)

    @property
    def patterns(self) -> list[Lanes]:
        """How each vector is put together."""
        return _patterns(self.op, self.result.lanes)

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes of a block, vectors of a pixel's result, and the most that one of them reads."""
        patterns = self.patterns
        return {
            "lanes": self.result.lanes,
            "vectors": len(patterns),
            "vectors_read": max((len(p.blocks) for p in patterns), default=0),
        }


class PickTemplate(Template[PickOp, CopiesPlan | PickPlan]):
    """Channels in blocks of a vector, or in any layout."""

    OP = PickOp
    GENERAL = True

    def supports(self, op: PickOp, target: Target) -> bool:
        return is_known(op)

    def layouts(self, op: PickOp, target: Target) -> Sequence[LayoutChoice]:
        choices = row_major(op, target)
        if lanes := block_lanes(op, target):
            data = blocked_tag(rank_of(op.sources[0]), 1, lanes)
            choices.append(LayoutChoice((data,) * len(op.sources), (data,), choices[0].seconds))
        return choices

    def plan(self, op: PickOp, target: Target) -> CopiesPlan | PickPlan | None:
        chunks = copy_chunks(byte_extent_of(op.destinations[0]), target, even=True)
        values = [*op.sources, op.destinations[0]]
        if all(map(is_strided, values)):
            copies = [_strided_copy(op, number) for number in range(len(op.inputs))]
            return CopiesPlan(op, tuple(c for c in copies if c.boxes), chunks)
        found = PickPlan.of(op, target, chunks)
        return found or CopiesPlan(op, tuple(_copies(op)), chunks)

    def write(self, plan: CopiesPlan | PickPlan, name: str, builder: KernelBuilder) -> Kernel:
        if isinstance(plan, CopiesPlan):
            return CopiesWriter(plan, name, builder).write()
        return write_blocks(plan, name, builder)


def _strided_copy(op: PickOp, number: int) -> Copy:
    """What is read of one input, between tensors without blocks."""
    source, result = op.sources[number], op.destinations[0]
    images, _, *sizes = extents_of(result)
    read, write = logical_strides(source), logical_strides(result)
    pixels = [Axis(n, (r, w)) for n, r, w in zip(sizes, read[2:], write[2:], strict=True)]
    boxes = [
        Box(
            (
                Axis(images, (read[0], write[0])),
                Axis(count, (read[1] * step, write[1] * step_there)),
                *pixels,
            ),
            (read[1] * channel, write[1] * at),
        )
        for count, at, step_there, channel, step in progressions(op.places, number)
    ]
    return Copy(number, tuple(boxes))


def _copies(op: PickOp) -> list[Copy]:
    """What is read of each input, whatever lies where."""
    found: list[Copy] = []
    for number in range(len(op.inputs)):
        own = progressions(op.places, number)
        runs = whole(extents_of(op.destinations[0]))
        runs[1] = [
            Run(at + i * there, 1, channel + i * step)
            for count, at, there, channel, step in own
            for i in range(count)
        ]
        if runs[1]:
            found.append(Copy.of(op, number, runs))
    return found


def write_blocks(plan: PickPlan, name: str, b: KernelBuilder) -> Kernel:
    """Add the kernel of channels on blocks to the module."""
    result, lanes = plan.result, plan.result.lanes
    where = [(number, at) for number, view in enumerate(plan.inputs) for at in range(view.blocks)]
    with kernel_function(b, name, plan.op, chunks=plan.chunks) as arguments:
        chunk, *memories, target = arguments
        sources = [view.cast(b, m) for view, m in zip(plan.inputs, memories, strict=True)]
        y = result.cast(b, target)
        with each_of(b, (result.images, result.rows), chunk, plan.chunks) as (image, row):
            for block, pattern in enumerate(plan.patterns):
                with b.loop(0, result.columns) as loop:
                    vectors = [
                        b.vload(sources[number], (image, at, row, loop.index, 0), lanes)
                        for number, at in (where[found] for found in pattern.blocks)
                    ]
                    combined = pattern.combine(b, vectors)
                    b.vstore(combined, y, (image, block, row, loop.index, 0))
    return Kernel(plan.chunks)
