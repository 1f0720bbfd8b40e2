"""Scales and zero points: one for all, for each part of an axis, or for each block of it."""

from __future__ import annotations

from ...framework.fit import (
    Dims,
    differ,
    refuse,
    require_axis,
    require_dims,
    require_least,
    shown,
)
from .form import Form, Rule


def _is_single(dims: Dims) -> bool:
    return dims in ((), (1,))


def _linear(form: Form) -> None:
    dims, scale, zero = form.dims(0), form.dims(1), form.dims(2)
    block, axis = form.integer("block_size") or 0, form.integer("axis")
    require_least([block], 0, "block_size")
    if scale is None:
        return
    if form.has(2) and zero is not None and not (_is_single(scale) and _is_single(zero)):
        require_dims(zero, scale, form.name(2), f", the shape of {form.name(1)}")
    if dims is None or axis is None or _is_single(scale):
        return
    if not dims:
        refuse(f"{form.name(1)} has the shape {shown(scale)}; expected one number for a scalar")
    at = require_axis(axis, len(dims))
    if not block:
        if len(scale) != 1 or differ(scale[0], dims[at]):
            refuse(
                f"{form.name(1)} has the shape {shown(scale)}; expected [{dims[at]}], one for each "
                f"part of axis {at} of {shown(dims)}, or one number"
            )
        return
    size = dims[at]
    blocks = -(-size // block) if isinstance(size, int) else None
    wanted = (*dims[:at], blocks, *dims[at + 1 :])
    require_dims(scale, wanted, form.name(1), f", for blocks of {block} on axis {at}")


QUANTIZATION: dict[str, Rule] = {
    "onnx.DequantizeLinear": _linear,
    "onnx.QuantizeLinear": _linear,
}
