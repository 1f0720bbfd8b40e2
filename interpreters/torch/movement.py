"""Shapes, views and joins: what moves elements and changes none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...dialects.torch import element_type_of_torch
from .arguments import ArgumentsFunction, Array


def identity(x: Array, *_: Any) -> Array:
    return x


def view(x: Array, size: Sequence[int]) -> Array:
    return x.reshape(size)


def view_dtype(x: Array, dtype: str) -> Array:
    row = element_type_of_torch(dtype)
    assert row is not None
    return np.ascontiguousarray(x).view(row.numpy)


def reshape_alias(x: Array, size: Sequence[int], _: Any) -> Array:
    return x.reshape(size)


def like_shape(x: Array, other: Array) -> Array:
    return x.reshape(other.shape)


def expand(x: Array, size: Sequence[int], *_: Any) -> Array:
    """-1 keeps a size."""
    lead = len(size) - x.ndim
    sizes = [x.shape[a - lead] if n == -1 else n for a, n in enumerate(size)]
    return np.broadcast_to(x, sizes)


def expand_as(x: Array, other: Array) -> Array:
    return np.broadcast_to(x, other.shape)


def broadcast_tensors(tensors: Sequence[Array]) -> list[Array]:
    return list(np.broadcast_arrays(*tensors))


def permute(x: Array, dims: Sequence[int]) -> Array:
    return x.transpose([d % x.ndim for d in dims])


def transpose(x: Array, first: int, second: int) -> Array:
    return x if x.ndim == 0 else np.swapaxes(x, first, second)


def t(x: Array) -> Array:
    return x.T


def last_two(x: Array) -> Array:
    """The last two dimensions in each other's place."""
    return np.swapaxes(x, -1, -2)


def movedim(x: Array, source: Any, destination: Any) -> Array:
    return np.moveaxis(x, source, destination)


def squeeze(x: Array) -> Array:
    return x.squeeze()


def squeeze_dims(x: Array, dims: int | Sequence[int]) -> Array:
    """Where an extent is 1."""
    given = [dims] if isinstance(dims, int) else dims
    if x.ndim == 0:
        return x
    return x.squeeze(tuple({d % x.ndim for d in given if x.shape[d] == 1}))


def unsqueeze(x: Array, dim: int) -> Array:
    return np.expand_dims(x, dim)


def flatten(x: Array, start: int = 0, end: int = -1) -> Array:
    if x.ndim == 0:
        return x.reshape(1)
    first, last = start % x.ndim, end % x.ndim
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :])


def unflatten(x: Array, dim: int, sizes: Sequence[int]) -> Array:
    at = dim % x.ndim
    return x.reshape(*x.shape[:at], *sizes, *x.shape[at + 1 :])


def ravel(x: Array) -> Array:
    return x.reshape(-1)


def atleast(count: int) -> ArgumentsFunction:
    def grown(x: Array) -> Array:
        return (np.atleast_1d, np.atleast_2d, np.atleast_3d)[count - 1](x)

    return grown


def cat(tensors: Sequence[Array], dim: int = 0) -> Array:
    """An empty vector among tensors of another rank is nothing."""
    kept = [x for x in tensors if x.shape != (0,)]
    return np.concatenate(kept, dim) if kept else tensors[0]


def stack(tensors: Sequence[Array], dim: int = 0) -> Array:
    return np.stack(tensors, dim)


def hstack(tensors: Sequence[Array]) -> Array:
    return np.hstack(tensors)


def vstack(tensors: Sequence[Array]) -> Array:
    return np.vstack(tensors)


def dstack(tensors: Sequence[Array]) -> Array:
    return np.dstack(tensors)


def column_stack(tensors: Sequence[Array]) -> Array:
    return np.column_stack(tensors)


def block_diag(tensors: Sequence[Array]) -> Array:
    blocks = [np.atleast_2d(x) for x in tensors]
    result = np.zeros(np.sum([b.shape for b in blocks], 0), np.result_type(*blocks))
    row = column = 0
    for block in blocks:
        result[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return result


def meshgrid(tensors: Sequence[Array], indexing: str = "ij") -> list[Array]:
    return list(np.meshgrid(*tensors, indexing="xy" if indexing == "xy" else "ij"))


def cartesian_prod(tensors: Sequence[Array]) -> Array:
    if len(tensors) == 1:
        return tensors[0]
    return np.stack([x.reshape(-1) for x in np.meshgrid(*tensors, indexing="ij")], -1)


def to_dtype(x: Array, dtype: str | None, *_: Any) -> Array:
    """Truncated towards zero, where a float becomes an integer."""
    row = None if dtype is None else element_type_of_torch(dtype)
    return x if row is None else x.astype(row.numpy)


def to_other(x: Array, other: Array, *_: Any) -> Array:
    return x.astype(other.dtype)


def copy(x: Array, source: Array) -> Array:
    return np.broadcast_to(source, x.shape).astype(x.dtype)


def sum_to_size(x: Array, size: Sequence[int]) -> Array:
    lead = x.ndim - len(size)
    axes = [*range(lead), *(lead + a for a, n in enumerate(size) if n == 1)]
    return x.sum(tuple(axes), keepdims=True).reshape(size)


_IDENTITIES = (
    *("alias", "clone", "contiguous", "conj", "_conj", "conj_physical", "detach", "lift"),
    *("lift_fresh", "lift_fresh_copy", "positive", "resolve_conj", "resolve_neg"),
    *("alpha_dropout", "dropout", "feature_alpha_dropout", "feature_dropout"),
)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    **dict.fromkeys(_IDENTITIES, identity),
    "_reshape_alias": reshape_alias,
    "_stack": stack,
    "_to_copy": to_dtype,
    "_unsafe_view": view,
    "atleast_1d": atleast(1),
    "atleast_2d": atleast(2),
    "atleast_3d": atleast(3),
    "block_diag": block_diag,
    "broadcast_tensors": broadcast_tensors,
    "broadcast_to": expand,
    "cartesian_prod": cartesian_prod,
    "cat": cat,
    "column_stack": column_stack,
    "concat": cat,
    "concatenate": cat,
    "copy": copy,
    "dstack": dstack,
    "expand": expand,
    "expand_as": expand_as,
    "flatten.using_ints": flatten,
    "hstack": hstack,
    "meshgrid": meshgrid,
    "meshgrid.indexing": meshgrid,
    "moveaxis.int": movedim,
    "moveaxis.intlist": movedim,
    "movedim.int": movedim,
    "movedim.intlist": movedim,
    "permute": permute,
    "ravel": ravel,
    "reshape": view,
    "reshape_as": like_shape,
    "row_stack": vstack,
    "squeeze": squeeze,
    "squeeze.dim": squeeze_dims,
    "squeeze.dims": squeeze_dims,
    "stack": stack,
    "sum_to_size": sum_to_size,
    "swapaxes": transpose,
    "swapdims": transpose,
    **dict.fromkeys(("t", "numpy_T", "matrix_H"), t),
    **dict.fromkeys(("mT", "mH", "adjoint"), last_two),
    "to.dtype": to_dtype,
    "to.dtype_layout": to_dtype,
    "to.other": to_other,
    "transpose.int": transpose,
    "type_as": to_other,
    "unflatten.int": unflatten,
    "unsqueeze": unsqueeze,
    "view": view,
    "view.dtype": view_dtype,
    "view_as": like_shape,
    "vstack": vstack,
}
"""Functions of arguments by the operator and its overload."""
