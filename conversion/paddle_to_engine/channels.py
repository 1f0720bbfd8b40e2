"""
Channels in front or behind, in other orders, and as places.

Operators: channel_shuffle, pixel_shuffle, pixel_unshuffle, shuffle_channel.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of, rank_of
from ...runtime.size import floordiv
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering


def channels_first(lo: Lowering, x: SSAValue, last: bool) -> SSAValue:
    """`[N, C, ...]` of an operand whose channels may come last."""
    rank = rank_of(x)
    return lo.transpose(x, [0, rank - 1, *range(1, rank - 1)]) if last else x


def channels_back(lo: Lowering, x: SSAValue, last: bool) -> SSAValue:
    """The same in the other direction."""
    rank = rank_of(x)
    return lo.transpose(x, [0, *range(2, rank), 1]) if last else x


def _last(lo: Lowering) -> bool:
    return "data_format" in lo.op.SIGNATURE.attributes and lo.text("data_format") == "NHWC"


def _pixel_shuffle(lo: Lowering) -> SSAValue:
    last, r = _last(lo), lo.integer("upscale_factor", 1)
    x = channels_first(lo, lo.operand("x"), last)
    n, c, h, w = extents_of(x)
    cut = lo.reshape(x, (n, floordiv(c, r * r), r, r, h, w))
    moved = lo.transpose(cut, (0, 1, 4, 2, 5, 3))
    return channels_back(lo, lo.reshape(moved, (n, floordiv(c, r * r), h * r, w * r)), last)


def _pixel_unshuffle(lo: Lowering) -> SSAValue:
    last, r = _last(lo), lo.integer("downscale_factor", 1)
    x = channels_first(lo, lo.operand("x"), last)
    n, c, h, w = extents_of(x)
    rows, columns = floordiv(h, r), floordiv(w, r)
    lo.relations.equal(rows * r, h)
    lo.relations.equal(columns * r, w)
    cut = lo.reshape(x, (n, c, rows, r, columns, r))
    moved = lo.transpose(cut, (0, 1, 3, 5, 2, 4))
    return channels_back(lo, lo.reshape(moved, (n, c * (r * r), rows, columns)), last)


def _shuffled(name: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        last, groups = _last(lo), lo.integer(name, 1)
        x = channels_first(lo, lo.operand("x"), last)
        shape = extents_of(x)
        cut = lo.reshape(x, (shape[0], groups, floordiv(shape[1], groups), *shape[2:]))
        order = (0, 2, 1, *range(3, len(shape) + 1))
        return channels_back(lo, lo.reshape(lo.transpose(cut, order), shape), last)

    return convert


OPERATORS: dict[str, Conversion] = {
    "channel_shuffle": _shuffled("groups"),
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "shuffle_channel": _shuffled("group"),
}
