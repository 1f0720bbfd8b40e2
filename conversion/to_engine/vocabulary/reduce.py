"""Reductions, with what is computed per element before them in their region."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.builder import ImplicitBuilder
from xdsl.dialects import math
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, YieldOp
from ....dialects.engine.base import element_of, shape_of, tensor
from ..lowering import Lowering
from ..scalars import Numbers, exp, log, select, value

Scalar = Callable[[Numbers, SSAValue], SSAValue]
"""A function of a scalar."""


def reduced_shape(shape: Sequence[int], axes: Sequence[int], keep: bool) -> tuple[int, ...]:
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
    type_ = tensor(reduced_shape(shape_of(x), axes, keep), element_of(x))
    return lo.emit(ReduceOp([x], kind, axes, type_, keepdims=keep, body=body))


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
    return result if keep else lo.reshape(result, reduced_shape(shape_of(x), axes, keep))
