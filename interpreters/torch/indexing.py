"""Elements picked and written at indices that are data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array, Number


def index(x: Array, indices: Sequence[Array | None]) -> Array:
    """As numpy, which has torch's rule of where indexed dimensions go."""
    return x[tuple(slice(None) if i is None else i for i in indices)]


def index_put(
    x: Array, indices: Sequence[Array | None], values: Array, accumulate: bool = False
) -> Array:
    result = x.copy()
    at: Any = tuple(slice(None) if i is None else i for i in indices)
    if accumulate:
        np.add.at(result, at, values)
    else:
        result[at] = values
    return result


def index_select(x: Array, dim: int, at: Array) -> Array:
    if x.ndim == 0:
        return x
    return np.take(x, at.reshape(-1), dim)


def _rows(x: Array, dim: int, at: Array) -> tuple[Any, ...]:
    return (*[slice(None)] * (dim % max(x.ndim, 1)), at.reshape(-1))


def index_add(x: Array, dim: int, at: Array, source: Array, alpha: Number = 1) -> Array:
    result = x.copy()
    np.add.at(result, _rows(x, dim, at), source * alpha)
    return result


def index_copy(x: Array, dim: int, at: Array, source: Array) -> Array:
    result = x.copy()
    result[_rows(x, dim, at)] = source
    return result


def index_fill(x: Array, dim: int, at: Array, value: Any) -> Array:
    result = x.copy()
    result[_rows(x, dim, at)] = value
    return result


def gather(x: Array, dim: int, at: Array, _sparse: bool = False) -> Array:
    if x.ndim == 0:
        return np.broadcast_to(x, at.shape)
    grid = np.indices(at.shape, sparse=True)
    places = [at if a == dim % x.ndim else g for a, g in enumerate(grid)]
    return x[tuple(places)]


def take_along_dim(x: Array, at: Array, dim: int | None = None) -> Array:
    return np.take_along_axis(x, at, dim) if dim is not None else x.reshape(-1)[at.reshape(-1)]


def take(x: Array, at: Array) -> Array:
    return x.reshape(-1)[at]


def put(x: Array, at: Array, source: Array, accumulate: bool = False) -> Array:
    return index_put(x.reshape(-1), [at], source, accumulate).reshape(x.shape)


def _places(x: Array, dim: int, at: Array) -> tuple[Any, ...]:
    grid = np.indices(at.shape)
    return tuple(at if a == dim % x.ndim else g for a, g in enumerate(grid))


_COMBINE: dict[str, Callable[[Array, Array], Array]] = {
    "sum": np.add,
    "add": np.add,
    "prod": np.multiply,
    "multiply": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
    "mean": np.add,
}


def scatter(x: Array, dim: int, at: Array, source: Any, reduce: str | None = None) -> Array:
    """The last of several for one place wins, or they are combined in order."""
    if x.ndim == 0:
        return scatter(x.reshape(1), 0, at.reshape(1), np.reshape(source, 1), reduce).reshape(())
    result = x.copy()
    places = _places(x, dim, at)
    source = np.asarray(source, x.dtype)
    part = source[tuple(map(slice, at.shape))] if source.ndim else source
    updates = np.broadcast_to(part, at.shape)
    for number in np.ndindex(at.shape):
        place = tuple(p[number] for p in places)
        value = updates[number]
        result[place] = value if reduce is None else _COMBINE[reduce](result[place], value)
    return result


def scatter_add(x: Array, dim: int, at: Array, source: Array) -> Array:
    return scatter(x, dim, at, source, "sum")


def scatter_reduce(
    x: Array, dim: int, at: Array, source: Array, reduce: str, include_self: bool = True
) -> Array:
    """A mean divides by how many there were."""
    ones = np.ones(at.shape, np.int64)
    counts = scatter(np.zeros(x.shape, np.int64), dim, at, ones, "sum")
    start = x
    if not include_self:
        neutral = {"sum": 0, "mean": 0, "prod": 1}.get(reduce)
        if neutral is None:
            info = np.finfo(x.dtype) if x.dtype.kind == "f" else np.iinfo(x.dtype)
            edge = {"amax": info.min, "amin": info.max}[reduce]
            infinite = -np.inf if reduce == "amax" else np.inf
            neutral = infinite if x.dtype.kind == "f" else edge
        start = np.where(counts > 0, np.asarray(neutral, x.dtype), x)
    result = scatter(start, dim, at, source, reduce)
    if reduce != "mean":
        return result
    number = np.maximum(counts + include_self, 1)
    return result / number if x.dtype.kind == "f" else np.floor_divide(result, number)


def masked_select(x: Array, mask: Array) -> Array:
    x, mask = np.broadcast_arrays(x, mask)
    return x[mask]


def masked_scatter(x: Array, mask: Array, source: Array) -> Array:
    x, mask = np.broadcast_arrays(x, mask)
    result = x.copy()
    result[mask] = source.reshape(-1)[: np.count_nonzero(mask)]
    return result


def nonzero(x: Array) -> Array:
    return np.stack(np.nonzero(x), -1) if x.ndim else np.zeros((int(bool(x)), 0), np.int64)


def nonzero_numpy(x: Array) -> list[Array]:
    return list(np.nonzero(np.atleast_1d(x)))


def nonzero_static(x: Array, size: int, fill: int = -1) -> Array:
    """The first rows, filled up."""
    found = nonzero(x)[:size]
    more = np.full((size - len(found), x.ndim), fill)
    return np.concatenate([found, more])


def embedding(weight: Array, at: Array, *_: Any) -> Array:
    return weight[at]


def embedding_bag(
    weight: Array,
    at: Array,
    offsets: Array,
    _scale: bool = False,
    mode: int = 0,
    _sparse: bool = False,
    weights: Array | None = None,
    include_last: bool = False,
    padding: int | None = -1,
) -> list[Array | None]:
    """Sum (0), mean (1) or largest (2) of the rows of each bag; nothing of where they are from."""
    ends = [*offsets[1:].tolist(), *([] if include_last else [len(at)])]
    starts = offsets[: len(ends)].tolist()
    bags: list[Array] = []
    for start, end in zip(starts, ends, strict=True):
        kept = [n for n in range(start, end) if padding is None or at[n] != padding or padding < 0]
        rows = weight[at[kept]]
        if weights is not None:
            rows = rows * weights[kept][:, None]
        empty = np.zeros(weight.shape[1], weight.dtype)
        kinds = (np.sum, np.mean, np.max)
        bags.append(kinds[mode](rows, axis=0) if len(rows) else empty)
    summed = np.stack(bags) if bags else np.zeros((0, weight.shape[1]), weight.dtype)
    return [summed, None, None, None]


def searchsorted(
    rows: Array,
    values: Any,
    _out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    """Row by row where there are several."""
    which = "right" if right or side == "right" else "left"
    if sorter is not None:
        rows = np.take_along_axis(rows, sorter, -1)
    if rows.ndim == 1:
        return np.asarray(np.searchsorted(rows, np.asarray(values), which))
    flat: Array = rows.reshape(-1, rows.shape[-1])
    wanted: Array = values.reshape(-1, values.shape[-1])
    found: list[Any] = [np.searchsorted(r, v, which) for r, v in zip(flat, wanted, strict=True)]
    return np.stack(found).reshape(values.shape)


def bucketize(values: Any, edges: Array, _out_int32: bool = False, right: bool = False) -> Array:
    return searchsorted(edges, values, right=right)


def isin(values: Any, of: Any, _unique: bool = False, invert: bool = False) -> Array:
    return np.isin(values, of, invert=invert)


def bincount(x: Array, weights: Array | None = None, least: int = 0) -> Array:
    return np.bincount(x, weights, least)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_embedding_bag": embedding_bag,
    "_embedding_bag_forward_only": embedding_bag,
    "_unsafe_index.Tensor": index,
    "bincount": bincount,
    "bucketize.Scalar": bucketize,
    "bucketize.Tensor": bucketize,
    "embedding": embedding,
    "embedding_bag": embedding_bag,
    "embedding_bag.padding_idx": embedding_bag,
    "gather": gather,
    "index.Tensor": index,
    "index_add": index_add,
    "index_copy": index_copy,
    "index_fill.int_Scalar": index_fill,
    "index_fill.int_Tensor": index_fill,
    "index_put": index_put,
    "index_select": index_select,
    "isin.Scalar_Tensor": isin,
    "isin.Tensor_Scalar": isin,
    "isin.Tensor_Tensor": isin,
    "masked_scatter": masked_scatter,
    "masked_select": masked_select,
    "nonzero": nonzero,
    "argwhere": nonzero,
    "nonzero_numpy": nonzero_numpy,
    "nonzero_static": nonzero_static,
    "put": put,
    "scatter.reduce": scatter,
    "scatter.src": scatter,
    "scatter.value": scatter,
    "scatter.value_reduce": scatter,
    "scatter_add": scatter_add,
    "scatter_reduce.two": scatter_reduce,
    "searchsorted.Scalar": searchsorted,
    "searchsorted.Tensor": searchsorted,
    "take": take,
    "take_along_dim": take_along_dim,
    "where": nonzero_numpy,
}
"""Functions of arguments by the operator and its overload."""
