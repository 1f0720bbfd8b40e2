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
results that the tile before gave are not written again.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type

from ...dialects.engine.base import element_of, extents_of, shape_of, sized, static
from ...dialects.engine.winograd import TILE, WinogradOp
from ...runtime.size import numbers_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.blocked_operands import blocked_tag, epilogue_tag
from ..template import Kernel, LayoutChoice, Template
from .winograd_cost import winograd_seconds
from .winograd_plan import WinogradPlan, filter_tag, panel_tag
from .winograd_writer import WinogradWriter


class WinogradTemplate(Template[WinogradOp, WinogradPlan]):
    """`engine.winograd` with f32 in blocks of W channels; see the module docstring."""

    OP = WinogradOp
    GENERAL = True

    def supports(self, op: WinogradOp, target: Target) -> bool:
        return (
            isinstance(element_of(op.input), Float32Type)
            and sized(extents_of(op.input))
            and static(extents_of(op.input)[1:])
            and 0 not in (*extents_of(op.input), *shape_of(op.weight))
            and min(numbers_of(op.inferred_shapes()[0][2:])) >= TILE
        )

    def layouts(self, op: WinogradOp, target: Target) -> Sequence[LayoutChoice]:
        lanes = target.lanes(element_of(op.input))
        data = blocked_tag(4, 1, lanes)
        epilogue = [epilogue_tag(v, 4, lanes) for v in op.epilogue_operands]
        sources = (data, panel_tag(lanes), filter_tag(lanes), *epilogue)
        return [LayoutChoice(sources, (data,), winograd_seconds(op, target))]

    def plan(self, op: WinogradOp, target: Target) -> WinogradPlan | None:
        return WinogradPlan.of(op, target)

    def write(self, plan: WinogradPlan, name: str, builder: KernelBuilder) -> Kernel:
        return WinogradWriter(plan, name, builder).write()
