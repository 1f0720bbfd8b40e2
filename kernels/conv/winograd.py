"""
Winograd's convolution in blocked layout, see `dialects/engine/winograd.py` for the transforms.

Input and result lie in blocks of W channels, the transformed weight `[36, O, C]` in panels of V
vectors of output channels, `Bac32b`. A block of T tiles goes through three phases in scratch
memory that stays in the second-level cache:

    v[p, t, c] = B^T x B                  for T tiles and all channels
    for panels of V*W output channels:
        m[p, t, o] = v[p, t, :] . u[p, :, o]          36 matrix products, register-tiled
        y = epilogue(A^T m A)

where a tile of `A^T m A` that is not finite throughout is computed again from the input and the
filters as they were, in panels of a vector, `Abcd16a`: an infinity gives what it gives in a
direct convolution, and large numbers overflow where they do there.

The last tiles of a row or column start earlier, so that they read and give only what exists;
results that the tile before gave are not written again. Where rows or columns are values, blocks
are split evenly, their scratch is that of the largest one, and a map with fewer than four rows or
columns is computed as sums of products, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type

from ...dialects.engine.base import element_of, extents_of, shape_of, sized, static
from ...dialects.engine.winograd import TILE, WinogradOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag, epilogue_tag
from ..template import Kernel, LayoutChoice, Template
from .winograd_cost import best_width, winograd_seconds
from .winograd_plan import WinogradPlan, filter_tag, open_vectors, panel_tag
from .winograd_writer import WinogradWriter


class WinogradTemplate(Template[WinogradOp, WinogradPlan]):
    """`engine.winograd` with f32 in blocks of W channels; see the module docstring."""

    OP = WinogradOp
    GENERAL = True

    def supports(self, op: WinogradOp, target: Target) -> bool:
        return (
            isinstance(element_of(op.input), Float32Type)
            and sized(extents_of(op.input))
            and 0 not in (*extents_of(op.input), *shape_of(op.weight))
            and all(n >= TILE for n in op.inferred_shapes()[0][2:] if isinstance(n, int))
        )

    def layouts(self, op: WinogradOp, target: Target) -> Sequence[LayoutChoice]:
        return _choices(op, best_width(op, target), target)

    def open_layouts(
        self, op: WinogradOp, at_hint: WinogradOp, target: Target
    ) -> Sequence[LayoutChoice]:
        if static(extents_of(op.input)[2:]):
            return self.layouts(at_hint, target)
        lanes = target.lanes(element_of(op.input))
        return _choices(at_hint, open_vectors(shape_of(op.weight)[1], lanes, target), target)

    def plan(self, op: WinogradOp, target: Target) -> WinogradPlan | None:
        return WinogradPlan.of(op, target)

    def write(self, plan: WinogradPlan, name: str, builder: KernelBuilder) -> Kernel:
        return WinogradWriter(plan, name, builder).write()


def _choices(op: WinogradOp, vectors: int, target: Target) -> list[LayoutChoice]:
    """Everything in blocks, the weight in panels of so many vectors."""
    lanes = target.lanes(element_of(op.input))
    data = blocked_tag(4, 1, lanes)
    epilogue = [epilogue_tag(v, 4, lanes) for v in op.epilogue_operands]
    sources = (data, panel_tag(lanes, vectors), filter_tag(lanes), *epilogue)
    return [LayoutChoice(sources, (data,), winograd_seconds(op, target, vectors))]
