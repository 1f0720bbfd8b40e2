"""
Norms, distances and angles.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, absolute, select
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.reduce import p_norm, reduce
from .arguments import dim, flag, result_element, scalar
from .overloads import named
from .promotion import wide
from .reductions import keeps_axes, reduced_axes
from .scalar_maps import computed


def _norm(lo: Lowering) -> SSAValue:
    """By the order `p` or `ord`; an infinite one gives an extreme, 0 a count."""
    attributes = lo.op.SIGNATURE.attributes
    given = scalar(lo, "p" if "p" in attributes else "ord")
    if isinstance(given, SSAValue):
        raise NoNativeForm("of an order that is known at run time only")
    order = 2.0 if given is None else float(given)
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    return cast(lo, norm(lo, x, reduced_axes(lo, rank_of(x)), order, keep=keeps_axes(lo)), element)


def norm(lo: Lowering, x: SSAValue, axes: Sequence[int], order: float, *, keep: bool) -> SSAValue:
    """`(sum |x|^order)^(1 / order)` over axes."""
    if not axes:
        return lo.map([x], absolute)
    if order in (float("inf"), -float("inf")):
        kind = "max" if order > 0 else "min"
        return reduce(lo, kind, lo.map([x], absolute), axes, keep=keep)
    if order == 0:
        zero = Numbers(element_of(x))

        def other_than_zero(a: SSAValue) -> SSAValue:
            unequal = zero.compare("ne", a, zero.number(0))
            return select(unequal, zero.number(1), zero.number(0))

        return reduce(lo, "sum", lo.map([x], other_than_zero), axes, keep=keep)
    if order != int(order) or order < 1:
        raise NoNativeForm(f"of the order {order}")
    return p_norm(lo, x, axes, int(order), keep=keep)


def _frobenius(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    return cast(lo, norm(lo, x, reduced_axes(lo, rank_of(x)), 2.0, keep=keeps_axes(lo)), element)


def _dist(lo: Lowering) -> SSAValue:
    given = scalar(lo, "p")
    if given is None or isinstance(given, SSAValue):
        raise NoNativeForm("of an order that is known at run time only")
    difference = computed(
        lo, [lo.operand("self"), lo.operand("other")], lambda n, a, b: n.sub(a, b)
    )
    wide_one = cast(lo, difference, wide(result_element(lo)))
    found = norm(lo, wide_one, range(rank_of(wide_one)), float(given), keep=False)
    return cast(lo, found, result_element(lo))


def _pairwise_distance(lo: Lowering) -> SSAValue:
    p, eps = lo.number("p"), lo.number("eps")
    element = result_element(lo)

    def build(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        return n.add(n.sub(a, b), n.number(eps))

    x = computed(lo, [lo.operand("x1"), lo.operand("x2")], build, element=wide(element))
    return cast(lo, norm(lo, x, [rank_of(x) - 1], p, keep=flag(lo, "keepdim")), element)


def _cosine_similarity(lo: Lowering) -> SSAValue:
    """`x . y / (max(|x|, eps) * max(|y|, eps))`"""
    element = result_element(lo)
    inner = wide(element)
    n, eps = Numbers(inner), lo.number("eps")
    a, b = (cast(lo, lo.operand(name), inner) for name in ("x1", "x2"))
    product = lo.map([a, b], n.mul)
    axis = dim(lo.integer("dim"), rank_of(product))
    sizes: list[SSAValue] = []
    for v in (a, b):
        spread = lo.broadcast(v, extents_of(product))
        sizes.append(norm(lo, spread, [axis], 2.0, keep=False))

    def build(dot: SSAValue, x: SSAValue, y: SSAValue) -> SSAValue:
        limit = n.number(eps)
        return n.div(dot, n.mul(n.maximum(x, limit), n.maximum(y, limit)))

    dot = reduce(lo, "sum", product, [axis], keep=False)
    return cast(lo, lo.map([dot, *sizes], build), element)


OPERATORS: dict[str, Conversion] = {
    **named(
        "norm.Scalar norm.ScalarOpt_dim norm.ScalarOpt_dim_dtype norm.ScalarOpt_dtype"
        " linalg_vector_norm",
        _norm,
    ),
    "frobenius_norm.dim": _frobenius,
    "dist": _dist,
    "pairwise_distance": _pairwise_distance,
    "cosine_similarity": _cosine_similarity,
}
"""Conversions by the operator and its overload, without one for the default."""
