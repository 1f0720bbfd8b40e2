"""
Sums, extremes and moments; running sums.

Operators: those of the table at the end.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, i1, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import ScanOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import map_with_extents
from ..to_engine.scalars import Numbers, cast_scalar, select, sqrt, value
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.reduce import log_sum_exp, reduce, reduced_shape
from ..to_engine.vocabulary.running import running_extremes, running_log_sum_exp
from .arguments import dim, dims, flag, result_element, scalar, used
from .overloads import named
from .promotion import wide
from .scalar_maps import computed


def reduced_axes(lo: Lowering, rank: int) -> list[int]:
    return dims(lo, "dim", rank) if "dim" in lo.op.SIGNATURE.attributes else list(range(rank))


def keeps_axes(lo: Lowering) -> bool:
    return "keepdim" in lo.op.SIGNATURE.attributes and flag(lo, "keepdim")


def _over(lo: Lowering, kind: str, x: SSAValue, element: Attribute) -> SSAValue:
    """A reduction in a type, over the axes that are asked for."""
    rank = rank_of(x)
    x, axes = cast(lo, x, element), reduced_axes(lo, rank)
    return reduce(lo, kind, x, axes, keep=keeps_axes(lo)) if axes else x


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
    n, axes = Numbers(element_of(x)), reduced_axes(lo, rank_of(x))
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
        variance, mean, _ = _moments(lo, _correction(lo), keep=keeps_axes(lo))
        spread = lo.map([variance], sqrt) if root else variance
        element = result_element(lo)
        first = cast(lo, spread, element)
        return [first, cast(lo, mean, element)] if with_mean else [first]

    return convert


def _logsumexp(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    axes = reduced_axes(lo, rank_of(x))
    return cast(lo, log_sum_exp(lo, x, axes, keep=keeps_axes(lo)) if axes else x, element)


def _scan(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        element = result_element(lo)
        x = cast(lo, lo.operand("self"), wide(element))
        if not rank_of(x):
            return cast(lo, x, element)
        axis = dim(lo.integer("dim"), rank_of(x))
        return cast(lo, lo.emit(ScanOp(x, kind, axis)), element)

    return convert


def _running_log_sum(lo: Lowering) -> SSAValue:
    """The logarithm of running sums of exponentials."""
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    if rank_of(x):
        x = running_log_sum_exp(lo, x, dim(lo.integer("dim"), rank_of(x)))
    return cast(lo, x, element)


def _running(kind: str) -> Conversion:
    """The extremes so far, and where the last of them is."""

    def convert(lo: Lowering) -> list[SSAValue | None]:
        x = lo.operand("self")
        return [*running_extremes(lo, kind, x, dim(lo.integer("dim"), max(rank_of(x), 1)))]

    return convert


def _nanmean(lo: Lowering) -> SSAValue:
    """The sum of what is a number by how many there are."""
    element = result_element(lo)
    x, inner = lo.operand("self"), wide(element)

    def number(n: Numbers, a: SSAValue) -> SSAValue:
        return select(n.compare("ne", a, a), n.number(0), a)

    def one(n: Numbers, a: SSAValue) -> SSAValue:
        return select(n.compare("ne", a, a), n.number(0), n.number(1))

    parts = [computed(lo, [x], build, element=inner) for build in (number, one)]
    total, count = (_over(lo, "sum", part, inner) for part in parts)
    return cast(lo, lo.map([total, count], Numbers(inner).div), element)


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


OPERATORS: dict[str, Conversion] = {
    **named("sum sum.dim_IntList", _summed("sum")),
    **named("mean mean.dim", _summed("mean")),
    **named("prod prod.dim_int", _summed("prod")),
    "nansum": _nansum,
    "nanmean": _nanmean,
    **named("amax max", _extreme("max")),
    **named("amin min", _extreme("min")),
    "max.dim": _extreme_with_place("max"),
    "min.dim": _extreme_with_place("min"),
    **named("aminmax _aminmax _aminmax.dim", _aminmax),
    "argmax": _arg(largest=True),
    "argmin": _arg(largest=False),
    **named("all all.dim all.dims _is_all_true", _truths("min")),
    **named("any any.dim any.dims _is_any_true", _truths("max")),
    **named("count_nonzero count_nonzero.dim_IntList", _count_nonzero),
    **named("var var.dim var.correction", _variance(root=False, with_mean=False)),
    **named("std std.dim std.correction", _variance(root=True, with_mean=False)),
    **named("var_mean var_mean.dim var_mean.correction", _variance(root=False, with_mean=True)),
    **named("std_mean std_mean.dim std_mean.correction", _variance(root=True, with_mean=True)),
    **named("logsumexp special_logsumexp", _logsumexp),
    "cumsum": _scan("sum"),
    "cumprod": _scan("prod"),
    **named("logcumsumexp _logcumsumexp", _running_log_sum),
    "cummax": _running("max"),
    "cummin": _running("min"),
    "diff": _diff,
}
"""Conversions by the operator and its overload, without one for the default."""
