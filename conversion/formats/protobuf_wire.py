"""
The protobuf wire format, walked without a parser.

Parsing a model as a whole copies every weight into the parser's memory (and Python copies each
once more when a field of bytes is read). Instead the file is mapped and walked field by field
(<https://protobuf.dev/programming-guides/encoding/>): `rewritten` gives the message without its
large fields of data, which stay where they are. What remains is small and is parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5
"""Wire types: how the payload of a field ends."""

KEEP = 1024
"""Fields of fewer bytes are left alone: looking into them saves nothing."""

Children = Mapping[str, Mapping[int, str]]
"""Where messages with data can be: message, field number, message of the field."""


class WireError(Exception):
    """The bytes are not a protobuf message; the text says where they stop making sense."""


class Field(NamedTuple):
    """A field of a message, as positions in the data."""

    number: int
    kind: int
    start: int
    """Where the field begins, its tag included."""
    body: int
    """Where the payload of a length-delimited field begins."""
    end: int


def varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """The unsigned integer at a position, and the position behind it.

    Raises `WireError` where it does not end before `end`.
    """
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError(f"the data ends or is damaged at byte {at}")


def fields(data: memoryview, at: int, end: int) -> Iterator[Field]:
    """The fields of the message between two positions.

    Raises `WireError` for what is no field, or ends behind `end`.
    """
    while at < end:
        start = at
        tag, at = varint(data, at, end)
        kind = tag & 7
        body = at
        if kind == VARINT:
            _, at = varint(data, at, end)
        elif kind == FIXED64:
            at += 8
        elif kind == FIXED32:
            at += 4
        elif kind == LENGTH_DELIMITED:
            length, body = varint(data, at, end)
            at = body + length
        else:
            raise WireError(f"byte {start} starts no field of a protobuf message")
        if at > end or tag >> 3 == 0:
            raise WireError(
                f"the field at byte {start} ends at byte {at}, but the data ends at {end}"
                if at > end
                else f"byte {start} starts no field of a protobuf message"
            )
        yield Field(tag >> 3, kind, start, body, at)


def begins(data: memoryview, known: Mapping[int, int]) -> set[int] | None:
    """The numbers of the fields of a message that may be cut; None where a field is not `known`.

    `known` has the wire type of each field that the message may have.
    """
    seen: set[int] = set()
    at, end = 0, len(data)
    try:
        while at < end:
            tag, body = varint(data, at, end)
            number, kind = tag >> 3, tag & 7
            if known.get(number) != kind:
                return None
            seen.add(number)
            if kind in (FIXED64, FIXED32):
                at = body + (8 if kind == FIXED64 else 4)
                continue
            length, at = varint(data, body, end)
            at += length if kind == LENGTH_DELIMITED else 0
    except WireError:
        pass
    return seen


def encode_varint(value: int) -> bytes:
    """An unsigned integer in groups of seven bits, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field_prefix(number: int, length: int) -> bytes:
    """Tag and length of a length-delimited field, which its payload follows."""
    return encode_varint(number << 3 | LENGTH_DELIMITED) + encode_varint(length)


def delimited(number: int, payload: bytes) -> bytes:
    """A length-delimited field."""
    return field_prefix(number, len(payload)) + payload


def integer_field(number: int, value: int) -> bytes:
    """A field that holds an unsigned integer."""
    return encode_varint(number << 3 | VARINT) + encode_varint(value)


def without_run(data: memoryview, at: int, end: int, number: int, place: int) -> bytes:
    """
    The message between two positions whose one large field `number` is left in the data.

    In its stead stand two integers in fields `place` and `place + 1`: where it begins, and how many
    bytes it has. A message with several such fields, or a small one, stays as it is.
    """
    runs = [f for f in fields(data, at, end) if f.number == number]
    if len(runs) != 1 or runs[0].kind != LENGTH_DELIMITED or runs[0].end - runs[0].body < KEEP:
        return bytes(data[at:end])
    [run] = runs
    return b"".join(
        (
            bytes(data[at : run.start]),
            bytes(data[run.end : end]),
            integer_field(place, run.body),
            integer_field(place + 1, run.end - run.body),
        )
    )


def rewritten(
    data: memoryview,
    kind: str,
    children: Children,
    leaf: Callable[[str, int, int], bytes],
    lists: Mapping[str, frozenset[int]] | None = None,
) -> bytes:
    """
    The message `kind` in `data`, in which those messages that have no `children` are replaced by
    what `leaf` makes of them: it gets the message's name and where it begins and ends.

    `lists` names, for a message, the fields after the first of which there is nothing to look for.
    Raises `WireError` when `data` is not a protobuf message or ends in the middle of one.
    """
    ends = lists or {}

    def message(at: int, end: int, kind: str) -> bytes:
        inner = children.get(kind)
        if inner is None:
            return leaf(kind, at, end)
        last = ends.get(kind, frozenset())
        parts: list[bytes] = []
        kept = at
        for field in fields(data, at, end):
            if field.number in last:
                break
            child = inner.get(field.number)
            if child is None or field.kind != LENGTH_DELIMITED or field.end - field.body < KEEP:
                continue
            parts.append(bytes(data[kept : field.start]))
            parts.append(delimited(field.number, message(field.body, field.end, child)))
            kept = field.end
        parts.append(bytes(data[kept:end]))
        return b"".join(parts)

    return message(0, len(data), kind)
