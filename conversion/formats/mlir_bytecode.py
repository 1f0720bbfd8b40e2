"""
MLIR's bytecode: sections, strings, operations, regions; attributes and types stay bytes.

Written from the description of the format (<https://mlir.llvm.org/docs/BytecodeFormat/>), for
versions 4 to 6. Every number is checked against the bytes there are: a `BytecodeError` says what is
wrong, and no more is allocated than the file holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

ItemT = TypeVar("ItemT")

MAGIC = b"ML\xefR"

OLDEST, NEWEST = 4, 6

_STRINGS, _DIALECTS, _ENTRIES, _OFFSETS, _IR = range(5)
_PROPERTIES = 8

_HAS_ATTRIBUTES, _HAS_RESULTS, _HAS_OPERANDS, _HAS_SUCCESSORS = 1, 2, 4, 8
_HAS_REGIONS, _HAS_USE_ORDERS, _HAS_PROPERTIES = 16, 32, 64

MOST_DEPTH = 100
"""Regions within each other."""


class BytecodeError(ValueError):
    """The bytes are not what the format says."""


class Cursor:
    """Reads numbers and bytes in order."""

    def __init__(self, data: memoryview, at: int = 0):
        self.data = data
        self.at = at

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self.data) - self.at

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> memoryview:
        """So many bytes."""
        if count > self.left:
            raise BytecodeError(f"{count} bytes are expected and {self.left} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self) -> int:
        """A number of 1 to 9 bytes: the zeros at the low end of the first say how many follow."""
        first = self.byte()
        if first & 1:
            return first >> 1
        if not first:
            return int.from_bytes(self.take(8), "little")
        more = (first & -first).bit_length() - 1
        value = first | int.from_bytes(self.take(more), "little") << 8
        return value >> (more + 1)

    def signed(self) -> int:
        """A number whose lowest bit is its sign."""
        value = self.varint()
        return value >> 1 if not value & 1 else -(value >> 1) - 1

    def flagged(self) -> tuple[int, bool]:
        """A number and what its lowest bit says."""
        value = self.varint()
        return value >> 1, bool(value & 1)

    def count(self) -> int:
        """A number of things of which each takes a byte at least."""
        value = self.varint()
        if value > self.left:
            raise BytecodeError(f"{value} entries are said to follow and {self.left} bytes do")
        return value

    def section(self) -> tuple[int, memoryview]:
        """The number of a section and what is in it."""
        number = self.byte()
        length = self.varint()
        if number & 0x80:
            alignment = self.varint()
            if not 0 < alignment <= 1 << 20:
                raise BytecodeError(f"a section is aligned to {alignment} bytes")
            while self.at % alignment:
                self.byte()
        return number & 0x7F, self.take(length)


@dataclass(frozen=True)
class Entry:
    """An attribute or a type: of which dialect, and its bytes."""

    dialect: str
    data: memoryview
    coded: bool
    """Whether the dialect encodes it; else the bytes are its text."""


@dataclass
class Record:
    """One operation; values and entries go by number."""

    name: str
    location: int
    attributes: int | None = None
    properties: memoryview | None = None
    results: Sequence[int] = ()
    """Types of the results."""
    operands: Sequence[int] = ()
    first: int = 0
    """The number of the first result."""
    regions: list[RegionRecord] = field(default_factory=list["RegionRecord"])


@dataclass
class BlockRecord:
    """Arguments (the type of each) and operations."""

    arguments: Sequence[int]
    first: int
    """The number of the first argument."""
    operations: list[Record] = field(default_factory=list[Record])


@dataclass
class RegionRecord:
    """Blocks; `isolated`: values are numbered from 0 in it."""

    isolated: bool
    blocks: list[BlockRecord] = field(default_factory=list[BlockRecord])


@dataclass
class Bytecode:
    """A file that was read."""

    version: int
    producer: str
    strings: list[memoryview]
    attributes: list[Entry]
    types: list[Entry]
    operations: list[Record]

    def string(self, number: int) -> str:
        """A string by its number."""
        if number >= len(self.strings):
            raise BytecodeError(f"string {number} of {len(self.strings)}")
        try:
            return bytes(self.strings[number]).decode()
        except UnicodeDecodeError:
            raise BytecodeError(f"string {number} is not UTF-8") from None


def read_bytecode_file(data: bytes) -> Bytecode:
    """The operations of a file. Raises `BytecodeError`."""
    cursor = Cursor(memoryview(data))
    if bytes(cursor.take(4)) != MAGIC:
        raise BytecodeError("does not begin as MLIR bytecode does")
    version = cursor.varint()
    if not OLDEST <= version <= NEWEST:
        raise BytecodeError(f"is of version {version} of the format; {OLDEST} to {NEWEST} are read")
    end = data.find(b"\0", cursor.at)
    if end < 0:
        raise BytecodeError("the name of its producer does not end")
    producer = data[cursor.at : end].decode(errors="replace")
    cursor.at = end + 1
    sections: dict[int, memoryview] = {}
    while cursor.left:
        number, content = cursor.section()
        sections.setdefault(number, content)
    missing = [n for n in (_STRINGS, _DIALECTS, _ENTRIES, _OFFSETS, _IR) if n not in sections]
    if missing:
        raise BytecodeError(f"has no section {missing[0]}")
    strings = _strings(sections[_STRINGS])
    found = Bytecode(version, producer, strings, [], [], [])
    dialects, names = _dialects(sections[_DIALECTS], found)
    _entries(sections, dialects, found)
    properties = _properties(sections.get(_PROPERTIES))
    reader = _IrReader(found, names, properties)
    found.operations = reader.top(sections[_IR])
    return found


def _strings(section: memoryview) -> list[memoryview]:
    cursor = Cursor(section)
    lengths = [cursor.varint() for _ in range(cursor.count())]
    end = len(section)
    found: list[memoryview] = []
    for length in lengths:  # of the last string first
        start = end - length
        if length < 1 or start < cursor.at:
            raise BytecodeError("the strings are longer than their section")
        found.append(section[start : end - 1])
        end = start
    return found[::-1]


def _dialects(section: memoryview, file: Bytecode) -> tuple[list[str], list[tuple[str, bool]]]:
    """The dialects, and the names of operations with whether their properties are coded."""
    cursor = Cursor(section)
    dialects: list[str] = []
    for _ in range(cursor.count()):
        name, versioned = cursor.flagged()
        dialects.append(file.string(name))
        if versioned:
            cursor.section()
    cursor.varint()  # the number of names
    names: list[tuple[str, bool]] = []
    while cursor.left:
        dialect = _at(dialects, cursor.varint(), "dialect")
        for _ in range(cursor.count()):
            word, coded = cursor.flagged() if file.version >= 5 else (cursor.varint(), True)
            names.append((f"{dialect}.{file.string(word)}", coded))
    return dialects, names


def _at(items: Sequence[ItemT], number: int, what: str) -> ItemT:
    if number >= len(items):
        raise BytecodeError(f"{what} {number} of {len(items)}")
    return items[number]


def _entries(sections: dict[int, memoryview], dialects: Sequence[str], file: Bytecode) -> None:
    cursor, data = Cursor(sections[_OFFSETS]), Cursor(sections[_ENTRIES])
    attributes, types = cursor.varint(), cursor.varint()
    for most, entries in ((attributes, file.attributes), (types, file.types)):
        while len(entries) < most:
            dialect = _at(dialects, cursor.varint(), "dialect")
            for _ in range(cursor.count()):
                size, coded = cursor.flagged()
                entries.append(Entry(dialect, data.take(size), coded))


def _properties(section: memoryview | None) -> list[memoryview]:
    if section is None:
        return []
    cursor = Cursor(section)
    return [cursor.take(cursor.varint()) for _ in range(cursor.count())]


class _IrReader:
    """Reads operations."""

    def __init__(
        self, file: Bytecode, names: Sequence[tuple[str, bool]], properties: Sequence[memoryview]
    ):
        self.file = file
        self.names = names
        self.properties = properties

    def top(self, section: memoryview) -> list[Record]:
        """The operations of the file."""
        return self._block(Cursor(section), [0], 0, 0).operations

    def _block(self, cursor: Cursor, values: list[int], end: int, depth: int) -> BlockRecord:
        """A block; `values` holds the number of the next value, `end` that behind its region."""
        count, has_arguments = cursor.flagged()
        if count > cursor.left:
            raise BytecodeError(f"a block of {count} operations has {cursor.left} bytes")
        block = BlockRecord((), values[0])
        if has_arguments:
            block.arguments = self._arguments(cursor)
            values[0] += len(block.arguments)
            if cursor.byte():
                _skip_orders(cursor, len(block.arguments))
        for _ in range(count):
            block.operations.append(self._operation(cursor, values, end, depth))
        return block

    def _arguments(self, cursor: Cursor) -> list[int]:
        types: list[int] = []
        for _ in range(cursor.count()):
            type_, located = cursor.flagged()
            if located:
                cursor.varint()
            types.append(type_)
        return types

    def _operation(self, cursor: Cursor, values: list[int], end: int, depth: int) -> Record:
        name, coded = _at(self.names, cursor.varint(), "operation")
        mask = cursor.byte()
        op = Record(name, cursor.varint())
        if mask & _HAS_ATTRIBUTES:
            op.attributes = cursor.varint()
        if mask & _HAS_PROPERTIES:
            number = cursor.varint()
            if not coded:
                raise BytecodeError(f"'{name}' is an operation that its writer did not know")
            op.properties = _at(self.properties, number, "properties")
        if mask & _HAS_RESULTS:
            op.results = [cursor.varint() for _ in range(cursor.count())]
        if mask & _HAS_OPERANDS:
            op.operands = [cursor.varint() for _ in range(cursor.count())]
        if mask & _HAS_SUCCESSORS:
            raise BytecodeError(f"'{name}' has successors")
        if mask & _HAS_USE_ORDERS:
            _skip_orders(cursor, len(op.results))
        op.first = values[0]
        values[0] += len(op.results)
        if mask & _HAS_REGIONS:
            self._regions(cursor, op, end, depth)
        return op

    def _regions(self, cursor: Cursor, op: Record, end: int, depth: int) -> None:
        """The regions of an operation; isolated ones are a section of their own."""
        count, isolated = cursor.flagged()
        if count > cursor.left or depth >= MOST_DEPTH:
            raise BytecodeError(f"'{op.name}' has {count} regions, at depth {depth}")
        inner, start = cursor, end
        if isolated and count:
            number, section = cursor.section()
            if number != _IR:
                raise BytecodeError(f"the regions of '{op.name}' are a section {number}")
            inner, start = Cursor(section), 0
        for _ in range(count):
            op.regions.append(self._region(inner, start, isolated, depth + 1))

    def _region(self, cursor: Cursor, start: int, isolated: bool, depth: int) -> RegionRecord:
        """A region, whose values are numbered from `start` on, behind those around it."""
        region = RegionRecord(isolated)
        blocks = cursor.count()
        if not blocks:
            return region
        values, end = [start], start + cursor.varint()
        for _ in range(blocks):
            region.blocks.append(self._block(cursor, values, end, depth))
        return region


def _skip_orders(cursor: Cursor, values: int) -> None:
    """The order in which uses were listed, which says nothing."""
    for _ in range(cursor.count() if values > 1 else 1):
        if values > 1:
            cursor.varint()
        number, _ = cursor.flagged()
        for _ in range(number):
            cursor.varint()
