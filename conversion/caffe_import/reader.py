"""
Caffe's files as a `Net`.

The graph comes from the text, the trained blobs by the name of their layer from the bytes, which
hold the net that was trained: other layers, other inputs. A file of bytes without a text is read as
a net of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from google.protobuf import text_format
from google.protobuf.message import DecodeError

from ...errors import ImportModelError
from ..formats.protobuf_messages import check_text
from ..formats.protobuf_wire import WireError, rewritten, without_run
from ..problems import Problems
from ..source import Content, open_source
from .layers import layer_of
from .messages import BLOB_DATA, CHILDREN, PLACE, messages
from .net import Blob, Net
from .net_inputs import net_inputs
from .old_layers import newest_layers
from .phases import in_test_phase
from .recognition import is_net_bytes, is_net_text

LARGEST_TEXT = 1 << 24
"""Bytes of the longest text that is read; that of ResNet-152 has 150,000."""

TEXT, BYTES = ".prototxt", ".caffemodel"


@dataclass(frozen=True)
class NetFiles:
    """What a net was read from."""

    subject: str
    net: Net
    files: tuple[Path, ...]


def read_net(content: Content, weights: Content | None, problems: Problems) -> NetFiles:
    """
    The net of a text and of its weights, or of bytes alone.

    Either may be given. The other is the file of the same stem, or the only one of its kind in the
    folder. Raises `ImportModelError` for what is neither.
    """
    own, other = (content, weights) if weights is not None else _pair(content)
    if other is not None and is_net_bytes(own.data) and is_net_text(other.data):
        own, other = other, own
    message = _parsed(own)
    trained = None if other is None else _parsed(other)
    used = [c for c in (own, other) if c is not None]
    version, layers = newest_layers(message, problems)
    layers = in_test_phase(layers, message.state, problems)
    blobs = {layer.name: _blobs(layer.blobs, own.data) for layer in layers}
    if trained is not None and other is not None:
        for layer in newest_layers(trained, problems)[1]:
            if layer.blobs:
                blobs[layer.name] = _blobs(layer.blobs, other.data)
    found = [layer_of(layer, blobs[layer.name], problems) for layer in layers]
    inputs, kept = net_inputs(message, found, problems)
    net = Net(message.name, version, inputs, tuple(kept))
    return NetFiles(own.subject, net, tuple(c.path for c in used if c.path is not None))


def _pair(content: Content) -> tuple[Content, Content | None]:
    """The file and its partner, where there is one."""
    if content.path is None:
        return content, None
    folder = content.path if content.is_folder else content.path.parent
    texts, trained = (sorted(folder.glob(f"*{suffix}")) for suffix in (TEXT, BYTES))
    if content.is_folder:
        if len(texts) != 1:
            names = ", ".join(p.name for p in texts) or "none"
            raise ImportModelError(content.subject, f"needs one {TEXT} in it, has {names}")
        return open_source(texts[0]), _open_one(trained, texts[0])
    if is_net_bytes(content.data):
        return content, _open_one([p for p in texts if p.stem == content.path.stem], content.path)
    return content, _open_one(trained, content.path)


def _open_one(choices: list[Path], beside: Path) -> Content | None:
    """The choice of the same stem, or the only one."""
    same = [path for path in choices if path.stem == beside.stem] or choices
    return open_source(same[0]) if len(same) == 1 else None


def _parsed(content: Content) -> Any:
    """The `NetParameter` of a file, without the data of large blobs."""
    if is_net_text(content.data):
        return _from_text(content)
    try:
        small = rewritten(
            content.data,
            "NetParameter",
            CHILDREN,
            lambda _, at, end: without_run(content.data, at, end, BLOB_DATA, PLACE),
        )
        message: Any = messages()["NetParameter"].FromString(small)
        check_text(message)
    except (WireError, DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or "nested too deeply"
        raise ImportModelError(
            content.subject, f"is not a Caffe net, or a truncated or damaged one ({reason})"
        ) from None
    return message


def _from_text(content: Content) -> Any:
    if len(content.data) > LARGEST_TEXT:
        raise ImportModelError(
            content.subject,
            f"has {len(content.data)} bytes of text; a net has at most {LARGEST_TEXT}",
        )
    message: Any = messages()["NetParameter"]()
    try:
        text = bytes(content.data).decode("utf-8")
        text_format.Parse(text, message, allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split()) or "nested too deeply"
        raise ImportModelError(content.subject, f"is not the text of a net ({reason})") from None
    return message


def _blobs(blobs: Iterable[Any], data: memoryview) -> tuple[Blob, ...]:
    return tuple(_blob(blob, data) for blob in blobs)


def _blob(blob: Any, data: memoryview) -> Blob:
    old = (blob.num, blob.channels, blob.height, blob.width)
    has_old = any(blob.HasField(name) for name in ("num", "channels", "height", "width"))
    shape = tuple(int(d) for d in (old if has_old else blob.shape.dim))
    if blob.HasField("data_place"):
        at, size = cast("tuple[int, int]", (blob.data_place, blob.data_bytes))
        # A file may have such fields of its own; what they say is within it or nothing.
        return Blob(shape, data[at : at + size])
    numbers = blob.double_data if len(blob.double_data) else blob.data
    return Blob(shape, None, np.asarray(numbers, np.float32))
