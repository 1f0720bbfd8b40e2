"""
Mutations of the files of any framework, by what is in them.

Bytes change as bytes and as words of four and eight bytes, which offsets and lengths are; messages
of protobuf field by field, texts by words and lines, JSON by its values, archives by their members
and by what these hold. Some are made to ask for much: lengths that nothing holds, values nested
without an end, members that are far larger than the archive, pickles that would run something.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any, cast

from stepwell.conversion.formats.protobuf_wire import (
    FIXED32,
    FIXED64,
    LENGTH_DELIMITED,
    VARINT,
    WireError,
    fields,
    varint,
)
from stepwell.test.fuzz import text_mutations
from stepwell.test.fuzz.other_values import NUMBERS, WORDS

Mutation = Callable[[random.Random, bytes], bytes]

DEEP = 20_000
"""Levels of what is nested without need."""

EXECUTED = "stepwell_fuzz_executed"
"""A name that a pickle defines in `builtins` where somebody runs what it says."""

_PICKLED = f"cbuiltins\nexec\n(S'import builtins; builtins.{EXECUTED} = 1'\ntR.".encode()

_BOMB = 1 << 28
"""Bytes of zeros in a member of an archive."""


def mutated_file(rng: random.Random, data: bytes, depth: int = 0) -> bytes:
    """The file with one mutation that fits what it is, or, one time in five, one of its bytes."""
    if rng.random() < 0.2:
        return _of_bytes(rng, data)
    if data.startswith(b"PK\x03\x04") and depth < 2:
        return archive(rng, data, depth)
    text = _as_text(data)
    if text is None:
        return (
            message(rng, data) if _is_message(data) and rng.random() < 0.7 else _of_bytes(rng, data)
        )
    if text.lstrip()[:1] in ("{", "[") and rng.random() < 0.7:
        return document(rng, data)
    return _of_text(rng, text)


def _as_text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


# Bytes


def _at(rng: random.Random, data: bytes) -> int:
    """A place in a file: often near its beginning, where headers are."""
    most = len(data) if rng.random() < 0.5 else min(len(data), 512)
    return rng.randrange(max(most, 1))


def flipped(rng: random.Random, data: bytes) -> bytes:
    """Some bits are others."""
    made = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        if made:
            made[_at(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(made)


def cut(rng: random.Random, data: bytes) -> bytes:
    """The file ends earlier."""
    return data[: _at(rng, data)]


def moved(rng: random.Random, data: bytes) -> bytes:
    """Two pieces have changed places, or one is there twice or not at all."""
    a, b = sorted((_at(rng, data), _at(rng, data)))
    size = rng.choice([1, 4, 16, 256, 4096])
    one, other = data[a : a + size], data[b : b + size]
    choice = rng.randrange(3)
    if choice == 0 and a + size <= b:
        return data[:a] + other + data[a + size : b] + one + data[b + size :]
    return data[:a] + data[a + size :] if choice == 1 else data[:b] + one + data[b:]


def word(rng: random.Random, data: bytes) -> bytes:
    """An aligned word, which may be a length or an offset, is another."""
    size, form = rng.choice([(4, "<I"), (4, "<I"), (8, "<Q"), (2, "<H")])
    at = _at(rng, data) // size * size
    if at + size > len(data):
        return data
    [old] = struct.unpack_from(form, data, at)
    limit = 1 << 8 * size
    others = [old + size, old - size, old + 1, 2 * old, len(data), at, -at, -1, limit >> 1, 0, 1]
    new = rng.choice([*others, rng.choice(NUMBERS)]) % limit
    return data[:at] + struct.pack(form, new) + data[at + size :]


def small(rng: random.Random, data: bytes) -> bytes:
    """A small number, such as an index, a size or a kind, is another one."""
    for _ in range(20):
        at = rng.randrange(max(len(data), 1))
        if at < len(data) and data[at] < 64:
            new = rng.choice([0, 1, 2, 3, 4, data[at] + 1, max(data[at] - 1, 0), 127, 255])
            return data[:at] + bytes([new]) + data[at + 1 :]
    return data


def magic(rng: random.Random, data: bytes) -> bytes:
    """The file begins like another."""
    heads = (
        b"PK\x03\x04",
        b"TFL3",
        b"\x08\x07",
        b"ML\xefR",
        b"\x80\x02",
        b"{",
        b"\x1f\x8b",
        b"\x00",
    )
    return rng.choice(heads) + data[rng.choice([0, 1, 4, 8]) :]


def _filled(rng: random.Random, data: bytes) -> bytes:
    """A stretch of zeros, or of ones."""
    at, size = _at(rng, data), rng.choice([4, 8, 64, 1024])
    return (
        data[:at] + rng.choice([b"\x00", b"\xff"]) * len(data[at : at + size]) + data[at + size :]
    )


def _pickled(rng: random.Random, data: bytes) -> bytes:
    """A pickle runs something, where it is read as pickles are."""
    at = 2 if data.startswith(b"\x80") else 0
    return data[:at] + _PICKLED + (data[at:] if rng.random() < 0.5 else b"")


OF_BYTES: Sequence[Mutation] = (
    *(flipped, cut, moved, word, word, magic, _filled),
    *[small] * 8,
)  # fmt: skip


def _of_bytes(rng: random.Random, data: bytes) -> bytes:
    if data.startswith(b"\x80\x02") and rng.random() < 0.3:
        return _pickled(rng, data)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        data = rng.choice(OF_BYTES)(rng, data)
    return data


# Protobuf


def _is_message(data: bytes) -> bool:
    try:
        return bool(list(fields(memoryview(data), 0, len(data))))
    except WireError:
        return False


def _varint(value: int) -> bytes:
    value %= 1 << 64
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _delimited(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(len(body)) + body


def message(rng: random.Random, data: bytes) -> bytes:
    """A field of a message, or of one in it, is another, gone, doubled, nested or too long."""
    found = list(fields(memoryview(data), 0, len(data)))
    field = rng.choice(found)
    before, whole, after = data[: field.start], data[field.start : field.end], data[field.end :]
    body = data[field.body : field.end]
    choice = rng.random()
    if field.kind == LENGTH_DELIMITED and choice < 0.7 and body:
        inner = message(rng, body) if _is_message(body) else _of_leaf(rng, body)
        return before + _delimited(field.number, inner) + after
    if choice < 0.8:
        other = rng.choice(found)
        return before + rng.choice([b"", whole * 2, data[other.start : other.end]]) + after
    return before + _changed_field(rng, field.number, field.kind, body) + after


def _changed_field(rng: random.Random, number: int, kind: int, body: bytes) -> bytes:
    """A field with another number, value, kind or length."""
    choice = rng.randrange(4)
    if choice == 0:
        number = rng.choice([1, 2, number + 1, 19_000, (1 << 29) - 1])
    if kind == VARINT:
        old, _ = varint(memoryview(body), 0, len(body))
        new = rng.choice([*NUMBERS, *(-n for n in NUMBERS), old + 1, old - 1, -old])
        return _varint(number << 3) + _varint(new)
    if kind in (FIXED32, FIXED64):
        return _varint(number << 3 | kind) + rng.randbytes(len(body))
    if choice == 1:  # so many bytes that nothing holds them
        length = rng.choice([len(body) + 1, 1 << 31, (1 << 63) - 1, (1 << 64) - 1])
        return _varint(number << 3 | LENGTH_DELIMITED) + _varint(length) + body
    if choice == 2:
        for _ in range(rng.choice([3, 120, 400])):
            body = _delimited(number, body)
        return body
    return _varint(number << 3) + _varint(rng.choice(NUMBERS))


def _of_leaf(rng: random.Random, body: bytes) -> bytes:
    """A field that is no message: a word, or numbers side by side."""
    text = _as_text(body)
    if text is not None and rng.random() < 0.7:
        cut_at = rng.randrange(len(text) + 1)
        return rng.choice([*WORDS, text[:cut_at], text + "x", text * 2]).encode()
    return _of_bytes(rng, body)


# Texts


def _of_text(rng: random.Random, text: str) -> bytes:
    if rng.random() < 0.04:
        return _nested_text(rng, text).encode()
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        text = rng.choice(text_mutations.OF_ANY_TEXT)(rng, text)
    return text.encode("utf-8", "surrogatepass")


def _nested_text(rng: random.Random, text: str) -> str:
    """A bracket without an end, or a number of very many digits, in the middle."""
    at = rng.randrange(len(text) + 1)
    odd = rng.choice(["(" * DEEP, "{" * DEEP, "[" * DEEP, "tuple<" * DEEP, "9" * DEEP, "a{" * DEEP])
    return text[:at] + odd + text[at:]


# JSON

_ODD_VALUES: Sequence[Any] = (
    None, True, -1, 0, 1.5, 1 << 62, -(1 << 63), 10**40, float("nan"), "", "x", "\u0000", [], {},
)  # fmt: skip


def document(rng: random.Random, data: bytes) -> bytes:
    """A value in a document is another, gone, doubled or nested; what is no document, as text."""
    try:
        root: Any = json.loads(data)
    except (ValueError, RecursionError):
        return _of_text(rng, data.decode("utf-8"))
    places = _places(root)
    if not places:
        return _of_text(rng, data.decode("utf-8"))
    owner, key = rng.choice(places)
    choice = rng.randrange(6)
    if choice == 0:
        del owner[key]
    elif choice == 1:
        other_owner, other_key = rng.choice(places)
        owner[key] = other_owner[other_key] if _is_leaf(other_owner[other_key]) else None
    elif choice == 2 and isinstance(owner, dict):
        names = cast("dict[str, Any]", owner)
        names[rng.choice([f"{key}x", *WORDS])] = names.pop(key)
    else:
        owner[key] = _other_value(rng, owner[key])
    text = json.dumps(root)
    if rng.random() < 0.02:
        text = text.replace('"', '{"a":' * DEEP + '"', 1)
    return text.encode()


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Every value in a document: the list or dictionary that has it, and where."""
    found: list[tuple[Any, Any]] = []
    todo = [root]
    while todo:
        owner = todo.pop()
        keys: Any = owner if isinstance(owner, dict) else range(len(owner))
        for key in list(keys):
            found.append((owner, key))
            if not _is_leaf(owner[key]):
                todo.append(owner[key])
    return found


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _other_value(rng: random.Random, old: Any) -> Any:
    if isinstance(old, bool) or old is None or not _is_leaf(old):
        return rng.choice(_ODD_VALUES)
    if isinstance(old, int):
        return rng.choice([old + 1, old - 1, -old, 2 * old, *NUMBERS, *_ODD_VALUES])
    if isinstance(old, str):
        at = rng.randrange(len(old) + 1)
        return rng.choice([old[:at], f"{old}x", old.upper(), *WORDS, *_ODD_VALUES])
    return rng.choice([-old, old * 1e30, *_ODD_VALUES])


# Archives


def archive(rng: random.Random, data: bytes, depth: int) -> bytes:
    """A member is another, gone, doubled, renamed or far too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as given:
            members = [(info.filename, given.read(info)) for info in given.infolist()]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError):
        return _of_bytes(rng, data)  # it has been damaged before
    if not members:
        return _of_bytes(rng, data)
    at = rng.randrange(len(members))
    name, content = members[at]
    choice = rng.random()
    if choice < 0.75:
        members[at] = (name, mutated_file(rng, content, depth + 1))
    elif choice < 0.82:
        del members[at]
    elif choice < 0.88:
        members.append((name, rng.choice(members)[1]))
    elif choice < 0.94:
        names = ["../x", "/etc/passwd", "a/" * 200, "x" * 5000, f"{name}/", f"{name}.pkl", ""]
        members[at] = (rng.choice(names), content)
    elif choice < 0.95:
        return _with_bomb(members, name)
    else:
        members[at] = (name, rng.choice(members)[1])
    return _packed(members)


def _packed(members: Sequence[tuple[str, bytes]]) -> bytes:
    """An archive as frameworks write it: not compressed, equal for equal members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as written:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            _written_anyway(written, info, content)
    return made.getvalue()


def _written_anyway(written: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
    """A name that is there already is written once more."""
    written.NameToInfo.pop(info.filename, None)
    written.writestr(info, content)


def _with_bomb(members: Sequence[tuple[str, bytes]], name: str) -> bytes:
    """The archive with a member of zeros in the place of one of its own."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
        for other, content in members:
            body = bytes(_BOMB) if other == name else content
            info = zipfile.ZipInfo(other)
            info.compress_type = zipfile.ZIP_DEFLATED
            _written_anyway(written, info, body)
    return made.getvalue()
