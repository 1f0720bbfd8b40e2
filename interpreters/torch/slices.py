"""Parts of tensors: taken, all of them in turn, and written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided as strided_view

from .arguments import ArgumentsFunction, Array


def split(x: Array, size: int, dim: int = 0) -> list[Array]:
    return np.split(x, range(size, x.shape[dim], size), dim) if x.shape[dim] else [x]


def split_sizes(x: Array, sizes: Sequence[int], dim: int = 0) -> list[Array]:
    return np.split(x, list(accumulate(sizes))[:-1], dim)


def chunk(x: Array, count: int, dim: int = 0) -> list[Array]:
    return split(x, max(-(-x.shape[dim] // count), 1), dim)


def tensor_split(x: Array, at: Any, dim: int = 0) -> list[Array]:
    return np.array_split(x, at, dim)


def hsplit(x: Array, at: Any) -> list[Array]:
    return np.array_split(x, at, 0 if x.ndim == 1 else 1)


def vsplit(x: Array, at: Any) -> list[Array]:
    return np.array_split(x, at, 0)


def dsplit(x: Array, at: Any) -> list[Array]:
    return np.array_split(x, at, 2)


def unbind(x: Array, dim: int = 0) -> list[Array]:
    return [np.take(x, at, dim) for at in range(x.shape[dim])]


def select(x: Array, dim: int, index: int) -> Array:
    return np.take(x, index, dim)


def _sliced(
    x: Array, dim: int, start: int | None, end: int | None, step: int
) -> tuple[slice | int, ...]:
    part = slice(start, end, step)
    return (*[slice(None)] * (dim % x.ndim), part)


def slice_(
    x: Array, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Array:
    return x[_sliced(x, dim, start, end, step)]


def slice_scatter(
    x: Array,
    source: Array,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Array:
    result = x.copy()
    result[_sliced(x, dim, start, end, step)] = source
    return result


def select_scatter(x: Array, source: Array, dim: int, index: int) -> Array:
    result = x.copy()
    result[(*[slice(None)] * (dim % x.ndim), index)] = source
    return result


def narrow(x: Array, dim: int, start: Any, length: int) -> Array:
    first = int(start)
    first += x.shape[dim] if first < 0 else 0
    return slice_(x, dim, first, first + length)


def as_strided(
    x: Array, size: Sequence[int], stride: Sequence[int], offset: int | None = None
) -> Array:
    """Over the elements of a contiguous tensor."""
    flat = np.ascontiguousarray(x).reshape(-1)[offset or 0 :]
    last = sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if last >= flat.size and 0 not in size:
        raise ValueError(f"the size {list(size)} by {list(stride)} reaches outside of the tensor")
    return strided_view(flat, size, [s * flat.itemsize for s in stride])


def as_strided_scatter(
    x: Array, src: Array, size: Sequence[int], stride: Sequence[int], offset: int | None = None
) -> Array:
    """Other elements where `as_strided` finds them."""
    result = np.array(x, order="C")
    as_strided(result, size, stride, offset)[...] = src
    return result


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "as_strided": as_strided,
    "as_strided_scatter": as_strided_scatter,
    "chunk": chunk,
    "dsplit.array": dsplit,
    "dsplit.int": dsplit,
    "hsplit.array": hsplit,
    "hsplit.int": hsplit,
    "narrow": narrow,
    "narrow.Tensor": narrow,
    "select.int": select,
    "select_scatter": select_scatter,
    "slice.Tensor": slice_,
    "slice_scatter": slice_scatter,
    "split": split_sizes,
    "split.Tensor": split,
    "split.sizes": split_sizes,
    "split_with_sizes": split_sizes,
    "tensor_split.indices": tensor_split,
    "tensor_split.sections": tensor_split,
    "unbind.int": unbind,
    "unsafe_chunk": chunk,
    "unsafe_split.Tensor": split,
    "unsafe_split_with_sizes": split_sizes,
    "vsplit.array": vsplit,
    "vsplit.int": vsplit,
}
"""Functions of arguments by the operator and its overload."""
