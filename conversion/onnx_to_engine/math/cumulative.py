"""
Running sums and products.

Operators: CumProd, CumSum.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ....dialects.engine import ScanOp
from ....dialects.engine.base import element_of, rank_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import one_of
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.run_time_operands import axes_are
from ...to_engine.scalars import Numbers

MOST_AXES = 4
"""Axes along which running sums are computed side by side when the axis is data."""


def _scan(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, axis = lo.operand("x"), lo.operand("axis")
        Numbers(element_of(x))
        rank = rank_of(x)

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


OPERATORS: dict[str, Conversion] = {"CumProd": _scan("prod"), "CumSum": _scan("sum")}
