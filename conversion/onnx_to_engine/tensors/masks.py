"""
Elements that a mask marks, as exporters write them: NonZero, Transpose, GatherND.

Where nothing else uses the positions they are not made: the elements are picked by the mask.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i1
from xdsl.ir import OpResult, SSAValue

from ....dialects.engine import CompressOp, NonZeroOp, ReshapeOp, TransposeOp
from ....dialects.engine.base import element_of, extents_of, is_coded, rank_of
from ....runtime.size import product_of, same
from ...to_engine.lowering import Lowering
from ...to_engine.run_time_operands import result_name
from ...to_engine.scalars import Numbers

_STEPS = 8
"""Operations between the positions and their use that are looked through."""


def masked(lo: Lowering, x: SSAValue, indices: SSAValue) -> SSAValue | None:
    """The elements of `x` at the positions that a mask marks; None of other indices."""
    mask = _mask_of(indices)
    if mask is None:
        return None
    shape, marks = extents_of(x), extents_of(mask)
    if len(marks) > len(shape) or is_coded(element_of(x)):
        return None
    if any(same(a, b) is not True for a, b in zip(shape, marks, strict=False)):
        return None
    count = product_of(marks)
    if element_of(mask) != i1:
        n = Numbers(element_of(mask))
        mask = lo.map([mask], lambda a: n.compare("ne", a, n.number(0)), i1)
    name = lo.new_size(f"{result_name(lo)}_0", count)
    flat = lo.reshape(x, (count, *shape[len(marks) :]))
    return lo.emit(CompressOp(flat, lo.reshape(mask, (count,)), 0, name))


def _mask_of(indices: SSAValue) -> SSAValue | None:
    """What is not zero at the rows of `indices`, if only these use the positions."""
    value, swapped, reshaped = indices, False, False
    for _ in range(_STEPS):
        if not isinstance(value, OpResult) or len(tuple(value.uses)) != 1:
            return None
        op = value.op
        if isinstance(op, TransposeOp) and op.permutation == (1, 0):
            value, swapped = op.input, not swapped
        elif isinstance(op, ReshapeOp):
            value, reshaped = op.input, True
        elif isinstance(op, NonZeroOp):
            one_column = rank_of(op.input) == 1
            alike = extents_of(indices) == extents_of(op.results[0])
            in_order = one_column or not (swapped or reshaped)
            return op.input if value.index == 0 and alike and in_order else None
        else:
            return None
    return None
