"""Shared types and attributes of level 5: building one twice costs 10 us, looking it up 0.2 us."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import cast

from xdsl.dialects.arith import FastMathFlagsAttr
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AnyFloat,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    MemRefType,
    NoneAttr,
    StridedLayoutAttr,
    VectorType,
    i1,
    i64,
)
from xdsl.dialects.utils import FastMathFlag
from xdsl.dialects.vector import CombiningKindAttr, CombiningKindFlag
from xdsl.ir import Attribute

INDEX = IndexType()
NO_FLAGS = FastMathFlagsAttr("none")
DYNAMIC = DYNAMIC_INDEX


@cache
def flags(*names: str) -> FastMathFlagsAttr:
    """`#arith.fastmath<...>`: names out of reassoc, nnan, ninf, nsz, arcp, contract, afn."""
    return FastMathFlagsAttr([FastMathFlag(name) for name in names]) if names else NO_FLAGS


@cache
def vector_type(element: Attribute, lanes: int) -> VectorType:
    """`vector<lanes x element>`."""
    return VectorType(element, [lanes])


@cache
def mask_type(lanes: int) -> VectorType:
    """`vector<lanes x i1>`."""
    return vector_type(i1, lanes)


@cache
def _memref_type(
    shape: tuple[int, ...],
    element: Attribute,
    strides: tuple[int | None, ...] | None,
    offset: int | None,
) -> MemRefType:
    layout = NoneAttr() if strides is None else StridedLayoutAttr(list(strides), offset)
    return MemRefType(element, shape, layout)


def memref_type(
    shape: Sequence[int],
    element: Attribute,
    strides: Sequence[int | None] | None = None,
    offset: int | None = 0,
) -> MemRefType:
    """
    `memref<shape x element>`, with `strided<[...]>` where `strides` (in elements) are given.

    Strides that only repeat the row-major ones are left out, so that equal layouts are equal
    types. `DYNAMIC` in `shape` and `None` in `strides` and `offset` are known only at run time.
    """
    fixed = None if strides is None else tuple(strides)
    if fixed is not None and offset == 0 and fixed == row_major_strides(shape):
        fixed = None
    return _memref_type(tuple(shape), element, fixed, offset)


def row_major_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides in elements of a contiguous array: `(3, 4) -> (4, 1)`."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return tuple(strides)


def element_type(type: Attribute) -> Attribute:
    """Element type of a vector or memref; a scalar type itself."""
    if isinstance(type, VectorType):
        return type.element_type
    if isinstance(type, MemRefType):
        return type.element_type
    return type


def lanes_of(type: Attribute) -> int | None:
    """Lanes of a one-dimensional vector type; None for a scalar."""
    return type.get_shape()[0] if isinstance(type, VectorType) else None


def with_lanes(type: Attribute, lanes: int | None) -> Attribute:
    """Scalar `type` as a vector of `lanes`, or itself for None."""
    return type if lanes is None else vector_type(type, lanes)


@cache
def index_array(values: tuple[int, ...]) -> DenseArrayBase:
    """`array<i64: ...>`."""
    return DenseArrayBase.from_list(i64, values)


@cache
def combining_kind(name: str) -> CombiningKindAttr:
    """`#vector.kind<name>`: add, mul, maximumf, minimumf, maxnumf, maxsi, and, or, ..."""
    return CombiningKindAttr(CombiningKindFlag(name))


@cache
def _constant(
    value: float, sign: float, type: Attribute
) -> IntegerAttr | FloatAttr | DenseIntOrFPElementsAttr:
    if isinstance(type, VectorType):
        vector = cast("VectorType[AnyFloat]", type)
        return DenseIntOrFPElementsAttr.from_list(vector, [value] * vector.get_shape()[0])
    if isinstance(type, IntegerType | IndexType):
        return IntegerAttr(int(value), cast(IndexType, type))
    return FloatAttr(float(value), cast("AnyFloat", type))


def constant_attribute(
    value: float, type: Attribute
) -> IntegerAttr | FloatAttr | DenseIntOrFPElementsAttr:
    """The attribute of a scalar constant, or of a vector with `value` in every lane."""
    # 0.0 and -0.0 are equal keys but not equal constants.
    return _constant(value, math.copysign(1.0, value), type)
