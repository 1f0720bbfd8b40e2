"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from .arguments import ArgumentsFunction, Array, counted


def diagonal(x: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return np.diagonal(x, offset, dim1, dim2)


def diagonal_scatter(
    x: Array, source: Array, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Array:
    moved = np.moveaxis(x.copy(), (dim1, dim2), (-2, -1))
    count = source.shape[-1]
    rows: Array = counted(count) - min(offset, 0)
    columns: Array = counted(count) + max(offset, 0)
    moved[..., rows, columns] = source
    return np.moveaxis(moved, (-2, -1), (dim1, dim2))


def diag(x: Array, diagonal: int = 0) -> Array:
    return np.diag(x, diagonal)


def diagflat(x: Array, offset: int = 0) -> Array:
    return np.diagflat(x, offset)


def diag_embed(x: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    n = x.shape[-1]
    result = np.zeros((*x.shape[:-1], n + abs(offset), n + abs(offset)), x.dtype)
    at: Array = counted(n)
    result[..., at - min(offset, 0), at + max(offset, 0)] = x
    return np.moveaxis(result, (-2, -1), (dim1, dim2))


def tril(x: Array, diagonal: int = 0) -> Array:
    return np.tril(x, diagonal)


def triu(x: Array, diagonal: int = 0) -> Array:
    return np.triu(x, diagonal)


def trace(x: Array) -> Array:
    return np.trace(x)


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "diag": diag,
    "diag_embed": diag_embed,
    "diagflat": diagflat,
    "diagonal": diagonal,
    "diagonal_scatter": diagonal_scatter,
    "linalg_diagonal": diagonal,
    "trace": trace,
    "tril": tril,
    "triu": triu,
}
"""Functions of arguments by the operator and its overload."""
