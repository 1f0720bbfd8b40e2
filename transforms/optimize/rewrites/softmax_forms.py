"""Softmax and its logarithm in other spellings, and what makes no difference to them."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.ir import SSAValue

from ....dialects.engine import MapOp, ReduceOp, ReshapeOp, SoftmaxOp
from ....dialects.engine.base import extents_of, yielded_values
from ..rewriting.elements import Element, has_unit_extents, reduced_by, reduction_behind, same
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import (
    RegionBuilder,
    clone_with,
    number_of,
    operand_behind,
    with_operand_for,
)


@rewrite(
    MapOp,
    after=(SoftmaxOp,),
    exactness="rounding",
    group="recognise",
    source="onnxoptimizer fuse_consecutive_log_softmax",
    rows=("onnx/fuse_consecutive_log_softmax",),
)
def log_of_softmax(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    log(softmax(x)) => softmax{log}(x), exp(softmax{log}(x)) => softmax(x)  if nobody else reads
    the softmax, and the result is not rounded to integers.
    """
    m.require(any(isinstance(v.owner, SoftmaxOp) for v in op.inputs), "a softmax is read")
    for step in op.body.block.ops:
        if not isinstance(step, math.LogOp | math.ExpOp):
            continue
        behind = operand_behind(op, step.operand)
        inner = None if behind is None else producer_of(behind, SoftmaxOp)
        if behind is None or inner is None:
            continue
        takes = isinstance(step, math.LogOp)
        if takes is (inner.log is not None):
            continue
        m.require(has_one_use(behind), "nobody else reads the softmax")
        m.require(step.operand.has_one_use(), "the map reads it once")
        m.may_move(step.result)
        m.consumed(inner)
        new = m.insert(SoftmaxOp(inner.input, inner.axis.value.data, log=takes)).results[0]
        return [m.insert(with_operand_for(op, step.result, new)).results[0]]
    m.require(False, "the logarithm of a softmax, or the exponential of its logarithm")
    return []


@rewrite(
    SoftmaxOp,
    after=(SoftmaxOp,),
    exactness="rounding",
    source="onnxoptimizer fuse_consecutive_log_softmax",
)
def softmax_of_logarithms(op: SoftmaxOp, m: Match) -> Sequence[SSAValue]:
    """
    softmax(softmax{log}(x)) => softmax(x), and the same for its logarithm  if both are along one
    axis: exponentials of the logarithms add up to 1.
    """
    inner = m.producer(op.input, SoftmaxOp)
    m.require(inner.log is not None, "the inner one is a logarithm")
    m.require(inner.axis == op.axis, "both are along one axis")
    m.may_move(op.results[0])
    new = SoftmaxOp(inner.input, op.axis.value.data, log=op.log is not None)
    return [m.insert(new).results[0]]


@rewrite(SoftmaxOp, after=(MapOp,), exactness="rounding", source="TVM SimplifyExpr; XLA")
def drop_shift_before_softmax(op: SoftmaxOp, m: Match) -> Sequence[SSAValue]:
    """
    softmax(x + t) => softmax(x), softmax(x - t) => softmax(x)  if t is the same all along the axis
    and nobody else reads the sum: the softmax takes the maximum away first.
    """
    shifted = m.producer(op.input, MapOp)
    m.require(has_one_use(op.input), "nobody else reads the sum")
    axis, shape = op.axis.value.data, extents_of(op.input)
    [value] = yielded_values(shifted.body)
    step = producer_of(value, arith.SubfOp) or producer_of(value, arith.AddfOp)
    m.require(step is not None, "it is a sum or a difference")
    assert step is not None
    sides = [step.lhs] if isinstance(step, arith.SubfOp) else [step.lhs, step.rhs]
    for kept in sides:
        other = step.rhs if kept is step.lhs else step.lhs
        if not _is_even(shifted, other, axis, len(shape)):
            continue
        m.may_move(op.results[0])
        tensor = operand_behind(shifted, kept)
        if tensor is None:
            tensor = m.insert(_map_of(shifted, kept)).results[0]
        if extents_of(tensor) == shape:
            new = SoftmaxOp(tensor, axis, log=op.log is not None)
            return [m.insert(new).results[0]]
    m.require(False, "what is added or subtracted is the same all along the axis")
    return []


def _is_even(op: MapOp, value: SSAValue, axis: int, rank: int) -> bool:
    if number_of(value) is not None:
        return True
    tensor = operand_behind(op, value)
    return tensor is not None and has_unit_extents(tensor, (axis,), rank)


def _map_of(op: MapOp, scalar: SSAValue) -> MapOp:
    """The map that computes one scalar of the region of another."""
    builder = RegionBuilder()
    known: dict[SSAValue, SSAValue] = {
        a: builder.argument(v) for a, v in zip(op.body.block.args, op.inputs, strict=True)
    }
    for step in op.body.block.ops:
        clone = clone_with(step, known)
        builder.add(clone)
        known.update(zip(step.results, clone.results, strict=True))
        if scalar in step.results:
            break
    return MapOp(builder.operands, builder.finish(known[scalar]))


@rewrite(
    MapOp,
    after=(ReduceOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="OpenVINO SoftmaxFusion",
)
def recompose_plain_softmax(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    exp(x) / sum(exp(x)) => softmax(x)  if the sum is along one axis: where exp(x) overflows, the
    left side is NaN.
    """
    m.require(any(reduction_behind(v) for v in op.inputs), "a reduction is read")
    for step in op.body.block.ops:
        if not isinstance(step, arith.DivfOp):
            continue
        above, below = Element(op, step.lhs), operand_behind(op, step.rhs)
        total = None if below is None else reduction_behind(below)
        if total is None or total.kind.data != "sum" or len(total.axis_list) != 1:
            continue
        if above.step(math.ExpOp) is None:
            continue
        inside = reduced_by(total)
        if inside is None or not same(above, inside):
            continue
        [exponent] = above.parts()
        source = exponent.tensor
        if source is None or extents_of(source) != total.domain_extents:
            continue
        m.may_move(step.result)
        m.consumed(total)
        new = m.insert(SoftmaxOp(source, total.axis_list[0])).results[0]
        return [m.insert(with_operand_for(op, step.result, new)).results[0]]
    m.require(False, "an exponential is divided by the sum of such")
    return []


@rewrite(
    MapOp,
    after=(MapOp, ReduceOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="XLA",
)
def recompose_log_softmax(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    x - log(sum(exp(x))) => softmax{log}(x)  if the sum is along one axis.
    """
    for step in op.body.block.ops:
        if not isinstance(step, arith.SubfOp):
            continue
        taken = Element(op, step.rhs)
        if taken.step(math.LogOp) is None:
            continue
        [total_of] = taken.parts()
        total = total_of.reduction()
        if total is None or total.kind.data != "sum" or len(total.axis_list) != 1:
            continue
        inside = reduced_by(total)
        if inside is None or inside.step(math.ExpOp) is None:
            continue
        [exponent] = inside.parts()
        if not same(exponent, Element(op, step.lhs)):
            continue
        source = operand_behind(op, step.lhs)
        if source is None:
            source = m.insert(_map_of(op, step.lhs)).results[0]
        if extents_of(source) != total.domain_extents:
            m.undo()
            continue
        m.may_move(step.result)
        m.consumed(total)
        new = m.insert(SoftmaxOp(source, total.axis_list[0], log=True)).results[0]
        return [m.insert(with_operand_for(op, step.result, new)).results[0]]
    m.require(False, "the logarithm of a sum of exponentials is subtracted")
    return []


RULES = (
    log_of_softmax,
    softmax_of_logarithms,
    drop_shift_before_softmax,
    recompose_plain_softmax,
    recompose_log_softmax,
)
