"""
Diagonals and triangles of matrices.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, GatherOp, ReduceOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, scalar
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.cast import cast
from .arguments import dim, extent, result_element
from .overloads import named


def diagonal_of(lo: Lowering, x: SSAValue, offset: int, first: int, second: int) -> SSAValue:
    """The diagonal of two dimensions as the last one."""
    rank, shape = rank_of(x), extents_of(x)
    others = [a for a in range(rank) if a not in (first, second)]
    moved = lo.transpose(x, [*others, first, second])
    rows, columns = shape[first], shape[second]
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise NoNativeForm("of sizes that are no numbers")
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    lead = [shape[a] for a in others]
    flat = lo.reshape(moved, (*lead, rows * columns))
    lo.require_room(count)
    at = (np.arange(count) - min(offset, 0)) * columns + np.arange(count) + max(offset, 0)
    return lo.emit(GatherOp(flat, lo.constant(at.astype(np.int64), "diagonal"), len(lead)))


def _diagonal(lo: Lowering) -> SSAValue:
    x = lo.operands[0]
    rank, attributes = rank_of(x), lo.op.SIGNATURE.attributes
    names = ("dim1", "dim2")
    a, b = (dim(lo.integer(n, d), rank) for n, d in zip(names, (0, 1), strict=True))
    del attributes
    return diagonal_of(lo, x, lo.integer("offset"), a, b)


def _embedded(lo: Lowering, x: SSAValue, offset: int) -> SSAValue:
    """`[.., n]` as the diagonal of `[.., n + |offset|, n + |offset|]`, zeros elsewhere."""
    shape = extents_of(x)
    n = shape[-1]
    if not isinstance(n, int):
        raise NoNativeForm("of sizes that are no numbers")
    size = n + abs(offset)
    lo.require_room(size, size)
    flat = lo.emit(ConcatOp([x, _zeros(lo, x, (*shape[:-1], 1))], rank_of(x) - 1))
    at = np.full((size, size), n, np.int64)
    places = np.arange(n)
    at[places - min(offset, 0), places + max(offset, 0)] = places
    return lo.emit(GatherOp(flat, lo.constant(at, "places"), rank_of(x) - 1))


def _zeros(lo: Lowering, like: SSAValue, shape: Sequence[Extent]) -> SSAValue:
    zero = np.zeros((), dtype_of(element_of(like)))
    return lo.broadcast(lo.constant(zero, "zero"), shape)


def _diag(lo: Lowering) -> SSAValue:
    x, offset = lo.operand("self"), lo.integer("diagonal")
    return diagonal_of(lo, x, offset, 0, 1) if rank_of(x) == 2 else _embedded(lo, x, offset)


def _diagflat(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return _embedded(lo, lo.reshape(x, (product_of(extents_of(x)),)), lo.integer("offset"))


def _diag_embed(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    rank = rank_of(x) + 1
    found = _embedded(lo, x, lo.integer("offset"))
    first, second = (dim(lo.integer(name), rank) for name in ("dim1", "dim2"))
    if (first, second) == (rank - 2, rank - 1):
        return found
    order = list(range(rank - 2))
    for to, axis in sorted([(first, rank - 2), (second, rank - 1)]):
        order.insert(to, axis)
    return lo.transpose(found, order)


def _diagonal_scatter(lo: Lowering) -> SSAValue:
    x, source = lo.operand("self"), lo.operand("src")
    rank, offset = rank_of(x), lo.integer("offset")
    first, second = (dim(lo.integer(n, d), rank) for n, d in (("dim1", 0), ("dim2", 1)))
    if rank != 2 or (first, second) != (0, 1):
        raise NoNativeForm("of more than a matrix")
    rows, columns = extents_of(x)
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise NoNativeForm("of sizes that are no numbers")
    count = rows * columns
    lo.require_room(count)
    at = np.arange(count, dtype=np.int64).reshape(rows, columns)
    [n] = extents_of(source)
    assert isinstance(n, int)
    places = np.arange(n)
    at[places - min(offset, 0), places + max(offset, 0)] = count + places
    flat = lo.emit(ConcatOp([lo.reshape(x, (count,)), source], 0))
    return lo.emit(GatherOp(flat, lo.constant(at, "places"), 0))


def _triangle(*, lower: bool) -> Conversion:
    """Zeros above or below a diagonal."""

    def convert(lo: Lowering) -> SSAValue:
        x, shift = lo.operand("self"), extent(lo, "diagonal")
        rank, shape, n = rank_of(x), extents_of(x), Numbers(element_of(x))
        row, column = (along(lo, shape[a], a, rank) for a in (rank - 2, rank - 1))

        def build(a: SSAValue, i: SSAValue, j: SSAValue, by: Number) -> SSAValue:
            edge = WHOLE.add(i, scalar(by))
            kept = WHOLE.compare("le" if lower else "ge", j, edge)
            return select(kept, a, n.number(0))

        assert shift is not None
        return map_with_extents(lo, [x, row, column], [shift], build)

    return convert


def _trace(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    found = diagonal_of(lo, cast(lo, x, result_element(lo)), 0, 0, 1)
    return lo.emit(ReduceOp([found], "sum", [0], keepdims=False))


OPERATORS: dict[str, Conversion] = {
    **named("diagonal linalg_diagonal", _diagonal),
    "diagonal_scatter": _diagonal_scatter,
    "diag": _diag,
    "diagflat": _diagflat,
    "diag_embed": _diag_embed,
    "tril": _triangle(lower=True),
    "triu": _triangle(lower=False),
    "trace": _trace,
}
"""Conversions by the operator and its overload, without one for the default."""
