"""
Transposed convolution in blocked layouts, phase by phase.

Operands lie in blocks of W channels: input and result `aBcd16b`, weight `BAcd16a32b` (panels of
V*W output channels). With stride s and a kernel of T*s taps, the results `s*m + p` of phase p are
a convolution with the T taps `r, r + s, ...`, reversed:

    y[s*m + p] = sum over q < T of x[m + (p + P) // s - q] * w[r + s*q],     r = (p + P) % s

(P: what is cropped at the start.) So each phase is a direct convolution with a window of T
pixels, a part of the weights, and a result of which it writes every s-th pixel; all of them use
the tiles of `direct.py`. The input buffer holds whatever padding that takes, so there are no
borders: `expand-transposed-conv` pads and crops accordingly.

Source: Shi et al., "Is the deconvolution layer the same as a convolutional layer?" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type, Float64Type

from ...dialects.engine.base import element_of, extents_of, rank_of, sized, static
from ...dialects.engine.contraction import ConvTransposeOp
from ...runtime.size import product_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag, epilogue_tag
from ..cost import typical
from ..template import Kernel, LayoutChoice, Template
from .open_map import open_tiling, open_vectors
from .tiled_cost import tiled_seconds
from .tiles import Tiling, choose_vectors
from .transposed_plan import Phase, TransposedPlan, phases_of, sizes_of, transposed_weight_tag
from .transposed_writer import TransposedWriter


class TransposedTemplate(Template[ConvTransposeOp, TransposedPlan]):
    """`engine.conv_transpose` with f32 or f64 in blocks of channels; see the module docstring."""

    OP = ConvTransposeOp
    GENERAL = True

    def supports(self, op: ConvTransposeOp, target: Target) -> bool:
        element = element_of(op.input)
        spatial = op.spatial_rank
        return (
            isinstance(element, Float32Type | Float64Type)
            and element_of(op.weight) == element
            and sized(extents_of(op.input))
            and static((extents_of(op.input)[1], op.inferred_shapes()[0][1]))
            and 0 not in op.inferred_shapes()[0]
            and target.lanes(element) > 1
            and phases_of(op) is not None
            # What an epilogue adds is by channel: phases have no views of whole images.
            and all(product_of(extents_of(v)[-spatial:]) == 1 for v in op.epilogue_operands)
        )

    def layouts(self, op: ConvTransposeOp, target: Target) -> Sequence[LayoutChoice]:
        phases = phases_of(op)
        if phases is None:
            return []
        sizes = sizes_of(op, phases)
        blocks = sizes.blocks(target.lanes(element_of(op.input)))
        tiling = choose_vectors(*sizes.map, blocks, sizes.depth, target)
        return [_choice(op, phases, tiling, target)]

    def open_layouts(
        self, op: ConvTransposeOp, at_hint: ConvTransposeOp, target: Target
    ) -> Sequence[LayoutChoice]:
        phases, known = phases_of(op), phases_of(at_hint)
        if phases is None or known is None or not sizes_of(op, phases).is_open:
            return self.layouts(at_hint, target)
        sizes = sizes_of(at_hint, known)
        blocks = sizes.blocks(target.lanes(element_of(op.input)))
        vectors = open_vectors(blocks, target)
        tiling = open_tiling(*sizes.map, blocks, sizes.depth, target, vectors)
        return [_choice(at_hint, known, tiling, target)]

    def plan(self, op: ConvTransposeOp, target: Target) -> TransposedPlan | None:
        return TransposedPlan.of(op, target)

    def write(self, plan: TransposedPlan, name: str, builder: KernelBuilder) -> Kernel:
        return TransposedWriter(plan, name, builder).write()


def _choice(
    op: ConvTransposeOp, phases: tuple[Phase, Phase], tiling: Tiling, target: Target
) -> LayoutChoice:
    """Blocks of channels, and panels of the weight for that tiling."""
    lanes, rank, (down, across) = target.lanes(element_of(op.input)), rank_of(op.input), phases
    data = blocked_tag(rank, 1, lanes)
    weight = transposed_weight_tag(rank, lanes, tiling.vectors * lanes)
    epilogue = (epilogue_tag(v, rank, lanes) for v in op.epilogue_operands)
    maps = typical(extents_of(op.input)[0]) * down.stride * across.stride
    return LayoutChoice((data, weight, *epilogue), (data,), tiled_seconds(tiling, maps, target))
