"""Shapes of what moves a window over its input, or resizes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from ....dialects.framework import Dim
from ....runtime.size import Extent
from ...shape_arithmetic import Symbols
from ...window_sizes import same_count, scaled_size, transposed_size, window_count
from .node import Rule, Shapes, SizeNode


def _kernel(node: SizeNode, weights: Symbols | None, spatial: int) -> list[Extent] | None:
    found = node.integers("kernel_shape") or (None if weights is None else weights[2:])
    if found is None or len(found) != spatial or None in found:
        return None
    return cast("list[Extent]", list(found))


def _windows(node: SizeNode, dims: Symbols, kernel: Sequence[Extent]) -> list[Dim]:
    """The spatial dimensions of a convolution or pool."""
    spatial = dims[2:]
    count = len(spatial)
    strides = node.integers("strides") or [1] * count
    dilations = node.integers("dilations") or [1] * count
    pads = node.integers("pads") or [0] * (2 * count)
    auto = node.text("auto_pad", "NOTSET")
    found: list[Dim] = []
    for at, size in enumerate(spatial):
        if size is None:
            found.append(None)
        elif auto.startswith("SAME"):
            found.append(same_count(size, strides[at]))
        else:
            before, after = (pads[at], pads[at + count]) if auto == "NOTSET" else (0, 0)
            windows = window_count(
                size,
                kernel[at],
                stride=strides[at],
                dilation=dilations[at],
                before=before,
                after=after,
                ceil=bool(node.integer("ceil_mode")),
            )
            found.append(node.relations.not_negative(windows))
    return found


def _convolution(node: SizeNode, weights_at: int) -> Shapes:
    dims, weights = node.dims(0), node.dims(weights_at)
    if dims is None or weights is None or len(dims) < 3 or len(weights) != len(dims):
        return []
    kernel = _kernel(node, weights, len(dims) - 2)
    if kernel is None:
        return []
    for given, size in zip(weights[2:], kernel, strict=True):
        node.relations.equal(given, size)
    channels = weights[1]
    if channels is not None:
        node.relations.equal(dims[1], channels * node.integer("group", 1))
    return [(dims[0], weights[0], *_windows(node, dims, kernel))]


def _conv(node: SizeNode) -> Shapes:
    return _convolution(node, 1)


def _conv_quantized(node: SizeNode) -> Shapes:
    return _convolution(node, 3)


def _conv_transpose(node: SizeNode) -> Shapes:
    dims, weights = node.dims(0), node.dims(1)
    if dims is None or weights is None or len(dims) < 3 or len(weights) != len(dims):
        return []
    count = len(dims) - 2
    kernel = _kernel(node, weights, count)
    if kernel is None:
        return []
    node.relations.equal(dims[1], weights[0])
    for given, size in zip(weights[2:], kernel, strict=True):
        node.relations.equal(given, size)
    channels = None if weights[1] is None else weights[1] * node.integer("group", 1)
    given = node.integers("output_shape")
    if given is not None:
        return [(dims[0], channels, *given[-count:])]
    strides = node.integers("strides") or [1] * count
    dilations = node.integers("dilations") or [1] * count
    pads = node.integers("pads") or [0] * (2 * count)
    more = node.integers("output_padding") or [0] * count
    auto = node.text("auto_pad", "NOTSET")
    found: list[Dim] = []
    for at, size in enumerate(dims[2:]):
        if size is None:
            found.append(None)
        elif auto.startswith("SAME"):
            found.append(size * strides[at])
        else:
            padding = pads[at] + pads[at + count] if auto == "NOTSET" else 0
            covered = transposed_size(
                size,
                kernel[at],
                stride=strides[at],
                dilation=dilations[at],
                padding=padding,
                more=more[at],
            )
            found.append(node.relations.not_negative(covered))
    return [(dims[0], channels, *found)]


def _pool(node: SizeNode) -> Shapes:
    dims = node.dims(0)
    kernel = None if dims is None else _kernel(node, None, len(dims) - 2)
    if dims is None or kernel is None:
        return []
    return [(*dims[:2], *_windows(node, dims, kernel))] * 2


def _global_pool(node: SizeNode) -> Shapes:
    dims = node.dims(0)
    return [] if dims is None else [(*dims[:2], *[1] * (len(dims) - 2))]


def _max_unpool(node: SizeNode) -> Shapes:
    """That of the last operand, where there is one."""
    given, dims = node.vector(2), node.dims(0)
    if given is not None or node.operand(2) is not None or dims is None:
        return [given]
    count = len(dims) - 2
    kernel = _kernel(node, None, count)
    if kernel is None:
        return []
    strides = node.integers("strides") or [1] * count
    pads = node.integers("pads") or [0] * (2 * count)
    found = [
        None if n is None else (n - 1) * strides[i] + kernel[i] - pads[i] - pads[i + count]
        for i, n in enumerate(dims[2:])
    ]
    return [(*dims[:2], *found)]


def _resize(node: SizeNode) -> Shapes:
    dims = node.dims(0)
    if dims is None or node.text("coordinate_transformation_mode") == "tf_crop_and_resize":
        return []
    axes = node.integers("axes")
    axes = list(range(len(dims))) if axes is None else [a % len(dims) for a in axes]
    sizes, scales = node.vector(3), node.constant(2)
    found = list(dims)
    if node.operand(3) is not None:
        kept = node.text("keep_aspect_ratio_policy", "stretch") == "stretch"
        for at, axis in enumerate(axes):
            found[axis] = sizes[at] if kept and sizes is not None and at < len(sizes) else None
    else:
        for at, axis in enumerate(axes):
            size = found[axis]
            scale = float(scales[at]) if scales is not None and at < len(scales) else None
            if size is None or scale is None:
                found[axis] = None
            else:
                found[axis] = scaled_size(size, scale)
    return [tuple(found)]


def _grid_sample(node: SizeNode) -> Shapes:
    dims, grid = node.dims(0), node.dims(1)
    if dims is None or grid is None or len(grid) != len(dims):
        return []
    return [(node.relations.equal(dims[0], grid[0]), dims[1], *grid[1:-1])]


def _roi_align(node: SizeNode) -> Shapes:
    dims, rois, batches = node.dims(0), node.dims(1), node.dims(2)
    if dims is None or rois is None or len(dims) != 4:
        return []
    count = node.relations.equal(rois[0], batches[0] if batches else None)
    rows, columns = node.integer("output_height", 1), node.integer("output_width", 1)
    return [(count, dims[1], rows, columns)]


WINDOWS: Mapping[str, Rule] = {
    "AveragePool": _pool,
    "Conv": _conv,
    "ConvInteger": _conv,
    "ConvTranspose": _conv_transpose,
    "GlobalAveragePool": _global_pool,
    "GlobalLpPool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "GridSample": _grid_sample,
    "LpPool": _pool,
    "MaxPool": _pool,
    "MaxUnpool": _max_unpool,
    "QLinearConv": _conv_quantized,
    "Resize": _resize,
    "RoiAlign": _roi_align,
}
