"""
Scales and zero points: one for all, for each part of an axis, or for each block of it.

A scale that is constant is a normal number: by 0, by what is not finite and by a subnormal, whose
reciprocal is infinite, nothing can be quantised, and no tool that works means them.
"""

from __future__ import annotations

import numpy as np

from ...framework import Dim
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


def _require_normal(form: Form, *places: int) -> None:
    """Constant scales are neither 0 nor subnormal, infinite or not a number."""
    for at in places:
        numbers = form.numbers(at)
        if numbers is None or not numbers.size:
            continue
        wide = np.asarray(numbers, np.float64).reshape(-1)
        bad = ~np.isfinite(wide) | (np.abs(wide) < np.finfo(np.float32).tiny)
        if bad.any():
            first = int(bad.argmax())
            where = f" at {first}" if wide.size > 1 else ""
            more = f", and {int(bad.sum()) - 1} more like it" if bad.sum() > 1 else ""
            refuse(
                f"{form.name(at)} is {wide[first]:g}{where}{more}; expected scales that are finite "
                "and neither 0 nor subnormal"
            )


def _require_parameters(form: Form, scale: int | None, zero: int, size: Dim, what: str) -> None:
    """A scale and a zero point, of which a list has one for each of `size`."""
    places = [at for at in (scale, zero) if at is not None and form.has(at)]
    for at in places:
        dims = form.dims(at)
        if dims is not None and len(dims) == 1 and dims[0] != 1 and differ(dims[0], size):
            refuse(
                f"{form.name(at)} has the shape {shown(dims)}; expected one number, or one for "
                f"each of {size} {what}"
            )
    if len(places) == 2:
        first, second = map(form.dims, places)
        single = all(dims is not None and _is_single(dims) for dims in (first, second))
        if first is not None and not single:
            require_dims(second, first, form.name(zero), f", the shape of {form.name(places[0])}")


def _product(form: Form) -> None:
    """Rows of the left operand, columns of the right one."""
    is_whole = form.signature.schema.operator == "MatMulInteger"
    right, left_zero, right_zero = (1, 2, 3) if is_whole else (3, 2, 5)
    a, b = form.dims(0), form.dims(right)
    rows, columns = (a[-2] if a and len(a) > 1 else None), (b[-1] if b else None)
    _require_parameters(form, None if is_whole else 1, left_zero, rows, "rows")
    _require_parameters(form, None if is_whole else 4, right_zero, columns, "columns")
    if not is_whole:
        _require_normal(form, 1, 4, 6)


def _filters(form: Form) -> None:
    is_whole = form.signature.schema.operator == "ConvInteger"
    weights = form.dims(1 if is_whole else 3)
    count = weights[0] if weights else None
    _require_parameters(form, None if is_whole else 4, 3 if is_whole else 5, count, "filters")
    if not is_whole:
        _require_normal(form, 1, 4, 6)


def _scales(form: Form) -> None:
    _linear(form)
    _require_normal(form, 1)


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
    "onnx.ConvInteger": _filters,
    "onnx.DequantizeLinear": _scales,
    "onnx.MatMulInteger": _product,
    "onnx.QLinearConv": _filters,
    "onnx.QLinearMatMul": _product,
    "onnx.QuantizeLinear": _scales,
}
