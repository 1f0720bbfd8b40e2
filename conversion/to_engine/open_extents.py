"""
Sizes by name where a conversion needs numbers: as data, in a region, and as operands that say how.

With sizes that are numbers everything here gives the constants that were there before names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import IotaOp, SizeValuesOp
from ...dialects.engine.base import element_of
from ...dialects.engine.size_numbers import MOST_VALUES
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, Size
from ..shape_arithmetic import Elements, elements_of
from .lowering import Lowering, NoNativeForm
from .scalars import Numbers, cast_scalar

Number = int | SSAValue
"""An extent inside of a region: a number, or an i64 scalar."""


def real_of(n: Numbers, number: Number) -> SSAValue:
    """An extent among the floats of a region."""
    return n.number(number) if isinstance(number, int) else cast_scalar(number, i64, n.element)


def given_extents(lo: Lowering, name: str) -> list[Extent] | None:
    """
    The integers of an operand, each a number or a size by name; None where it is absent.

    Raises:
        NoNativeForm: when the data decides them.
    """
    value = lo.optional(name)
    found = None if value is None else extents_in(lo, value)
    if value is not None and found is None:
        raise NoNativeForm(f"operand '{name}' is not a constant")
    return found


def extents_in(lo: Lowering, value: SSAValue) -> list[Extent] | None:
    """The integers of a value in order, each a number or a size by name; None of any other."""
    elements = lo.sizes.get(value)
    if elements is not None:
        return cast("list[Extent]", elements.reshape(-1).tolist())
    array = lo.array_of(value)
    return None if array is None else [int(n) for n in array.reshape(-1)]


def are_given(lo: Lowering, *names: str) -> bool:
    """Whether those of some operands that are there are constants, or sizes."""
    operands = [lo.optional(name) for name in names]
    return all(v is None or v in lo.sizes or lo.array_of(v) is not None for v in operands)


def size_values(lo: Lowering, sizes: Elements, element: Attribute = i64) -> SSAValue | None:
    """A tensor of sizes, of any element type; None of more than are worth it."""
    listed = cast("list[Extent]", sizes.reshape(-1).tolist())
    if all(isinstance(size, int) for size in listed):
        return lo.constant(np.array(listed, dtype_of(element)).reshape(sizes.shape), "sizes")
    if len(listed) > MOST_VALUES:
        return None
    found = lo.reshape(lo.emit(SizeValuesOp(listed)), sizes.shape)
    if element == i64:
        return found
    return lo.map([found], lambda a: cast_scalar(a, i64, element), element)


def size_vector(
    lo: Lowering, extents: Sequence[Extent], element: Attribute = i64, name: str = "sizes"
) -> SSAValue:
    """A vector of sizes: a constant of that name where all are numbers."""
    if all(isinstance(n, int) for n in extents):
        return lo.constant(np.array(extents, dtype_of(element)), name)
    found = size_values(lo, elements_of(extents), element)
    assert found is not None
    return found


def size_scalar(lo: Lowering, size: Extent) -> SSAValue:
    """One size as an i64 of rank 0."""
    found = size_values(lo, elements_of([size], ()))
    assert found is not None
    return found


def positions(lo: Lowering, extent: Extent, name: str = "along") -> SSAValue:
    """`0, 1, ...` up to an extent, i64: a constant where it is a number."""
    if isinstance(extent, Size):
        return lo.emit(IotaOp(extent))
    lo.require_room(extent)
    return lo.constant(np.arange(extent, dtype=np.int64), name)


def map_with_extents(
    lo: Lowering,
    inputs: Sequence[SSAValue],
    extents: Sequence[Extent],
    build: Callable[..., SSAValue],
    element: Attribute | None = None,
) -> SSAValue:
    """`lo.map` with sizes: `build(*scalars, *numbers)` gets each of `extents` as a `Number`."""
    named = [e for e in dict.fromkeys(extents) if isinstance(e, Size)]
    operands = [size_scalar(lo, e) for e in named]

    def built(*scalars: SSAValue) -> SSAValue:
        own, sizes = scalars[: len(inputs)], scalars[len(inputs) :]
        given: dict[Any, SSAValue] = dict(zip(named, sizes, strict=True))
        return build(*own, *(given.get(e, e) for e in extents))

    return lo.map([*inputs, *operands], built, element or element_of(inputs[0]))
