"""
Reductions, orders and running totals.

Operators: all, amax, amin, any, argmax, argmin, argsort, cummax, cummin, cumprod, cumsum,
logsumexp, max, mean, mean_all, min, p_norm, prod, squared_l2_norm, sum, topk.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp, ScanOp, TopKOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.framework import element_of as framework_element_of
from ...runtime.size import product_of, range_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.flat_index import flat_places
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import take_flat
from ..to_engine.vocabulary.reduce import log_sum_exp, p_norm, reduce
from ..to_engine.vocabulary.running import running_extremes
from .given import extents, integer, integers


def axes_of(lo: Lowering, x: SSAValue) -> list[int]:
    """The axes that are reduced, all where none is named."""
    rank = rank_of(x)
    computed = "axis_tensor" in lo.op.SIGNATURE.operand_names
    given = integers(lo, "axis") if computed else lo.integers("axis") or []
    whole = "reduce_all" in lo.op.SIGNATURE.attributes and lo.flag("reduce_all")
    return list(range(rank)) if whole or not given else sorted(positive(a, rank) for a in given)


def _reduction(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("x")
        return reduce(lo, kind, x, axes_of(lo, x), keep=lo.flag("keepdim"))

    return convert


def _sum(lo: Lowering) -> SSAValue:
    """In the element type of the result: that of integers is a wider one."""
    x, element = lo.operand("x"), framework_element_of(lo.op.results[0].type)
    wide = x if element is None else cast(lo, x, element)
    return reduce(lo, "sum", wide, axes_of(lo, x), keep=lo.flag("keepdim"))


def _truth(kind: str) -> Conversion:
    """Whether all, or any, hold: the smallest or largest of bits."""

    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("x")
        if element_of(x) != i1:
            raise NoNativeForm("of numbers")
        return lo.emit(ReduceOp([x], kind, axes_of(lo, x), keepdims=lo.flag("keepdim")))

    return convert


def _log_sum_exp(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return log_sum_exp(lo, x, axes_of(lo, x), keep=lo.flag("keepdim"))


def _extreme(largest: bool) -> Conversion:
    """Where the first extreme is, along an axis or of all elements."""

    def convert(lo: Lowering) -> SSAValue:
        x, keep = lo.operand("x"), lo.flag("keepdims")
        element = framework_element_of(lo.op.results[0].type)
        rank = rank_of(x)
        if lo.flag("flatten"):
            flat = lo.reshape(x, (product_of(extents_of(x)),))
            found = arg_extreme(lo, flat, 0, largest=largest)
            found = lo.reshape(found, (1,) * rank if keep else ())
        else:
            axis = positive(integer(lo, "axis"), rank)
            found = arg_extreme(lo, x, axis, largest=largest, keep=keep)
        return found if element is None else cast(lo, found, element)

    return convert


def _top_k(lo: Lowering) -> Results:
    x = lo.operand("x")
    shape, axis = extents_of(x), positive(lo.integer("axis", -1), rank_of(x))
    [count] = extents(lo, "k") if lo.group("k_tensor") else [lo.integer("k", 1)]
    if range_of(shape[axis] - count)[1] < 0 or 0 in shape:
        raise NoNativeForm(f"of {count} of {shape[axis]} elements")
    lo.relations.not_negative(shape[axis] - count)
    places = lo.emit(TopKOp(x, axis, count, smallest=not lo.flag("largest", default=True)))
    values = take_flat(lo, x, flat_places(lo, places, shape, axis, wrap=False))
    return [values, places]


def _argsort(lo: Lowering) -> Results:
    x = lo.operand("x")
    shape, axis = extents_of(x), positive(lo.integer("axis", -1), rank_of(x))
    if 0 in shape:
        raise NoNativeForm("of nothing")
    places = lo.emit(TopKOp(x, axis, shape[axis], smallest=not lo.flag("descending")))
    return [take_flat(lo, x, flat_places(lo, places, shape, axis, wrap=False)), places]


def _scan(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("x")
        Numbers(element_of(x))
        if kind == "sum" and lo.flag("flatten"):
            x, axis = lo.reshape(x, (product_of(extents_of(x)),)), 0
        else:
            axis = positive(
                integer(lo, "axis", -1) if kind == "sum" else lo.integer("dim"), rank_of(x)
            )
        exclusive, reverse = lo.flag("exclusive"), lo.flag("reverse")
        return lo.emit(ScanOp(x, kind, axis, exclusive=exclusive, reverse=reverse))

    return convert


def _running(kind: str) -> Conversion:
    """The extremes so far, and where the last of them is."""

    def convert(lo: Lowering) -> Results:
        x = lo.operand("x")
        values, places = running_extremes(lo, kind, x, positive(lo.integer("axis", -1), rank_of(x)))
        declared = framework_element_of(lo.op.results[1].type)
        return [values, places if declared is None else cast(lo, places, declared)]

    return convert


def _p_norm(lo: Lowering) -> SSAValue:
    x, order, keep = lo.operand("x"), lo.number("porder", 2), lo.flag("keepdim")
    if not order.is_integer() or order <= 0:
        raise NoNativeForm(f"of order {order}")
    axis = positive(lo.integer("axis", -1), rank_of(x))
    axes = list(range(rank_of(x))) if lo.flag("asvector") else [axis]
    return p_norm(lo, x, axes, int(order), keep=keep)


def _mean_all(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return reduce(lo, "mean", x, range(rank_of(x)), keep=False)


def _squared_norm(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    total = reduce(lo, "sum", x, range(rank_of(x)), keep=False, before=lambda n, a: n.mul(a, a))
    return lo.reshape(total, (1,))


OPERATORS: dict[str, Conversion] = {
    "all": _truth("min"),
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    "any": _truth("max"),
    "argmax": _extreme(True),
    "argmin": _extreme(False),
    "argsort": _argsort,
    "cummax": _running("max"),
    "cummin": _running("min"),
    "cumprod": _scan("prod"),
    "cumsum": _scan("sum"),
    "logsumexp": _log_sum_exp,
    "max": _reduction("max"),
    "mean": _reduction("mean"),
    "mean_all": _mean_all,
    "min": _reduction("min"),
    "p_norm": _p_norm,
    "prod": _reduction("prod"),
    "squared_l2_norm": _squared_norm,
    "sum": _sum,
    "topk": _top_k,
}
