"""
Direct convolution with groups whose channels do not fill whole vectors.

Operands lie in blocks of W channels as for `direct.py`, whatever the groups are: input and result
`aBcd16b`, weight `Abcd16a` (panels of V*W output channels). A panel may so hold the end of one
group and the beginning of the next, and passes over its groups one by one:

    for panels of V*W output channels, for tiles of R x T pixels:      (or the other way round)
        acc[R, T, V] = 0
        for groups with results in the panel:
            for channels of the group, filter rows, filter columns:
                acc[r, t, v] += x[r, t] * w[v]    in the lanes of the group
        store epilogue(acc)

Lanes of other groups keep what they have: an infinity of one group reaches no other. The channels
of a group are found by number, so they may begin in the middle of a block.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine.base import element_of, rank_of
from ...dialects.engine.contraction import ConvOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag, epilogue_tag
from ..cost import typical
from ..template import Kernel, LayoutChoice, Template
from .blocked import ConvSizes, runs_in_blocks, weight_tag
from .depthwise_plan import is_depthwise
from .grouped_plan import GroupedPlan, choose_panels
from .grouped_writer import GroupedWriter
from .tiled_cost import tiled_seconds


class GroupedTemplate(Template[ConvOp, GroupedPlan]):
    """`engine.conv` with groups of any size; see the module docstring."""

    OP = ConvOp
    GENERAL = True

    def supports(self, op: ConvOp, target: Target) -> bool:
        return op.group_count > 1 and not is_depthwise(op) and runs_in_blocks(op, target)

    def layouts(self, op: ConvOp, target: Target) -> Sequence[LayoutChoice]:
        sizes, lanes = ConvSizes.of(op), target.lanes(element_of(op.input))
        rank, tiling = rank_of(op.input), choose_panels(sizes, lanes, target)
        data = blocked_tag(rank, 1, lanes)
        weight = weight_tag(rank, lanes, tiling.vectors * lanes, True)
        epilogue = (epilogue_tag(v, rank, lanes) for v in op.epilogue_operands)
        seconds = tiled_seconds(tiling, typical(sizes.images), target)
        return [LayoutChoice((data, weight, *epilogue), (data,), seconds)]

    def plan(self, op: ConvOp, target: Target) -> GroupedPlan | None:
        return GroupedPlan.of(op, target)

    def write(self, plan: GroupedPlan, name: str, builder: KernelBuilder) -> Kernel:
        return GroupedWriter(plan, name, builder).write()
