"""
Convolutions and pools: windows that slide over the spatial dimensions.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp, ReduceOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of, static
from ...dialects.engine.weights import dtype_of
from ...interpreters.sliding_windows import bins
from ...runtime.size import numbers_of, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.bins import over_bins
from ..to_engine.vocabulary.convolution import convolution, transposed_convolution
from ..to_engine.vocabulary.folded_windows import folded_windows
from ..to_engine.vocabulary.pooling import pooling
from ..to_engine.vocabulary.scatter import scatter_elements
from ..to_engine.vocabulary.unfolded_windows import UnfoldedWindows, places_in_planes
from ..to_engine.vocabulary.windows import Window, split_pads
from .arguments import extent, extents, flag, result_shape, used
from .movement import joined
from .overloads import named


def _numbers(lo: Lowering, name: str, rank: int) -> list[int]:
    """A list of integers for the spatial dimensions, one for all of them."""
    given = extents(lo, name)
    listed = [n for n in given if isinstance(n, int)]
    if len(listed) < len(given):
        raise NoNativeForm(f"'{name}' is no number")
    return listed * rank if len(listed) == 1 else listed


def _batched(lo: Lowering, x: SSAValue, rank: int) -> SSAValue:
    """With a batch of one, where there is none."""
    return x if rank_of(x) == rank + 2 else lo.reshape(x, (1, *extents_of(x)))


def _like(lo: Lowering, found: SSAValue, given: SSAValue) -> SSAValue:
    """Without the batch that `given` has not."""
    if rank_of(given) == rank_of(found):
        return found
    return lo.reshape(found, extents_of(found)[1:])


def _groups(lo: Lowering) -> int:
    groups = extent(lo, "groups")
    if not isinstance(groups, int):
        raise NoNativeForm("'groups' is no number")
    return groups


def _window(lo: Lowering, rank: int, pads: Sequence[int]) -> Window:
    weight = lo.operand("weight")
    kernel = shape_of(weight)[2:]
    strides, dilations = (tuple(_numbers(lo, n, rank)) for n in ("stride", "dilation"))
    return Window(kernel, strides, tuple(pads), dilations)


def _conv(lo: Lowering) -> SSAValue:
    weight = lo.operand("weight")
    rank = rank_of(weight) - 2
    if isinstance(lo.op.attribute("padding"), str):
        pads: Sequence[int] = [0] * (2 * rank)
        if lo.text("padding") == "same":
            dilations = _numbers(lo, "dilation", rank)
            kernel = shape_of(weight)[2:]
            totals = [d * (k - 1) for d, k in zip(dilations, kernel, strict=True)]
            pads = numbers_of(split_pads(totals))
    else:
        pads = _numbers(lo, "padding", rank) * 2
    return _convolved(lo, _window(lo, rank, pads))


def _convolved(lo: Lowering, window: Window) -> SSAValue:
    x, weight, bias = lo.operand("input"), lo.operand("weight"), lo.optional("bias")
    batched = _batched(lo, x, rank_of(weight) - 2)
    found = convolution(lo, batched, weight, window, groups=_groups(lo), bias=bias)
    return _like(lo, found, x)


def _conv_transpose(lo: Lowering) -> SSAValue:
    x, weight, bias = lo.operand("input"), lo.operand("weight"), lo.optional("bias")
    rank = rank_of(weight) - 2
    window = _window(lo, rank, _numbers(lo, "padding", rank) * 2)
    more = _numbers(lo, "output_padding", rank)
    batched = _batched(lo, x, rank)
    found = transposed_convolution(
        lo, batched, weight, window, output_padding=more, groups=_groups(lo), bias=bias
    )
    return _like(lo, found, x)


def _convolution(lo: Lowering) -> SSAValue:
    if flag(lo, "transposed"):
        return _conv_transpose(lo)
    rank = rank_of(lo.operand("weight")) - 2
    return _convolved(lo, _window(lo, rank, _numbers(lo, "padding", rank) * 2))


def _pool_window(lo: Lowering, rank: int) -> Window:
    kernel = tuple(_numbers(lo, "kernel_size", rank))
    given = lo.integers("stride")
    strides = tuple(_numbers(lo, "stride", rank)) if given else kernel
    pads = tuple(_numbers(lo, "padding", rank) * 2)
    dilations = (1,) * rank
    if "dilation" in lo.op.SIGNATURE.attributes:
        dilations = tuple(_numbers(lo, "dilation", rank))
    return Window(kernel, strides, pads, dilations)


def _max_pool(rank: int) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, window = lo.operand("self"), _pool_window(lo, rank)
        batched = _batched(lo, x, rank)
        return _like(lo, pooling(lo, "max", batched, window, ceil_mode=flag(lo, "ceil_mode")), x)

    return convert


def _max_pool_with_places(rank: int) -> Conversion:
    """Places are counted within each channel."""

    def convert(lo: Lowering) -> list[SSAValue | None]:
        x, window = lo.operand("self"), _pool_window(lo, rank)
        batched, rounds_up = _batched(lo, x, rank), flag(lo, "ceil_mode")
        best = pooling(lo, "max", batched, window, ceil_mode=rounds_up)
        if not used(lo, 1):
            return [_like(lo, best, x), None]
        windows = UnfoldedWindows(lo, batched, window, ceil_mode=rounds_up)
        return [_like(lo, best, x), _like(lo, places_in_planes(windows), x)]

    return convert


def _avg_pool(rank: int) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, window = lo.operand("self"), _pool_window(lo, rank)
        batched, rounds_up = _batched(lo, x, rank), flag(lo, "ceil_mode")
        has_divisor = "divisor_override" in lo.op.SIGNATURE.attributes
        divisor = lo.op.attribute("divisor_override") if has_divisor else None
        counts = flag(lo, "count_include_pad")
        if divisor is not None:
            windows = UnfoldedWindows(lo, batched, window, ceil_mode=rounds_up)
            total = lo.emit(ReduceOp([windows.unfolded(0)], "sum", windows.axes, keepdims=False))
            n, by = Numbers(element_of(x)), lo.integer("divisor_override")
            return _like(lo, lo.map([total], lambda a: n.div(a, n.number(by))), x)
        found = pooling(
            lo, "average", batched, window, ceil_mode=rounds_up, count_include_pad=counts
        )
        return _like(lo, found, x)

    return convert


def _adaptive_avg(lo: Lowering) -> SSAValue:
    """Windows of unlike sizes: a mean along one axis after the other."""
    x, target = lo.operand("self"), result_shape(lo)
    for axis in range(rank_of(x)):
        x = over_bins(lo, "mean", x, axis, target[axis])
    return x


def _adaptive_max(lo: Lowering) -> list[SSAValue | None]:
    x, target = lo.operand("self"), result_shape(lo)
    best = x
    for axis in range(rank_of(x)):
        best = over_bins(lo, "max", best, axis, target[axis])
    if not used(lo, 1):
        return [best, None]
    rank = len(lo.integers("output_size") or [])
    lead, sizes = extents_of(x)[:-rank], extents_of(x)[-rank:]
    out = target[-rank:]
    if not static(sizes) or not static(out):
        raise NoNativeForm("of sizes that are no numbers")
    extents_, counts = numbers_of(sizes), numbers_of(out)
    flat = lo.reshape(x, (*lead, prod(extents_)))
    at_axis = len(lead)
    whole = np.arange(prod(extents_), dtype=np.int64).reshape(extents_)
    windows = [bins(n, o) for n, o in zip(extents_, counts, strict=True)]
    places: list[SSAValue] = []
    for place in product(*map(range, counts)):
        numbers = whole[np.ix_(*(windows[d][p] for d, p in enumerate(place)))]
        table = lo.constant(numbers.reshape(-1), "window")
        part = lo.emit(GatherOp(flat, table, at_axis))
        first = arg_extreme(lo, part, at_axis, largest=True)
        places.append(lo.emit(GatherOp(table, first, 0)))
    return [best, lo.reshape(joined(lo, places, at_axis), target)]


def _unpool(lo: Lowering) -> SSAValue:
    """Elements put back at places within their channel, zeros elsewhere."""
    x, index, target = lo.operand("self"), lo.operand("indices"), result_shape(lo)
    lead = target[:-2]
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    zeros = lo.broadcast(zero, (*lead, product_of(target[-2:])))
    count = product_of(extents_of(x)[-2:])
    rows, values = (lo.reshape(v, (*lead, count)) for v in (index, x))
    return lo.reshape(scatter_elements(lo, zeros, rows, values, len(lead)), target)


def _im2col(lo: Lowering) -> SSAValue:
    """`[N, C * taps, windows]`"""
    x = lo.operand("self")
    window = Window(
        tuple(_numbers(lo, "kernel_size", 2)),
        tuple(_numbers(lo, "stride", 2)),
        tuple(_numbers(lo, "padding", 2) * 2),
        tuple(_numbers(lo, "dilation", 2)),
    )
    windows = UnfoldedWindows(lo, _batched(lo, x, 2), window, ceil_mode=False)
    return lo.reshape(windows.columns(0), result_shape(lo))


def _col2im(lo: Lowering) -> SSAValue:
    """Windows added up where they lie."""
    x = lo.operand("self")
    batched = x if rank_of(x) == 3 else lo.reshape(x, (1, *extents_of(x)))
    pads = _numbers(lo, "padding", 2)
    window = Window(
        tuple(_numbers(lo, "kernel_size", 2)),
        tuple(_numbers(lo, "stride", 2)),
        (*pads, *pads),
        tuple(_numbers(lo, "dilation", 2)),
    )
    found = folded_windows(lo, batched, _numbers(lo, "output_size", 2), window)
    return lo.reshape(found, result_shape(lo))


OPERATORS: dict[str, Conversion] = {
    **named("conv1d conv1d.padding conv2d conv2d.padding conv3d conv3d.padding", _conv),
    **named("conv_transpose1d conv_transpose2d.input conv_transpose3d.input", _conv_transpose),
    **named("convolution _convolution", _convolution),
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": _max_pool_with_places(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    **named(
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d"
        " _adaptive_avg_pool3d",
        _adaptive_avg,
    ),
    **named("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d", _adaptive_max),
    "max_unpool2d": _unpool,
    "im2col": _im2col,
    "col2im": _col2im,
}
"""Conversions by the operator and its overload, without one for the default."""
