"""
The best elements of rows.

Operators: TopK.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue

from ....dialects.engine import TopKOp
from ....dialects.engine.base import element_of, extents_of, shape_of
from ....runtime.size import range_of
from ...to_engine.data_extents import data_extents
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import flat_places
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.open_extents import extents_in
from ...to_engine.run_time_operands import checked, declared_shape, declares_sizes, equal_to
from ...to_engine.scalars import Numbers
from ...to_engine.vocabulary.gather import take_flat


def TopK(lo: Lowering) -> Sequence[SSAValue | None]:
    """The best elements along `axis` and where they were, the best first whether asked or not."""
    x, k = lo.operand("X"), lo.operand("K")
    if prod(shape_of(k)) != 1:
        raise NoNativeForm("of several counts")
    shape, known = extents_of(x), extents_in(lo, k)
    axis = positive(lo.integer("axis", -1), len(shape))
    if known is None and not declares_sizes(lo):
        known = data_extents(lo, k, shape[axis])
    Numbers(element_of(x))
    count = declared_shape(lo, operand="K")[axis] if known is None else known[0]
    if range_of(count)[1] < 0 or range_of(shape[axis] - count)[1] < 0 or 0 in shape:
        raise NoNativeForm(f"of {count} of {shape[axis]} elements")
    lo.relations.not_negative(shape[axis] - count)
    indices = lo.emit(TopKOp(x, axis, count, smallest=not lo.integer("largest", 1)))
    if known is None:
        given = equal_to(lo, lo.reshape(k, (1,)), [count])
        indices = checked(lo, indices, given, f"k is not the declared {count}")
    values = None
    if lo.is_used("Values"):
        values = take_flat(lo, x, flat_places(lo, indices, shape, axis, wrap=False))
    return [values, indices if lo.is_used("Indices") else None]


OPERATORS: dict[str, Conversion] = {"TopK": TopK}
