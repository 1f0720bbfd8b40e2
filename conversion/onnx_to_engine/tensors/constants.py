"""
Sizes as numbers, and tensors made of a few numbers.

Operators: ConstantOfShape, Range, Shape, Size.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of, shape_of
from ....dialects.engine.weights import dtype_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.run_time_operands import checked, declared_shape, equal_to, shape_text
from ...to_engine.scalars import Numbers, select


def Shape(lo: Lowering) -> SSAValue:
    """The sizes, a constant."""
    shape = shape_of(lo.operand("data"))
    sizes = shape[lo.integer("start") : lo.integer("end", len(shape))]
    return lo.constant(np.array(sizes, np.int64), "shape")


def Size(lo: Lowering) -> SSAValue:
    """The number of elements, a constant."""
    return lo.constant(np.array(int(np.prod(shape_of(lo.operand("data")))), np.int64), "size")


def ConstantOfShape(lo: Lowering) -> SSAValue:
    """One number everywhere."""
    given = lo.operand("input")
    attr = lo.op.properties.get("value")
    number = np.zeros(1, np.float32) if attr is None else lo.store.array(attr)
    constant = lo.constant(number.reshape(()), "value")
    if lo.array_of(given) is None:
        declared = declared_shape(lo, operand="input")
        message = f"the shape is not that of {shape_text(declared)}"
        constant = checked(lo, constant, equal_to(lo, given, declared), message)
        return lo.broadcast(constant, declared)
    return lo.broadcast(constant, lo.constant_integers("input") or [])


def Range(lo: Lowering) -> SSAValue:
    """`start, start + delta, ...` before `limit`; of a declared length unless all are constants."""
    if any(lo.array_of(lo.operand(name)) is None for name in ("start", "limit", "delta")):
        return _range_as_declared(lo)
    start, limit, delta = (lo.constant_number(name) for name in ("start", "limit", "delta"))
    dtype = dtype_of(element_of(lo.operand("start")))
    assert start is not None
    assert limit is not None
    assert delta is not None
    count = max(int(np.ceil((limit - start) / delta)), 0)
    lo.require_room(count, bytes_each=32)
    numbers = np.arange(count, dtype=dtype) * delta + start
    return lo.constant(np.asarray(numbers, dtype), "range")


def _range_as_declared(lo: Lowering) -> SSAValue:
    [count] = declared_shape(lo, operand="limit")
    bounds = [lo.reshape(lo.operand(name), ()) for name in ("start", "limit", "delta")]
    n, last = Numbers(element_of(bounds[0])), max(count - 1, 0)

    def goes_so_far(start: SSAValue, limit: SSAValue, delta: SSAValue) -> SSAValue:
        """Whether the last number is before the limit, and the next one is not."""
        b = Numbers(i1)
        at = [n.add(start, n.mul(n.number(k), delta)) for k in (last, count)]
        up = n.compare("gt", delta, n.number(0))

        def before(x: SSAValue) -> SSAValue:
            return select(up, n.compare("lt", x, limit), n.compare("gt", x, limit))

        ends = b.compare("eq", before(at[1]), b.number(0))
        return b.minimum(ends, before(at[0])) if count else ends

    message = f"the numbers are not {count}, the length that the model declares"
    start = checked(lo, bounds[0], lo.map(bounds, goes_so_far, i1), message)
    lo.require_room(count, bytes_each=32)
    steps = lo.constant(np.arange(count).astype(dtype_of(n.element)), "steps")
    return lo.map([steps, start, bounds[2]], lambda k, s, d: n.add(s, n.mul(k, d)), n.element)


OPERATORS: dict[str, Conversion] = {
    "ConstantOfShape": ConstantOfShape,
    "Range": Range,
    "Shape": Shape,
    "Size": Size,
}
