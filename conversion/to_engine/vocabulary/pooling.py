"""Pools of `[N, C, spatial...]`."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ....dialects.engine import PoolOp, ReduceOp
from ....dialects.engine.base import rank_of, static
from ..lowering import Lowering
from .unfolded_windows import UnfoldedWindows, averages, maxima
from .windows import Window


def pooling(
    lo: Lowering,
    kind: str,
    x: SSAValue,
    window: Window,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> SSAValue:
    """
    `max` or `average` of each window, for any number of dimensions.

    `count_include_pad`: an average divides by all cells of a window, not only those inside.
    """
    if rank_of(x) > 4 or not static(window.pads):
        windows = UnfoldedWindows(lo, x, window, ceil_mode=ceil_mode)
        return (
            maxima(windows) if kind == "max" else averages(windows, with_padding=count_include_pad)
        )
    return lo.emit(
        PoolOp(
            x,
            kind,
            window.kernel,
            strides=window.strides,
            pads=window.fixed_pads,
            dilations=window.dilations,
            ceil_mode=ceil_mode,
            count_include_pad=kind == "average" and count_include_pad,
        )
    )


def global_pooling(lo: Lowering, kind: str, x: SSAValue) -> SSAValue:
    """The `max` or `mean` of each channel, its spatial dimensions of extent 1."""
    return lo.emit(ReduceOp([x], kind, range(2, rank_of(x))))
