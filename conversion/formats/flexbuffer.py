"""
FlexBuffers: maps and lists whose types the bytes themselves say, read from their end.

The options of custom operators of TensorFlow Lite are such maps
(<https://flatbuffers.dev/flexbuffers/>). All offsets lead backwards; what is nested deeper than
`DEEPEST` or has more values than bytes is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import error, unpack_from

from .flatbuffer import FlatbufferError

FlexValue = None | bool | int | float | str | bytes | list["FlexValue"] | dict[str, "FlexValue"]

DEEPEST = 8
"""Most containers in each other."""

LONGEST_KEY = 256
"""Bytes of a key."""

_INTEGERS = {1: "b", 2: "h", 4: "i", 8: "q"}
_FLOATS = {2: "e", 4: "f", 8: "d"}

_NULL, _INT, _UINT, _FLOAT, _KEY, _STRING = range(6)
_INDIRECT = {6: _INT, 7: _UINT, 8: _FLOAT}
_MAP, _VECTOR = 9, 10
_TYPED = {11: _INT, 12: _UINT, 13: _FLOAT, 14: _KEY, 15: _KEY, 36: 26}
_FIXED = {16 + 3 * (n - 2) + at: (kind, n) for n in (2, 3, 4) for at, kind in enumerate((1, 2, 3))}
_BLOB, _BOOL = 25, 26


def read_flexbuffer(data: memoryview | bytes) -> FlexValue:
    """
    The value that the bytes hold.

    Raises `FlatbufferError` for bytes that hold none.
    """
    if len(data) < 3:
        raise FlatbufferError("has options of fewer than 3 bytes")
    reader = _Reader(memoryview(data), len(data))
    width, packed = data[-1], data[-2]
    return reader.value(len(data) - 2 - width, width, packed, DEEPEST)


@dataclass
class _Reader:
    data: memoryview
    left: int
    """Values that may still be read."""

    def number(self, at: int, width: int, kinds: dict[int, str], unsigned: bool = False) -> float:
        """A number of some width."""
        code = kinds.get(width)
        if code is None or at < 0:
            raise FlatbufferError(f"has options with a number of {width} bytes at byte {at}")
        try:
            return unpack_from(f"<{code.upper() if unsigned else code}", self.data, at)[0]
        except error:
            raise FlatbufferError(f"has options that end before byte {at + width}") from None

    def count(self, at: int, width: int) -> int:
        """An unsigned integer: a length or a distance."""
        return int(self.number(at, width, _INTEGERS, unsigned=True))

    def value(self, at: int, width: int, packed: int, depth: int) -> FlexValue:
        """The value at a place; `packed` holds its type and the width of what it refers to."""
        self.left -= 1
        if self.left < 0 or depth < 0:
            raise FlatbufferError("has options that are nested too deep or refer to each other")
        kind, inner = packed >> 2, 1 << (packed & 3)
        if kind in (_NULL, _INT, _UINT, _FLOAT, _BOOL):
            return self.plain(at, width, kind)
        target = at - self.count(at, width)
        if kind in _INDIRECT:
            return self.plain(target, inner, _INDIRECT[kind])
        if kind == _KEY:
            return self.key(target)
        if kind in (_STRING, _BLOB):
            length = self.count(target - inner, inner)
            self.left -= length
            raw = bytes(self.data[target : target + length])
            return raw if kind == _BLOB else raw.decode("utf-8", "backslashreplace")
        if kind == _MAP:
            return self.map(target, inner, depth)
        if kind in _FIXED:
            element, length = _FIXED[kind]
            return [self.plain(target + n * inner, inner, element) for n in range(length)]
        length = self.count(target - inner, inner)
        if length > self.left:
            raise FlatbufferError(f"has options with a list of {length} values")
        if kind == _VECTOR:
            return self.untyped(target, inner, length, depth)
        if kind in _TYPED:
            packed = _TYPED[kind] << 2
            return [self.value(target + n * inner, inner, packed, depth - 1) for n in range(length)]
        raise FlatbufferError(f"has options with a value of type {kind}, which does not exist")

    def plain(self, at: int, width: int, kind: int) -> FlexValue:
        """A value that stands where it is."""
        if kind == _NULL:
            return None
        if kind == _FLOAT:
            return self.number(at, width, _FLOATS)
        number = int(self.number(at, width, _INTEGERS, unsigned=kind == _UINT))
        return bool(number) if kind == _BOOL else number

    def key(self, at: int) -> str:
        """A text that ends with a zero byte."""
        if not 0 <= at < len(self.data):
            raise FlatbufferError(f"has options with a key at byte {at}")
        found = bytes(self.data[at : at + LONGEST_KEY])
        end = found.find(0)
        if end < 0:
            raise FlatbufferError("has options with a key that does not end")
        return found[:end].decode("utf-8", "backslashreplace")

    def untyped(self, at: int, width: int, length: int, depth: int) -> list[FlexValue]:
        """A list whose types stand behind it, a byte for each."""
        types = at + length * width
        if at < 0 or types + length > len(self.data):
            raise FlatbufferError("has options with a list that goes past the end")
        return [
            self.value(at + n * width, width, self.data[types + n], depth - 1)
            for n in range(length)
        ]

    def map(self, at: int, width: int, depth: int) -> dict[str, FlexValue]:
        """A map: a list of values, and before it where its sorted keys are."""
        length = self.count(at - width, width)
        if length > self.left:
            raise FlatbufferError(f"has options with a map of {length} values")
        keys_at = at - 3 * width - self.count(at - 3 * width, width)
        keys_width = self.count(at - 2 * width, width)
        keys = [
            self.value(keys_at + n * keys_width, keys_width, _KEY << 2, depth - 1)
            for n in range(length)
        ]
        values = self.untyped(at, width, length, depth)
        return {str(key): value for key, value in zip(keys, values, strict=True)}
