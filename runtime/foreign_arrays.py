"""Values that are not numpy arrays, as such: of other libraries, numbers, and lists of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_memory import AnyArray

_TAKES = {"b": "b", "i": "biu", "u": "biu", "f": "biuf", "c": "biufc"}
"""For each kind of dtype, the kinds of Python numbers that it takes without a loss."""


def array_of(value: object, dtype: np.dtype[Any]) -> AnyArray:
    """
    `value` as an array; one of another library stays where it lies, if it is in the main memory.

    Arrays of any library that speaks DLPack, or knows how to become an array of numpy, keep their
    dtype. Python's numbers and lists of them have none and get `dtype`, if that can hold them.

    Raises `TypeError` or `ValueError`, whose text says why `value` is not an array.
    """
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        return _by_dlpack(value)
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return np.asarray(value)
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes have no dtype and no shape; use numpy.frombuffer")
    return _of_numbers(value, dtype)


def _by_dlpack(value: Any) -> AnyArray:
    try:
        return np.from_dlpack(value)
    except Exception as error:  # whatever the other library raises
        if not hasattr(value, "__array__"):
            raise TypeError(f"DLPack does not hand it over ({error})") from error
    try:
        return np.asarray(value)
    except Exception as error:
        raise TypeError(str(error)) from error


def _of_numbers(value: object, dtype: np.dtype[Any]) -> AnyArray:
    found = np.asarray(value)
    if found.size and found.dtype.kind not in _TAKES.get(_kind(dtype), ""):
        return found  # the caller says what dtype it has, and which is expected
    try:
        with np.errstate(over="raise"):
            return np.asarray(value, dtype) if dtype.kind in _TAKES else _small(found, dtype)
    except (OverflowError, FloatingPointError) as error:
        raise ValueError(f"{_shown(value)} has a number that {dtype} cannot hold") from error


def _small(numbers: AnyArray, dtype: np.dtype[Any]) -> AnyArray:
    """`numbers` in a dtype of `ml_dtypes`. Raises `OverflowError` for one that it cannot hold."""
    small = numbers.astype(dtype)
    back = small.astype(numbers.dtype if _kind(dtype) != "f" else np.float64)
    fits = np.isfinite(back) if _kind(dtype) == "f" else back == numbers
    if not np.all(fits | ~np.isfinite(numbers)):
        raise OverflowError
    return small


def _kind(dtype: np.dtype[Any]) -> str:
    """The kind of a dtype; those of `ml_dtypes`, which numpy calls void, by their names."""
    if dtype.kind != "V":
        return dtype.kind
    return next((kind for kind in ("int", "uint") if dtype.name.startswith(kind)), "float")[0]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
