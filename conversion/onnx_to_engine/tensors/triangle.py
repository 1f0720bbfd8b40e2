"""
Triangles and diagonals.

Operators: EyeLike, Trilu.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of, extents_of, static
from ....runtime.size import numbers_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along
from ...to_engine.lowering import Lowering
from ...to_engine.scalars import Numbers, select


def EyeLike(lo: Lowering) -> SSAValue:
    """1 on a diagonal, 0 elsewhere."""
    element, k = element_of(lo.op.results[0]), lo.integer("k")
    n, (rows, columns) = Numbers(element), extents_of(lo.operand("input"))

    def build(row: SSAValue, column: SSAValue) -> SSAValue:
        on = WHOLE.compare("eq", WHOLE.sub(column, row), WHOLE.number(k))
        return select(on, n.number(1), n.number(0))

    return lo.map([along(lo, rows, 0, 2), along(lo, columns, 1, 2)], build, element)


def Trilu(lo: Lowering) -> SSAValue:
    """The upper or lower triangle, zeros elsewhere."""
    x, k = lo.operand("input"), lo.optional("k")
    shape, n = extents_of(x), Numbers(element_of(x))
    if static(shape[-2:]) and (k is None or lo.array_of(k) is not None):
        return _known_triangle(lo)
    k = lo.constant(np.zeros((), np.int64), "k") if k is None else k
    upper = "ge" if lo.integer("upper", 1) else "le"

    def build(a: SSAValue, row: SSAValue, column: SSAValue, diagonal: SSAValue) -> SSAValue:
        kept = WHOLE.compare(upper, WHOLE.sub(column, row), diagonal)
        return select(kept, a, n.number(0))

    row, column = along(lo, shape[-2], 0, 2), along(lo, shape[-1], 1, 2)
    return lo.map([x, row, column, lo.reshape(k, ())], build)


def _known_triangle(lo: Lowering) -> SSAValue:
    """`Trilu` whose diagonal and sizes are known, by a constant mask."""
    x = lo.operand("input")
    k = int(lo.constant_number("k") or 0)
    rows, columns = numbers_of(extents_of(x)[-2:])
    lo.require_room(rows, columns, bytes_each=4)
    kept = np.tri(rows, columns, k - 1 if lo.integer("upper", 1) else k, dtype=np.bool_)
    mask = lo.constant(~kept if lo.integer("upper", 1) else kept, "triangle")
    n = Numbers(element_of(x))
    return lo.map([mask, x], lambda m, a: select(m, a, n.number(0)), n.element)


OPERATORS: dict[str, Conversion] = {"EyeLike": EyeLike, "Trilu": Trilu}
