"""
Positions in a tensor as single integers, and cases that only the data decides.

Indices that are data are checked here without a branch: where one is outside of its dimension the
position becomes one outside of the whole tensor, and the gather or scatter that uses it reports
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.sizes import shape_text
from ...runtime.size import Extent, is_one, product_of, range_of
from .lowering import Lowering, NoNativeForm
from .open_extents import Number, extents_in, map_with_extents, positions
from .run_time_operands import all_of, checked, declared_shape
from .scalars import Numbers, cast_scalar, select, value

WHOLE = Numbers(i64)
"""Arithmetic on positions."""


def steps_of(shape: Sequence[Extent]) -> list[Extent]:
    """Row-major strides in elements."""
    return [product_of(shape[axis + 1 :]) for axis in range(len(shape))]


def along(lo: Lowering, extent: Extent, axis: int, rank: int, step: Extent = 1) -> SSAValue:
    """`0, step, 2 * step, ...` along one dimension of `rank`: `[1, .., n, .., 1]`, i64."""
    if isinstance(extent, int) and isinstance(step, int):
        lo.require_room(extent)
        array = np.arange(extent, dtype=np.int64) * step
        return lo.constant(array.reshape([-1 if a == axis else 1 for a in range(rank)]), "along")
    found = lo.reshape(positions(lo, extent), [extent if a == axis else 1 for a in range(rank)])
    if is_one(step):
        return found
    return map_with_extents(lo, [found], [step], _times)


def places(lo: Lowering, shape: Sequence[Extent], steps: Sequence[Extent]) -> list[SSAValue]:
    """Integers that broadcast to `shape` and whose sum is `sum(i[d] * steps[d])`."""
    rank = len(shape)
    return [
        along(lo, n, axis, rank, step)
        for axis, (n, step) in enumerate(zip(shape, steps, strict=True))
        if not is_one(n) and step != 0
    ]


def _times(at: SSAValue, pace: Number) -> SSAValue:
    return WHOLE.mul(at, scalar(pace))


def scalar(number: Number) -> SSAValue:
    """An extent as an i64 scalar; inside of a region."""
    return WHOLE.number(number) if isinstance(number, int) else number


def total(scalars: Sequence[SSAValue]) -> SSAValue:
    """The sum of positions, 0 of none; inside of a region."""
    result = WHOLE.number(0) if not scalars else scalars[0]
    for scalar in scalars[1:]:
        result = WHOLE.add(result, scalar)
    return result


def both(*facts: SSAValue) -> SSAValue:
    """Whether all of some facts hold; inside of a region."""
    result = facts[0]
    for fact in facts[1:]:
        result = value(arith.AndIOp(result, fact))
    return result


def within(at: SSAValue, low: int, extent: Number) -> SSAValue:
    """`low <= at < extent`; inside of a region."""
    return both(WHOLE.compare("ge", at, WHOLE.number(low)), WHOLE.compare("lt", at, scalar(extent)))


def clamped(at: SSAValue, last: Number) -> SSAValue:
    """The nearest position in `0..last`; inside of a region."""
    return WHOLE.maximum(WHOLE.minimum(at, scalar(last)), WHOLE.number(0))


def flat_places(
    lo: Lowering, indices: SSAValue, shape: Sequence[Extent], axis: int, *, wrap: bool = True
) -> SSAValue:
    """
    For each index along `axis` the position of its element in a flat tensor of `shape`, i64.

    `indices` has the rank of `shape`; its own coordinates give the other dimensions. `wrap` counts
    negative indices from the end. An index outside gives `prod(shape)`.

    Raises:
        NoNativeForm: when `indices` is larger than `shape` elsewhere.
    """
    picked, steps = extents_of(indices), steps_of(shape)
    if len(picked) != len(shape) or any(
        range_of(m - n)[1] < 0
        for d, (n, m) in enumerate(zip(picked, shape, strict=True))
        if d != axis
    ):
        raise NoNativeForm(f"has indices {shape_text(picked)} for data {shape_text(shape)}")
    extents = [shape[axis], product_of(shape), steps[axis]]
    steps[axis] = 0
    element = element_of(indices)

    def build(index: SSAValue, *rest: Any) -> SSAValue:
        *others, n, size, step = rest
        at = cast_scalar(index, element, i64)
        negative = WHOLE.compare("lt", at, WHOLE.number(0))
        if wrap:
            at = select(negative, WHOLE.add(at, scalar(n)), at)
        place = total([WHOLE.mul(at, scalar(step)), *others])
        return select(within(at, 0, n), place, scalar(size))

    return map_with_extents(lo, [indices, *places(lo, picked, steps)], extents, build, i64)


def known_or_declared(lo: Lowering, operand: str) -> tuple[Extent, ...]:
    """The shape that an operand asks for: its numbers, or what the model declares of the result."""
    known = extents_in(lo, lo.operand(operand))
    if known is not None:
        return tuple(known)
    return declared_shape(lo, operand=operand)


def one_of(lo: Lowering, cases: Sequence[tuple[SSAValue, SSAValue]], message: str) -> SSAValue:
    """
    The value of the first case whose booleans all hold; an error with `message` where none does.

    All values have one shape. Every one of them is computed, so there should be few.
    """
    held = [(all_of(lo, facts), x) for facts, x in cases]
    for fact, x in held:
        known = lo.array_of(fact)
        if known is not None and known.all():
            return x
    facts = [fact for fact, _ in held]
    some = lo.map(facts, any_of)
    result = held[0][1]
    if len(held) > 1:

        def build(*scalars: SSAValue) -> SSAValue:
            chosen = scalars[-1]
            pairs = list(zip(scalars[: len(held)], scalars[len(held) :], strict=True))
            for fact, x in reversed(pairs[:-1]):
                chosen = select(fact, x, chosen)
            return chosen

        result = lo.map([*facts, *(x for _, x in held)], build, element_of(result))
    return checked(lo, result, some, message)


def any_of(*facts: SSAValue) -> SSAValue:
    """Whether one of some facts holds; inside of a region."""
    result = facts[0]
    for fact in facts[1:]:
        result = value(arith.OrIOp(result, fact))
    return result
