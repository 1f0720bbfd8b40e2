"""
Sums, extremes, moments and norms; running sums; order.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, i1, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import ScanOp, TopKOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import Extent, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import map_with_extents
from ..to_engine.scalars import (
    Numbers,
    absolute,
    cast_scalar,
    select,
    sqrt,
    value,
)
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import gather_elements
from ..to_engine.vocabulary.reduce import log_sum_exp, p_norm, reduce, reduced_shape
from .arguments import dim, dims, extent, flag, result_element, scalar, used
from .promotion import wide
from .scalar_maps import computed


def _axes(lo: Lowering, rank: int) -> list[int]:
    return dims(lo, "dim", rank) if "dim" in lo.op.SIGNATURE.attributes else list(range(rank))


def _keeps(lo: Lowering) -> bool:
    return "keepdim" in lo.op.SIGNATURE.attributes and flag(lo, "keepdim")


def _over(lo: Lowering, kind: str, x: SSAValue, element: Attribute) -> SSAValue:
    """A reduction in a type, over the axes that are asked for."""
    rank = rank_of(x)
    x, axes = cast(lo, x, element), _axes(lo, rank)
    return reduce(lo, kind, x, axes, keep=_keeps(lo)) if axes else x


def _sum(lo: Lowering, kind: str) -> SSAValue:
    """In the type of the result."""
    element = result_element(lo)
    return cast(lo, _over(lo, kind, lo.operand("self"), wide(element)), element)


def _summed(kind: str) -> Conversion:
    return lambda lo: _sum(lo, kind)


def _nansum(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    x = lo.operand("self")
    if isinstance(element_of(x), IntegerType):
        return _sum(lo, "sum")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return select(n.compare("ne", a, a), n.number(0), a)

    inner = wide(element)
    return cast(lo, _over(lo, "sum", computed(lo, [x], build, element=inner), inner), element)


def _most(lo: Lowering, kind: str) -> SSAValue:
    x = lo.operand("self")
    element = element_of(x)
    return cast(lo, _over(lo, kind, x, wide(element)), element)


def _extreme(kind: str) -> Conversion:
    return lambda lo: _most(lo, kind)


def _extreme_with_place(kind: str) -> Conversion:
    """The extreme along an axis, and where the first of them is."""

    def convert(lo: Lowering) -> list[SSAValue | None]:
        x, keep = lo.operand("self"), flag(lo, "keepdim")
        if not rank_of(x):
            return [x, lo.constant(np.zeros((), np.int64), "place")]
        axis = dim(lo.integer("dim"), rank_of(x))
        best = _most(lo, kind) if used(lo, 0) else None
        place = None
        if used(lo, 1):
            place = arg_extreme(lo, x, axis, largest=kind == "max", keep=keep)
        return [best, place]

    return convert


def _aminmax(lo: Lowering) -> list[SSAValue | None]:
    return [_most(lo, "min"), _most(lo, "max")]


def _arg(*, largest: bool) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, keep = lo.operand("self"), flag(lo, "keepdim")
        if element_of(x) == i1:
            x = cast(lo, x, IntegerType(32))
        axis, rank = lo.op.attribute("dim"), rank_of(x)
        if axis is None:
            shape = (1,) * rank if keep else ()
            flat = lo.reshape(x, (product_of(extents_of(x)),))
            return lo.reshape(arg_extreme(lo, flat, 0, largest=largest, keep=False), shape)
        return arg_extreme(lo, x, dim(lo.integer("dim"), rank), largest=largest, keep=keep)

    return convert


def _truths(kind: str) -> Conversion:
    """Of bytes the result is a byte."""

    def convert(lo: Lowering) -> SSAValue:
        found = _over(lo, kind, cast(lo, lo.operand("self"), i1), i1)
        return cast(lo, found, result_element(lo))

    return convert


def _count_nonzero(lo: Lowering) -> SSAValue:
    flags = cast(lo, lo.operand("self"), i1)
    return _over(lo, "sum", cast(lo, flags, i64), i64)


def _moments(
    lo: Lowering, correction: float, *, keep: bool
) -> tuple[SSAValue, SSAValue, list[int]]:
    """(variance, mean) in f32 or wider."""
    x = cast(lo, lo.operand("self"), wide(result_element(lo)))
    n, axes = Numbers(element_of(x)), _axes(lo, rank_of(x))
    mean = reduce(lo, "mean", x, axes)
    centred = lo.map([x, mean], n.sub)
    squares = reduce(lo, "sum", centred, axes, before=lambda m, a: m.mul(a, a), keep=keep)
    count = product_of([extents_of(x)[a] for a in axes])

    def build(total: SSAValue, number: int | SSAValue) -> SSAValue:
        if isinstance(number, int):
            return n.div(total, n.number(max(number - correction, 0)))
        counted = n.sub(cast_scalar(number, i64, n.element), n.number(correction))
        return n.div(total, n.maximum(counted, n.number(0)))

    variance = map_with_extents(lo, [squares], [count], build)
    shape = reduced_shape(extents_of(x), axes, keep)
    return variance, lo.reshape(mean, shape), axes


def _correction(lo: Lowering) -> float:
    attributes = lo.op.SIGNATURE.attributes
    if "unbiased" in attributes:
        return 1.0 if flag(lo, "unbiased") else 0.0
    found = scalar(lo, "correction")
    if isinstance(found, SSAValue):
        raise NoNativeForm("'correction' is known at run time only")
    return 1.0 if found is None else float(found)


def _variance(*, root: bool, with_mean: bool) -> Conversion:
    def convert(lo: Lowering) -> list[SSAValue | None]:
        variance, mean, _ = _moments(lo, _correction(lo), keep=_keeps(lo))
        spread = lo.map([variance], sqrt) if root else variance
        element = result_element(lo)
        first = cast(lo, spread, element)
        return [first, cast(lo, mean, element)] if with_mean else [first]

    return convert


def _norm(lo: Lowering) -> SSAValue:
    """By the order `p` or `ord`; an infinite one gives an extreme, 0 a count."""
    attributes = lo.op.SIGNATURE.attributes
    given = scalar(lo, "p" if "p" in attributes else "ord")
    if isinstance(given, SSAValue):
        raise NoNativeForm("of an order that is known at run time only")
    order = 2.0 if given is None else float(given)
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    return cast(lo, norm(lo, x, _axes(lo, rank_of(x)), order, keep=_keeps(lo)), element)


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
    return cast(lo, norm(lo, x, _axes(lo, rank_of(x)), 2.0, keep=_keeps(lo)), element)


def _logsumexp(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    axes = _axes(lo, rank_of(x))
    return cast(lo, log_sum_exp(lo, x, axes, keep=_keeps(lo)) if axes else x, element)


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


def _scan(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        element = result_element(lo)
        x = cast(lo, lo.operand("self"), wide(element))
        if not rank_of(x):
            return cast(lo, x, element)
        axis = dim(lo.integer("dim"), rank_of(x))
        return cast(lo, lo.emit(ScanOp(x, kind, axis)), element)

    return convert


def ordered(
    lo: Lowering, x: SSAValue, axis: int, count: Extent, *, largest: bool
) -> tuple[SSAValue, SSAValue]:
    """(values, places) of the first `count` in order along an axis; equal ones in theirs."""
    keys = cast(lo, x, IntegerType(32)) if element_of(x) == i1 else x
    places = lo.emit(TopKOp(keys, axis, count, smallest=not largest))
    return gather_elements(lo, x, places, axis), places


def _sort(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("self")
    if not rank_of(x):
        return [x, lo.constant(np.zeros((), np.int64), "place")]
    axis = dim(lo.integer("dim"), rank_of(x))
    return list(ordered(lo, x, axis, extents_of(x)[axis], largest=flag(lo, "descending")))


def _argsort(lo: Lowering) -> list[SSAValue | None]:
    return _sort(lo)[1:]


def _msort(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return ordered(lo, x, 0, extents_of(x)[0], largest=False)[0]


def _topk(lo: Lowering) -> list[SSAValue | None]:
    x, count = lo.operand("self"), extent(lo, "k")
    if not rank_of(x) or count is None:
        raise NoNativeForm("of a scalar")
    axis = dim(lo.integer("dim"), rank_of(x))
    return list(ordered(lo, x, axis, count, largest=flag(lo, "largest")))


def _kth(lo: Lowering, x: SSAValue, axis: int, k: int, *, keep: bool) -> list[SSAValue | None]:
    found = ordered(lo, x, axis, k, largest=False)
    parts = [lo.slice_axis(v, axis, k - 1, 1) for v in found]
    shape = reduced_shape(extents_of(x), [axis], keep)
    return [lo.reshape(v, shape) for v in parts]


def _kthvalue(lo: Lowering) -> list[SSAValue | None]:
    x, k = lo.operand("self"), extent(lo, "k")
    if not rank_of(x) or not isinstance(k, int):
        raise NoNativeForm("of a scalar, or at a place that is no number")
    return _kth(lo, x, dim(lo.integer("dim"), rank_of(x)), k, keep=flag(lo, "keepdim"))


def _median_dim(lo: Lowering) -> list[SSAValue | None]:
    """The lower of two."""
    x = lo.operand("self")
    if not rank_of(x):
        return [x, lo.constant(np.zeros((), np.int64), "place")]
    axis = dim(lo.integer("dim"), rank_of(x))
    n = extents_of(x)[axis]
    if not isinstance(n, int):
        raise NoNativeForm("of a number of elements by name")
    return _kth(lo, x, axis, (n + 1) // 2, keep=flag(lo, "keepdim"))


def _median(lo: Lowering) -> SSAValue | None:
    x = lo.operand("self")
    count = product_of(extents_of(x))
    if not isinstance(count, int):
        raise NoNativeForm("of a number of elements by name")
    flat = lo.reshape(x, (count,))
    return _kth(lo, flat, 0, (count + 1) // 2, keep=False)[0]


def _first(convert: Callable[[Lowering], SSAValue | None]) -> Conversion:
    def only(lo: Lowering) -> list[SSAValue | None]:
        return [convert(lo)]

    return only


def _diff(lo: Lowering) -> SSAValue:
    """Each element less the one before it, `n` times."""
    from ...dialects.engine import ConcatOp

    given = [lo.optional("prepend"), lo.operand("self"), lo.optional("append")]
    parts = [v for v in given if v is not None]
    axis = dim(lo.integer("dim"), rank_of(parts[0]))
    x = parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))
    n = Numbers(element_of(x))
    for _ in range(lo.integer("n", 1)):
        size = extents_of(x)[axis] - 1
        low, high = (lo.slice_axis(x, axis, at, size) for at in (0, 1))

        def build(a: SSAValue, b: SSAValue) -> SSAValue:
            return value(arith.XOrIOp(a, b)) if n.boolean else n.sub(b, a)

        x = lo.map([low, high], build)
    return x


def _named(names: str, conversion: Conversion) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


OPERATORS: dict[str, Conversion] = {
    **_named("sum sum.dim_IntList", _summed("sum")),
    **_named("mean mean.dim", _summed("mean")),
    **_named("prod prod.dim_int", _summed("prod")),
    "nansum": _nansum,
    **_named("amax max", _extreme("max")),
    **_named("amin min", _extreme("min")),
    "max.dim": _extreme_with_place("max"),
    "min.dim": _extreme_with_place("min"),
    **_named("aminmax _aminmax _aminmax.dim", _aminmax),
    "argmax": _arg(largest=True),
    "argmin": _arg(largest=False),
    **_named("all all.dim all.dims _is_all_true", _truths("min")),
    **_named("any any.dim any.dims _is_any_true", _truths("max")),
    **_named("count_nonzero count_nonzero.dim_IntList", _count_nonzero),
    **_named("var var.dim var.correction", _variance(root=False, with_mean=False)),
    **_named("std std.dim std.correction", _variance(root=True, with_mean=False)),
    **_named("var_mean var_mean.dim var_mean.correction", _variance(root=False, with_mean=True)),
    **_named("std_mean std_mean.dim std_mean.correction", _variance(root=True, with_mean=True)),
    **_named(
        "norm.Scalar norm.ScalarOpt_dim norm.ScalarOpt_dim_dtype norm.ScalarOpt_dtype"
        " linalg_vector_norm",
        _norm,
    ),
    "frobenius_norm.dim": _frobenius,
    **_named("logsumexp special_logsumexp", _logsumexp),
    "dist": _dist,
    "pairwise_distance": _pairwise_distance,
    "cosine_similarity": _cosine_similarity,
    "cumsum": _scan("sum"),
    "cumprod": _scan("prod"),
    **_named("sort sort.stable", _sort),
    **_named("argsort argsort.stable", _argsort),
    "msort": _msort,
    "topk": _topk,
    "kthvalue": _kthvalue,
    "median": _first(_median),
    "median.dim": _median_dim,
    "diff": _diff,
}
"""Conversions by the operator and its overload, without one for the default."""
