"""
Products, reductions and choices.

Operators: ArgMax, Embed, InnerProduct, Reduction.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, TopKOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import flat_places
from ..to_engine.lowering import Lowering, positive
from ..to_engine.scalars import Numbers, absolute
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.dense import dense
from ..to_engine.vocabulary.gather import take, take_flat
from ..to_engine.vocabulary.reduce import Scalar, reduce


def _inner_product(lo: Lowering) -> SSAValue:
    """A product with everything from `axis` on as one row."""
    x, weight = lo.operand("x"), lo.operand("weight")
    shape, transposed = extents_of(x), lo.flag("transpose")
    axis = positive(lo.integer("axis", 1), len(shape))
    rows = lo.reshape(x, (product_of(shape[:axis]), product_of(shape[axis:])))
    result = dense(lo, rows, weight, lo.optional("bias"), trans_rhs=not transposed)
    return lo.reshape(result, (*shape[:axis], extents_of(weight)[1 if transposed else 0]))


def _embed(lo: Lowering) -> SSAValue:
    """Rows of the weight by indices, which are floats in a net."""
    weight, bias = lo.operand("weight"), lo.optional("bias")
    rows = take(lo, weight, cast(lo, lo.operand("x"), i64), 0)
    return rows if bias is None else lo.map([rows, bias], Numbers(element_of(rows)).add)


_BEFORE: dict[str, Scalar] = {"ASUM": lambda n, a: absolute(a), "SUMSQ": lambda n, a: n.mul(a, a)}


def _reduction(lo: Lowering) -> SSAValue:
    """Over all dimensions from `axis` on, times a coefficient."""
    x, kind, factor = lo.operand("x"), lo.text("operation", "SUM"), lo.number("coeff", 1)
    rank = rank_of(x)
    axes = range(positive(lo.integer("axis"), rank), rank)
    how = "mean" if kind == "MEAN" else "sum"
    total = reduce(lo, how, x, axes, keep=False, before=_BEFORE.get(kind))
    n = Numbers(element_of(x))
    return total if factor == 1 else lo.map([total], lambda a: n.mul(a, n.number(factor)))


def _arg_max(lo: Lowering) -> SSAValue:
    """The places of the `top_k` largest, or these themselves; without an axis of each whole row."""
    x, count, values = lo.operand("x"), lo.integer("top_k", 1), lo.flag("out_max_val")
    shape, whole = extents_of(x), lo.op.attribute("axis") is None
    if whole:
        x = lo.reshape(x, (shape[0], product_of(shape[1:])))
    axis = 1 if whole else positive(lo.integer("axis"), len(shape))
    if count == 1:
        places = arg_extreme(lo, x, axis, largest=True)
    else:
        places = lo.emit(TopKOp(x, axis, count))
    numbers = cast(lo, places, element_of(x))
    if not values:
        found = numbers
    else:
        best = take_flat(lo, x, flat_places(lo, places, extents_of(x), axis, wrap=False))
        if not whole:
            return best
        rows = (shape[0], 1, count)
        found = lo.emit(ConcatOp([lo.reshape(numbers, rows), lo.reshape(best, rows)], 1))
    if not whole:
        return found
    rest = (1,) * (max(len(shape), 3) - 3)
    return lo.reshape(found, (shape[0], 2 if values else 1, count, *rest))


OPERATORS: dict[str, Conversion] = {
    "ArgMax": _arg_max,
    "Embed": _embed,
    "InnerProduct": _inner_product,
    "Reduction": _reduction,
}
