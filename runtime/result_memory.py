"""Where the results of calls are written to: small ones share memory, large ones have their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from ..errors import NotEnoughMemoryError
from .array_memory import ALIGNMENT, AnyArray, address_of, aligned, aligned_empty

BLOCK_BYTES = 4096
"""Memory that small results of successive calls share. It is kept as long as one of them is."""

LEAST_SHARING = 8
"""Results that a block has room for; larger ones have memory of their own."""

Shape = tuple[int | str, ...]


def sized(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """`shape` with numbers for sizes by name."""
    return tuple([_number(size, sizes) if isinstance(size, str) else size for size in shape])


def _number(text: str, sizes: Mapping[str, int]) -> int:
    if (found := sizes.get(text)) is not None:
        return found
    from .size import evaluated  # programs without expressions start without it
    from .size_text import parse_size

    return evaluated(parse_size(text), sizes)


def new_result(shape: tuple[int, ...], dtype: np.dtype[Any]) -> AnyArray:
    """
    Uninitialised memory of a result.

    Raises `NotEnoughMemoryError` where the system does not give it, for a bound on a process, say.
    """
    try:
        return aligned_empty(shape, dtype)
    except MemoryError as error:
        size = prod(shape) * dtype.itemsize
        raise NotEnoughMemoryError(
            f"a result {dtype}{list(shape)} needs {size:,} bytes of memory, which the system does "
            "not give; use smaller inputs"
        ) from error


class _Own:
    """A result with memory of its own in every call."""

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...]):
        self.dtype, self.shape = dtype, shape

    def new(self) -> tuple[AnyArray, int]:
        """An uninitialised array, and where it lies."""
        array = new_result(self.shape, self.dtype)
        return array, address_of(array)


class _Shared:
    """
    A small result: the next part of a block.

    An array of a few numbers takes four times as long to make as a part of one that is there.
    """

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...], step: int):
        self.dtype, self.shape, self.step = dtype, shape, step
        strides = np.empty(shape, dtype).strides
        self.count = BLOCK_BYTES // step
        self.strides = (step, *strides)
        self.left = 0
        self.block, self.address = np.empty(0, dtype), 0

    def new(self) -> tuple[AnyArray, int]:
        """An uninitialised array, and where it lies."""
        left = self.left
        if not left:
            memory = aligned_empty((self.count * self.step,), np.dtype(np.uint8))
            shape = (self.count, *self.shape)
            self.block = np.ndarray(shape, self.dtype, memory, strides=self.strides)
            self.address, left = address_of(memory), self.count
        self.left = left = left - 1
        place = self.address + left * self.step
        return (self.block[left] if self.shape else self.block[left, ...]), place


class ResultMemory:
    """
    The memory of the results of calls that do not run at the same time.

    No array is given out twice. Each starts at a multiple of `ALIGNMENT` bytes, and no two of them
    share a cache line.
    """

    def __init__(self, results: Sequence[tuple[np.dtype[Any], Shape]]):
        self._signature = results
        self.each: list[_Own | _Shared] = []
        """Makes the result of each output for one call after the other."""
        if all(isinstance(size, int) for _, shape in results for size in shape):
            self.bind({})

    def bind(self, sizes: Mapping[str, int]) -> int:
        """Give results of these sizes from now on; how many bytes those of a call are."""
        known = [(dtype, sized(shape, sizes)) for dtype, shape in self._signature]
        self.each = [_result(dtype, shape) for dtype, shape in known]
        return sum(prod(shape) * dtype.itemsize for dtype, shape in known)

    def new(self) -> tuple[list[AnyArray], list[int]]:
        """Uninitialised arrays for the results of one call, and where they lie."""
        pairs = [result.new() for result in self.each]
        return [array for array, _ in pairs], [place for _, place in pairs]


def _result(dtype: np.dtype[Any], shape: tuple[int, ...]) -> _Own | _Shared:
    step = aligned(max(prod(shape) * dtype.itemsize, ALIGNMENT))
    return _Own(dtype, shape) if step * LEAST_SHARING > BLOCK_BYTES else _Shared(dtype, shape, step)
