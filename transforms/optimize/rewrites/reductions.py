"""Reductions of reductions, and softmax out of its parts."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.ir import SSAValue

from ....dialects.engine import MapOp, ReduceOp, ReshapeOp, SoftmaxOp
from ....dialects.engine.base import extents_of, yielded_values
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import operand_behind, with_operand_for


@rewrite(ReduceOp, after=(ReduceOp,), exactness="rounding", source="XLA", rows=("J5",))
def merge_reductions(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{k, a}(reduce{k, b}(x)) => reduce{k, a + b}(x)  if nobody else reads the inner one.
    """
    m.require(op.body is None, "the outer reduction has no region")
    inner = m.producer(op.inputs[0], ReduceOp)
    m.require(inner.kind == op.kind, "both reduce in the same way")
    m.require(has_one_use(op.inputs[0]), "the inner reduction has one use")
    domain = range(len(inner.domain_extents))
    left = [a for a in domain if inner.keepdims is not None or a not in inner.axis_list]
    axes = {*inner.axis_list, *(left[a] for a in op.axis_list)}
    # What both leave out or keep decides the shape; of a mixture the dimensions are put in order.
    kept = inner.keepdims is not None and op.keepdims is not None
    neither = inner.keepdims is None and op.keepdims is None
    new = ReduceOp(
        list(inner.inputs),
        op.kind.data,
        sorted(axes),
        op.results[0].type if kept or neither else None,
        keepdims=not neither,
        body=None if inner.body is None else inner.body.clone(),
    )
    reduced = m.insert(new).results[0]
    if kept or neither:
        return [reduced]
    return [m.insert(ReshapeOp(reduced, extents_of(op.results[0]))).results[0]]


@rewrite(
    MapOp, after=(ReduceOp,), exactness="rounding", group="recognise", source="TVM SimplifyExpr"
)
def recompose_softmax(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x)  if both reductions are over one axis.
    """
    for step in op.body.block.ops:
        if not isinstance(step, arith.DivfOp):
            continue
        found = _softmax_of(op, step, m)
        if found is not None:
            source, axis = found
            new = m.insert(SoftmaxOp(source, axis)).results[0]
            return [m.insert(with_operand_for(op, step.result, new)).results[0]]
    m.require(False, "a quotient of exponentials and their sum")
    return []


def _softmax_of(op: MapOp, step: arith.DivfOp, m: Match) -> tuple[SSAValue, int] | None:
    above, below = operand_behind(op, step.lhs), operand_behind(op, step.rhs)
    if above is None or below is None:
        return None
    powers, total = producer_of(above, MapOp), producer_of(below, ReduceOp)
    if powers is None or total is None or not _sums(total, above):
        return None
    difference = _exponent(powers)
    if difference is None:
        return None
    source, largest = difference
    peak = producer_of(largest, ReduceOp)
    if peak is None or peak.kind.data != "max" or peak.body is not None:
        return None
    if peak.inputs[0] is not source or peak.axis_list != total.axis_list:
        return None
    if (
        peak.keepdims is None
        or len(total.axis_list) != 1
        or extents_of(source) != extents_of(above)
    ):
        return None
    for part in (powers, total, peak):
        m.consumed(part)
    return source, total.axis_list[0]


def _sums(total: ReduceOp, value: SSAValue) -> bool:
    return (
        total.kind.data == "sum"
        and total.body is None
        and total.keepdims is not None
        and total.inputs[0] is value
    )


def _exponent(powers: MapOp) -> tuple[SSAValue, SSAValue] | None:
    """The tensors a and b of a map `exp(a - b)`."""
    [value] = yielded_values(powers.body)
    outer = producer_of(value, math.ExpOp)
    inner = None if outer is None else producer_of(outer.operand, arith.SubfOp)
    if inner is None:
        return None
    left, right = operand_behind(powers, inner.lhs), operand_behind(powers, inner.rhs)
    return None if left is None or right is None else (left, right)


RULES = (
    merge_reductions,
    recompose_softmax,
)
