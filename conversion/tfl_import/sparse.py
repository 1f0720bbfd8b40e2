"""
Sparse constants as dense ones.

A sparse tensor is walked dimension by dimension in `order`; a number of `order` beyond the rank of
the tensor is a dimension of the blocks into which the dimensions of `block_map` are divided. A
dense dimension has all its indices, a compressed one those that its list says (TACO's format:
Kjolstad et al., The Tensor Algebra Compiler, 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .records import Sparsity, as_array

Array = npt.NDArray[Any]


def densified(
    sparsity: Sparsity, raw: memoryview, dtype: np.dtype[Any], shape: Sequence[int]
) -> Array:
    """
    The numbers of a sparse constant, zeros where it has none.

    Raises `ValueError` for lists that do not describe a tensor of this shape.
    """
    order, blocks = sparsity.order, sparsity.block_map
    rank = len(shape)
    extents = _extents(sparsity, shape)
    if sorted(order) != list(range(rank + len(blocks))) or len(sparsity.dimensions) != len(order):
        raise ValueError("has a sparse form whose order does not fit its shape")
    # The index of each number along each dimension walked so far.
    indices: dict[int, Array] = {}
    positions = np.zeros(1, np.int64)
    for at, dimension in zip(order, sparsity.dimensions, strict=True):
        size = extents[at]
        if dimension.segments is None or dimension.indices is None:
            if dimension.dense_size != size:
                raise ValueError(f"has a sparse form with {dimension.dense_size} of {size} indices")
            repeats, own = size, np.tile(np.arange(size), positions.size)
            positions = (positions[:, None] * size + np.arange(size)).reshape(-1)
            indices = {key: np.repeat(value, repeats) for key, value in indices.items()}
        else:
            positions, counts, own = _compressed(dimension.segments, dimension.indices, positions)
            if own.size and (own.min() < 0 or own.max() >= size):
                raise ValueError(f"has a sparse form with an index outside of {size}")
            indices = {key: np.repeat(value, counts) for key, value in indices.items()}
        indices[at] = own
        if positions.size > max(len(raw) // dtype.itemsize, 1):
            raise ValueError(f"has a sparse form of more numbers than its {len(raw)} bytes hold")
    numbers = as_array(raw, dtype, (positions.size,))
    where = [indices[axis] for axis in range(rank)]
    for block, axis in enumerate(blocks):
        size = extents[rank + block]
        where[axis] = where[axis] * size + indices[rank + block]
    result = np.zeros(shape, dtype)
    result[tuple(where)] = numbers[positions]
    return result


def _extents(sparsity: Sparsity, shape: Sequence[int]) -> list[int]:
    """The number of indices along each dimension: of blocks, then within them."""
    rank = len(shape)
    extents = list(shape)
    sizes: list[int] = []
    places = dict(zip(sparsity.order, sparsity.dimensions, strict=False))
    for block, axis in enumerate(sparsity.block_map):
        dimension = places.get(rank + block)
        size = 0 if dimension is None else dimension.dense_size
        if not 0 <= axis < rank or size < 1 or extents[axis] % size:
            raise ValueError("has a sparse form whose blocks do not divide its shape")
        extents[axis] //= size
        sizes.append(size)
    return extents + sizes


def _compressed(segments: Array, indices: Array, positions: Array) -> tuple[Array, Array, Array]:
    """Positions of the entries of a compressed dimension, their number by row, their indices."""
    starts = segments.astype(np.int64)
    if positions.size and positions.max() + 1 >= starts.size:
        raise ValueError("has a sparse form with too few segments")
    first, end = starts[positions], starts[positions + 1]
    counts = end - first
    if (counts < 0).any() or (end > indices.size).any() or (first < 0).any():
        raise ValueError("has a sparse form whose segments are out of order")
    if counts.sum() > indices.size:
        raise ValueError("has a sparse form whose segments overlap")
    within: Array = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    entries = np.repeat(first, counts) + within
    return entries, counts, indices[entries].astype(np.int64)
