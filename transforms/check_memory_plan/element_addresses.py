"""
Where each element of a planned value lies, and whether two values have the same elements there.

The address of an element is a sum over the dimensions of its index, of one *walk* each: a
dimension that is not blocked is walked in equal steps, a blocked one in steps of mixed radix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Attribute

from ...dialects.engine.base import element_of, layout_of, physical_strides_of, shape_of
from ...dialects.engine.memory_part import Elements
from ...dialects.engine.weights import dtype_of
from ...runtime.format_tag import dense_strides
from ...runtime.size import numbers_of

MOST_COMPARED = 1 << 24
"""Of elements that are looked at one by one, where their walks are too unlike."""


@dataclass(frozen=True)
class Walk:
    """Bytes from index to index of one dimension: (extent, stride) of its digits, coarse first."""

    digits: tuple[tuple[int, int], ...]

    @staticmethod
    def of(digits: list[tuple[int, int]]) -> Walk:
        """A walk with digits that follow each other in equal steps made one."""
        merged: list[tuple[int, int]] = []
        for extent, stride in digits:
            if extent == 1:
                continue
            if merged and merged[-1][1] == extent * stride:
                merged[-1] = (merged[-1][0] * extent, stride)
            else:
                merged.append((extent, stride))
        return Walk(tuple(merged) or ((1, 0),))

    def at(self, index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Bytes from index 0 to each index."""
        total = np.zeros_like(index)
        for place, (extent, stride) in enumerate(reversed(self.digits)):
            last = place == len(self.digits) - 1
            total += (index if last else index % extent) * stride
            index = index // extent
        return total

    def after(self, start: int) -> int:
        """Bytes from index 0 to `start`."""
        return int(self.at(np.array([start], np.int64))[0])

    def same_from(self, start: int, step: int, other: Walk, count: int) -> bool:
        """Whether `other` goes over `count` indices as this one from `start` in steps of `step`."""
        if count == 1:
            return True
        if len(self.digits) == 1 == len(other.digits):
            return self.digits[0][1] * step == other.digits[0][1]
        block = prod(extent for extent, _ in self.digits[1:])
        if step == 1 and start % block == 0 and self._inner() == other._inner():
            return self.digits[0][1] == other.digits[0][1]
        if count > MOST_COMPARED:
            return False
        index = np.arange(count, dtype=np.int64)
        mine = self.at(start + index * step) - self.after(start)
        return np.array_equal(mine, other.at(index))

    def _inner(self) -> tuple[tuple[int, int], ...]:
        return self.digits[1:]


@dataclass(frozen=True)
class Addresses:
    """The addresses of the elements of a planned type, from that of the first one on."""

    shape: tuple[int, ...]
    walks: tuple[Walk, ...]
    size: int
    """Bytes of an element."""

    @property
    def flat(self) -> bool:
        """Whether elements follow each other in row-major order."""
        steps = dense_strides(self.shape)
        return all(
            n == 1 or walk.digits == ((walk.digits[0][0], step * self.size),)
            for n, step, walk in zip(self.shape, steps, self.walks, strict=True)
        )


@lru_cache(maxsize=1024)
def addresses_of(type_: Attribute) -> Addresses:
    """Those of a memref type."""
    assert isinstance(type_, MemRefType)
    shape, tag = shape_of(type_), layout_of(type_)
    size = dtype_of(element_of(type_)).itemsize
    strides = [s * size for s in physical_strides_of(type_)]
    digits: list[list[tuple[int, int]]] = [[] for _ in shape]
    blocks = tag.blocked
    for dim, stride in zip(tag.outer, strides, strict=False):
        digits[dim].append((-(-shape[dim] // blocks.get(dim, 1)), stride))
    for (dim, block), stride in zip(tag.inner, strides[len(tag.outer) :], strict=True):
        digits[dim].append((block, stride))
    return Addresses(shape, tuple(map(Walk.of, digits)), size)


def lies_as(part: Addresses, whole: Addresses, elements: Elements, offset: int) -> bool:
    """
    Whether a value whose first byte is `offset` bytes behind that of another lies exactly where
    the other has the `elements`.
    """
    if 0 in part.shape:
        return True
    [first], counts = numbers_of([elements.first]), numbers_of(elements.steps)
    last = [s * (n - 1) for s, n in zip(counts, part.shape, strict=True)]
    lowest = first + sum(min(0, n) for n in last)
    highest = first + sum(max(0, n) for n in last)
    if lowest < 0 or highest >= prod(whole.shape) or part.size != whole.size:
        return False
    if whole.flat:
        steps = zip(part.shape, part.walks, counts, strict=True)
        return offset == first * whole.size and all(
            Walk(((n, step * whole.size),)).same_from(0, 1, walk, n) for n, walk, step in steps
        )
    found = _lies_by_dimension(part, whole, first, counts, offset)
    return found if found is not None else _lies_by_element(part, whole, first, counts, offset)


def _lies_by_dimension(
    part: Addresses, whole: Addresses, first: int, counts: Sequence[int], offset: int
) -> bool | None:
    """`lies_as` where each dimension goes along one dimension of the whole, else None."""
    strides = dense_strides(whole.shape)
    starts = [first // s % n for s, n in zip(strides, whole.shape, strict=True)]
    if offset != sum(w.after(i) for w, i in zip(whole.walks, starts, strict=True)):
        return False
    taken: set[int] = set()
    for count, walk, step in zip(part.shape, part.walks, counts, strict=True):
        if count == 1:
            continue
        along = [
            d
            for d, (n, stride) in enumerate(zip(whole.shape, strides, strict=True))
            if n > 1 and stride <= step < stride * n and step % stride == 0
        ]
        if not along or along[0] in taken:
            return None
        dim = along[0]
        taken.add(dim)
        by = step // strides[dim]
        if starts[dim] + by * (count - 1) >= whole.shape[dim]:
            return None
        if not whole.walks[dim].same_from(starts[dim], by, walk, count):
            return False
    return True


def _lies_by_element(
    part: Addresses, whole: Addresses, first: int, counts: Sequence[int], offset: int
) -> bool:
    """`lies_as`, element by element."""
    if prod(part.shape) > MOST_COMPARED:
        return False
    index: npt.NDArray[Any] = np.full((1,) * len(part.shape), first, np.int64)
    address: npt.NDArray[Any] = np.full((1,) * len(part.shape), offset, np.int64)
    for dim, (count, walk, step) in enumerate(zip(part.shape, part.walks, counts, strict=True)):
        shape = [count if d == dim else 1 for d in range(len(part.shape))]
        along = np.arange(count, dtype=np.int64)
        index = index + (along * step).reshape(shape)
        address = address + walk.at(along).reshape(shape)
    there = np.zeros_like(index)
    for walk, along in zip(whole.walks, np.unravel_index(index, whole.shape), strict=True):
        there += walk.at(along.astype(np.int64))
    return np.array_equal(address, there)
