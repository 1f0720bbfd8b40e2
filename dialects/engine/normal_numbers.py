"""
The guard of rules that compute new constants: each new number is finite and normal.

`(x * c) * d => x * (c * d)` is a reordering of roundings only where `c * d` neither overflows nor
loses digits below the smallest normal number. A rule asks, element by element, and does not fire
otherwise. Zero is fine where a factor is zero; a zero that comes from two numbers is an underflow.

Factors of *computed* values reach further: in `(q * c) . k => (q . k) * c` the product of q and k
is larger by 1 / c than it was. What moves past a sum of products is `moderate`: at most 16 powers
of two, of the 126 that f32 has.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import ml_dtypes
import numpy as np
from xdsl.ir import Attribute

from .weights import Array, ConstantAttr, WeightStore, dtype_of

_CHUNK = 1 << 18
"""Elements looked at at once, which with what is computed of them stay in the cache."""

MODERATE = 2.0**16


@cache
def _limits(element: Attribute) -> tuple[float, float]:
    limits = cast(Any, ml_dtypes.finfo)(dtype_of(element))
    return float(limits.smallest_normal), float(limits.max)


def smallest_normal(element: Attribute) -> float:
    """The smallest normal number of a float type."""
    return _limits(element)[0]


def largest(element: Attribute) -> float:
    """The largest finite number of a float type."""
    return _limits(element)[1]


def is_normal(number: float, element: Attribute) -> bool:
    """Whether a number other than 0 is finite and normal when it is rounded to a type."""
    return smallest_normal(element) <= abs(number) <= largest(element)


def is_moderate(factor: float) -> bool:
    """Whether a factor may move past a sum of products: 0, or at most 16 powers of two."""
    return factor == 0 or 1 / MODERATE <= abs(factor) <= MODERATE


def all_normal_or_zero(array: Array, element: Attribute) -> bool:
    """Whether f64 numbers are 0, or finite and normal when they are rounded to a type."""
    size = np.abs(array.astype(np.float64, copy=False))
    low, high = smallest_normal(element), largest(element)
    return bool(np.all((size == 0) | ((size >= low) & (size <= high))))


def magnitudes(array: Array) -> tuple[float, float]:
    """
    The smallest number other than 0 and the largest, both without sign; infinity and 0 where there
    is none. NaN counts as larger than infinity.

    Floats without their sign are ordered as their bits are.
    """
    bits = np.dtype(f"u{array.dtype.itemsize}").type
    mask = bits((1 << (array.dtype.itemsize * 8 - 1)) - 1)
    low, high = int(mask), 0
    for part in _parts(array):
        size = part.view(bits) & mask
        high = max(high, int(size.max()))
        least = int(size.min())
        if not least:
            size -= bits(1)  # 0 becomes the largest number there is
            least = int(size.min()) + 1
        low = min(low, least)
    found = np.array([low, high], bits).view(array.dtype).astype(np.float64)
    smallest, most = float(found[0]), float(found[1])
    return (smallest if high and smallest == smallest else np.inf), most


def _parts(array: Array) -> Iterator[Array]:
    flat = array.reshape(-1)
    for start in range(0, flat.size, _CHUNK):
        yield np.ascontiguousarray(flat[start : start + _CHUNK])


def products_are_normal(
    store: WeightStore, weight: ConstantAttr, factor: Array, element: Attribute
) -> bool:
    """
    Whether `weight * factor`, an f64 that broadcasts to it, is normal in every element, or 0
    because one of the two is.
    """
    if not np.all(np.isfinite(factor)):
        return False
    array = store.array(weight)
    low, high = smallest_normal(element), largest(element)
    least, most = magnitudes(array)
    size = np.abs(factor)
    steps = size[size > 0]
    if not most or not steps.size:
        return bool(np.isfinite(most))
    with np.errstate(over="ignore", under="ignore"):
        if least * steps.min() >= low and most * steps.max() <= high:
            return True
    return all(_normal_products(part, scale, low, high) for part, scale in _rows(array, factor))


def _rows(array: Array, factor: Array) -> Iterator[tuple[Array, Array]]:
    """Both in parts along the first dimension."""
    if not array.ndim:
        yield array, factor
        return
    rows = max(1, _CHUNK * len(array) // array.size)
    varies = factor.ndim == array.ndim and factor.shape[0] > 1
    for start in range(0, len(array), rows):
        part = slice(start, start + rows)
        yield array[part], factor[part] if varies else factor


def _normal_products(weight: Array, factor: Array, low: float, high: float) -> bool:
    wide: Any = np.abs(weight.astype(np.float64))
    with np.errstate(over="ignore", under="ignore"):
        product = wide * np.abs(factor)
    is_zero = (wide == 0) | (factor == 0)
    return bool(np.all(is_zero | ((product >= low) & (product <= high))))
