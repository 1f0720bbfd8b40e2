"""
Reductions, with what is computed per element before them in their region.

Operators: LogSoftmax, LpNormalization, ReduceL1, ReduceL2, ReduceLogSum, ReduceLogSumExp,
ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum, ReduceSumSquare, Softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import prod

from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, SoftmaxOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ....dialects.engine.sizes import shape_text as extents_text
from ....runtime.size import is_one, product_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.run_time_operands import all_of, axes_are, checked, declared_shape, shape_text
from ...to_engine.scalars import (
    Numbers,
    absolute,
    fold_left,
    log,
    select,
    sqrt,
)
from ...to_engine.vocabulary.arithmetic import magnitude
from ...to_engine.vocabulary.cast import cast, widened
from ...to_engine.vocabulary.reduce import Scalar, log_sum_exp, reduce, reduced_shape

MOST_CHOICES = 6
"""Most ways to reduce that are computed side by side for axes that are data: all two of four."""


def reduced_axes(lo: Lowering, rank: int) -> list[int] | None:
    """The axes to reduce over; None where the operation does nothing at all."""
    axes = lo.constant_integers("axes")
    if not axes:
        return None if lo.integer("noop_with_empty_axes") else list(range(rank))
    return sorted(positive(a, rank) for a in axes)


def over_axes(lo: Lowering, x: SSAValue, over: Callable[[list[int] | None], SSAValue]) -> SSAValue:
    """
    `over(axes)` for the axes of the node, None where it does nothing at all.

    Axes that are data are those that lead to the declared shape. Where several do, all of these
    are computed and the axes choose.
    """
    rank, given = rank_of(x), lo.optional("axes")
    if given is None or lo.array_of(given) is not None or product_of(extents_of(given)) == 0:
        return over(_constant_axes(lo, rank, given))
    shape, declared = extents_of(x), declared_shape(lo, operand="axes")
    keep = bool(lo.integer("keepdims", 1))
    free = [axis for axis, n in enumerate(shape) if is_one(n)]
    choices: dict[frozenset[int], list[int]] = {}
    for axes in combinations(range(rank), prod(shape_of(given))):
        if reduced_shape(shape, axes, keep) == declared:
            choices.setdefault(frozenset(axes) - set(free), list(axes))
    if not 0 < len(choices) <= MOST_CHOICES:
        raise NoNativeForm(
            f"has axes at run time, with {len(choices)} ways to {extents_text(declared)}"
        )
    results = [over(axes) for axes in choices.values()]
    holds = [axes_are(lo, given, rank, axes, free) for axes in choices.values()]
    message = f"the axes are not those of {shape_text(declared)}"
    if len(results) == 1:
        return checked(lo, results[0], holds[0], message)
    conditions = [all_of(lo, booleans) for booleans in holds]
    result = results[0]
    for condition, other in zip(conditions[1:], results[1:], strict=True):
        result = lo.map([condition, other, result], select, element_of(x))
    b = Numbers(i1)

    def any_of(*flags: SSAValue) -> SSAValue:
        return fold_left(b.maximum, flags)

    return checked(lo, result, lo.map(conditions, any_of), message)


def _constant_axes(lo: Lowering, rank: int, given: SSAValue | None) -> list[int] | None:
    if given is not None and product_of(extents_of(given)) == 0:
        return None if lo.integer("noop_with_empty_axes") else list(range(rank))
    return reduced_axes(lo, rank)


def _reduce(kind: str, before: Scalar | None = None, after: Scalar | None = None) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("data")
        n, keep = Numbers(element_of(x)), bool(lo.integer("keepdims", 1))

        def over(axes: list[int] | None) -> SSAValue:
            if axes is not None:
                return _mapped(lo, n, reduce(lo, kind, x, axes, keep=keep, before=before), after)
            # Nothing is summed, but what surrounds the sum still happens.
            return _mapped(lo, n, _mapped(lo, n, x, before), after)

        return over_axes(lo, x, over)

    return convert


def _mapped(lo: Lowering, n: Numbers, x: SSAValue, step: Scalar | None) -> SSAValue:
    return x if step is None else lo.map([x], lambda a: step(n, a))


def _square(n: Numbers, x: SSAValue) -> SSAValue:
    return n.mul(x, x)


def _float(build: Callable[[SSAValue], SSAValue]) -> Scalar:
    def convert(n: Numbers, x: SSAValue) -> SSAValue:
        if not n.floating:
            raise NoNativeForm("on integers")
        return build(x)

    return convert


def ReduceLogSumExp(lo: Lowering) -> SSAValue:
    """`log(sum(exp(x - m))) + m` with `m` the maximum, so that nothing overflows."""
    x = lo.operand("data")
    if not Numbers(element_of(x)).floating:
        raise NoNativeForm("on integers")
    keep = bool(lo.integer("keepdims", 1))

    def over(axes: list[int] | None) -> SSAValue:
        return x if axes is None else log_sum_exp(lo, x, axes, keep=keep)

    return over_axes(lo, x, over)


def _softmax(logarithm: bool) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("input")
        axis = positive(lo.integer("axis", -1), rank_of(x))
        return lo.emit(SoftmaxOp(x, axis, log=logarithm))

    return convert


def LpNormalization(lo: Lowering) -> SSAValue:
    """`x / (sum |x|^p)^(1/p)` along `axis`, 0 where the norm is."""
    given, p = lo.operand("input"), lo.integer("p", 2)
    x = widened(lo, given)
    n = Numbers(element_of(x))
    axis = positive(lo.integer("axis", -1), rank_of(x))
    block = Block(arg_types=[n.scalar])
    with ImplicitBuilder(block):
        size = absolute(block.args[0])
        YieldOp(n.mul(size, size) if p == 2 else size)
    total = lo.emit(ReduceOp([x], "sum", [axis], body=Region(block)))

    def build(a: SSAValue, s: SSAValue) -> SSAValue:
        norm = sqrt(s) if p == 2 else s
        nothing = n.compare("eq", norm, n.number(0))
        return select(nothing, n.number(0), n.div(a, norm))

    return cast(lo, lo.map([x, total], build), element_of(given))


OPERATORS: dict[str, Conversion] = {
    "LpNormalization": LpNormalization,
    "LogSoftmax": _softmax(True),
    "ReduceL1": _reduce("sum", before=magnitude),
    "ReduceL2": _reduce("sum", before=_square, after=_float(sqrt)),
    "ReduceLogSum": _reduce("sum", after=_float(log)),
    "ReduceLogSumExp": ReduceLogSumExp,
    "ReduceMax": _reduce("max"),
    "ReduceMean": _reduce("mean"),
    "ReduceMin": _reduce("min"),
    "ReduceProd": _reduce("prod"),
    "ReduceSum": _reduce("sum"),
    "ReduceSumSquare": _reduce("sum", before=_square),
    "Softmax": _softmax(False),
}
