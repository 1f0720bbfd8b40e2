"""
Integers of the data as sizes: a tensor of them becomes names (`engine.as_size`).

What is known of their elements, as numbers or by name, stays as it is; the others get one name
each, once for each value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from xdsl.dialects.builtin import i64
from xdsl.ir import OpResult, SSAValue

from ...dialects.engine import AsSizeOp, ConcatOp, ReshapeOp
from ...dialects.engine.base import element_of, extents_of, static
from ...dialects.engine.data_sizes import MOST_COUNTS
from ...runtime.size import Extent, named, numbers_of
from ..shape_arithmetic import elements_of
from .data_names import UNBOUNDED_SIZE
from .lowering import Lowering, NoNativeForm
from .open_extents import extents_in
from .run_time_operands import result_name
from .scalars import cast_scalar

MOST = UNBOUNDED_SIZE
"""The most that a size may be which the data says and nothing else bounds."""

_STEPS = 64
"""Operations that are looked through for what is known of elements."""


def known_elements(lo: Lowering, value: SSAValue) -> list[Extent | None]:
    """
    The integers of a value in order, None of those that only the data knows.

    Reshapes and joins of vectors are looked through.

    Raises:
        NoNativeForm: when nobody knows how many there are.
    """
    found: list[Extent | None] = []
    waiting, steps = [value], 0
    while waiting:
        part = waiting.pop()
        known = extents_in(lo, part)
        steps += 1
        if known is not None:
            found.extend(known)
        elif steps < _STEPS and (parts := parts_of(part)):
            waiting.extend(reversed(parts))
        else:
            found.extend([None] * _count(part))
    return found


def parts_of(value: SSAValue) -> Sequence[SSAValue]:
    """What a vector is joined of, or reshaped from; nothing of any other value."""
    op = value.op if isinstance(value, OpResult) else None
    if isinstance(op, ReshapeOp):
        return [op.input]
    if isinstance(op, ConcatOp) and len(extents_of(value)) == 1:
        return list(op.sources)
    return ()


def _count(value: SSAValue) -> int:
    extents = extents_of(value)
    if not static(extents):
        raise NoNativeForm("is given sizes whose number only the data knows")
    return prod(numbers_of(extents))


def whole(lo: Lowering, value: SSAValue) -> SSAValue:
    """Integers as a vector of i64."""
    element = element_of(value)
    if element != i64:
        value = lo.map([value], lambda a: cast_scalar(a, element, i64), i64)
    return lo.reshape(value, (_count(value),))


def data_extents(
    lo: Lowering, value: SSAValue, most: Extent | None = None, hint: int | None = None
) -> list[Extent]:
    """
    The integers of a value as sizes; those that only the data knows get names here.

    `most` is what they must not exceed, where that follows from the operator, `hint` what they
    are likely to be.

    Raises:
        NoNativeForm: where there may be no such names.
    """
    known = known_elements(lo, value)
    unknown = [at for at, extent in enumerate(known) if extent is None]
    if not unknown:
        return [extent for extent in known if extent is not None]
    if len(unknown) == len(known):
        numbers = whole(lo, value)
    else:
        vector = whole(lo, value)
        picked = [lo.slice_axis(vector, 0, at, 1) for at in unknown]
        numbers = picked[0] if len(picked) == 1 else lo.emit(ConcatOp(picked, 0))
    bounds = [MOST if most is None else most] * len(unknown)
    names = iter(as_sizes(lo, numbers, bounds, hint))
    found = [next(names) if extent is None else extent for extent in known]
    lo.sizes[value] = elements_of(found, numbers_of(extents_of(value)))
    return found


def as_sizes(
    lo: Lowering, numbers: SSAValue, most: Sequence[Extent], hint: int | None = None
) -> list[Extent]:
    """
    Names for a vector of i64, with what each is at most.

    Raises:
        NoNativeForm: where there may be no such names, or too many are asked for.
    """
    count = _count(numbers)
    if not 0 < count <= MOST_COUNTS:
        raise NoNativeForm(f"is given {count} sizes by the data")
    wanted = result_name(lo)
    names = [lo.new_size(f"{wanted}_{at}", n, hint) for at, n in enumerate(most)]
    lo.emit(AsSizeOp(numbers, names, most))
    return [named(name) for name in names]


def sizes_of_maps(
    lo: Lowering, inputs: Sequence[Sequence[SSAValue]], build: Sequence[Callable[..., SSAValue]]
) -> list[Extent]:
    """Names for numbers that are computed from scalars, one from each group of `inputs`."""
    found = [
        lo.reshape(lo.map(group, compute, i64), (1,))
        for group, compute in zip(inputs, build, strict=True)
    ]
    numbers = found[0] if len(found) == 1 else lo.emit(ConcatOp(found, 0))
    return as_sizes(lo, numbers, [MOST] * len(found))
