"""
Zip archives whose members are read where they lie.

A member that is stored, not compressed, is a part of the mapped file: weights of any size become
arrays without being read. The format: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from typing_extensions import Buffer

MOST_MEMBERS = 1_000_000
"""More than this many entries in a directory is an attack, not a model."""

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LOCAL_MARK = b"PK\x03\x04"
_ENCRYPTED = 0x1


_DAMAGED = (
    *(zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error),
    *(EOFError, LookupError, OverflowError, RuntimeError),
)
"""What the standard library raises for a directory that is none."""


class ZipError(ValueError):
    """What is wrong with an archive, as the rest of a sentence that begins with its name."""


@dataclass(frozen=True)
class Member:
    """One file of an archive."""

    name: str
    size: int
    """Of its content in bytes."""
    start: int
    """Where its content begins in the archive, as it lies there."""
    stored_size: int
    """How many bytes it takes there."""
    is_stored: bool
    """Whether it lies there as it is, neither compressed nor encrypted."""
    checksum: int


class ZipMap:
    """
    The members of an archive by name; folders are left out.

    Nothing is decompressed before it is asked for. Refused, with `ZipError`: what is no archive or
    a truncated one, names that leave the archive (`/etc/x`, `a/../../b`), two members of one name,
    and members that overlap in the file, of which a small archive could hold very many.
    """

    def __init__(self, data: memoryview):
        self._data = data
        self.members: Mapping[str, Member] = {m.name: m for m in _checked(data)}

    def view(self, name: str) -> memoryview | None:
        """The content of a stored member as a part of the archive; None for a compressed one."""
        member = self.members[name]
        if not member.is_stored:
            return None
        return self._data[member.start : member.start + member.size]

    def read(self, name: str, most: int) -> memoryview:
        """
        The content of a member, decompressed if need be, and checked against its checksum.

        Raises:
            ZipError: for one of more than `most` bytes, for a damaged one, and for one that is
                encrypted or compressed in a way that zlib cannot undo.
        """
        member = self.members[name]
        if member.size > most:
            raise ZipError(f"has {member.size} bytes in '{name}', expected at most {most}")
        found = self.view(name)
        if found is None:
            found = memoryview(self._decompressed(member))
        if zlib.crc32(found) != member.checksum:
            raise ZipError(f"is damaged: the checksum of '{name}' is another")
        return found

    def _decompressed(self, member: Member) -> bytes:
        at_work = zlib.decompressobj(-zlib.MAX_WBITS)
        packed = self._data[member.start : member.start + member.stored_size]
        try:
            found = at_work.decompress(packed, member.size + 1)
        except zlib.error as error:
            raise ZipError(f"is damaged: '{member.name}' cannot be decompressed") from error
        if len(found) != member.size:
            raise ZipError(f"is damaged: '{member.name}' has not the {member.size} bytes it says")
        return found


def is_zip(data: memoryview) -> bool:
    """Whether bytes begin as an archive with members does."""
    return bytes(data[:4]) == _LOCAL_MARK


class _Reader(io.RawIOBase):
    """The bytes of an archive as a file, without a copy."""

    def __init__(self, data: memoryview):
        super().__init__()
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        if base + offset < 0:
            raise OSError("a place before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Buffer, /) -> int:
        into = memoryview(buffer).cast("B")
        found = self._data[self._at : self._at + len(into)]
        into[: len(found)] = found
        self._at += len(found)
        return len(found)


def _checked(data: memoryview) -> Iterator[Member]:
    """The members of an archive, once nothing is wrong with its directory."""
    try:
        with zipfile.ZipFile(io.BufferedReader(_Reader(data))) as archive:
            entries = archive.infolist()
            directory = archive.start_dir
    except _DAMAGED as error:
        raise ZipError("is no zip archive, or a truncated one") from error
    if len(entries) > MOST_MEMBERS:
        raise ZipError(f"has {len(entries)} members, expected at most {MOST_MEMBERS}")
    seen: set[str] = set()
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        name = entry.filename
        _check_name(name)
        if name in seen:
            raise ZipError(f"has two members named {name!r}")
        seen.add(name)
        start = _content_start(data, entry)
        if entry.header_offset < end:
            raise ZipError(f"has members that overlap, such as {name!r}")
        end = start + entry.compress_size
        if end > directory:
            raise ZipError(f"is damaged: member {name!r} ends beyond the others")
        if entry.is_dir():
            continue
        stored = entry.compress_type == zipfile.ZIP_STORED
        if entry.flag_bits & _ENCRYPTED:
            raise ZipError(f"has an encrypted member, {name!r}")
        if not stored and entry.compress_type != zipfile.ZIP_DEFLATED:
            raise ZipError(f"has a member {name!r} that is neither stored nor deflated")
        if stored and entry.file_size != entry.compress_size:
            raise ZipError(f"is damaged: member {name!r} has two sizes")
        yield Member(name, entry.file_size, start, entry.compress_size, stored, entry.CRC)


def _check_name(name: str) -> None:
    if not name:
        raise ZipError("has a member without a name")
    if name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name:
        raise ZipError(f"has a member {name!r}, whose name leaves the archive")


def _content_start(data: memoryview, entry: zipfile.ZipInfo) -> int:
    """Where the content of a member begins: after its local header, whose length varies."""
    at = entry.header_offset
    header = bytes(data[at : at + _LOCAL_HEADER.size]) if at >= 0 else b""
    if len(header) != _LOCAL_HEADER.size:
        raise ZipError(f"is damaged: member {entry.filename!r} begins outside of it")
    fields = _LOCAL_HEADER.unpack(header)
    if fields[0] != _LOCAL_MARK:
        raise ZipError(f"is damaged: member {entry.filename!r} does not begin where it should")
    return at + _LOCAL_HEADER.size + fields[-2] + fields[-1]
