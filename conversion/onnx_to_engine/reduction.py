"""Reductions, with what is computed per element before them in their region."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.builder import ImplicitBuilder
from xdsl.dialects import math
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine import ReduceOp, SoftmaxOp, YieldOp
from ...dialects.engine.base import element_of, shape_of, tensor
from .elementwise import Operator
from .lowering import Lowering, NoNativeForm, positive
from .scalars import Numbers, absolute, absolute_integer, exp, log, select, sqrt, value

Scalar = Callable[[Numbers, SSAValue], SSAValue]


def reduced_axes(lo: Lowering, rank: int) -> list[int] | None:
    """The axes to reduce over; None where the operation does nothing at all."""
    axes = lo.constant_integers("axes")
    if not axes:
        return None if lo.integer("noop_with_empty_axes") else list(range(rank))
    return sorted(positive(a, rank) for a in axes)


def _emit(lo: Lowering, x: SSAValue, kind: str, axes: list[int], before: Scalar | None) -> SSAValue:
    body = None
    if before is not None:
        n = Numbers(element_of(x))
        block = Block(arg_types=[n.scalar])
        with ImplicitBuilder(block):
            YieldOp(before(n, block.args[0]))
        body = Region(block)
    keep = bool(lo.integer("keepdims", 1))
    shape = shape_of(x)
    left = [1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes]
    # An unsigned element is signless in the region, so the type does not come from there.
    type_ = tensor(tuple(left), element_of(x))
    return lo.emit(ReduceOp([x], kind, axes, type_, keepdims=keep, body=body))


def _reduce(kind: str, before: Scalar | None = None, after: Scalar | None = None) -> Operator:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("data")
        n = Numbers(element_of(x))
        axes = reduced_axes(lo, len(shape_of(x)))
        if axes is not None:
            return _mapped(lo, n, _emit(lo, x, kind, axes, before), after)
        # Nothing is summed, but what surrounds the sum still happens.
        return _mapped(lo, n, _mapped(lo, n, x, before), after)

    return convert


def _mapped(lo: Lowering, n: Numbers, x: SSAValue, step: Scalar | None) -> SSAValue:
    return x if step is None else lo.map([x], lambda a: step(n, a))


def _absolute(n: Numbers, x: SSAValue) -> SSAValue:
    if n.floating:
        return absolute(x)
    return x if n.unsigned else absolute_integer(x)


def _square(n: Numbers, x: SSAValue) -> SSAValue:
    return n.mul(x, x)


def _float(build: Callable[[SSAValue], SSAValue]) -> Scalar:
    def convert(n: Numbers, x: SSAValue) -> SSAValue:
        if not n.floating:
            raise NoNativeForm("on integers")
        return build(x)

    return convert


def ReduceLogSumExp(lo: Lowering) -> SSAValue:
    """`log(sum(exp(x - m))) + m` with `m` the maximum, so that nothing overflows."""
    x = lo.operand("data")
    n = Numbers(element_of(x))
    axes = reduced_axes(lo, len(shape_of(x)))
    if not n.floating:
        raise NoNativeForm("on integers")
    if axes is None:
        return x
    largest = lo.emit(ReduceOp([x], "max", axes))

    def finite(m: SSAValue) -> SSAValue:
        # An infinite maximum would give NaN from infinity - infinity.
        infinite = n.compare("eq", value(math.AbsFOp(m)), n.number(float("inf")))
        return select(infinite, n.number(0), m)

    shift = lo.map([largest], finite)
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        YieldOp(exp(n.sub(block.args[0], block.args[1])))
    total = lo.emit(ReduceOp([x, shift], "sum", axes, body=Region(block)))
    result = lo.map([total, shift], lambda s, m: n.add(log(s), m))
    if lo.integer("keepdims", 1):
        return result
    return lo.reshape(result, [m for a, m in enumerate(shape_of(x)) if a not in axes])


def _softmax(logarithm: bool) -> Operator:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("input")
        axis = positive(lo.integer("axis", -1), len(shape_of(x)))
        return lo.emit(SoftmaxOp(x, axis, log=logarithm))

    return convert


OPERATORS: dict[str, Operator] = {
    "LogSoftmax": _softmax(True),
    "ReduceL1": _reduce("sum", before=_absolute),
    "ReduceL2": _reduce("sum", before=_square, after=_float(sqrt)),
    "ReduceLogSum": _reduce("sum", after=_float(log)),
    "ReduceLogSumExp": ReduceLogSumExp,
    "ReduceMax": _reduce("max"),
    "ReduceMean": _reduce("mean"),
    "ReduceMin": _reduce("min"),
    "ReduceProd": _reduce("prod"),
    "ReduceSum": _reduce("sum"),
    "ReduceSumSquare": _reduce("sum", before=_square),
    "Softmax": _softmax(False),
}
