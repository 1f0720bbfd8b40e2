"""
Writing a model file without assembling it in memory: the message's frame comes from protobuf, the
numbers go from where they lie straight into the file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import onnx

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import constant_type, element_type_of_ir, ranked_tensor
from ...dialects.onnx.graph_writer import Weight
from ...runtime.output_file import output_file
from ..formats.protobuf_wire import field_prefix
from .weights import header, raw_bytes

MESSAGE_LIMIT = 2**31 - 2**20
"""Protobuf messages end at 2 GiB; the numbers of larger models go into a file of their own."""

_ALIGNMENT = 4096
_GRAPH, _INITIALIZER, _RAW_DATA = 7, 5, 9


def write_file(
    model: onnx.ModelProto,
    weights: Sequence[Weight],
    store: WeightStore,
    path: Path,
    limit: int = MESSAGE_LIMIT,
) -> tuple[Path, ...]:
    """Write `model` with `weights` as its initializers; appears at `path` whole or not at all.

    Beyond `limit` bytes the numbers go to `NAME.data` beside it, as external data. Gives the files
    that it wrote. Raises `StepwellError` when the files cannot be written.
    """
    total = sum(size_of(weight) for weight in weights)
    with ExitStack() as parts:
        part = parts.enter_context(output_file(path))  # ended last: it needs the other
        if model.ByteSize() + total <= limit:
            with part.open("wb") as file:
                _write_inline(file, model, weights, store)
            return (path,)
        data = path.with_name(f"{path.name}.data")
        data_part = parts.enter_context(output_file(data))
        with data_part.open("wb") as file:
            tensors = [_write_external(file, w, store, data.name) for w in weights]
        complete = onnx.ModelProto()
        complete.CopyFrom(model)
        complete.graph.initializer.extend(tensors)
        part.write_bytes(complete.SerializeToString(deterministic=True))
        return path, data


def size_of(weight: Weight) -> int:
    """An upper bound of the bytes of an initializer's numbers."""
    type_ = constant_type(weight.value)
    tensor = None if type_ is None else ranked_tensor(type_)
    assert tensor is not None, "a constant has a type"
    row = element_type_of_ir(tensor.element_type)
    width = 16 if row is None else row.numpy.itemsize
    return math.prod(tensor.get_shape()) * width


def _write_inline(
    file: BinaryIO, model: onnx.ModelProto, weights: Sequence[Weight], store: WeightStore
) -> None:
    graph = model.graph.SerializeToString(deterministic=True)
    frame = onnx.ModelProto()
    frame.CopyFrom(model)
    frame.ClearField("graph")
    headers = [_framed(weight, store) for weight in weights]
    length = len(graph) + sum(
        len(before) + len(field_prefix(_INITIALIZER, len(before) + size)) + size
        for before, size in headers
    )
    file.write(frame.SerializeToString(deterministic=True))
    file.write(field_prefix(_GRAPH, length))
    file.write(graph)
    for weight, (before, size) in zip(weights, headers, strict=True):
        file.write(field_prefix(_INITIALIZER, len(before) + size))
        file.write(before)
        if size:
            # Read again, so that only one computed weight is in memory at a time.
            _, array = header(weight, store)
            assert array is not None
            file.write(raw_bytes(array))


def _framed(weight: Weight, store: WeightStore) -> tuple[bytes, int]:
    """The bytes of an initializer before its numbers, and how many those have."""
    message, array = header(weight, store)
    before = message.SerializeToString(deterministic=True)
    if array is None:
        return before, 0
    return before + field_prefix(_RAW_DATA, array.nbytes), array.nbytes


def _write_external(
    file: BinaryIO, weight: Weight, store: WeightStore, location: str
) -> onnx.TensorProto:
    message, array = header(weight, store)
    if array is None:
        return message
    file.write(b"\0" * (-file.tell() % _ALIGNMENT))
    offset = file.tell()
    file.write(raw_bytes(array))
    message.data_location = onnx.TensorProto.EXTERNAL
    notes = {"location": location, "offset": str(offset), "length": str(array.nbytes)}
    for key, value in notes.items():
        message.external_data.add(key=key, value=value)
    return message
