"""
Tensors from numbers and sizes.

Operators: arange, full, full_batch_size_like, full_like, full_with_tensor, numel, one_hot,
ones_like, shape, shape64, tril, triu, zeros_like.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f32, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.weights import dtype_of
from ...dialects.framework import element_of as framework_element_of
from ...runtime.size import Extent, Size, ceildiv, product_of
from ..shape_arithmetic import Elements, elements_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, scalar
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import (
    Number,
    extents_in,
    map_with_extents,
    positions,
    size_values,
)
from ..to_engine.scalars import Numbers, cast_scalar, select
from ..to_engine.vocabulary.cast import cast
from .given import element_named, extents, integer, number


def _filled(lo: Lowering, value: float, shape: list[Extent], element: Attribute) -> SSAValue:
    one = lo.constant(np.asarray(value).astype(dtype_of(element)), "value")
    return lo.broadcast(one, shape)


def _full(lo: Lowering) -> SSAValue:
    shape: list[Extent] = [*(lo.integers("shape") or [])]
    return _filled(lo, lo.number("value"), shape, element_named(lo))


def _with_tensor(lo: Lowering) -> SSAValue:
    one = cast(lo, lo.reshape(lo.operand("value"), ()), element_named(lo))
    return lo.broadcast(one, extents(lo, "shape"))


def _full_like(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return _filled(lo, number(lo, "value"), list(extents_of(x)), element_named(lo, x))


def _like(value: int) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("x")
        return _filled(lo, value, list(extents_of(x)), element_named(lo, x))

    return convert


def _shape(lo: Lowering) -> SSAValue:
    sizes = elements_of(extents_of(lo.operand("input")))
    return _sizes(lo, sizes)


def _numel(lo: Lowering) -> SSAValue:
    return _sizes(lo, elements_of([product_of(extents_of(lo.operand("x")))], ()))


def _sizes(lo: Lowering, sizes: Elements) -> SSAValue:
    element = framework_element_of(lo.op.results[0].type)
    found = None if element is None else size_values(lo, sizes, element)
    if found is None:
        raise NoNativeForm("of too many sizes")
    return found


def _batch_size_like(lo: Lowering) -> SSAValue:
    shape: list[Extent] = [*(lo.integers("shape") or [])]
    source = extents_of(lo.operand("input"))[lo.integer("input_dim_idx")]
    shape[lo.integer("output_dim_idx")] = source
    return _filled(lo, lo.number("value"), shape, element_named(lo))


def _arange(lo: Lowering) -> SSAValue:
    """Whole numbers from one to another."""
    element = framework_element_of(lo.op.results[0].type)
    start, end, step = (_whole(lo, name) for name in ("start", "end", "step"))
    if element is None or not isinstance(step, int) or step < 1:
        raise NoNativeForm("backwards, or by steps that are data")
    count = ceildiv(end - start, step)
    if isinstance(count, Size):
        lo.relations.not_negative(end - start)

    def build(at: SSAValue, first: Number) -> SSAValue:
        scaled = at if step == 1 else WHOLE.mul(at, WHOLE.number(step))
        return cast_scalar(WHOLE.add(scaled, scalar(first)), i64, element)

    at = positions(lo, max(count, 0) if isinstance(count, int) else count)
    return map_with_extents(lo, [at], [start], build, element)


def _whole(lo: Lowering, name: str) -> Extent:
    """A number of an attribute or an operand, which is a whole one or a size."""
    operands = lo.group(f"{name}_tensor")
    found = [lo.number(name)] if not operands else extents_in(lo, operands[0])
    array = lo.array_of(operands[0]) if operands else None
    if array is not None:
        found = [float(array.reshape(-1)[0])]
    if found is None or (isinstance(found[0], float) and not found[0].is_integer()):
        raise NoNativeForm(f"operand '{name}' is not a whole number")
    return int(found[0]) if isinstance(found[0], float) else found[0]


def _one_hot(lo: Lowering) -> SSAValue:
    x, count = lo.operand("x"), integer(lo, "num_classes")
    n, whole = Numbers(f32), Numbers(element_of(x))
    classes = cast(lo, positions(lo, count, "classes"), whole.element)
    column = lo.reshape(x, (*extents_of(x), 1))

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        return select(whole.compare("eq", a, b), n.number(1), n.number(0))

    return lo.map([column, classes], build, f32)


def _triangle(keeps: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, diagonal = lo.operand("x"), lo.integer("diagonal")
        shape, n = extents_of(x), Numbers(element_of(x))
        row, column = along(lo, shape[-2], 0, 2), along(lo, shape[-1], 1, 2)

        def build(a: SSAValue, r: SSAValue, c: SSAValue) -> SSAValue:
            kept = WHOLE.compare(keeps, WHOLE.sub(c, r), WHOLE.number(diagonal))
            return select(kept, a, n.number(0))

        return lo.map([x, row, column], build)

    return convert


OPERATORS: dict[str, Conversion] = {
    "arange": _arange,
    "full": _full,
    "full_batch_size_like": _batch_size_like,
    "full_like": _full_like,
    "full_with_tensor": _with_tensor,
    "numel": _numel,
    "one_hot": _one_hot,
    "ones_like": _like(1),
    "shape": _shape,
    "shape64": _shape,
    "tril": _triangle("le"),
    "triu": _triangle("ge"),
    "zeros_like": _like(0),
}
