"""Operators that pick elements by index, and the sizes and constants they are computed from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import GatherOp, ReduceOp, ScatterOp
from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.weights import dtype_of
from .lowering import Lowering, NoNativeForm, positive
from .run_time_operands import checked, declared_shape, equal_to, shape_text
from .scalars import Numbers, select, value


def Gather(lo: Lowering) -> SSAValue:
    """Slices along `axis`; one constant index is a slice."""
    x, indices = lo.operand("data"), lo.operand("indices")
    shape = shape_of(x)
    axis = positive(lo.integer("axis"), len(shape))
    constant = lo.array_of(indices)
    if constant is not None and constant.size == 1:
        at = int(constant.reshape(-1)[0])
        if not -shape[axis] <= at < shape[axis]:
            raise NoNativeForm(f"index {at} is outside of {list(shape)}")
        part = lo.slice_axis(x, axis, at % shape[axis], 1)
        return lo.reshape(part, (*shape[:axis], *constant.shape, *shape[axis + 1 :]))
    return lo.emit(GatherOp(x, indices, axis))


def GatherND(lo: Lowering) -> SSAValue:
    """Index tuples into the leading dimensions, as one index into their product."""
    x, indices = lo.operand("data"), lo.operand("indices")
    if lo.integer("batch_dims"):
        raise NoNativeForm("with batch dimensions")
    shape, index_shape = shape_of(x), shape_of(indices)
    depth = index_shape[-1]
    if depth == 0 or 0 in shape:
        raise NoNativeForm("of empty index tuples")
    if depth == 1:
        return lo.emit(GatherOp(x, lo.reshape(indices, index_shape[:-1]), 0))
    extents = np.array(shape[:depth], np.int64)
    steps = np.array([int(np.prod(extents[d + 1 :])) for d in range(depth)], np.int64)
    n = Numbers(element_of(indices))
    rows = int(np.prod(extents))
    if depth * rows > np.iinfo(dtype_of(n.element)).max:
        raise NoNativeForm("of more rows than the indices can count")
    inputs = [
        indices,
        lo.constant(extents.astype(dtype_of(n.element)), "extents"),
        lo.constant(steps.astype(dtype_of(n.element)), "steps"),
    ]

    def build(i: SSAValue, extent: SSAValue, step: SSAValue) -> SSAValue:
        from_front = select(n.compare("lt", i, n.number(0)), n.add(i, extent), i)
        low, high = n.compare("ge", from_front, n.number(0)), n.compare("lt", from_front, extent)
        inside = value(arith.AndIOp(low, high))
        # One index out of range makes the whole of them one that the gather reports.
        return select(inside, n.mul(from_front, step), n.number(rows))

    flat = lo.emit(ReduceOp([lo.map(inputs, build)], "sum", [len(index_shape) - 1], keepdims=False))
    return lo.emit(GatherOp(lo.reshape(x, (rows, *shape[depth:])), flat, 0))


def ScatterND(lo: Lowering) -> SSAValue:
    """A copy with updates written, or combined, at index tuples."""
    reduction = lo.text("reduction", "none")
    return lo.emit(
        ScatterOp(lo.operand("data"), lo.operand("indices"), lo.operand("updates"), reduction)
    )


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
    steps = lo.constant(np.arange(count).astype(dtype_of(n.element)), "steps")
    return lo.map([steps, start, bounds[2]], lambda k, s, d: n.add(s, n.mul(k, d)), n.element)


def Dropout(lo: Lowering) -> Sequence[SSAValue | None]:
    """Nothing is dropped in inference; the mask keeps all."""
    x = lo.operand("data")
    training = lo.optional("training_mode")
    if training is not None and (flag := lo.array_of(training)) is not None and flag.any():
        raise NoNativeForm("in training mode")
    if training is not None and lo.array_of(training) is None:
        raise NoNativeForm("in a mode known at run time only")
    if not lo.is_used("mask"):
        return [x, None]
    return [x, lo.broadcast(lo.constant(np.array(True), "kept"), shape_of(x))]


def Trilu(lo: Lowering) -> SSAValue:
    """The upper or lower triangle, zeros elsewhere."""
    x = lo.operand("input")
    shape = shape_of(x)
    k = int(lo.constant_number("k") or 0)
    rows, columns = shape[-2:]
    kept = np.tri(rows, columns, k - 1 if lo.integer("upper", 1) else k, dtype=np.bool_)
    mask = lo.constant(~kept if lo.integer("upper", 1) else kept, "triangle")
    n = Numbers(element_of(x))
    return lo.map([mask, x], lambda m, a: select(m, a, n.number(0)), n.element)


OPERATORS = {
    "ConstantOfShape": ConstantOfShape,
    "Dropout": Dropout,
    "Gather": Gather,
    "Range": Range,
    "ScatterND": ScatterND,
    "Shape": Shape,
    "Size": Size,
}
