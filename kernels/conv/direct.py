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

Only valid input channels enter the sum: padding lanes of activations may hold anything.
The tile is a function of its own for each shape that an even split needs (`conv_tiles.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine.base import EngineOp, element_of, shape_of
from ...dialects.engine.contraction import ConvOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..template import AnyTemplate, Kernel, LayoutChoice
from .direct_plan import ConvSizes, DirectConv, blocked_tag, direct_element, extra_tag, weight_tag
from .direct_writer import ConvWriter
from .tiles import CLOCK_HZ, choose_vectors, registers_of

MAX_PLAIN_CHANNELS = 8
"""Input channels up to which a convolution may read a row-major image."""


class ConvTemplate(AnyTemplate):
    """`engine.conv` with f32 or f64 in blocks of W channels; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ConvOp) or not direct_element(op, target):
            return []
        sizes, lanes = ConvSizes.of(op), target.lanes(element_of(op.input))
        rank = len(shape_of(op.input))
        if sizes.groups > 1 and (sizes.channels % lanes or sizes.outputs % lanes):
            return []
        blocks = -(-sizes.outputs * sizes.groups // lanes)
        rows, columns = sizes.rows, sizes.columns
        if sizes.pointwise:
            rows, columns = 1, rows * columns
        tiling = choose_vectors(
            rows,
            columns,
            blocks,
            sizes.depth,
            registers_of(target),
            sizes.outputs // lanes if sizes.groups > 1 else 0,
        )
        seconds = sizes.images * tiling.cycles / CLOCK_HZ
        data, panel = blocked_tag(rank, 1, lanes), tiling.vectors * lanes
        extras = tuple(extra_tag(v, rank, lanes) for v in op.epilogue_operands)
        choices: list[LayoutChoice] = []
        if sizes.groups == 1 and sizes.channels <= MAX_PLAIN_CHANNELS:
            weight = weight_tag(rank, lanes, panel, True)
            choices.append(LayoutChoice((None, weight, *extras), (data,), seconds))
        weight = weight_tag(rank, lanes, panel, False)
        choices.append(LayoutChoice((data, weight, *extras), (data,), seconds))
        return choices

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return DirectConv.of(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        conv = DirectConv.of(op, builder.target)
        assert conv is not None
        return ConvWriter(conv, name, builder).write()
