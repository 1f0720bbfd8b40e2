"""Values of levels 3 and 4: physical arrays, whose padding lanes are poisoned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import (
    element_of,
    layout_of,
    physical_shape_of,
    physical_strides_of,
    shape_of,
)
from ...dialects.engine.weights import Array, dtype_of

POISON_BYTE = 0xFF
"""Every float whose bytes are all this is NaN; integers are -1 or the largest."""


def poison(dtype: np.dtype[Any]) -> Any:
    """A number that shows up when it leaks: NaN, or for integers a number with a pattern."""
    if dtype.kind == "b":
        return True
    if dtype.kind in "iu":
        return np.frombuffer(bytes([0xA5] * dtype.itemsize), dtype)[0]
    return dtype.type(np.nan)


def has_layout(type_: SSAValue | Attribute) -> bool:
    """Whether values of a type lie in another order than row-major."""
    shaped = type_.type if isinstance(type_, SSAValue) else type_
    return isinstance(shaped, TensorType | MemRefType) and not layout_of(shaped).row_major


def unpack(array: Array, type_: SSAValue | Attribute) -> Array:
    """The logical array of a value; sequences and whatever else has no layout stay as they are."""
    if not has_layout(type_):
        return array
    return layout_of(type_).unpack(array, array_shape(array, type_))


def array_shape(array: Array, type_: SSAValue | Attribute) -> tuple[int, ...]:
    """The logical shape of a value, with sizes that the type leaves open taken from the array."""
    shape = shape_of(type_)
    if -1 not in shape:
        return shape
    tag = layout_of(type_)
    blocks = tag.blocked
    extents = {d: array.shape[i] * blocks.get(d, 1) for i, d in enumerate(tag.outer)}
    return tuple(extents[d] if n < 0 else n for d, n in enumerate(shape))


def pack(array: Array, type_: SSAValue | Attribute, fill: Any = None) -> Array:
    """The physical array of a logical one; padding lanes hold `fill`, by default poison."""
    if not has_layout(type_):
        return array
    return layout_of(type_).pack(array, poison(array.dtype) if fill is None else fill)


def view_of(base: Array, offset: int, type_: Attribute) -> Array:
    """
    The physical array of a memref type at a byte offset from the first byte of `base`.

    Raises:
        ValueError: when it does not lie within the memory that `base` is a view of.
    """
    dtype = dtype_of(element_of(type_))
    shape = physical_shape_of(type_)
    strides = [s * dtype.itemsize for s in physical_strides_of(type_)]
    return _within(base, offset, shape, dtype, strides)


def moved(array: Array, offset: int) -> Array:
    """What lies so many bytes behind an array, in the memory that it is a view of."""
    return _within(array, offset, array.shape, array.dtype, array.strides)


def _within(
    base: Array, offset: int, shape: Sequence[int], dtype: np.dtype[Any], strides: Sequence[int]
) -> Array:
    root = base
    while isinstance(root.base, np.ndarray):
        root = root.base
    start = base.ctypes.data - root.ctypes.data + offset
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, buffer=root.data, offset=start, strides=strides)
