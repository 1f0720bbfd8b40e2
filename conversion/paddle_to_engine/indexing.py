"""
Elements at indices.

Operators: embedding, gather, gather_nd, index_sample, index_select, put_along_axis, scatter,
scatter_nd_add, take_along_axis.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine import ScatterOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.gather import gather_elements, gather_nd, take
from ..to_engine.vocabulary.scatter import scatter_elements
from .given import integer


def _flat(lo: Lowering, index: SSAValue) -> SSAValue:
    """An index that is a column as a vector."""
    return lo.reshape(index, (product_of(extents_of(index)),)) if rank_of(index) == 2 else index


def _gather(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return take(lo, x, _flat(lo, lo.operand("index")), positive(integer(lo, "axis"), rank_of(x)))


def _gather_nd(lo: Lowering) -> SSAValue:
    return gather_nd(lo, lo.operand("x"), lo.operand("index"))


def _index_select(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return take(lo, x, lo.operand("index"), positive(lo.integer("axis"), rank_of(x)))


def _index_sample(lo: Lowering) -> SSAValue:
    return gather_elements(lo, lo.operand("x"), lo.operand("index"), 1)


def _take_along_axis(lo: Lowering) -> SSAValue:
    x = lo.operand("arr")
    axis = positive(lo.integer("axis"), rank_of(x))
    return gather_elements(lo, x, lo.operand("indices"), axis)


_REDUCTIONS = {"assign": "none", "add": "add", "mul": "mul", "multiply": "mul"}


def _put_along_axis(lo: Lowering) -> SSAValue:
    x, indices, how = lo.operand("arr"), lo.operand("indices"), lo.text("reduce", "assign")
    if how not in _REDUCTIONS:
        raise NoNativeForm(f"combined by '{how}'")
    values = lo.broadcast(lo.operand("values"), extents_of(indices))
    axis = positive(lo.integer("axis"), rank_of(x))
    return scatter_elements(lo, x, indices, values, axis, _REDUCTIONS[how])


def _scatter(lo: Lowering) -> SSAValue:
    """Rows that are set, or cleared and then added to."""
    x, index, updates = (lo.operand(name) for name in ("x", "index", "updates"))
    rows = lo.reshape(index, (product_of(extents_of(index)), 1))
    if lo.flag("overwrite", default=True):
        return lo.emit(ScatterOp(x, rows, updates, "none"))
    n = Numbers(element_of(updates))
    nothing = lo.map([updates], lambda a: n.number(0))
    return lo.emit(ScatterOp(lo.emit(ScatterOp(x, rows, nothing, "none")), rows, updates, "add"))


def _scatter_nd_add(lo: Lowering) -> SSAValue:
    x, index, updates = (lo.operand(name) for name in ("x", "index", "updates"))
    return lo.emit(ScatterOp(x, index, updates, "add"))


def _embedding(lo: Lowering) -> SSAValue:
    """Rows of a table; that of `padding_idx` is zero."""
    x, weight, padding = lo.operand("x"), lo.operand("weight"), lo.integer("padding_idx", -1)
    rows = take(lo, weight, x, 0)
    if padding == -1:
        return rows
    n, whole = Numbers(element_of(weight)), Numbers(element_of(x))
    column = lo.reshape(x, (*extents_of(x), 1))

    def build(a: SSAValue, at: SSAValue) -> SSAValue:
        return select(whole.compare("eq", at, whole.number(padding)), n.number(0), a)

    return lo.map([rows, column], build)


OPERATORS: dict[str, Conversion] = {
    "embedding": _embedding,
    "gather": _gather,
    "gather_nd": _gather_nd,
    "index_sample": _index_sample,
    "index_select": _index_select,
    "put_along_axis": _put_along_axis,
    "scatter": _scatter,
    "scatter_nd_add": _scatter_nd_add,
    "take_along_axis": _take_along_axis,
}
