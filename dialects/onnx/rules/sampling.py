"""Sampling at other places: `Resize`, `GridSample`."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute

from ...framework import StringType
from ...framework.fit import (
    Dim,
    differ,
    refuse,
    require_axes,
    require_count,
    require_least,
    require_one_of,
    require_rank,
    shown,
)
from .form import Form, Rule

STRING = StringType()

_COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
)
_NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
_POLICIES = ("stretch", "not_larger", "not_smaller")


def _given(form: Form, at: int) -> bool:
    """Whether an operand is there; an empty tensor stands for an absent one."""
    return form.has(at) and form.dims(at) != (0,)


def _count(form: Form, at: int) -> Dim:
    dims = form.dims(at)
    return dims[0] if dims is not None and len(dims) == 1 else None


def _require_arithmetic(form: Form, *without: Attribute) -> None:
    """The mode is one that takes elements as they are, or they are of a type with means."""
    mode, element = form.text("mode"), form.element(0)
    if mode != "nearest" and element in without:
        what = "strings" if element == STRING else "booleans"
        refuse(f"mode is '{mode}', but {what} have no weighted means; expected 'nearest'")


def _resize(form: Form) -> None:
    require_one_of(form.text("mode"), ("nearest", "linear", "cubic"), "mode")
    _require_arithmetic(form, STRING, i1)
    coordinates = form.text("coordinate_transformation_mode")
    require_one_of(coordinates, _COORDINATES, "coordinate_transformation_mode")
    require_one_of(form.text("nearest_mode"), _NEAREST, "nearest_mode")
    require_one_of(form.text("keep_aspect_ratio_policy"), _POLICIES, "keep_aspect_ratio_policy")
    if _given(form, 2) == _given(form, 3):
        both = "both" if _given(form, 2) else "neither"
        refuse(f"it has {both} of scales and sizes; expected one of them")
    rank, axes = form.rank(0), form.integers("axes")
    if rank is not None and axes is not None:
        require_axes(axes, rank)
    count = len(axes) if axes is not None else rank
    for at, each in ((2, 1), (3, 1), (1, 2)):
        wanted = at != 1 or coordinates == "tf_crop_and_resize"
        given = _count(form, at)
        if _given(form, at) and wanted and count is not None and differ(given, each * count):
            refuse(f"{form.name(at)} has {given} values; expected {each * count}")
    scales = form.numbers(2)
    for scale in [] if scales is None else [float(v) for v in scales.reshape(-1)]:
        if not (scale > 0 and math.isfinite(scale)):
            refuse(f"scales has the value {scale}; expected positive numbers")
    require_least(form.vector(3) or (), 0, "sizes")


def _grid_sample(form: Form) -> None:
    require_one_of(form.text("mode"), ("linear", "nearest", "cubic"), "mode")
    _require_arithmetic(form, STRING)
    require_one_of(form.text("padding_mode"), ("zeros", "border", "reflection"), "padding_mode")
    dims, grid = form.dims(0), form.dims(1)
    require_rank(dims, form.name(0), 3)
    if dims is None or grid is None:
        return
    if len(dims) != len(grid):
        refuse(f"the input {shown(dims)} and the grid {shown(grid)} have not the same rank")
    if differ(dims[0], grid[0]) or differ(grid[-1], len(dims) - 2):
        refuse(
            f"the grid {shown(grid)} does not fit the input {shown(dims)}; expected its batch and "
            f"{len(dims) - 2} coordinates"
        )


def _affine_grid(form: Form) -> None:
    theta, sizes = form.dims(0), form.vector(1)
    require_rank(theta, form.name(0), 3, 3)
    if sizes is not None:
        require_least(sizes, 0, "size")
        if len(sizes) not in (4, 5):
            require_count(sizes, 4, "size", "or 5")


SAMPLING: dict[str, Rule] = {
    "onnx.AffineGrid": _affine_grid,
    "onnx.GridSample": _grid_sample,
    "onnx.Resize": _resize,
}
