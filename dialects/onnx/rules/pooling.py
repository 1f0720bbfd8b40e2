"""Pooling, and what works on regions of an image."""

from __future__ import annotations

from math import prod

from ...framework import StringType
from ...framework.fit import (
    differ,
    refuse,
    require_count,
    require_dims,
    require_least,
    require_rank,
    shown,
)
from .form import Form, Rule
from .indices import require_within
from .windows import require_fit, windows_of


def _pool(form: Form) -> None:
    dims = form.dims(0)
    require_rank(dims, form.name(0), 3)
    if dims is not None:
        require_fit(windows_of(form, len(dims) - 2, None), dims)


def _global(form: Form) -> None:
    require_rank(form.dims(0), form.name(0), 2)


def _unpool(form: Form) -> None:
    dims = form.dims(0)
    require_rank(dims, form.name(0), 3)
    if dims is None:
        return
    windows_of(form, len(dims) - 2, None)
    require_dims(form.dims(1), dims, form.name(1), ", the shape of X")
    sizes = form.vector(2)
    if sizes is not None:
        require_count(sizes, len(dims), "output_shape", "one for each axis")
        require_least(sizes, 0, "output_shape")


def _normalization(form: Form) -> None:
    require_rank(form.dims(0), form.name(0), 2)
    size = form.integer("size")
    if size is not None:
        require_least([size], 1, "size")


def _regions(numbers: int) -> Rule:
    """Regions of so many numbers each."""

    def rule(form: Form) -> None:
        dims, rois = form.dims(0), form.dims(1)
        require_rank(dims, form.name(0), 4, 4)
        require_rank(rois, "rois", 2, 2)
        if rois is not None and differ(rois[1], numbers):
            refuse(f"rois {shown(rois)} have {rois[1]} numbers each; expected {numbers}")

    return rule


def _roi_pool(form: Form) -> None:
    _regions(5)(form)
    shape = form.integers("pooled_shape")
    if shape is not None:
        require_count(shape, 2, "pooled_shape", "rows and columns")
        require_least(shape, 1, "pooled_shape")


def _roi_align(form: Form) -> None:
    _regions(4)(form)
    dims, rois, batch = form.dims(0), form.dims(1), form.numbers(2)
    if rois is not None:
        require_dims(form.dims(2), (rois[0],), "batch_indices", ", one for each region")
    if dims is not None and batch is not None:
        require_within(batch, dims[0], 0, negative=False)
    for name in ("output_height", "output_width"):
        size = form.integer(name)
        if size is not None:
            require_least([size], 1, name)


def _columns(form: Form) -> None:
    """`Col2Im`: blocks of columns, and how many of them an image has."""
    dims, image, block = form.dims(0), form.vector(1), form.vector(2)
    if isinstance(form.element(0), StringType):
        refuse("it adds up what lies in several blocks, and strings have no sum")
    require_rank(dims, form.name(0), 3, 3)
    if image is None or block is None:
        return
    require_count(block, len(image), "block_shape", "as image_shape")
    require_least(image, 1, "image_shape")
    require_least(block, 1, "block_shape")
    windows = windows_of(form, len(image), block)
    if dims is None:
        return
    if isinstance(dims[1], int) and dims[1] % prod(block):
        refuse(f"the {dims[1]} rows of {shown(dims)} are not blocks of {prod(block)}")
    counts = [
        (size + windows.pads[at] + windows.pads[at + len(image)] - (block[at] - 1) * dilation - 1)
        // windows.strides[at]
        + 1
        for at, (size, dilation) in enumerate(zip(image, windows.dilations, strict=True))
    ]
    if min(counts) < 1 or differ(dims[2], prod(counts)):
        refuse(f"the image has {prod(max(c, 0) for c in counts)} blocks, {shown(dims)} {dims[2]}")


_POOLS = ("AveragePool", "LpPool", "MaxPool")
_GLOBAL = ("GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool")

POOLING: dict[str, Rule] = {
    **{f"onnx.{name}": _pool for name in _POOLS},
    **{f"onnx.{name}": _global for name in _GLOBAL},
    "onnx.Col2Im": _columns,
    "onnx.LRN": _normalization,
    "onnx.MaxRoiPool": _roi_pool,
    "onnx.MaxUnpool": _unpool,
    "onnx.RoiAlign": _roi_align,
}
