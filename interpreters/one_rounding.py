"""
f64 narrowed to floats of 16 bits and fewer with one rounding.

numpy rounds to f16 once, but `ml_dtypes` goes to its types by way of f32, and what becomes a tie
there was none before: 1 + 2^-8 + 2^-40 would be 1 in bf16 instead of 1 + 2^-7. An f32 that is
rounded to odd instead keeps the second rounding from that (Boldo and Melquiond, 2008).
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BY_WAY_OF_F32 = frozenset(
    np.dtype(getattr(ml_dtypes, name))
    for name in (
        *("bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
        *("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn"),
    )
)


def narrowed(array: Array, dtype: np.dtype[Any]) -> Array:
    """The numbers in another type, rounded once."""
    if array.dtype == np.float64 and dtype in BY_WAY_OF_F32:
        array = odd_f32(array)
    return array.astype(dtype, copy=False)


def odd_f32(array: Array) -> Array:
    """The f32 below each f64 in size with its last bit set, the f64 itself where it is an f32."""
    with np.errstate(all="ignore"):
        nearest = array.astype(np.float32)
    again = nearest.astype(np.float64)
    bits: Array = nearest.view(np.int32)
    below = bits - (np.abs(again) > np.abs(array)).astype(np.int32)
    inexact = (again != array) & ~np.isnan(array)
    return np.where(inexact, below | 1, bits).astype(np.int32).view(np.float32)
