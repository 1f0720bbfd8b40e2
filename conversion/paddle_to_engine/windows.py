"""
Convolutions and pools.

Operators: conv2d, conv2d_transpose, conv3d, conv3d_transpose, depthwise_conv2d,
depthwise_conv2d_transpose, max_pool2d_with_index, maxout, pool2d, unfold.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of, rank_of, shape_of, static
from ...dialects.framework import element_of as framework_element_of
from ...runtime.size import Extent, floordiv, numbers_of, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.bins import over_bins
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.convolution import convolution, transposed_convolution
from ..to_engine.vocabulary.pooling import global_pooling, pooling
from ..to_engine.vocabulary.reduce import reduce
from ..to_engine.vocabulary.unfolded_windows import UnfoldedWindows, maxima, places_in_planes
from ..to_engine.vocabulary.windows import Window, same_pads, unpadded_extents
from .channels import channels_back, channels_first
from .given import extents, integers


def _last(lo: Lowering) -> bool:
    return lo.text("data_format").endswith("C")


def _pads(
    lo: Lowering, sizes: Sequence[Extent], kernel: Sequence[int], strides: Sequence[int]
) -> tuple[Extent, ...]:
    """All begins, then all ends: given, none, or as much as keeps sizes."""
    rank, algorithm = len(kernel), lo.text("padding_algorithm", "EXPLICIT")
    if algorithm == "SAME":
        return same_pads(sizes, kernel, strides, [1] * rank)
    given = [0] * rank if algorithm == "VALID" else lo.integers("paddings") or [0] * rank
    return (*given, *given) if len(given) == rank else (*given[::2], *given[1::2])


def _window(lo: Lowering, sizes: Sequence[Extent], kernel: Sequence[int]) -> Window:
    rank = len(kernel)
    strides = lo.integers("strides") or [1] * rank
    pads = _pads(lo, sizes, kernel, strides)
    # With sizes that are kept a kernel has no holes.
    same = lo.text("padding_algorithm") == "SAME"
    dilations = [1] * rank if same else lo.integers("dilations") or [1] * rank
    return Window(tuple(kernel), tuple(strides), pads, tuple(dilations))


def _convolution(lo: Lowering) -> SSAValue:
    last, w = _last(lo), lo.operand("filter")
    x = channels_first(lo, lo.operand("input"), last)
    window = _window(lo, extents_of(x)[2:], shape_of(w)[2:])
    found = convolution(lo, x, w, window, groups=lo.integer("groups", 1))
    return channels_back(lo, found, last)


def _transposed(lo: Lowering) -> SSAValue:
    last, w = _last(lo), lo.operand("filter")
    x = channels_first(lo, lo.operand("x"), last)
    sizes = extents_of(x)[2:]
    window = _window(lo, sizes, shape_of(w)[2:])
    rank = len(sizes)
    extra = lo.integers("output_padding") or [0] * rank
    computed = "output_size_tensor" in lo.op.SIGNATURE.operand_names
    wanted = extents(lo, "output_size") if computed else lo.integers("output_size") or []
    if wanted:
        full = unpadded_extents(sizes, window, [0] * rank)
        before, behind = window.pads[:rank], window.pads[rank:]
        extra = [m - (n - a - b) for m, n, a, b in zip(wanted, full, before, behind, strict=True)]
    found = transposed_convolution(
        lo,
        x,
        w,
        window,
        output_padding=numbers_of(extra),
        groups=lo.integer("groups", 1),
    )
    return channels_back(lo, found, last)


def _pool(lo: Lowering) -> SSAValue:
    last, kind = _last(lo), lo.text("pooling_type")
    x = channels_first(lo, lo.operand("x"), last)
    kernel, sizes = integers(lo, "kernel_size"), extents_of(x)[2:]
    kernel = kernel * len(sizes) if len(kernel) == 1 else kernel
    if lo.flag("global_pooling") or (lo.flag("adaptive") and all(k == 1 for k in kernel)):
        found = global_pooling(lo, "max" if kind == "max" else "mean", x)
    elif lo.flag("adaptive"):
        found = _adaptive(lo, x, kernel, kind)
    else:
        found = _plain_pool(lo, x, kernel, kind)
    return channels_back(lo, found, last)


def _adaptive(lo: Lowering, x: SSAValue, counts: Sequence[int], kind: str) -> SSAValue:
    """Bins of equal sizes are the windows of a pool; others overlap."""
    sizes = extents_of(x)[2:]
    if static(sizes) and not any(n % m for n, m in zip(numbers_of(sizes), counts, strict=True)):
        kernel = tuple(n // m for n, m in zip(numbers_of(sizes), counts, strict=True))
        window = Window(kernel, kernel, (0,) * 2 * len(kernel), (1,) * len(kernel))
        return pooling(lo, "max" if kind == "max" else "average", x, window)
    for axis, count in enumerate(counts, 2):
        x = over_bins(lo, "max" if kind == "max" else "mean", x, axis, count)
    return x


def _plain_pool(lo: Lowering, x: SSAValue, kernel: Sequence[int], kind: str) -> SSAValue:
    """An average divides by the cells inside, or by those in the image and its padding."""
    sizes, rank = extents_of(x)[2:], len(kernel)
    strides = lo.integers("strides") or list(kernel)
    pads = _pads(lo, sizes, kernel, strides)
    up, exclusive = lo.flag("ceil_mode"), lo.flag("exclusive", default=True)
    kernel = [
        _fitting(lo, n + a + b, k, s)
        for n, a, b, k, s in zip(sizes, pads[:rank], pads[rank:], kernel, strides, strict=True)
    ]
    window = Window(tuple(kernel), tuple(strides), pads, (1,) * rank)
    behind = zip(pads[rank:], strides, kernel, strict=True)
    # A last window that starts behind the image is counted here; engine's pools leave it out.
    if up and not all(isinstance(b, int) and b + s <= k for b, s, k in behind):
        _check_inside(sizes, kernel, strides, pads[:rank], pads[rank:])
    inclusive = kind != "max" and not exclusive
    how = "max" if kind == "max" else "average"
    return pooling(lo, how, x, window, ceil_mode=up, count_include_pad=inclusive)


def _fitting(lo: Lowering, size: Extent, kernel: int, stride: int) -> int:
    """
    A kernel within a padded dimension: one that sticks out by less than a stride has one window,
    of what there is. Of open sizes it is asked that it fits.
    """
    if not isinstance(size, int):
        lo.relations.not_negative(size - kernel)
        return kernel
    if size + stride <= kernel or size < 1:
        raise NoNativeForm(f"with a kernel of {kernel} in {size}")
    return min(kernel, size)


def _check_inside(
    sizes: Sequence[Extent],
    kernel: Sequence[int],
    strides: Sequence[int],
    before: Sequence[Extent],
    behind: Sequence[Extent],
) -> None:
    """Raises `NoNativeForm` for a pool whose last window may lie in the padding alone."""
    if not static((*sizes, *before, *behind)):
        raise NoNativeForm("rounded up, with a last window that may be outside")
    numbers = (numbers_of(values) for values in (sizes, before, behind))
    for n, a, b, k, s in zip(*numbers, kernel, strides, strict=True):
        last = -(-(n + a + b - k) // s) * s
        if last >= n + a:
            raise NoNativeForm("rounded up, with a last window that is outside")


def _max_with_index(lo: Lowering) -> list[SSAValue | None]:
    x, kernel = lo.operand("x"), lo.integers("kernel_size") or []
    if lo.flag("adaptive"):
        if lo.is_used("mask"):
            raise NoNativeForm("adaptive, with the places of maxima")
        return [_adaptive(lo, x, kernel, "max"), None]
    if lo.is_used("mask"):
        return _with_places(lo, x, kernel)
    if lo.flag("global_pooling"):
        return [global_pooling(lo, "max", x), None]
    return [_plain_pool(lo, x, kernel, "max"), None]


def _with_places(lo: Lowering, x: SSAValue, kernel: Sequence[int]) -> list[SSAValue | None]:
    """The maxima, and where in its plane each is."""
    if lo.flag("global_pooling"):
        raise NoNativeForm("of whole planes, with the places of maxima")
    sizes, rank = extents_of(x)[2:], len(kernel)
    strides = lo.integers("strides") or list(kernel)
    pads, up = _pads(lo, sizes, kernel, strides), lo.flag("ceil_mode")
    if up:
        _check_inside(sizes, kernel, strides, pads[:rank], pads[rank:])
    window = Window(tuple(kernel), tuple(strides), pads, (1,) * rank)
    windows = UnfoldedWindows(lo, x, window, ceil_mode=up)
    element = framework_element_of(lo.op.results[1].type)
    places = places_in_planes(windows)
    return [maxima(windows), places if element is None else cast(lo, places, element)]


def _unfold(lo: Lowering) -> SSAValue:
    """The windows as columns: `[N, C kernel, windows]`."""
    x = lo.operand("x")
    kernel, strides, dilations = (
        tuple(lo.integers(n) or []) for n in ("kernel_sizes", "strides", "dilations")
    )
    given = lo.integers("paddings") or []
    # Four are top, left, bottom, right.
    pads = tuple(given * 2 if len(given) == 2 else given)
    windows = UnfoldedWindows(lo, x, Window(kernel, strides, pads, dilations), ceil_mode=False)
    columns = windows.columns(0)
    batch, depth, *out = extents_of(columns)
    return lo.reshape(columns, (batch, depth, product_of(out)))


def _maxout(lo: Lowering) -> SSAValue:
    x, groups = lo.operand("x"), lo.integer("groups")
    shape, axis = extents_of(x), lo.integer("axis", 1) % rank_of(x)
    inner = (*shape[:axis], floordiv(shape[axis], groups), groups, *shape[axis + 1 :])
    return reduce(lo, "max", lo.reshape(x, inner), [axis + 1], keep=False)


OPERATORS: dict[str, Conversion] = {
    "conv2d": _convolution,
    "conv2d_transpose": _transposed,
    "conv3d": _convolution,
    "conv3d_transpose": _transposed,
    "depthwise_conv2d": _convolution,
    "depthwise_conv2d_transpose": _transposed,
    "max_pool2d_with_index": _max_with_index,
    "maxout": _maxout,
    "pool2d": _pool,
    "unfold": _unfold,
}
