"""Positions of maxima, which increasing functions do not move."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.ir import BlockArgument, OpResult, SSAValue

from ....dialects.engine import MapOp, ReduceOp, SoftmaxOp
from ....dialects.engine.base import extents_of, yielded_values
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import number_of


@rewrite(
    ReduceOp,
    after=(ReduceOp,),
    exactness="approximate",
    source="onnxoptimizer eliminate_nop_monotone_argmax",
    rows=("onnx/eliminate_nop_monotone_argmax",),
)
def position_before_monotone(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    position(f(x), max(f(x))) => position(x, max(x))  if f is a softmax along the axis or increases
    in each element (exp, tanh, a sigmoid, times a positive number, plus a number), only the
    maximum and the position read f(x), and the position is where both are equal. Where f rounds
    two numbers to one, another of them may be found.
    """
    m.require(op.body is not None and len(op.inputs) == 3, "a position is looked for")
    assert op.body is not None
    values, top, positions = op.inputs
    extreme = m.producer(top, ReduceOp)
    m.require(extreme.kind.data == "max" and extreme.body is None, "it is that of a maximum")
    m.require(extreme.inputs[0] is values and has_one_use(top), "of the same numbers")
    m.require(extreme.axis_list == op.axis_list, "along the same axis")
    compared = all(
        isinstance(use.operation, arith.CmpfOp)
        for argument in op.body.block.args[:2]
        for use in argument.uses
    )
    m.require(compared, "the numbers are only compared")
    readers = {use.operation for use in values.uses}
    m.require(readers == {op, extreme}, "nobody else reads the numbers")
    source = _below(values, op.axis_list)
    m.require(source is not None, "they are a softmax, or increase with others")
    assert source is not None
    m.require(extents_of(source) == extents_of(values), "of the same shape")
    keep = extreme.keepdims is not None
    largest = ReduceOp([source], "max", extreme.axis_list, top.type, keepdims=keep)
    found = ReduceOp(
        [source, m.insert(largest).results[0], positions],
        op.kind.data,
        op.axis_list,
        op.results[0].type,
        keepdims=op.keepdims is not None,
        body=op.body.clone(),
    )
    return [m.insert(found).results[0]]


def _below(value: SSAValue, axes: tuple[int, ...]) -> SSAValue | None:
    """What a tensor increases with; None where it may not."""
    softmax = producer_of(value, SoftmaxOp)
    if softmax is not None:
        return softmax.input if axes == (softmax.axis.value.data,) else None
    mapped = producer_of(value, MapOp)
    if mapped is None or len(mapped.inputs) != 1:
        return None
    [scalar] = yielded_values(mapped.body)
    increases = _direction(scalar)
    return mapped.inputs[0] if increases == 1 else None


def _direction(scalar: SSAValue) -> int:
    """1 for what increases with the argument, -1 for what decreases, 0 for neither."""
    sign = 1
    while isinstance(scalar, OpResult):
        step = scalar.op
        if isinstance(step, math.ExpOp | math.TanhOp):
            scalar = step.operand
        elif isinstance(step, arith.NegfOp):
            scalar, sign = step.operand, -sign
        elif isinstance(step, arith.AddfOp | arith.MulfOp):
            number = number_of(step.rhs)
            if number is None or (isinstance(step, arith.MulfOp) and number == 0):
                return 0
            sign = -sign if isinstance(step, arith.MulfOp) and number < 0 else sign
            scalar = step.lhs
        elif isinstance(step, arith.DivfOp):
            # 1 / (exp(...) + 1), whose divisor is positive.
            divisor = producer_of(step.rhs, arith.AddfOp)
            inner = None if divisor is None else producer_of(divisor.lhs, math.ExpOp)
            if divisor is None or inner is None or number_of(divisor.rhs) != 1:
                return 0
            if number_of(step.lhs) != 1:
                return 0
            scalar, sign = inner.operand, -sign
        else:
            return 0
    return sign if isinstance(scalar, BlockArgument) else 0


RULES = (position_before_monotone,)
