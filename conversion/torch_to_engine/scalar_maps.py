"""One function of single elements, with every operand cast to the type it is computed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.weights import dtype_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers, cast_scalar
from .arguments import result_element, scalar
from .promotion import Operand, wide

BuildOfTwo = Callable[[Numbers, SSAValue, SSAValue], SSAValue]

Build = (
    Callable[[Numbers, SSAValue], SSAValue]
    | BuildOfTwo
    | Callable[[Numbers, SSAValue, SSAValue, SSAValue], SSAValue]
    | Callable[[Numbers, SSAValue, SSAValue, SSAValue, SSAValue], SSAValue]
)
"""`(numbers, *scalars)` -> scalar"""


def computed(
    lo: Lowering,
    operands: Sequence[Operand],
    build: Build,
    *,
    inside: Attribute | None = None,
    gives: Attribute | None = None,
    element: Attribute | None = None,
) -> SSAValue:
    """
    `build` of each element of the operands, broadcast together; numbers become constants.

    It is computed in `inside`, by default the type of the result, f32 for narrower floats; `build`
    gives a scalar of `gives`, by default the same, which is cast to `element`, that of the result.
    """
    element = element or result_element(lo)
    inside = inside or wide(element)
    gives = gives or inside
    n = Numbers(inside)
    values = [v for v in operands if isinstance(v, SSAValue)]
    if not values:
        values = [lo.constant(np.zeros((), dtype_of(inside)), "none")]
    types = [element_of(v) for v in values]

    def whole(*scalars: SSAValue) -> SSAValue:
        given = iter(zip(scalars, types, strict=True))
        arguments: list[SSAValue] = []
        for operand in operands:
            if isinstance(operand, SSAValue):
                one, type_ = next(given)
                arguments.append(cast_scalar(one, type_, inside))
            else:
                arguments.append(n.number(operand))
        found = cast("Callable[..., SSAValue]", build)(n, *arguments)
        return cast_scalar(found, gives, element)

    return lo.map(values, whole, element)


def to_shape_of(lo: Lowering, x: SSAValue, like: SSAValue) -> SSAValue:
    """`x` repeated to the shape of another."""
    return lo.broadcast(x, extents_of(like))


def operand_named(lo: Lowering, name: str) -> Operand:
    """A tensor or a number by the name of the argument."""
    if name in lo.op.SIGNATURE.operand_names:
        return lo.operand(name)
    found = scalar(lo, name)
    assert found is not None
    return found


def operands_named(lo: Lowering, *names: str) -> list[Operand]:
    """Tensors and numbers by the names of the arguments."""
    return [operand_named(lo, name) for name in names]


def of_one(build: Build) -> Conversion:
    """A function of each element, in the type of the result."""
    return lambda lo: computed(lo, [lo.operand("self")], build)


def of_two(build: Build, first: str = "self", second: str = "other") -> Conversion:
    """An operation of two operands in the type of the result."""

    def convert(lo: Lowering) -> SSAValue:
        return computed(lo, operands_named(lo, first, second), build)

    return convert
