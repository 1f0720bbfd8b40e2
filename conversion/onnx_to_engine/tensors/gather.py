"""
Operators that pick elements at indices, each as one gather.

Operators: Gather, GatherElements, GatherND, ReverseSequence.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ....runtime.size import product_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import (
    WHOLE,
    along,
    scalar,
    steps_of,
    within,
)
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.open_extents import Number, map_with_extents
from ...to_engine.scalars import cast_scalar, select
from ...to_engine.vocabulary.gather import gather_elements, gather_nd, take
from .masks import masked


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
    x, indices, batch = lo.operand("data"), lo.operand("indices"), lo.integer("batch_dims")
    found = None if batch else masked(lo, x, indices)
    return gather_nd(lo, x, indices, batch) if found is None else found


def ReverseSequence(lo: Lowering) -> SSAValue:
    """The first `sequence_lens[b]` steps of each batch in opposite order."""
    x, lengths = lo.operand("input"), lo.operand("sequence_lens")
    shape = extents_of(x)
    time, batch = lo.integer("time_axis"), lo.integer("batch_axis", 1)
    if {time, batch} != {0, 1} or 0 in shape:
        raise NoNativeForm("with these axes")
    steps, size = steps_of(shape[:2]), product_of(shape[:2])
    element = element_of(lengths)

    def build(
        length: SSAValue, step: SSAValue, place: SSAValue, pace: Number, most: Number, size: Number
    ) -> SSAValue:
        count = cast_scalar(length, element, i64)
        last = WHOLE.sub(count, WHOLE.number(1))
        at = select(WHOLE.compare("lt", step, count), WHOLE.sub(last, step), step)
        flat = WHOLE.add(WHOLE.mul(at, scalar(pace)), place)
        return select(within(count, 0, most), flat, scalar(size))

    rows = [
        lo.reshape(lengths, [shape[batch] if a == batch else 1 for a in (0, 1)]),
        along(lo, shape[time], time, 2),
        along(lo, shape[batch], batch, 2, steps[batch]),
    ]
    at = map_with_extents(lo, rows, [steps[time], shape[time] + 1, size], build, i64)
    return lo.emit(GatherOp(lo.reshape(x, (size, *shape[2:])), at, 0))


OPERATORS: dict[str, Conversion] = {
    "Gather": Gather,
    "GatherElements": GatherElements,
    "GatherND": GatherND,
    "ReverseSequence": ReverseSequence,
}
