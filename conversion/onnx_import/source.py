"""The message of an ONNX model, read without its large tensors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, EncodeError

from ...errors import ImportModelError
from ..formats.protobuf_wire import WireError
from ..source import Content, open_source
from .text_fields import repair_text
from .wire import without_tensor_data

ModelSource = str | Path | bytes | Content | onnx.ModelProto


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
    if not isinstance(source, Content):
        source = open_source(source, "an ONNX model")
    if source.is_folder:
        raise ImportModelError(source.subject, "is a folder; expected an ONNX file")
    return _checked(_parsed(source))


def _parsed(content: Content) -> Model:
    try:
        proto = onnx.ModelProto.FromString(without_tensor_data(content.data))
    except (WireError, DecodeError, RecursionError) as error:
        reason = str(error) or "nested too deeply"
        raise ImportModelError(
            content.subject, f"is not an ONNX model, or a truncated or damaged one ({reason})"
        ) from None
    repair_text(proto)
    return Model(content.subject, proto, content.data, content.folder)


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
    if proto.ir_version > onnx.IR_VERSION:
        raise ImportModelError(
            model.subject,
            f"has version {proto.ir_version} of the format; the newest known is {onnx.IR_VERSION}",
        )
    if missing:
        what = " and no ".join(missing)
        raise ImportModelError(model.subject, f"is not an ONNX model: it has no {what}")
    return model
