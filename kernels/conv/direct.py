"""
Direct convolution in blocked layouts, register-tiled.

Operands lie as blocks of W channels (W lanes of a vector): input and result `aBcd16b`, weight
`ABcd16b32a` (panels of V = 2 vectors of output channels). The first convolution of a network,
with few input channels, reads them row-major with a weight `Abcd32a`. Input buffers hold the
padding already, so the operation's own pads are zero.

    for panels of V*W output channels, for tiles of R x T pixels:      (or the other way round)
        acc[R, T, V] = 0
        for channel blocks, filter rows, filter columns, channels:
            acc[r, t, v] += x[r, t] * w[v]                              V loads, R*T broadcasts
        store epilogue(acc)

Only valid input channels enter the sum: padding lanes of activations may hold anything. A sum of
codes goes in words of four channels (`common/codes.py`), with weights `ABcd4b32a4b`; what a word
has beyond the channels meets a weight of 0. An image of up to four channels has blocks of four.
The tile is a function of its own for each shape that an even split needs (`tiles.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine.base import rank_of
from ...dialects.engine.contraction import ConvOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag, epilogue_tag
from ..cost import typical
from ..template import Kernel, LayoutChoice, Template
from .blocked import ConvSizes, code_block, code_weight_tag, runs_in_blocks, weight_tag
from .direct_plan import DirectPlan, best_tiling
from .direct_writer import DirectWriter
from .open_map import open_tiling, open_vectors
from .tiled_cost import tiled_seconds
from .tiles import Tiling

MAX_PLAIN_CHANNELS = 8
"""Input channels up to which a convolution may read a row-major image."""


class DirectTemplate(Template[ConvOp, DirectPlan]):
    """`engine.conv` of f32, f64 or codes in blocks of W channels; see the module docstring."""

    OP = ConvOp
    GENERAL = True

    def supports(self, op: ConvOp, target: Target) -> bool:
        if not runs_in_blocks(op, target, codes=True):
            return False
        sizes, lanes = ConvSizes.of(op), _lanes(op, target)
        if op.sums_codes:
            return sizes.groups == 1 and sizes.channels > 0
        return sizes.groups == 1 or not (sizes.channels % lanes or sizes.outputs % lanes)

    def layouts(self, op: ConvOp, target: Target) -> Sequence[LayoutChoice]:
        return _choices(op, best_tiling(ConvSizes.of(op), _lanes(op, target), target), target)

    def open_layouts(self, op: ConvOp, at_hint: ConvOp, target: Target) -> Sequence[LayoutChoice]:
        sizes, known, lanes = ConvSizes.of(op), ConvSizes.of(at_hint), _lanes(op, target)
        if not sizes.is_open:
            return self.layouts(at_hint, target)
        blocks, divides = sizes.blocks(lanes), sizes.outputs // lanes if sizes.groups > 1 else 0
        vectors = open_vectors(blocks, target, divides)
        rows, columns = known.pixels
        tiling = open_tiling(rows, columns, blocks, sizes.depth, target, vectors)
        return _choices(at_hint, tiling, target)

    def plan(self, op: ConvOp, target: Target) -> DirectPlan | None:
        return DirectPlan.of(op, target)

    def write(self, plan: DirectPlan, name: str, builder: KernelBuilder) -> Kernel:
        return DirectWriter(plan, name, builder).write()


def _lanes(op: ConvOp, target: Target) -> int:
    return target.lanes(op.accumulator_element())


def _choices(op: ConvOp, tiling: Tiling, target: Target) -> list[LayoutChoice]:
    """The layouts with panels for that tiling: blocks, and a row-major image of few channels."""
    sizes, lanes, rank = ConvSizes.of(op), _lanes(op, target), rank_of(op.input)
    seconds = tiled_seconds(tiling, typical(sizes.images), target)
    data, panel = blocked_tag(rank, 1, lanes), tiling.vectors * lanes
    epilogue = tuple(epilogue_tag(v, rank, lanes) for v in op.epilogue_operands)
    choices: list[LayoutChoice] = []
    if op.sums_codes:
        block = code_block(sizes.channels, lanes)
        sources = (blocked_tag(rank, 1, block), code_weight_tag(rank, block, panel), *epilogue)
        return [LayoutChoice(sources, (data,), seconds)]
    if sizes.groups == 1 and sizes.channels <= MAX_PLAIN_CHANNELS:
        weight = weight_tag(rank, lanes, panel, True)
        choices.append(LayoutChoice((None, weight, *epilogue), (data,), seconds))
    weight = weight_tag(rank, lanes, panel, False)
    choices.append(LayoutChoice((data, weight, *epilogue), (data,), seconds))
    return choices
