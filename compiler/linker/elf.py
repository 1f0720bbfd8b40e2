"""Reads relocatable ELF objects, 64-bit little-endian: as much as a linker of kernels needs.

The format is that of the System V ABI (https://gabi.xinuos.com), chapters "Object Files" to
"Relocation".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from struct import Struct
from struct import error as StructError

from ...runtime.program import ObjectCode

_FILE_HEADER = Struct("<4sBBB9xHHIQQQIHHHHHH")
_SECTION_HEADER = Struct("<IIQQQQIIQQ")
_SYMBOL = Struct("<IBBHQQ")
_RELOCATION = Struct("<QQq")

_RELOCATABLE = 1  # e_type
_UNDEFINED = 0  # section index of a symbol that another object defines
_FIRST_RESERVED = 0xFF00  # section indices from here on are marks: absolute, common, ...


class Machine(IntEnum):
    """The processors whose objects can be linked; the values are those of `e_machine`."""

    X86_64 = 62
    AARCH64 = 183


class SectionFlag(IntFlag):
    """What the linker asks about a section (`sh_flags`)."""

    WRITE = 0x1
    ALLOC = 0x2
    EXECUTE = 0x4
    THREAD_LOCAL = 0x400


class SectionType(IntEnum):
    """The kinds of sections a linker looks at (`sh_type`)."""

    SYMBOL_TABLE = 2
    RELOCATIONS = 4
    ZEROS = 8  # .bss: takes no room in the file


class InvalidObjectError(Exception):
    """An object that is damaged or holds what position-independent kernels must not.

    A bug of whoever produced the object and not of the user, hence no `StepwellError`.
    """


@dataclass(frozen=True)
class Section:
    """One section: `kind` is a `SectionType` where that has a name for it."""

    name: str
    kind: int
    flags: SectionFlag
    data: bytes
    alignment: int
    link: int
    info: int


@dataclass(frozen=True)
class ElfSymbol:
    """A symbol; `section` is None for one that another object defines."""

    name: str
    section: int | None
    value: int
    size: int
    is_global: bool


@dataclass(frozen=True)
class Relocation:
    """Patch `section` at `offset` by the rule `kind` with the address of `symbol` plus `addend`."""

    section: int
    offset: int
    kind: int
    symbol: ElfSymbol
    addend: int


@dataclass(frozen=True)
class ElfObject:
    """A parsed object; sections are referred to by their position in `sections`."""

    name: str
    machine: Machine
    sections: tuple[Section, ...]
    symbols: tuple[ElfSymbol, ...]
    relocations: tuple[Relocation, ...]


def read_object(code: ObjectCode) -> ElfObject:
    """Parse an object. Raises `InvalidObjectError`."""
    try:
        return _read(code)
    except (StructError, IndexError, ValueError) as error:
        raise InvalidObjectError(f"object '{code.name}' is damaged: {error}") from error


def _read(code: ObjectCode) -> ElfObject:
    magic, bits, order, _, kind, machine, *rest = _FILE_HEADER.unpack_from(code.data)
    table, count, names = rest[3], rest[9], rest[10]
    if magic != b"\x7fELF" or bits != 2 or order != 1 or kind != _RELOCATABLE:
        raise InvalidObjectError(
            f"object '{code.name}' is not a relocatable 64-bit little-endian ELF file"
        )
    if machine not in set(Machine):
        raise InvalidObjectError(
            f"object '{code.name}' is for machine {machine}; "
            f"known are {', '.join(f'{known.name} ({known.value})' for known in Machine)}"
        )
    sections = _read_sections(code.data, table, count, names)
    symbols: list[ElfSymbol] = []
    for section in sections:
        if section.kind == SectionType.SYMBOL_TABLE:
            symbols += _read_symbols(section, sections)
    relocations: list[Relocation] = []
    for section in sections:
        if section.kind == SectionType.RELOCATIONS:
            relocations += _read_relocations(section, symbols)
    return ElfObject(code.name, Machine(machine), sections, tuple(symbols), tuple(relocations))


def _read_sections(data: bytes, table: int, count: int, names_index: int) -> tuple[Section, ...]:
    headers = [
        _SECTION_HEADER.unpack_from(data, table + i * _SECTION_HEADER.size) for i in range(count)
    ]
    names = _contents(data, headers[names_index])
    return tuple(
        Section(
            name=_string(names, fields[0]),
            kind=fields[1],
            flags=SectionFlag(fields[2]),
            data=_contents(data, fields),
            alignment=max(fields[8], 1),
            link=fields[6],
            info=fields[7],
        )
        for fields in headers
    )


def _contents(data: bytes, fields: tuple[int, ...]) -> bytes:
    kind, offset, size = fields[1], fields[4], fields[5]
    if kind == SectionType.ZEROS:
        return bytes(size)
    if offset + size > len(data):
        raise ValueError(f"a section ends at byte {offset + size} of {len(data)}")
    return data[offset : offset + size]


def _read_symbols(table: Section, sections: tuple[Section, ...]) -> Iterator[ElfSymbol]:
    names = sections[table.link].data
    for name, info, _, section, value, size in _SYMBOL.iter_unpack(table.data):
        yield ElfSymbol(
            name=_string(names, name),
            section=None if section == _UNDEFINED or section >= _FIRST_RESERVED else section,
            value=value,
            size=size,
            is_global=info >> 4 != 0,
        )


def _read_relocations(table: Section, symbols: Sequence[ElfSymbol]) -> Iterator[Relocation]:
    for offset, info, addend in _RELOCATION.iter_unpack(table.data):
        symbol: int = info >> 32
        yield Relocation(table.info, offset, info & 0xFFFFFFFF, symbols[symbol], addend)


def _string(table: bytes, start: int) -> str:
    return table[start : table.index(b"\0", start)].decode()
