"""`[N, spatial..., C]` around operations on `[N, C, spatial...]`, and the windows of the format."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import rank_of
from ...runtime.size import Extent
from ..to_engine.lowering import Lowering
from ..to_engine.vocabulary.windows import Window, same_pads


def channels_first(lo: Lowering, x: SSAValue) -> SSAValue:
    """`[N, spatial..., C]` as `[N, C, spatial...]`."""
    rank = rank_of(x)
    return lo.transpose(x, (0, rank - 1, *range(1, rank - 1)))


def channels_last(lo: Lowering, x: SSAValue) -> SSAValue:
    """`[N, C, spatial...]` as `[N, spatial..., C]`."""
    rank = rank_of(x)
    return lo.transpose(x, (0, *range(2, rank), 1))


def window_of(
    lo: Lowering,
    extents: Sequence[Extent],
    kernel: Sequence[int],
    *,
    volume: bool = False,
    dilated: bool = True,
) -> Window:
    """The window of an operator over these extents: its strides, dilations and padding."""
    names = ("d", "h", "w") if volume else ("h", "w")
    strides = [lo.integer(f"stride_{name}") for name in names]
    dilations = [lo.integer(f"dilation_{n}_factor", 1) if dilated else 1 for n in names]
    pads: tuple[Extent, ...] = (0,) * 2 * len(names)
    if lo.text("padding", "SAME") == "SAME":
        pads = same_pads(extents, kernel, strides, dilations)
    return Window(tuple(kernel), tuple(strides), pads, tuple(dilations))
