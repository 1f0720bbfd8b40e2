"""
Elements written, or added to what is there, at indices along one dimension.

Operators: those of the table at the end.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, cast_scalar, select, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.scatter import scatter_elements
from .arguments import dim, flag, number
from .overloads import named

_REDUCTIONS = {
    "": "none",
    **dict.fromkeys(("add", "sum", "mean"), "add"),
    **dict.fromkeys(("multiply", "prod"), "mul"),
    "amax": "max",
    "amin": "min",
}


def _source(lo: Lowering, x: SSAValue, name: str) -> SSAValue:
    """What is written: as much of a tensor as there are indices, or a number for each."""
    index = lo.operand("index")
    shape = extents_of(index)
    if name in lo.op.SIGNATURE.operand_names:
        source = cast(lo, lo.operand(name), element_of(x))
        return lo.slice(source, [0] * len(shape), shape)
    one = np.asarray(number(lo, name)).astype(dtype_of(element_of(x)))
    return lo.broadcast(lo.constant(one, "value"), shape)


def _scatter(name: str, reduction: str = "") -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        if not rank_of(x):
            raise NoNativeForm("of a scalar")
        kind = _REDUCTIONS[reduction or lo.text("reduce")]
        axis = dim(lo.integer("dim"), rank_of(x))
        index = cast(lo, lo.operand("index"), i64)
        return scatter_elements(lo, x, index, _source(lo, x, name), axis, kind)

    return convert


def _scatter_reduce(lo: Lowering) -> SSAValue:
    """Without the elements that were there, these are first what changes nothing."""
    x, kind = lo.operand("self"), lo.text("reduce")
    if not rank_of(x):
        raise NoNativeForm("of a scalar")
    axis, n = dim(lo.integer("dim"), rank_of(x)), Numbers(element_of(x))
    index, source = cast(lo, lo.operand("index"), i64), _source(lo, x, "src")
    includes = flag(lo, "include_self")
    ones = lo.broadcast(lo.constant(np.ones((), np.int32), "one"), extents_of(index))
    zeros = lo.broadcast(lo.constant(np.zeros((), np.int32), "zero"), extents_of(x))
    counts = None
    if not includes or kind == "mean":
        counts = scatter_elements(lo, zeros, index, ones, axis, "add")
    start = x
    if not includes:
        assert counts is not None
        neutral = _neutral(n, kind)

        def emptied(count: SSAValue, a: SSAValue) -> SSAValue:
            hit = Numbers(i32).compare("gt", count, Numbers(i32).number(0))
            return select(hit, n.number(neutral), a)

        start = lo.map([counts, x], emptied, n.element)
    found = scatter_elements(lo, start, index, source, axis, _REDUCTIONS[kind])
    if kind != "mean":
        return found
    assert counts is not None
    more = int(includes)

    def divided(a: SSAValue, count: SSAValue) -> SSAValue:
        many = Numbers(i32).add(count, Numbers(i32).number(more))
        many = Numbers(i32).maximum(many, Numbers(i32).number(1))
        by = cast_scalar(many, i32, n.element)
        return n.div(a, by) if n.floating else value(arith.FloorDivSIOp(a, by))

    return lo.map([found, counts], divided)


def _neutral(n: Numbers, kind: str) -> float:
    if kind in ("amax", "amin"):
        if not n.floating:
            raise NoNativeForm("of extremes of integers without those that were there")
        return -float("inf") if kind == "amax" else float("inf")
    return 1 if kind == "prod" else 0


OPERATORS: dict[str, Conversion] = {
    **named("scatter.src scatter.reduce", _scatter("src")),
    **named("scatter.value scatter.value_reduce", _scatter("value")),
    "scatter_add": _scatter("src", "add"),
    "scatter_reduce.two": _scatter_reduce,
}
"""Conversions by the operator and its overload, without one for the default."""
