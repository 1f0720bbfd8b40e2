"""The inputs of a case, kept in the metadata of its model."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf import text_format
from google.protobuf.message import DecodeError

Array = npt.NDArray[Any]

KEY = "inputs"


def keep_feeds(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> None:
    """Write the inputs into the model."""
    stream = io.BytesIO()
    named: dict[str, Any] = dict(feeds)
    np.savez_compressed(stream, **named)
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=text)


def kept_feeds(model: onnx.ModelProto) -> dict[str, Array] | None:
    """The inputs in a model, None if there are none for each of its inputs."""
    for entry in model.metadata_props:
        if entry.key == KEY:
            with np.load(io.BytesIO(base64.b64decode(entry.value))) as file:
                feeds = {name: file[name] for name in file.files}
            names = [value.name for value in model.graph.input]
            return {n: feeds[n] for n in names} if set(names) <= feeds.keys() else None
    return None


def model_bytes(data: bytes) -> bytes:
    """A model from its text form, as `found/` keeps models; bytes that are none stay."""
    if not data.startswith((b"ir_version", b"graph")):
        return data
    return text_format.Parse(data.decode("utf-8"), onnx.ModelProto()).SerializeToString()


def parsed(data: bytes) -> onnx.ModelProto | None:
    """The model, None for bytes that are none."""
    try:
        return onnx.ModelProto.FromString(data)
    except DecodeError:
        return None


def model_text(data: bytes) -> str | None:
    """The text form of a model; None for bytes that are not exactly a model."""
    model = parsed(data)
    if model is None:
        return None
    text = text_format.MessageToString(model)
    same = text_format.Parse(text, onnx.ModelProto()).SerializeToString() == data
    return text if same and text.startswith(("ir_version", "graph")) else None
