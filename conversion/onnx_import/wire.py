"""
Reading a model without its numbers: the protobuf wire format of `ModelProto`, scanned.

Parsing a model as a whole copies every weight into the parser's memory (and Python copies each
once more when `raw_data` is read). Instead the file is mapped and walked field by field
(<https://protobuf.dev/programming-guides/encoding/>); tensor data is left where it is and
replaced by an `external_data` note of offset and length, as ONNX has for data in other files.
What remains is small and is parsed by `onnx`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

IN_PLACE = "\0in-place"
"""The `location` in the notes of tensors whose data lies in the scanned buffer itself."""

KEEP = 1024
"""Tensor data of fewer bytes stays in the message, where shape inference reads it."""

_VARINT, _FIXED64, _LEN, _FIXED32 = 0, 1, 2, 5

_CHILDREN: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto"},
    "FunctionProto": {7: "NodeProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto"},
}
"""Where tensors can be: message, field number, message of the field."""

_LISTS = (7, 8, 9)
"""`floats`, `ints`, `strings` of an `AttributeProto`, one field for each element. An attribute has
values of one kind: beside such a list there are no tensors to look for."""

_TENSOR_DATA = (4, 9, 10)
"""`float_data`, `raw_data`, `double_data`: the fields whose bytes are the array as it is."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14


class WireError(Exception):
    """The bytes are not a protobuf message; the text says where they stop making sense."""


class _Field(NamedTuple):
    number: int
    kind: int
    start: int
    """Where the field begins, its tag included."""
    body: int
    """Where the payload of a length-delimited field begins."""
    end: int


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError(f"the data ends or is damaged at byte {at}")


def _fields(data: memoryview, at: int, end: int) -> Iterator[_Field]:
    while at < end:
        start = at
        tag, at = _varint(data, at, end)
        kind = tag & 7
        body = at
        if kind == _VARINT:
            _, at = _varint(data, at, end)
        elif kind == _FIXED64:
            at += 8
        elif kind == _FIXED32:
            at += 4
        elif kind == _LEN:
            length, body = _varint(data, at, end)
            at = body + length
        else:
            raise WireError(f"byte {start} starts no field of a protobuf message")
        if at > end or tag >> 3 == 0:
            raise WireError(
                f"the field at byte {start} ends at byte {at}, but the data ends at {end}"
                if at > end
                else f"byte {start} starts no field of a protobuf message"
            )
        yield _Field(tag >> 3, kind, start, body, at)


_MODEL_FIELDS = {
    1: _VARINT,  # ir_version
    **dict.fromkeys((2, 3, 4, 6), _LEN),  # producer, its version, domain, documentation
    5: _VARINT,  # model_version
    7: _LEN,  # graph
    **dict.fromkeys((8, 14, 20, 25, 26), _LEN),  # opsets, metadata, training, functions, devices
}
"""The fields of `ModelProto` and the wire types they have."""


def starts_model(data: memoryview) -> bool:
    """Whether bytes are a `ModelProto`, or the beginning of one that was cut in its graph."""
    seen: set[int] = set()
    at, end = 0, len(data)
    try:
        while at < end:
            tag, body = _varint(data, at, end)
            number, kind = tag >> 3, tag & 7
            if _MODEL_FIELDS.get(number) != kind:
                return False
            seen.add(number)
            length, at = _varint(data, body, end)
            at += length if kind == _LEN else 0
    except WireError:
        pass
    return 7 in seen and not seen.isdisjoint((1, 8))


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
    return encode_varint(number << 3 | _LEN) + encode_varint(length)


def _delimited(number: int, payload: bytes) -> bytes:
    return field_prefix(number, len(payload)) + payload


def _note(key: str, value: str) -> bytes:
    return _delimited(_EXTERNAL_DATA, _delimited(1, key.encode()) + _delimited(2, value.encode()))


def _tensor(data: memoryview, at: int, end: int) -> bytes:
    """A `TensorProto` whose data, if there is one large run of it, became a note."""
    fields = list(_fields(data, at, end))
    runs = [f for f in fields if f.number in _TENSOR_DATA and f.kind == _LEN and f.end > f.body]
    if len(runs) != 1 or runs[0].end - runs[0].body < KEEP:
        return bytes(data[at:end])
    run = runs[0]
    return b"".join(
        (
            *(bytes(data[f.start : f.end]) for f in fields if f is not run),
            _note("location", IN_PLACE),
            _note("offset", str(run.body)),
            _note("length", str(run.end - run.body)),
            encode_varint(_DATA_LOCATION << 3 | _VARINT) + b"\x01",
        )
    )


def _message(data: memoryview, at: int, end: int, kind: str) -> bytes:
    if kind == "TensorProto":
        return _tensor(data, at, end)
    children = _CHILDREN[kind]
    parts: list[bytes] = []
    kept = at
    for field in _fields(data, at, end):
        if kind == "AttributeProto" and field.number in _LISTS:
            break
        child = children.get(field.number)
        if child is None or field.kind != _LEN or field.end - field.body < KEEP:
            continue
        parts.append(bytes(data[kept : field.start]))
        parts.append(_delimited(field.number, _message(data, field.body, field.end, child)))
        kept = field.end
    parts.append(bytes(data[kept:end]))
    return b"".join(parts)


def without_tensor_data(data: memoryview) -> bytes:
    """The `ModelProto` in `data` with large tensor data replaced by notes of where it lies.

    Raises `WireError` when `data` is not a protobuf message or ends in the middle of one.
    """
    return _message(data, 0, len(data), "ModelProto")
