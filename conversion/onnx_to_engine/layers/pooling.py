"""
Pools; global ones are reductions.

Operators: AveragePool, GlobalAveragePool, GlobalLpPool, GlobalMaxPool, LpPool, MaxPool.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ....dialects.engine.base import extents_of, rank_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.vocabulary.pooling import global_pooling, pooling
from ...to_engine.vocabulary.reduce import p_norm
from ...to_engine.vocabulary.unfolded_windows import (
    UnfoldedWindows,
    maxima,
    places_of_maxima,
    powers,
)
from .windows import window_of


def _pool(lo: Lowering, kind: str) -> SSAValue:
    x = lo.operand("X")
    return pooling(
        lo,
        kind,
        x,
        window_of(lo, extents_of(x)[2:], lo.integers("kernel_shape") or []),
        ceil_mode=bool(lo.integer("ceil_mode")),
        count_include_pad=bool(lo.integer("count_include_pad")),
    )


def MaxPool(lo: Lowering) -> list[SSAValue | None]:
    """The largest element of each window, and where in the input it is."""
    if not lo.is_used("Indices"):
        return [_pool(lo, "max"), None]
    x = lo.operand("X")
    window = window_of(lo, extents_of(x)[2:], lo.integers("kernel_shape") or [])
    windows = UnfoldedWindows(lo, x, window, ceil_mode=bool(lo.integer("ceil_mode")))
    columns_first = bool(lo.integer("storage_order"))
    return [maxima(windows), places_of_maxima(windows, columns_first=columns_first)]


def LpPool(lo: Lowering) -> SSAValue:
    """`(sum |x|^p)^(1/p)` of each window."""
    x = lo.operand("X")
    window = window_of(lo, extents_of(x)[2:], lo.integers("kernel_shape") or [])
    windows = UnfoldedWindows(lo, x, window, ceil_mode=bool(lo.integer("ceil_mode")))
    return powers(windows, lo.integer("p", 2))


def AveragePool(lo: Lowering) -> SSAValue:
    """The mean of each window."""
    return _pool(lo, "average")


def _global(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        return global_pooling(lo, kind, lo.operand("X"))

    return convert


def GlobalLpPool(lo: Lowering) -> SSAValue:
    """`(sum |x|^p)^(1/p)` of each channel, its spatial dimensions of extent 1."""
    x = lo.operand("X")
    return p_norm(lo, x, range(2, rank_of(x)), lo.integer("p", 2))


OPERATORS = {
    "AveragePool": AveragePool,
    "GlobalAveragePool": _global("mean"),
    "GlobalLpPool": GlobalLpPool,
    "GlobalMaxPool": _global("max"),
    "LpPool": LpPool,
    "MaxPool": MaxPool,
}
