"""Reductions, with what is computed per element before them in their region."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.builder import ImplicitBuilder
from xdsl.dialects import math
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....runtime.size import Extent
from ..lowering import Lowering
from ..scalars import Numbers, absolute, exp, log, select, value
from .cast import cast, widened

Scalar = Callable[[Numbers, SSAValue], SSAValue]
"""A function of a scalar."""


def reduced_shape(shape: Sequence[Extent], axes: Sequence[int], keep: bool) -> tuple[Extent, ...]:
    """The shape left by a reduction; `keep` leaves reduced dimensions with extent 1."""
    return tuple(1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes)


def reduce(
    lo: Lowering,
    kind: str,
    x: SSAValue,
    axes: Sequence[int],
    *,
    keep: bool = True,
    before: Scalar | None = None,
) -> SSAValue:
    """`sum`, `prod`, `max`, `min` or `mean` over axes counted from the front, of `before(x)`."""
    body = None
    if before is not None:
        n = Numbers(element_of(x))
        block = Block(arg_types=[n.scalar])
        with ImplicitBuilder(block):
            YieldOp(before(n, block.args[0]))
        body = Region(block)
    # An unsigned element is signless in the region, so the type does not come from there.
    type_ = tensor(reduced_shape(extents_of(x), axes, keep), element_of(x))
    return lo.emit(ReduceOp([x], kind, axes, type_, keepdims=keep, body=body))


def p_norm(
    lo: Lowering, x: SSAValue, axes: Sequence[int], p: int, *, keep: bool = True
) -> SSAValue:
    """`(sum |x|^p)^(1/p)`; the powers of narrow floats are f32, in which they do not overflow."""
    element = element_of(x)
    wide = widened(lo, x)

    def power(n: Numbers, a: SSAValue) -> SSAValue:
        size = absolute(a)
        if p == 1:
            return size
        return n.mul(size, size) if p == 2 else value(math.PowFOp(size, n.number(p)))

    total = reduce(lo, "sum", wide, axes, keep=keep, before=power)
    n = Numbers(element_of(wide))
    if p == 2:
        total = lo.map([total], lambda a: value(math.SqrtOp(a)))
    elif p != 1:
        total = lo.map([total], lambda a: value(math.PowFOp(a, n.number(1 / p))))
    return cast(lo, total, element)


def log_sum_exp(lo: Lowering, x: SSAValue, axes: Sequence[int], *, keep: bool = True) -> SSAValue:
    """`log(sum(exp(x - m))) + m` with `m` the maximum, so that nothing overflows."""
    n = Numbers(element_of(x))
    largest = lo.emit(ReduceOp([x], "max", axes))

    def finite(m: SSAValue) -> SSAValue:
        # An infinite maximum would give NaN from infinity - infinity.
        infinite = n.compare("eq", value(math.AbsFOp(m)), n.number(float("inf")))
        return select(infinite, n.number(0), m)

    shift = lo.map([largest], finite)
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        YieldOp(exp(n.sub(block.args[0], block.args[1])))
    total = lo.emit(ReduceOp([x, shift], "sum", axes, body=Region(block)))
    result = lo.map([total, shift], lambda s, m: n.add(log(s), m))
    return result if keep else lo.reshape(result, reduced_shape(extents_of(x), axes, keep))
