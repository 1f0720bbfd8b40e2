"""Where a model comes from: a path, bytes or a message in memory."""

from __future__ import annotations

import mmap
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, EncodeError

from ...errors import ImportModelError
from .wire import WireError, without_tensor_data

ModelSource = str | Path | bytes | onnx.ModelProto


@dataclass(frozen=True)
class Model:
    """A model read without its large tensors."""

    subject: str
    """What messages call it: its path, or `model` for one in memory."""
    proto: onnx.ModelProto
    data: memoryview
    """The bytes in which the tensors marked `wire.IN_PLACE` lie."""
    folder: Path | None
    """Where external data may lie; None for a model without a file."""


def read_model(source: ModelSource) -> Model:
    """Read a model; a file is mapped into memory, not loaded.

    Raises `ImportModelError` for a file that is missing, empty, truncated or not ONNX.
    """
    if isinstance(source, onnx.ModelProto):
        # One copy, of which the weights are views; reading them off the message would be more.
        try:
            source = source.SerializeToString()
        except EncodeError as error:
            raise ImportModelError("model", f"cannot be serialized: {error}") from None
    if isinstance(source, bytes):
        return _checked(_parsed("model", memoryview(source), None))
    path = Path(source)
    subject = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ImportModelError(subject, "is a folder; expected an ONNX file")
        if not stat.S_ISREG(mode):
            # A pipe would make the opening wait for its other end.
            raise ImportModelError(subject, "is not a regular file; expected an ONNX file")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ImportModelError(subject, "the file is empty; expected an ONNX model")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        raise ImportModelError(subject, "there is no such file") from None
    except OSError as error:
        raise ImportModelError(subject, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ImportModelError(repr(subject), f"cannot be read: {error}") from None
    return _checked(_parsed(subject, memoryview(mapped), path.parent))


def _parsed(subject: str, data: memoryview, folder: Path | None) -> Model:
    if not data:
        raise ImportModelError(subject, "there are no bytes; expected an ONNX model")
    try:
        proto = onnx.ModelProto.FromString(without_tensor_data(data))
    except (WireError, DecodeError, RecursionError) as error:
        reason = str(error) or "nested too deeply"
        raise ImportModelError(
            subject, f"is not an ONNX model, or a truncated or damaged one ({reason})"
        ) from None
    return Model(subject, proto, data, folder)


def _checked(model: Model) -> Model:
    """Any sequence of bytes may happen to be a message; tell a model by what it must have."""
    proto = model.proto
    missing = [
        what
        for what, present in (
            ("graph", proto.HasField("graph")),
            ("IR version", proto.ir_version > 0),
        )
        if not present
    ]
    if missing:
        what = " and no ".join(missing)
        raise ImportModelError(model.subject, f"is not an ONNX model: it has no {what}")
    return model
