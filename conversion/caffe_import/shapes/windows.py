"""Convolutions and pools: convolutions round down, pools up."""

from __future__ import annotations

from collections.abc import Callable

from ....runtime.size import Extent, product_of
from ...window_sizes import transposed_size, window_count
from .form import Form, Shape, ShapeError

_LARGEST = 1 << 20
"""Beyond it a kernel, stride or pad is a mistake."""


def window(form: Form, rank: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """Kernel, strides, pads and dilations of each of `rank` dimensions."""
    found: list[list[int]] = []
    for name, default in (("kernel_size", None), ("stride", 1), ("pad", 0), ("dilation", 1)):
        known = name != "dilation" or form.layer.type != "Pooling"
        given: list[int] = list(form.attribute(name) or []) if known else []
        if not given and default is None:
            raise ShapeError("has no kernel_size")
        values = given or [default or 0]
        values = values * rank if len(values) == 1 else values
        if len(values) != rank:
            raise ShapeError(f"{name} has {len(values)} numbers, there are {rank} dimensions")
        least = 0 if name == "pad" else 1
        if any(not least <= value <= _LARGEST for value in values):
            raise ShapeError(f"{name} is {values}, expected numbers of at least {least}")
        found.append(values)
    kernel, strides, pads, dilations = found
    return kernel, strides, pads, dilations


def counted(form: Form, extents: tuple[Extent, ...]) -> list[Extent]:
    """How many windows fit into each dimension, rounded down."""
    sizes: list[Extent] = []
    for n, k, s, p, d in zip(extents, *window(form, len(extents)), strict=True):
        count = window_count(n, k, stride=s, dilation=d, before=p, after=p)
        if isinstance(count, int) and count < 1:
            raise ShapeError(f"a kernel of {k} does not fit into {n} with pads of {p}")
        sizes.append(count)
    return sizes


def groups_of(form: Form, channels: Extent) -> int:
    """In how many groups the channels are cut."""
    if form.layer.type in ("ConvolutionDepthwise", "DepthwiseConvolution"):
        if not isinstance(channels, int):
            raise ShapeError("needs a number of channels")
        return channels
    return int(form.attribute("group"))


def _convolution(form: Form) -> list[Shape]:
    if form.attribute("axis") != 1:
        raise ShapeError(f"has its channels in axis {form.attribute('axis')}, supported is 1")
    n, channels, *extents = form.rank("x", 3)
    out, groups = int(form.attribute("num_output")), groups_of(form, channels)
    if groups < 1 or out < 1 or out % groups:
        raise ShapeError(f"num_output is {out}, which {groups} groups do not divide")
    kernel, strides, pads, dilations = window(form, len(extents))
    form.expect("bias", [out])
    weight = form.shape("weight")
    if len(weight) != len(extents) + 2:
        raise ShapeError(f"weight has shape {list(weight)}, expected {len(extents) + 2} dimensions")
    if form.layer.type == "Deconvolution":
        form.expect("weight", [channels, out // groups, *kernel])
        sizes = [
            transposed_size(n, k, stride=s, dilation=d, padding=2 * p, more=0)
            for n, k, s, p, d in zip(extents, kernel, strides, pads, dilations, strict=True)
        ]
        if any(isinstance(size, int) and size < 1 for size in sizes):
            raise ShapeError(f"its pads {pads} leave nothing of its result")
        return [(n, out, *sizes)]
    fed = form.same("channels of weight and operand", weight[1] * groups, channels)
    form.expect("weight", [out, weight[1] if fed == channels else fed, *kernel])
    return [(n, out, *counted(form, tuple(extents)))]


def _im2col(form: Form) -> list[Shape]:
    n, channels, *extents = form.rank("x", 3)
    kernel, *_ = window(form, len(extents))
    return [(n, channels * product_of(kernel), *counted(form, tuple(extents)))]


def pool_window(form: Form) -> tuple[list[Extent], list[int], list[int]]:
    """The kernel, strides and pads of a pool; a global one has the kernel of its operand."""
    _, _, *extents = form.rank("x", 4, 4)
    if form.attribute("global_pooling"):
        return list(extents), [1, 1], [0, 0]
    kernel, strides, pads, _ = window(form, 2)
    if any(p >= k for p, k in zip(pads, kernel, strict=True)):
        raise ShapeError(f"its pads {pads} are as large as its kernel {kernel}")
    return [*kernel], strides, pads


def pool_count(extent: Extent, k: Extent, s: int, p: int, up: bool) -> Extent:
    """
    How many windows a pool has: `ceil((n + 2p - k) / s) + 1`, less one that would start behind
    the image and its padding before.
    """
    return window_count(extent, k, stride=s, before=p, after=p, ceil=up)


def _pooling(form: Form) -> list[Shape]:
    n, channels, *extents = form.rank("x", 4, 4)
    kernel, strides, pads = pool_window(form)
    up = form.attribute("round_mode") == "CEIL"
    sizes: list[Extent] = []
    for size, k, s, p in zip(extents, kernel, strides, pads, strict=True):
        count = pool_count(size, k, s, p, up)
        if isinstance(count, int) and count < 1:
            raise ShapeError(f"a kernel of {k} does not fit into {size} with pads of {p}")
        numbers = isinstance(size, int) and isinstance(k, int)
        if up and not p and numbers and -(-(size - k) // s) + 1 != count:
            raise ShapeError(
                f"its last window starts behind the image: {size} elements, kernel {k}, stride {s}"
            )
        sizes.append(count)
    return [(n, channels, *sizes)] * len(form.layer.tops)


def _spp(form: Form) -> list[Shape]:
    n, channels, *_ = form.rank("x", 4, 4)
    height = int(form.attribute("pyramid_height") or 0)
    if not 1 <= height <= 8:
        raise ShapeError(f"pyramid_height is {height}, expected 1 to 8")
    return [(n, channels * sum(4**level for level in range(height)))]


SHAPES: dict[str, Callable[[Form], list[Shape]]] = {
    "Convolution": _convolution,
    "ConvolutionDepthwise": _convolution,
    "Deconvolution": _convolution,
    "DepthwiseConvolution": _convolution,
    "Im2col": _im2col,
    "Pooling": _pooling,
    "SPP": _spp,
}
