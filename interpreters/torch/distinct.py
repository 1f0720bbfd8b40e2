"""Distinct elements, quantiles and the like: what orders elements and counts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array

_EMPTY = np.zeros(0, np.int64)


def unique(x: Array, ordered: bool = True, inverse: bool = False, counts: bool = False) -> Any:
    """In rising order; where each element went; how many there are of each."""
    del ordered  # torch orders them in any case
    found, places, numbers = np.unique(x, return_inverse=True, return_counts=True)
    return [found, places.reshape(x.shape) if inverse else _EMPTY, numbers if counts else _EMPTY]


def unique_dim(
    x: Array, dim: int, ordered: bool = True, inverse: bool = False, counts: bool = False
) -> Any:
    """Of the slices along a dimension, in the order of their elements."""
    del ordered
    found, places, numbers = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    return [found, places.reshape(-1) if inverse else _EMPTY, numbers if counts else _EMPTY]


def unique_consecutive(
    x: Array, inverse: bool = False, counts: bool = False, dim: int | None = None
) -> Any:
    """The first of each run of equals."""
    rows = x.reshape(-1) if dim is None else np.moveaxis(x, dim, 0)
    unlike = (rows[1:] != rows[:-1]).reshape(max(len(rows) - 1, 0), -1).any(-1)
    first = np.concatenate([np.ones(min(len(rows), 1), bool), unlike])
    starts = np.flatnonzero(first)
    found = rows[starts] if dim is None else np.moveaxis(rows[starts], 0, dim)
    places = np.cumsum(first) - 1
    shape = x.shape if dim is None else places.shape
    numbers = np.diff(np.append(starts, len(rows)))
    return [found, places.reshape(shape) if inverse else _EMPTY, numbers if counts else _EMPTY]


def repeat_interleave(repeats: Array, size: int | None = None) -> Array:
    """Each place as many times as its number says."""
    del size
    return np.repeat(np.arange(len(repeats)), repeats)


def quantile(
    x: Array,
    q: Array | float,
    dim: int | None = None,
    keepdim: bool = False,
    interpolation: str = "linear",
) -> Array:
    """Between the elements in order; a NaN makes a row NaN."""
    return _quantile(x, q, dim, keepdim, interpolation, np.quantile)


def nanquantile(
    x: Array,
    q: Array | float,
    dim: int | None = None,
    keepdim: bool = False,
    interpolation: str = "linear",
) -> Array:
    """Of the elements that are numbers."""
    return _quantile(x, q, dim, keepdim, interpolation, np.nanquantile)


def _quantile(
    x: Array, q: Array | float, dim: int | None, keepdim: bool, interpolation: str, of: Any
) -> Array:
    wide, places = x.astype(np.float64), np.asarray(q, np.float64)
    found = of(wide, places, axis=dim, keepdims=keepdim, method=interpolation)
    return np.asarray(found).astype(x.dtype)


def nanmean(
    x: Array, dim: Sequence[int] | None = None, keepdim: bool = False, dtype: str | None = None
) -> Array:
    """Of the elements that are numbers."""
    wide = x.astype(dtype or x.dtype)
    axes = tuple(dim) if dim else None
    here = ~np.isnan(wide)
    total = np.where(here, wide, 0).sum(axes, keepdims=keepdim)
    with np.errstate(all="ignore"):
        return total / here.sum(axes, keepdims=keepdim)


def mode(x: Array, dim: int = -1, keepdim: bool = False) -> Any:
    """The smallest of the most frequent elements, and the last place that has it."""
    rows = np.moveaxis(x, dim, -1)
    counts = (rows[..., :, None] == rows[..., None, :]).sum(-1)
    often = counts == counts.max(-1, keepdims=True)
    highest = np.iinfo(x.dtype).max if x.dtype.kind in "iu" else np.inf
    values = np.where(often, rows, highest).min(-1, keepdims=True).astype(x.dtype)
    last = rows.shape[-1] - 1 - np.argmax((rows == values)[..., ::-1], -1)[..., None]
    found = [np.moveaxis(v, -1, dim) for v in (values, last)]
    return found if keepdim else [v.squeeze(dim) for v in found]


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_unique2": unique,
    "unique_dim": unique_dim,
    "unique_consecutive": unique_consecutive,
    "repeat_interleave.Tensor": repeat_interleave,
    "quantile": quantile,
    "quantile.scalar": quantile,
    "nanquantile": nanquantile,
    "nanquantile.scalar": nanquantile,
    "nanmean": nanmean,
    "mode": mode,
}
"""Functions of arguments by the operator and its overload, without one for the default."""
