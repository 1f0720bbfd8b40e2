"""
Operators that pick elements at indices, each as one gather.

Operators: Gather, GatherElements, GatherND, ReverseSequence.
"""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp
from ....dialects.engine.base import element_of, rank_of, shape_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import (
    WHOLE,
    along,
    steps_of,
    within,
)
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.scalars import cast_scalar, select
from ...to_engine.vocabulary.gather import gather_elements, gather_nd, take


def Gather(lo: Lowering) -> SSAValue:
    """Slices along `axis`."""
    x = lo.operand("data")
    axis = positive(lo.integer("axis"), rank_of(x))
    return take(lo, x, lo.operand("indices"), axis)


def GatherElements(lo: Lowering) -> SSAValue:
    """`y[i, j] = x[indices[i, j], j]` and so along any axis."""
    x = lo.operand("data")
    axis = positive(lo.integer("axis"), rank_of(x))
    return gather_elements(lo, x, lo.operand("indices"), axis)


def GatherND(lo: Lowering) -> SSAValue:
    """Index tuples into the dimensions behind `batch_dims` common ones."""
    return gather_nd(lo, lo.operand("data"), lo.operand("indices"), lo.integer("batch_dims"))


def ReverseSequence(lo: Lowering) -> SSAValue:
    """The first `sequence_lens[b]` steps of each batch in opposite order."""
    x, lengths = lo.operand("input"), lo.operand("sequence_lens")
    shape = shape_of(x)
    time, batch = lo.integer("time_axis"), lo.integer("batch_axis", 1)
    if {time, batch} != {0, 1} or 0 in shape:
        raise NoNativeForm("with these axes")
    steps, n, size = steps_of(shape[:2]), shape[time], prod(shape[:2])
    element = element_of(lengths)

    def build(length: SSAValue, step: SSAValue, place: SSAValue) -> SSAValue:
        count = cast_scalar(length, element, i64)
        last = WHOLE.sub(count, WHOLE.number(1))
        at = select(WHOLE.compare("lt", step, count), WHOLE.sub(last, step), step)
        flat = WHOLE.add(WHOLE.mul(at, WHOLE.number(steps[time])), place)
        return select(within(count, 0, n + 1), flat, WHOLE.number(size))

    rows = [
        lo.reshape(lengths, [shape[batch] if a == batch else 1 for a in (0, 1)]),
        along(lo, range(n), time, 2),
        along(lo, range(0, shape[batch] * steps[batch], steps[batch]), batch, 2),
    ]
    at = lo.map(rows, build, i64)
    return lo.emit(GatherOp(lo.reshape(x, (size, *shape[2:])), at, 0))


OPERATORS: dict[str, Conversion] = {
    "Gather": Gather,
    "GatherElements": GatherElements,
    "GatherND": GatherND,
    "ReverseSequence": ReverseSequence,
}
