"""Tensors out of numbers, and what the shape of a tensor says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...dialects.torch import element_type_of_torch
from .arguments import ArgumentsFunction, Array, Number, counted


def _dtype(name: str | None, default: Any) -> Any:
    row = None if name is None else element_type_of_torch(name)
    return default if row is None else row.numpy


def _of_number(value: Number) -> Any:
    return (
        np.bool_ if isinstance(value, bool) else np.int64 if isinstance(value, int) else np.float32
    )


def full(size: Sequence[int], value: Number, dtype: str | None = None) -> Array:
    return np.full(size, value, _dtype(dtype, _of_number(value)))


def full_like(x: Array, value: Number, dtype: str | None = None) -> Array:
    return np.full(x.shape, value, _dtype(dtype, x.dtype))


def zeros(size: Sequence[int], dtype: str | None = None) -> Array:
    return np.zeros(size, _dtype(dtype, np.float32))


def empty_strided(size: Sequence[int], _: Any, dtype: str | None = None) -> Array:
    """Zeros, which nobody may rely on."""
    return zeros(size, dtype)


def ones(size: Sequence[int], dtype: str | None = None) -> Array:
    return np.ones(size, _dtype(dtype, np.float32))


def zeros_like(x: Array, dtype: str | None = None) -> Array:
    return np.zeros(x.shape, _dtype(dtype, x.dtype))


def ones_like(x: Array, dtype: str | None = None) -> Array:
    return np.ones(x.shape, _dtype(dtype, x.dtype))


def new_full(x: Array, size: Sequence[int], value: Number, dtype: str | None = None) -> Array:
    return np.full(size, value, _dtype(dtype, x.dtype))


def new_zeros(x: Array, size: Sequence[int], dtype: str | None = None) -> Array:
    return np.zeros(size, _dtype(dtype, x.dtype))


def new_ones(x: Array, size: Sequence[int], dtype: str | None = None) -> Array:
    return np.ones(size, _dtype(dtype, x.dtype))


def new_empty_strided(x: Array, size: Sequence[int], _: Any, dtype: str | None = None) -> Array:
    return new_zeros(x, size, dtype)


def fill(x: Array, value: Any) -> Array:
    return np.full(x.shape, value, x.dtype)


def scalar_tensor(value: Number, dtype: str | None = None) -> Array:
    return np.asarray(value, _dtype(dtype, np.float32))


def arange_step(start: Number, end: Number, step: Number = 1, dtype: str | None = None) -> Array:
    """`ceil((end - start) / step)` numbers, each from the start."""
    whole = all(isinstance(v, int) for v in (start, end, step))
    count = -(-(end - start) // step) if whole else int(np.ceil((end - start) / step))
    numbers = start + np.arange(max(int(count), 0)) * step
    return numbers.astype(_dtype(dtype, np.int64 if whole else np.float32))


def arange(end: Number, dtype: str | None = None) -> Array:
    return arange_step(0, end, 1, dtype)


def arange_start(start: Number, end: Number, dtype: str | None = None) -> Array:
    return arange_step(start, end, 1, dtype)


def linspace(start: Number, end: Number, steps: int, dtype: str | None = None) -> Array:
    """From both ends towards the middle, in the type of the result."""
    kind: Any = np.dtype(_dtype(dtype, np.float32))
    if kind.kind not in "f":
        return np.linspace(start, end, steps)
    step = kind.type((end - start) / max(steps - 1, 1))
    at = counted(steps)
    first: Array = kind.type(start) + step * at.astype(kind)
    last: Array = kind.type(end) - step * (steps - 1 - at).astype(kind)
    found: Array = np.where(at < steps // 2, first, last) if steps > 1 else first
    return found


def logspace(
    start: Number, end: Number, steps: int, base: float = 10.0, dtype: str | None = None
) -> Array:
    return np.power(base, np.linspace(start, end, steps)).astype(_dtype(dtype, np.float32))


def eye(n: int, dtype: str | None = None) -> Array:
    return np.eye(n, dtype=_dtype(dtype, np.float32))


def eye_m(n: int, m: int, dtype: str | None = None) -> Array:
    return np.eye(n, m, dtype=_dtype(dtype, np.float32))


def hann_periodic(length: int, periodic: bool = True, dtype: str | None = None) -> Array:
    return hamming_periodic(length, periodic, 0.5, 0.5, dtype)


def hann(length: int, dtype: str | None = None) -> Array:
    return hann_periodic(length, True, dtype)


def hamming_periodic(
    length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    dtype: str | None = None,
) -> Array:
    turns = 2 * np.pi * counted(length) / max(length if periodic else length - 1, 1)
    found = alpha - beta * np.cos(turns) if length > 1 else np.ones(length)
    return found.astype(_dtype(dtype, np.float32))


def hamming(length: int, dtype: str | None = None) -> Array:
    return hamming_periodic(length, dtype=dtype)


def hamming_two(length: int, periodic: bool, dtype: str | None = None) -> Array:
    return hamming_periodic(length, periodic, dtype=dtype)


def one_hot(x: Array, classes: int = -1) -> Array:
    count = int(x.max()) + 1 if classes < 0 else classes
    return (x[..., None] == counted(count)).astype(np.int64)


def size_int(x: Array, dim: int) -> Array:
    return np.asarray(x.shape[dim])


def numel(x: Array) -> Array:
    return np.asarray(x.size)


def item(x: Array) -> Array:
    return x.reshape(())


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_local_scalar_dense": item,
    "arange": arange,
    "arange.start": arange_start,
    "arange.start_step": arange_step,
    "empty.memory_format": zeros,
    "empty_like": zeros_like,
    "empty_permuted": empty_strided,
    "empty_strided": empty_strided,
    "eye": eye,
    "eye.m": eye_m,
    "fill.Scalar": fill,
    "fill.Tensor": fill,
    "full": full,
    "full_like": full_like,
    "hamming_window": hamming,
    "hamming_window.periodic": hamming_two,
    "hann_window": hann,
    "hann_window.periodic": hann_periodic,
    "item": item,
    "linspace": linspace,
    "logspace": logspace,
    "new_empty": new_zeros,
    "new_empty_strided": new_empty_strided,
    "new_full": new_full,
    "new_ones": new_ones,
    "new_zeros": new_zeros,
    "numel": numel,
    "one_hot": one_hot,
    "ones": ones,
    "ones_like": ones_like,
    "scalar_tensor": scalar_tensor,
    "size.int": size_int,
    "sym_numel": numel,
    "sym_size.int": size_int,
    "zero": zeros_like,
    "zeros": zeros,
    "zeros_like": zeros_like,
}
"""Functions of arguments by the operator and its overload."""
