"""Convolutions: channels, groups, and the window against the weights."""

from __future__ import annotations

from math import prod

from ...framework.fit import (
    Dims,
    differ,
    refuse,
    require_count,
    require_dims,
    require_least,
    require_rank,
    shown,
)
from .form import Form, Rule
from .windows import Windows, require_fit, windows_of


def _shapes(form: Form, x: int, w: int) -> tuple[Dims, Dims, int] | None:
    """The dimensions of input and weights and the groups, None where a rank is not known."""
    group = form.integer("group")
    group = 1 if group is None else group
    require_least([group], 1, "group")
    data, weights = form.dims(x), form.dims(w)
    require_rank(data, form.name(x), 3)
    require_rank(weights, form.name(w), 3)
    if data is None or weights is None:
        return None
    if len(data) != len(weights):
        refuse(f"the input {shown(data)} and the weights {shown(weights)} differ in rank")
    return data, weights, group


def _check(form: Form, data: Dims, weights: Dims, group: int) -> Windows:
    channels, filters, inputs = data[1], weights[0], weights[1]
    if isinstance(inputs, int) and differ(channels, inputs * group):
        refuse(
            f"the input {shown(data)} has {channels} channels; the weights {shown(weights)} in "
            f"{group} group{'s' if group > 1 else ''} take {inputs * group}"
        )
    if isinstance(filters, int) and filters % group:
        refuse(f"group is {group}, which does not divide the {filters} filters of the weights")
    windows = windows_of(form, len(data) - 2, weights[2:])
    require_fit(windows, data)
    return windows


def _convolution(x: int, w: int, b: int | None) -> Rule:
    def rule(form: Form) -> None:
        found = _shapes(form, x, w)
        if found is None:
            return
        data, weights, group = found
        _check(form, data, weights, group)
        if b is not None:
            require_dims(form.dims(b), (weights[0],), form.name(b), ", the filters")

    return rule


def _quantized(form: Form) -> None:
    _convolution(0, 3, 8)(form)
    weights = form.dims(3)
    for at in (4, 5):
        dims = form.dims(at)
        if dims and weights and dims != (1,):
            require_dims(dims, (weights[0],), form.name(at), ", the filters")


def _transposed(form: Form) -> None:
    found = _shapes(form, 0, 1)
    if found is None:
        return
    data, weights, group = found
    channels = data[1]
    if differ(channels, weights[0]):
        refuse(
            f"the input {shown(data)} has {channels} channels; the weights {shown(weights)} take "
            f"{weights[0]}"
        )
    if isinstance(channels, int) and channels % group:
        refuse(f"group is {group}, which does not divide the {channels} channels of the input")
    spatial = len(data) - 2
    windows_of(form, spatial, weights[2:])
    for name in ("output_padding", "output_shape"):
        values = form.integers(name)
        if values:
            require_count(values, spatial, name, f"for {spatial} spatial dimensions")
            require_least(values, 0, name)
    filters = weights[1] * group if isinstance(weights[1], int) else None
    require_dims(form.dims(2), (filters,), form.name(2), ", the filters")


def _deformed(form: Form) -> None:
    found = _shapes(form, 0, 1)
    if found is None:
        return
    data, weights, group = found
    _check(form, data, weights, group)
    require_dims(form.dims(3), (weights[0],), form.name(3), ", the filters")
    offsets = form.integer("offset_group")
    offsets = 1 if offsets is None else offsets
    require_least([offsets], 1, "offset_group")
    if isinstance(data[1], int) and data[1] % offsets:
        refuse(f"offset_group is {offsets}, which does not divide the {data[1]} channels")
    taps = [d for d in weights[2:] if isinstance(d, int)]
    spatial = len(data) - 2
    if len(taps) < spatial:
        return
    points = offsets * prod(taps)
    for at, count in ((2, spatial * points), (4, points)):
        dims = form.dims(at)
        require_rank(dims, form.name(at), len(data), len(data))
        if dims is not None and differ(dims[1], count):
            refuse(f"{form.name(at)} {shown(dims)} has {dims[1]} channels; expected {count}")


CONVOLUTION: dict[str, Rule] = {
    "onnx.Conv": _convolution(0, 1, 2),
    "onnx.ConvInteger": _convolution(0, 1, None),
    "onnx.ConvTranspose": _transposed,
    "onnx.DeformConv": _deformed,
    "onnx.QLinearConv": _quantized,
}
