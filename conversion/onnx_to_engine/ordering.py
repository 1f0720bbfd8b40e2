"""Running sums and products, and the best elements of rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue

from ...dialects.engine import ScanOp, TopKOp
from ...dialects.engine.base import element_of, shape_of
from .elements import taken
from .elementwise import Operator
from .flat_index import flat_places, one_of
from .lowering import Lowering, NoNativeForm, positive
from .run_time_operands import axes_are, checked, declared_shape, equal_to
from .scalars import Numbers

MOST_AXES = 4
"""Axes along which running sums are computed side by side when the axis is data."""


def _scan(kind: str) -> Operator:
    def convert(lo: Lowering) -> SSAValue:
        x, axis = lo.operand("x"), lo.operand("axis")
        Numbers(element_of(x))
        rank = len(shape_of(x))

        def along(at: int) -> SSAValue:
            return lo.emit(
                ScanOp(
                    x,
                    kind,
                    at,
                    exclusive=bool(lo.integer("exclusive")),
                    reverse=bool(lo.integer("reverse")),
                )
            )

        known = lo.array_of(axis)
        if known is not None:
            return along(positive(int(known.reshape(-1)[0]), rank))
        if rank > MOST_AXES:
            raise NoNativeForm("operand 'axis' is not a constant")
        given = lo.reshape(axis, (1,))
        cases = [(axes_are(lo, given, rank, [at], []), along(at)) for at in range(rank)]
        return one_of(lo, cases, f"the axis is not one of {rank}")

    return convert


def TopK(lo: Lowering) -> Sequence[SSAValue | None]:
    """The best elements along `axis` and where they were, the best first whether asked or not."""
    x, k = lo.operand("X"), lo.operand("K")
    shape, known = shape_of(x), lo.array_of(k)
    axis = positive(lo.integer("axis", -1), len(shape))
    Numbers(element_of(x))
    count = declared_shape(lo, operand="K")[axis] if known is None else int(known.reshape(-1)[0])
    if not 0 <= count <= shape[axis] or 0 in shape:
        raise NoNativeForm(f"of {count} of {shape[axis]} elements")
    indices = lo.emit(TopKOp(x, axis, count, smallest=not lo.integer("largest", 1)))
    if prod(shape_of(k)) != 1:
        raise NoNativeForm("of several counts")
    given = equal_to(lo, lo.reshape(k, (1,)), [count])
    indices = checked(lo, indices, given, f"k is not the declared {count}")
    values = None
    if lo.is_used("Values"):
        values = taken(lo, x, flat_places(lo, indices, shape, axis, wrap=False))
    return [values, indices if lo.is_used("Indices") else None]


OPERATORS = {"CumProd": _scan("prod"), "CumSum": _scan("sum"), "TopK": TopK}
