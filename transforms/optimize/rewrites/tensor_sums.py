"""Constants of sums and products that are tensors: combined across a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import BlockArgument, SSAValue

from ....dialects.engine import ConstantOp, MapOp
from ....dialects.engine.base import element_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.normal_numbers import all_normal_or_zero
from ....dialects.engine.weights import Array, dtype_of
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder, clone_with, number_of

Binary = type[arith.AddfOp] | type[arith.MulfOp]

LARGEST = 1 << 16
"""Elements of a combined constant, at most."""


def _constant(op: MapOp, value: SSAValue, m: Match) -> Array | None:
    """The numbers of a constant scalar or operand, in f64."""
    number = number_of(value)
    if number is not None:
        return np.asarray(number, np.float64)
    if not isinstance(value, BlockArgument):
        return None
    attr = constant_of(op.inputs[value.index])
    return None if attr is None else m.store.array(attr).astype(np.float64)


def _is_constant(op: MapOp, value: SSAValue) -> bool:
    if isinstance(value, BlockArgument):
        return constant_of(op.inputs[value.index]) is not None
    return number_of(value) is not None


def _split(op: MapOp, step: arith.AddfOp | arith.MulfOp) -> tuple[SSAValue, SSAValue] | None:
    """What is not constant, and what is, of the operands of a sum or product."""
    for value, constant in ((step.lhs, step.rhs), (step.rhs, step.lhs)):
        if _is_constant(op, constant) and not _is_constant(op, value):
            return value, constant
    return None


def _new_constant(op: MapOp, m: Match, array: Array) -> SSAValue:
    """A constant with these numbers, which are normal or 0."""
    element = element_of(op.results[0])
    m.require(all_normal_or_zero(array, element), "the combined constants are normal numbers")
    m.require(array.size <= LARGEST, "the combined constant is small")
    rounded = np.ascontiguousarray(array.astype(dtype_of(element)))
    return m.insert_constant(m.store.add(rounded, "combined"))


def _with(
    op: MapOp, m: Match, place: SSAValue, first: SSAValue, steps: Sequence[tuple[Binary, SSAValue]]
) -> SSAValue:
    """
    The map in which one scalar is computed anew: from another by sums and products with scalars of
    the region or with new tensors.
    """
    builder = RegionBuilder()
    known: dict[SSAValue, SSAValue] = {
        a: builder.argument(v) for a, v in zip(op.body.block.args, op.inputs, strict=True)
    }
    last = op.body.block.last_op
    assert last is not None
    for step in op.body.block.ops:
        if step is last:
            continue
        if place in step.results:
            value = known[first]
            for kind, other in steps:
                beside = known[other] if other in known else builder.argument(other)
                value = builder.add(kind(value, beside))
            known[place] = value
            continue
        clone = clone_with(step, known)
        builder.add(clone)
        known.update(zip(step.results, clone.results, strict=True))
    body = builder.finish(*(known[v] for v in last.operands))
    return m.insert(MapOp(builder.operands, body, op.results[0].type)).results[0]


def _has_constants(op: MapOp) -> bool:
    return any(constant_of(v) is not None for v in op.inputs)


def _inside(op: MapOp, step: arith.AddfOp | arith.MulfOp) -> tuple[SSAValue, SSAValue] | None:
    """The operands of a step whose first one nobody else reads."""
    outer = _split(op, step)
    return outer if outer is not None and outer[0].has_one_use() else None


@rewrite(
    MapOp,
    after=(ConstantOp,),
    exactness="rounding",
    source="OpenVINO LinOpSequenceFusion; onnx-mlir ConstProp",
    rows=("OpenVINO/LinOpSequenceFusion", "onnx-mlir/AddConstAssociative"),
)
def combine_tensor_constants(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    (x + c) + d => x + (c + d), (x * c) * d => x * (c * d)  if c and d are constants, one of them a
    tensor, nobody else reads what is inside, the new constant is normal or 0 and no larger, and
    the result is not rounded to integers.
    """
    m.require(_has_constants(op), "constant tensors are read")
    for step in op.body.block.ops:
        outer = _inside(op, step) if isinstance(step, arith.AddfOp | arith.MulfOp) else None
        inner = None if outer is None else producer_of(outer[0], type(step))
        if outer is None or not isinstance(inner, arith.AddfOp | arith.MulfOp):
            continue
        parts = _split(op, inner)
        if parts is None or not any(isinstance(v, BlockArgument) for v in (parts[1], outer[1])):
            continue
        both = _combined(op, m, type(inner), parts[1], outer[1])
        if both is None:
            continue
        m.may_move(inner.result)
        steps = [(type(inner), _new_constant(op, m, both))]
        return [_with(op, m, step.results[0], parts[0], steps)]
    m.require(False, "constants are added twice, or multiplied twice")
    return []


def _combined(
    op: MapOp,
    m: Match,
    kind: Binary,
    first: SSAValue,
    second: SSAValue,
) -> Array | None:
    """The sum or product of two constants; None where it is larger than both."""
    a, b = _constant(op, first, m), _constant(op, second, m)
    assert a is not None
    assert b is not None
    with np.errstate(all="ignore"):
        both: Array = a + b if kind is arith.AddfOp else a * b
    return both if both.size <= max(a.size, b.size) else None


@rewrite(
    MapOp,
    after=(ConstantOp,),
    exactness="rounding",
    source="OpenVINO LinOpSequenceFusion; ncnn fuse_batchnorm_scale",
    rows=("F11",),
)
def scale_after_tensor_shift(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    (x * c + b) * d => x * (c * d) + b * d  if c, b and d are constants, one of them a tensor,
    nobody else reads what is inside, the new constants are normal or 0 and no larger, and the
    result is not rounded to integers.
    """
    m.require(_has_constants(op), "constant tensors are read")
    for step in op.body.block.ops:
        outer = _inside(op, step) if isinstance(step, arith.MulfOp) else None
        total = None if outer is None else producer_of(outer[0], arith.AddfOp)
        shifted = None if total is None else _inside(op, total)
        product = None if shifted is None else producer_of(shifted[0], arith.MulfOp)
        scaled = None if product is None else _split(op, product)
        if outer is None or shifted is None or scaled is None:
            continue
        numbers = (outer[1], shifted[1], scaled[1])
        if not any(isinstance(v, BlockArgument) for v in numbers):
            continue
        factor = _combined(op, m, arith.MulfOp, scaled[1], outer[1])
        shift = _combined(op, m, arith.MulfOp, shifted[1], outer[1])
        if factor is None or shift is None:
            continue
        m.may_move(step.results[0])
        by, plus = _new_constant(op, m, factor), _new_constant(op, m, shift)
        steps = [(arith.MulfOp, by), (arith.AddfOp, plus)]
        return [_with(op, m, step.results[0], scaled[0], steps)]
    m.require(False, "a constant multiple and a constant are multiplied by a constant")
    return []


@rewrite(
    MapOp,
    after=(ConstantOp,),
    exactness="rounding",
    source="Niu et al., DNNFusion, 2021",
    rows=("07.I6",),
)
def add_constants_together(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    (x + c) + (y + d) => (x + y) + (c + d)  if c and d are constants, nobody else reads what is
    inside, the new constant is normal or 0 and no larger, and the result is not rounded to
    integers.
    """
    for step in op.body.block.ops:
        if not isinstance(step, arith.AddfOp):
            continue
        left, right = producer_of(step.lhs, arith.AddfOp), producer_of(step.rhs, arith.AddfOp)
        if left is None or right is None or left is right:
            continue
        if not left.result.has_one_use() or not right.result.has_one_use():
            continue
        first, second = _split(op, left), _split(op, right)
        if first is None or second is None:
            continue
        both = _combined(op, m, arith.AddfOp, first[1], second[1])
        if both is None:
            continue
        m.may_move(step.result)
        steps = [(arith.AddfOp, second[0]), (arith.AddfOp, _new_constant(op, m, both))]
        return [_with(op, m, step.result, first[0], steps)]
    m.require(False, "two sums with constants are added")
    return []


RULES = (
    combine_tensor_constants,
    scale_after_tensor_shift,
    add_constants_together,
)
