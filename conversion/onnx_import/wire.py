"""
A `ModelProto` without its numbers: tensor data is left where it is in the file and replaced by an
`external_data` note of offset and length, as ONNX has for data in other files. What remains is
small and is parsed by `onnx`.
"""

from __future__ import annotations

from ..formats.protobuf_wire import (
    KEEP,
    LENGTH_DELIMITED,
    VARINT,
    begins,
    delimited,
    fields,
    integer_field,
    rewritten,
)

IN_PLACE = "\0in-place"
"""The `location` in the notes of tensors whose data lies in the scanned buffer itself."""

_CHILDREN: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto"},
    "FunctionProto": {7: "NodeProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto"},
}
"""Where tensors can be: message, field number, message of the field."""

_LISTS = {"AttributeProto": frozenset((7, 8, 9))}
"""`floats`, `ints`, `strings` of an `AttributeProto`, one field for each element. An attribute has
values of one kind: beside such a list there are no tensors to look for."""

_TENSOR_DATA = (4, 9, 10)
"""`float_data`, `raw_data`, `double_data`: the fields whose bytes are the array as it is.

Those of fewer than `KEEP` bytes stay in the message, where shape inference reads them."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14

_MODEL_FIELDS = {
    1: VARINT,  # ir_version
    **dict.fromkeys((2, 3, 4, 6), LENGTH_DELIMITED),  # producer, version, domain, documentation
    5: VARINT,  # model_version
    7: LENGTH_DELIMITED,  # graph
    # opsets, metadata, training, functions, devices
    **dict.fromkeys((8, 14, 20, 25, 26), LENGTH_DELIMITED),
}
"""The fields of `ModelProto` and the wire types they have."""


def starts_model(data: memoryview) -> bool:
    """Whether bytes are a `ModelProto`, or the beginning of one that was cut in its graph."""
    seen = begins(data, _MODEL_FIELDS)
    return seen is not None and 7 in seen and not seen.isdisjoint((1, 8))


def _note(key: str, value: str) -> bytes:
    return delimited(_EXTERNAL_DATA, delimited(1, key.encode()) + delimited(2, value.encode()))


def _tensor(data: memoryview, at: int, end: int) -> bytes:
    """A `TensorProto` whose data, if there is one large run of it, became a note."""
    all_fields = list(fields(data, at, end))
    runs = [
        f
        for f in all_fields
        if f.number in _TENSOR_DATA and f.kind == LENGTH_DELIMITED and f.end > f.body
    ]
    if len(runs) != 1 or runs[0].end - runs[0].body < KEEP:
        return bytes(data[at:end])
    run = runs[0]
    return b"".join(
        (
            *(bytes(data[f.start : f.end]) for f in all_fields if f is not run),
            _note("location", IN_PLACE),
            _note("offset", str(run.body)),
            _note("length", str(run.end - run.body)),
            integer_field(_DATA_LOCATION, 1),
        )
    )


def without_tensor_data(data: memoryview) -> bytes:
    """The `ModelProto` in `data` with large tensor data replaced by notes of where it lies.

    Raises `WireError` when `data` is not a protobuf message or ends in the middle of one.
    """
    return rewritten(
        data, "ModelProto", _CHILDREN, lambda _, at, end: _tensor(data, at, end), _LISTS
    )
