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

from ...dialects.engine.base import EngineOp, element_of, shape_of
from ...dialects.engine.winograd import POINTS, WinogradOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..template import AnyTemplate, Kernel, LayoutChoice
from .direct_plan import blocked_tag, extra_tag
from .tiles import CLOCK_HZ, choose_tiling, registers_of
from .winograd_plan import VECTORS, Blocking, Winograd, filter_tag, is_supported, panel_tag
from .winograd_writer import WinogradWriter

TRANSFORM_CYCLES = 170
"""Of one tile of one vector of channels, forward or back, with loads and stores."""

STREAM_BYTES_PER_CYCLE = 9.0
"""Weights that do not stay in the second-level cache come again at about this rate."""


class WinogradTemplate(AnyTemplate):
    """`engine.winograd` with f32 in blocks of W channels; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, WinogradOp) or not is_supported(op):
            return []
        lanes = target.lanes(element_of(op.input))
        data = blocked_tag(4, 1, lanes)
        extras = [extra_tag(v, 4, lanes) for v in op.epilogue_operands]
        return [
            LayoutChoice(
                (data, panel_tag(lanes), filter_tag(lanes), *extras),
                (data,),
                winograd_seconds(op, target),
            )
        ]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return Winograd.of(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        winograd = Winograd.of(op, builder.target)
        assert winograd is not None
        return WinogradWriter(winograd, name, builder).write()


def winograd_seconds(op: WinogradOp, target: Target) -> float:
    """Products, transforms, and reading weights again that do not stay in cache."""
    lanes = target.lanes(element_of(op.input))
    blocking = Blocking.of(op, lanes)
    images, outputs, _, _ = op.inferred_shapes()[0]
    channels = shape_of(op.input)[1]
    source, result = -(-channels // lanes), -(-outputs // lanes)
    products = choose_tiling(
        1, blocking.tiles, result, channels, registers_of(target), VECTORS
    ).cycles
    cycles = blocking.blocks * POINTS * POINTS * products
    tiles = blocking.blocks * blocking.tiles
    cycles += tiles * TRANSFORM_CYCLES * (source * blocking.groups + result)
    weight = POINTS * POINTS * outputs * channels * 4
    if weight > target.l2_bytes // 2:
        cycles += (blocking.blocks - 1) * weight / STREAM_BYTES_PER_CYCLE
    return images * cycles / CLOCK_HZ
