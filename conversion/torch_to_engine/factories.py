"""
Tensors out of numbers, and what the shape of a tensor says.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ...interpreters.torch.factories import linspace
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import along
from ..to_engine.lowering import Lowering
from ..to_engine.open_extents import positions, size_scalar
from ..to_engine.scalars import Numbers, cast_scalar, select
from ..to_engine.vocabulary.cast import cast
from .arguments import Number, dim, number, result_element, result_shape, scalar
from .overloads import named
from .promotion import wide


def filled(lo: Lowering, value: Number | SSAValue, shape: Sequence[Extent]) -> SSAValue:
    """A tensor of one number, of the type of the result."""
    element = result_element(lo)
    if isinstance(value, SSAValue):
        return lo.broadcast(cast(lo, value, element), shape)
    one = np.asarray(value).astype(dtype_of(element))
    return lo.broadcast(lo.constant(one, "fill"), shape)


def _full(name: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        value = scalar(lo, name)
        assert value is not None
        return filled(lo, value, result_shape(lo))

    return convert


def _always(value: Number) -> Conversion:
    return lambda lo: filled(lo, value, result_shape(lo))


def _fill_tensor(lo: Lowering) -> SSAValue:
    return filled(lo, lo.operand("value"), result_shape(lo))


def _numbers_from(lo: Lowering, start: Number | SSAValue, step: Number | SSAValue) -> SSAValue:
    """`start + i * step`, in the type of the result; floats from f64, as torch counts."""
    element = result_element(lo)
    [count] = result_shape(lo)
    if (
        isinstance(count, int)
        and not isinstance(start, SSAValue)
        and not isinstance(step, SSAValue)
    ):
        lo.require_room(count)
        found = (start + np.arange(count) * step).astype(dtype_of(element))
        return lo.constant(found, "range")
    inside = wide(element)
    n = Numbers(inside)
    places = positions(lo, count)
    values = [v for v in (start, step) if isinstance(v, SSAValue)]
    types = [element_of(v) for v in values]

    def build(at: SSAValue, *given: SSAValue) -> SSAValue:
        rest = iter([cast_scalar(g, t, inside) for g, t in zip(given, types, strict=True)])
        first, pace = (
            next(rest) if isinstance(v, SSAValue) else n.number(v) for v in (start, step)
        )
        found = n.add(first, n.mul(cast_scalar(at, i64, inside), pace))
        return cast_scalar(found, inside, element)

    return lo.map([places, *values], build, element)


def _arange(lo: Lowering) -> SSAValue:
    attributes = lo.op.SIGNATURE.attributes
    start = scalar(lo, "start") if "start" in attributes else 0
    step = scalar(lo, "step") if "step" in attributes else 1
    assert start is not None
    assert step is not None
    return _numbers_from(lo, start, step)


def _linspace(lo: Lowering) -> SSAValue:
    """From both ends towards the middle."""
    element, steps = result_element(lo), lo.integer("steps")
    lo.require_room(steps)
    found = linspace(number(lo, "start"), number(lo, "end"), steps, lo.text("dtype") or None)
    return lo.constant(found.astype(dtype_of(element)), "range")


def _eye(lo: Lowering) -> SSAValue:
    shape, n = result_shape(lo), Numbers(result_element(lo))
    rows, columns = (along(lo, size, axis, 2) for axis, size in enumerate(shape))
    whole = Numbers(i64)

    def build(i: SSAValue, j: SSAValue) -> SSAValue:
        return select(whole.compare("eq", i, j), n.number(1), n.number(0))

    return lo.map([rows, columns], build, n.element)


def _one_hot(lo: Lowering) -> SSAValue:
    x, shape = lo.operand("self"), result_shape(lo)
    classes = along(lo, shape[-1], len(shape) - 1, len(shape))
    spread = lo.reshape(cast(lo, x, i64), (*extents_of(x), 1))
    whole = Numbers(i64)

    def build(a: SSAValue, c: SSAValue) -> SSAValue:
        return select(whole.compare("eq", a, c), whole.number(1), whole.number(0))

    return lo.map([spread, classes], build)


def _size(lo: Lowering, extent: Extent) -> SSAValue:
    if isinstance(extent, int):
        return lo.constant(np.asarray(extent, np.int64), "size")
    return size_scalar(lo, extent)


def _size_int(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return _size(lo, extents_of(x)[dim(lo.integer("dim"), rank_of(x))])


def _numel(lo: Lowering) -> SSAValue:
    return _size(lo, product_of(extents_of(lo.operand("self"))))


OPERATORS: dict[str, Conversion] = {
    **named("full full_like new_full", _full("fill_value")),
    "fill.Scalar": _full("value"),
    "fill.Tensor": _fill_tensor,
    "scalar_tensor": _full("s"),
    **named(
        "zeros zeros_like new_zeros zero empty.memory_format empty_like empty_permuted"
        " empty_strided new_empty new_empty_strided",
        _always(0),
    ),
    **named("ones ones_like new_ones", _always(1)),
    **named("arange arange.start arange.start_step", _arange),
    "linspace": _linspace,
    **named("eye eye.m", _eye),
    "one_hot": _one_hot,
    **named("size.int sym_size.int", _size_int),
    **named("numel sym_numel", _numel),
}
"""Conversions by the operator and its overload, without one for the default."""
