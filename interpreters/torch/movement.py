"""Shapes, views, joins and pads: what moves elements and changes none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided as strided_view

from ...dialects.torch import element_type_of_torch
from .arguments import ArgumentsFunction, Array, Number, counted


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


def flip(x: Array, dims: Sequence[int]) -> Array:
    return np.flip(x, tuple(dims))


def fliplr(x: Array) -> Array:
    return np.fliplr(x)


def flipud(x: Array) -> Array:
    return np.flipud(x)


def roll(x: Array, shifts: Sequence[int], dims: Sequence[int] = ()) -> Array:
    return np.roll(x, tuple(shifts), tuple(dims)) if dims else np.roll(x, shifts[0])


def rot90(x: Array, k: int = 1, dims: Sequence[int] = (0, 1)) -> Array:
    return np.rot90(x, k, (dims[0], dims[1]))


def repeat(x: Array, repeats: Sequence[int]) -> Array:
    return np.tile(x, repeats)


def repeat_interleave(
    x: Array, repeats: Any, dim: int | None = None, size: int | None = None
) -> Array:
    del size
    return np.repeat(x, repeats, dim)


def unfold(x: Array, dim: int, size: int, step: int) -> Array:
    if x.ndim == 0:
        return x.reshape(1)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim % x.ndim)
    return slice_(windows, dim % x.ndim, None, None, step)


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Array, widths: Sequence[int], mode: str = "constant", value: Any = None) -> Array:
    """The last dimension first; a negative width crops."""
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2)
    pairs += list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    grown = [(max(low, 0), max(high, 0)) for low, high in pairs]
    more: dict[str, Any] = {"constant_values": value or 0} if mode == "constant" else {}
    padded: Any = np.pad
    result: Array = padded(x, grown, _MODES[mode], **more)
    crop = [
        slice(max(-low, 0), n - max(-high, 0))
        for n, (low, high) in zip(result.shape, pairs, strict=True)
    ]
    return result[tuple(crop)]


def constant_pad(x: Array, widths: Sequence[int], value: Number = 0) -> Array:
    return pad(x, widths, "constant", value)


def _padding(mode: str) -> ArgumentsFunction:
    def padded(x: Array, widths: Sequence[int]) -> Array:
        return pad(x, widths, mode)

    return padded


def pixel_shuffle(x: Array, factor: int) -> Array:
    *lead, channels, height, width = x.shape
    split = x.reshape(*lead, channels // factor**2, factor, factor, height, width)
    rank = len(lead)
    order = (*range(rank), rank, rank + 3, rank + 1, rank + 4, rank + 2)
    return split.transpose(order).reshape(*lead, -1, height * factor, width * factor)


def pixel_unshuffle(x: Array, factor: int) -> Array:
    *lead, channels, height, width = x.shape
    split = x.reshape(*lead, channels, height // factor, factor, width // factor, factor)
    rank = len(lead)
    order = (*range(rank), rank, rank + 2, rank + 4, rank + 1, rank + 3)
    return split.transpose(order).reshape(
        *lead, channels * factor**2, height // factor, width // factor
    )


def channel_shuffle(x: Array, groups: int) -> Array:
    batch, channels, *rest = x.shape
    return x.reshape(batch, groups, channels // groups, *rest).swapaxes(1, 2).reshape(x.shape)


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
    *("lift_fresh", "lift_fresh_copy", "positive", "resolve_conj", "resolve_neg", "real"),
    *("alpha_dropout", "dropout", "feature_alpha_dropout", "feature_dropout"),
)

FUNCTIONS: dict[str, ArgumentsFunction] = {
    **dict.fromkeys(_IDENTITIES, identity),
    "_pad_circular": _padding("circular"),
    "_reshape_alias": reshape_alias,
    "_stack": stack,
    "_to_copy": to_dtype,
    "_unsafe_view": view,
    "as_strided": as_strided,
    "atleast_1d": atleast(1),
    "atleast_2d": atleast(2),
    "atleast_3d": atleast(3),
    "block_diag": block_diag,
    "broadcast_tensors": broadcast_tensors,
    "broadcast_to": expand,
    "cartesian_prod": cartesian_prod,
    "cat": cat,
    "channel_shuffle": channel_shuffle,
    "chunk": chunk,
    "column_stack": column_stack,
    "concat": cat,
    "concatenate": cat,
    "constant_pad_nd": constant_pad,
    "copy": copy,
    "diag": diag,
    "diag_embed": diag_embed,
    "diagflat": diagflat,
    "diagonal": diagonal,
    "diagonal_scatter": diagonal_scatter,
    "linalg_diagonal": diagonal,
    "dsplit.array": dsplit,
    "dsplit.int": dsplit,
    "dstack": dstack,
    "expand": expand,
    "expand_as": expand_as,
    "flatten.using_ints": flatten,
    "flip": flip,
    "fliplr": fliplr,
    "flipud": flipud,
    "hsplit.array": hsplit,
    "hsplit.int": hsplit,
    "hstack": hstack,
    "meshgrid": meshgrid,
    "meshgrid.indexing": meshgrid,
    "moveaxis.int": movedim,
    "moveaxis.intlist": movedim,
    "movedim.int": movedim,
    "movedim.intlist": movedim,
    "narrow": narrow,
    "narrow.Tensor": narrow,
    "native_channel_shuffle": channel_shuffle,
    "pad": pad,
    "permute": permute,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "ravel": ravel,
    "reflection_pad1d": _padding("reflect"),
    "reflection_pad2d": _padding("reflect"),
    "reflection_pad3d": _padding("reflect"),
    "repeat": repeat,
    "repeat_interleave.self_int": repeat_interleave,
    "repeat_interleave.self_Tensor": repeat_interleave,
    "replication_pad1d": _padding("replicate"),
    "replication_pad2d": _padding("replicate"),
    "replication_pad3d": _padding("replicate"),
    "reshape": view,
    "reshape_as": like_shape,
    "roll": roll,
    "rot90": rot90,
    "row_stack": vstack,
    "select.int": select,
    "select_scatter": select_scatter,
    "slice.Tensor": slice_,
    "slice_scatter": slice_scatter,
    "split": split_sizes,
    "split.Tensor": split,
    "split.sizes": split_sizes,
    "split_with_sizes": split_sizes,
    "squeeze": squeeze,
    "squeeze.dim": squeeze_dims,
    "squeeze.dims": squeeze_dims,
    "stack": stack,
    "sum_to_size": sum_to_size,
    "swapaxes": transpose,
    "swapdims": transpose,
    "t": t,
    "tensor_split.indices": tensor_split,
    "tensor_split.sections": tensor_split,
    "tile": repeat,
    "to.dtype": to_dtype,
    "to.dtype_layout": to_dtype,
    "to.other": to_other,
    "trace": trace,
    "transpose.int": transpose,
    "tril": tril,
    "triu": triu,
    "type_as": to_other,
    "unbind.int": unbind,
    "unflatten.int": unflatten,
    "unfold": unfold,
    "unsafe_chunk": chunk,
    "unsafe_split.Tensor": split,
    "unsafe_split_with_sizes": split_sizes,
    "unsqueeze": unsqueeze,
    "view": view,
    "view.dtype": view_dtype,
    "view_as": like_shape,
    "vsplit.array": vsplit,
    "vsplit.int": vsplit,
    "vstack": vstack,
}
"""Functions of arguments by the operator and its overload."""
