"""
Sets of bytes that strided buffers take, over cells that are as large as the buffers allow.

The ends of all runs of bytes of all buffers cut memory into *cells*; every set of bytes is then a
set of whole cells. A buffer that lies densely is one range of them, whatever its size, so what is
known of memory costs as much as there are different pieces, not as much as there are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from ...errors import CompileError

Numbers = npt.NDArray[np.int64]

MOST_RUNS = 1 << 26
"""Of runs of bytes in one function; beyond, the check would need gigabytes."""


@dataclass(frozen=True)
class ByteSet:
    """Runs of `length` bytes, one for each index of `outer`, (extent, stride in bytes) each."""

    start: int
    length: int
    outer: tuple[tuple[int, int], ...]

    @staticmethod
    def of(start: int, shape: Sequence[int], strides: Sequence[int], size: int) -> ByteSet | None:
        """
        The bytes of elements of `size` bytes, with strides in elements.

        None when two elements would share bytes.
        """
        if 0 in shape:
            return ByteSet(start, 0, ())
        pairs = zip(shape, strides, strict=True)
        dims = sorted(((s * size, n) for n, s in pairs if n > 1))
        length, end = size, size
        outer: list[tuple[int, int]] = []
        for stride, extent in dims:
            if stride < end:
                return None
            if not outer and stride == length:
                length *= extent
            elif outer and stride == outer[-1][0] * outer[-1][1]:
                outer[-1] = (outer[-1][0] * extent, outer[-1][1])
            else:
                outer.append((extent, stride))
            end += stride * (extent - 1)
        return ByteSet(start, length, tuple(reversed(outer)))

    @property
    def end(self) -> int:
        """Past the last byte."""
        return self.start + self.length + sum((n - 1) * s for n, s in self.outer)

    @property
    def runs(self) -> int:
        """How many runs of bytes there are."""
        return prod(n for n, _ in self.outer) if self.length else 0

    def starts(self) -> Numbers:
        """Where each run begins, in rising order where strides allow."""
        starts = np.full(1, self.start, np.int64)
        for extent, stride in self.outer:
            starts = (starts[:, None] + np.arange(extent, dtype=np.int64) * stride).reshape(-1)
        return starts

    def apart_from(self, other: ByteSet) -> bool:
        """Whether the two lie in different stretches of memory."""
        return self.end <= other.start or other.end <= self.start


class Cells:
    """
    The cells that `sets` cut memory into, numbered from 0.

    Raises:
        CompileError: when they are more than can be held.
    """

    def __init__(self, sets: Iterable[ByteSet]):
        distinct = {found for found in sets if found.length}
        if sum(found.runs for found in distinct) > MOST_RUNS:
            raise CompileError(
                f"check-memory-plan: buffers lie in more than {MOST_RUNS} pieces; their strides"
                " cannot be proven to keep them apart"
            )
        bounds: list[Numbers] = [np.zeros(1, np.int64)]
        for found in distinct:
            starts = found.starts()
            bounds += [starts, starts + found.length]
        self._bounds = np.unique(np.concatenate(bounds))
        self._known: dict[ByteSet, slice | Numbers] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._bounds)

    def of(self, bytes_: ByteSet) -> slice | Numbers:
        """The cells of one of the sets, as an index into arrays over all cells."""
        found = self._known.get(bytes_)
        if found is None:
            found = self._known[bytes_] = self._index(bytes_)
        return found

    def _index(self, bytes_: ByteSet) -> slice | Numbers:
        if not bytes_.length:
            return slice(0, 0)
        if not bytes_.outer:
            ends = np.searchsorted(self._bounds, (bytes_.start, bytes_.end))
            return slice(int(ends[0]), int(ends[1]))
        starts = bytes_.starts()
        first = np.searchsorted(self._bounds, starts)
        counts = np.searchsorted(self._bounds, starts + bytes_.length) - first
        before = np.cumsum(counts) - counts
        return np.arange(int(counts.sum()), dtype=np.int64) + np.repeat(first - before, counts)
