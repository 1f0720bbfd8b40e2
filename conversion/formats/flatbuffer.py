"""
Flatbuffers, read without a schema compiler: tables by the numbers of their fields.

Every offset and every length is checked against the bytes there are. A file may let many offsets
point to the same table; no more tables and entries are read than the file has room for a few
times over, so that what is read takes no longer than the file is large (<https://flatbuffers.dev/internals/>).
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct, error
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_UNSIGNED = Struct("<I")
_SIGNED = Struct("<i")
_SHORT = Struct("<H")
_SCALARS = {code: Struct(f"<{code}") for code in "bBhHiIqQfd?"}

ENTRY_BYTES = 4
"""Bytes of a file that an entry takes at least: a table, an offset, four characters."""

SHARED = 4
"""How often, in the mean, a part may be pointed to: writers share equal strings and vectors."""


class FlatbufferError(Exception):
    """Bytes that are not a flatbuffer; the text says what is wrong."""


@dataclass
class FlatBuffer:
    """The bytes of one flatbuffer, and how much more may be read of them."""

    data: memoryview
    allowance: int = 0

    def __post_init__(self) -> None:
        self.allowance = SHARED * len(self.data) // ENTRY_BYTES

    def root(self) -> FlatTable:
        """The table that the file is.

        Raises `FlatbufferError` where there is none.
        """
        return FlatTable(self, self.offset(0))

    def spend(self, count: int) -> None:
        """Say that so many tables or entries are read."""
        self.allowance -= count
        if self.allowance < 0:
            raise FlatbufferError("has more entries than the file has room for")

    def unpack(self, form: Struct, at: int) -> Any:
        """The number at a place."""
        try:
            return form.unpack_from(self.data, at)[0]
        except error:
            raise FlatbufferError(f"has an offset to byte {at}, which is not there") from None

    def offset(self, at: int) -> int:
        """The place that the offset at a place leads to."""
        target = at + self.unpack(_UNSIGNED, at)
        if target == at or target >= len(self.data):
            raise FlatbufferError(f"has an offset to byte {target} of {len(self.data)}")
        return target

    def vector(self, at: int, itemsize: int) -> tuple[int, int]:
        """The first byte and the number of entries of the vector at a place."""
        count = self.unpack(_UNSIGNED, at)
        if at + 4 + count * itemsize > len(self.data):
            raise FlatbufferError(f"has a vector of {count} entries at byte {at}, past the end")
        return at + 4, count

    def text(self, at: int) -> str:
        """The string at a place; bytes that are no text are escaped."""
        first, count = self.vector(at, 1)
        self.spend(count // ENTRY_BYTES)
        return bytes(self.data[first : first + count]).decode("utf-8", "backslashreplace")


class FlatTable:
    """One table; its fields go by their numbers, from 0 on in the order of the schema."""

    __slots__ = ("_at", "_buffer", "_fields", "_vtable")

    def __init__(self, buffer: FlatBuffer, at: int):
        buffer.spend(1)
        self._buffer, self._at = buffer, at
        self._vtable = at - buffer.unpack(_SIGNED, at)
        if self._vtable < 0:
            raise FlatbufferError(f"has a table at byte {at} without a vtable")
        size = buffer.unpack(_SHORT, self._vtable)
        self._fields = (size - 4) // 2

    def _place(self, field: int) -> int:
        """Where a field is; 0 where it is absent."""
        if field >= self._fields:
            return 0
        distance = self._buffer.unpack(_SHORT, self._vtable + 4 + 2 * field)
        return self._at + distance if distance else 0

    def has(self, field: int) -> bool:
        """Whether a field is there."""
        return self._place(field) != 0

    def scalar(self, field: int, code: str, default: Any) -> Any:
        """A number; `code` is that of `struct`."""
        at = self._place(field)
        return self._buffer.unpack(_SCALARS[code], at) if at else default

    def integer(self, field: int, code: str = "i", default: int = 0) -> int:
        """An integer."""
        return int(self.scalar(field, code, default))

    def table(self, field: int) -> FlatTable | None:
        """A table, None where the field is absent."""
        at = self._place(field)
        return FlatTable(self._buffer, self._buffer.offset(at)) if at else None

    def tables(self, field: int) -> list[FlatTable]:
        """A vector of tables, empty where the field is absent."""
        return [FlatTable(self._buffer, place) for place in self._places(field)]

    def array(self, field: int, dtype: npt.DTypeLike) -> Array | None:
        """A vector of numbers as a view of the file, None where the field is absent."""
        at = self._place(field)
        if not at:
            return None
        kind = np.dtype(dtype).newbyteorder("<")
        first, count = self._buffer.vector(self._buffer.offset(at), kind.itemsize)
        return np.frombuffer(self._buffer.data, kind, count, first)

    def integers(self, field: int, dtype: npt.DTypeLike = np.int32) -> list[int]:
        """A vector of integers, empty where the field is absent."""
        array = self.array(field, dtype)
        if array is None:
            return []
        self._buffer.spend(array.size)
        return array.tolist()

    def raw(self, field: int) -> memoryview:
        """A vector of bytes as a view of the file, empty where the field is absent."""
        at = self._place(field)
        if not at:
            return memoryview(b"")
        first, count = self._buffer.vector(self._buffer.offset(at), 1)
        return self._buffer.data[first : first + count]

    def text(self, field: int) -> str:
        """A string, empty where the field is absent; bytes that are no text are escaped."""
        at = self._place(field)
        return self._buffer.text(self._buffer.offset(at)) if at else ""

    def texts(self, field: int) -> list[str]:
        """A vector of strings, empty where the field is absent."""
        return [self._buffer.text(place) for place in self._places(field)]

    def _places(self, field: int) -> list[int]:
        """Where the entries of a vector of offsets lead to."""
        at = self._place(field)
        if not at:
            return []
        first, count = self._buffer.vector(self._buffer.offset(at), 4)
        self._buffer.spend(count)
        return [self._buffer.offset(first + 4 * number) for number in range(count)]
