"""
Tables of flatbuffers, read with every offset checked.

A file is not trusted: what points outside of it is a `FlatbufferError`, and nothing is copied or
allocated by a size that the file does not have room for. A field goes by its number in the schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


class FlatbufferError(ValueError):
    """An offset or a size that leads outside of the file."""


@dataclass(frozen=True)
class Table:
    """One table: its place in the bytes of a file."""

    data: memoryview
    at: int

    @staticmethod
    def root(data: memoryview, start: int = 0) -> Table:
        """The table that a file begins with."""
        return Table(data, start + _unsigned(data, start, 4))

    def _place(self, field: int) -> int | None:
        """Where a field is; None where it has its default."""
        vtable = self.at - _signed(self.data, self.at, 4)
        if vtable < 0:
            raise FlatbufferError("a table's list of fields is outside of the file")
        size = _unsigned(self.data, vtable, 2)
        entry = 4 + 2 * field
        if entry + 2 > size:
            return None
        offset = _unsigned(self.data, vtable + entry, 2)
        return self.at + offset if offset else None

    def integer(self, field: int, size: int = 4, default: int = 0) -> int:
        """An unsigned integer of so many bytes."""
        place = self._place(field)
        return default if place is None else _unsigned(self.data, place, size)

    def _target(self, field: int) -> int | None:
        place = self._place(field)
        return None if place is None else place + _unsigned(self.data, place, 4)

    def table(self, field: int) -> Table | None:
        """Another table."""
        target = self._target(field)
        return None if target is None else Table(self.data, target)

    def text(self, field: int) -> str:
        """A string; empty where it is absent."""
        target = self._target(field)
        return "" if target is None else _text(self.data, target)

    def raw(self, field: int) -> memoryview | None:
        """A vector of bytes."""
        target = self._target(field)
        if target is None:
            return None
        count = _count(self.data, target, 1)
        return self.data[target + 4 : target + 4 + count]

    def numbers(self, field: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """A vector of numbers; empty where it is absent."""
        kind: np.dtype[Any] = np.dtype(dtype).newbyteorder("<")
        target = self._target(field)
        if target is None:
            return np.zeros(0, kind)
        count = _count(self.data, target, kind.itemsize)
        return np.frombuffer(self.data, kind, count, target + 4)

    def tables(self, field: int) -> list[Table]:
        """A vector of tables; empty where it is absent."""
        return [Table(self.data, place) for place in self._places(field)]

    def texts(self, field: int) -> list[str]:
        """A vector of strings; empty where it is absent."""
        return [_text(self.data, place) for place in self._places(field)]

    def _places(self, field: int) -> Iterator[int]:
        target = self._target(field)
        if target is None:
            return
        for number in range(_count(self.data, target, 4)):
            place = target + 4 + 4 * number
            yield place + _unsigned(self.data, place, 4)


def _unsigned(data: memoryview, at: int, size: int) -> int:
    if at < 0 or at + size > len(data):
        raise FlatbufferError(f"byte {at} is outside of the file, which has {len(data)}")
    return int.from_bytes(data[at : at + size], "little")


def _signed(data: memoryview, at: int, size: int) -> int:
    if at < 0 or at + size > len(data):
        raise FlatbufferError(f"byte {at} is outside of the file, which has {len(data)}")
    return int.from_bytes(data[at : at + size], "little", signed=True)


def _count(data: memoryview, at: int, size: int) -> int:
    """The number of elements of a vector, for which there must be room."""
    count = _unsigned(data, at, 4)
    if at + 4 + count * size > len(data):
        raise FlatbufferError(f"a list of {count} elements is longer than the file")
    return count


def _text(data: memoryview, at: int) -> str:
    count = _count(data, at, 1)
    try:
        return bytes(data[at + 4 : at + 4 + count]).decode()
    except UnicodeDecodeError:
        raise FlatbufferError("a string is not UTF-8") from None
