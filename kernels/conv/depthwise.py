"""
Depthwise convolution in blocks or with channels last, register-tiled; small groups likewise.

Each channel has a filter of its own, so W channels are W independent lanes: input and result
`aBcd16b` or, where channels fill vectors, both `acdb`; weight `Abcd16a`, pads zero (the buffer
holds them). A tile of R x T pixels loads each
input pixel once and adds it to every result it reaches:

    acc[r, t] += x[r * stride + i, t * stride + j] * w[i, j]

Small filters stay in registers whole; of larger ones the taps of one row at a time do.

Groups with as many results as channels, a number that divides W, lie whole in a vector. Channel c
of every group is then brought to all lanes of its group by one shuffle of the pixel, which all
results that the pixel reaches share:

    acc[r, t] += shuffle_c(x[r * stride + i, t * stride + j]) * w[c, i, j]      for each channel c
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine.base import element_of, rank_of, shape_of
from ...dialects.engine.contraction import ConvOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag, epilogue_tag
from ..template import Kernel, LayoutChoice, Template
from .blocked import ConvSizes, runs_in_blocks
from .depthwise_cost import CHANNELS_LAST_COST, depthwise_seconds
from .depthwise_plan import (
    DepthwisePlan,
    best_tile,
    channels_last_tag,
    depthwise_tag,
    packed_channels,
)
from .depthwise_writer import DepthwiseWriter


class DepthwiseTemplate(Template[ConvOp, DepthwisePlan]):
    """`engine.conv` with groups of one channel or of a few; see the module docstring."""

    OP = ConvOp
    GENERAL = True

    def supports(self, op: ConvOp, target: Target) -> bool:
        fits = runs_in_blocks(op, target)
        return fits and packed_channels(op, target.lanes(element_of(op.input))) > 0

    def layouts(self, op: ConvOp, target: Target) -> Sequence[LayoutChoice]:
        rank, lanes = rank_of(op.input), target.lanes(element_of(op.input))
        sizes = ConvSizes.of(op)
        seconds = depthwise_seconds(sizes, sizes.blocks(lanes), best_tile(op, target), target)
        data, weight = blocked_tag(rank, 1, lanes), depthwise_tag(rank, lanes)
        epilogue = [epilogue_tag(v, rank, lanes) for v in op.epilogue_operands]
        blocked = LayoutChoice((data, weight, *epilogue), (data,), seconds)
        if shape_of(op.weight)[0] % lanes:
            return [blocked]
        last = channels_last_tag(rank)
        epilogue = [channels_last_tag(rank, rank_of(v)) for v in op.epilogue_operands]
        slower = CHANNELS_LAST_COST * seconds
        return [blocked, LayoutChoice((last, weight, *epilogue), (last,), slower)]

    def plan(self, op: ConvOp, target: Target) -> DepthwisePlan | None:
        return DepthwisePlan.of(op, target)

    def write(self, plan: DepthwisePlan, name: str, builder: KernelBuilder) -> Kernel:
        return DepthwiseWriter(plan, name, builder).write()
