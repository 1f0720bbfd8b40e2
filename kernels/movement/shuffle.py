"""
`engine.shuffle`: channels of groups interleaved.

On blocks of W channels (`aBcd16b`) each vector of the result is put together from the vectors of
its pixel that hold its lanes, with one shuffle for each but the first. Blocks that are `groups`
apart need the same lanes of vectors that are one block apart, so there is code for `groups`
blocks and for the last one where it is not full. Without blocks it is a strided copy.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine.base import byte_extent_of, shape_of
from ...dialects.engine.shuffle import ShuffleOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag
from ..common.strided_view import is_strided
from ..template import Kernel, LayoutChoice, Template
from .copies import is_known, row_major
from .copies_plan import CopiesPlan, copy_chunks
from .copies_writer import CopiesWriter
from .shuffle_plan import ShufflePlan, block_lanes, strided_copy
from .shuffle_writer import ShuffleWriter


class ShuffleTemplate(Template[ShuffleOp, CopiesPlan | ShufflePlan]):
    """Interleaved channels in blocks of a vector, or in any layout without blocks."""

    OP = ShuffleOp
    GENERAL = True

    def supports(self, op: ShuffleOp, target: Target) -> bool:
        return is_known(op)

    def layouts(self, op: ShuffleOp, target: Target) -> Sequence[LayoutChoice]:
        choices = row_major(op, target)
        if lanes := block_lanes(op, target):
            data = blocked_tag(len(shape_of(op.input)), 1, lanes)
            choices.append(LayoutChoice((data,), (data,), choices[0].seconds))
        return choices

    def plan(self, op: ShuffleOp, target: Target) -> CopiesPlan | ShufflePlan | None:
        chunks = copy_chunks(byte_extent_of(op.destinations[0]), target, even=True)
        if all(map(is_strided, (op.sources[0], op.destinations[0]))):
            return CopiesPlan(op, (strided_copy(op),), chunks)
        return ShufflePlan.of(op, target, chunks)

    def write(self, plan: CopiesPlan | ShufflePlan, name: str, builder: KernelBuilder) -> Kernel:
        if isinstance(plan, CopiesPlan):
            return CopiesWriter(plan, name, builder).write()
        return ShuffleWriter(plan, name, builder).write()
