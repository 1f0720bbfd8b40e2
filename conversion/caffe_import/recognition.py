"""Whether content is a Caffe net, by what is in it: no protobuf is needed to tell."""

from __future__ import annotations

import re

from ..formats.protobuf_wire import begins
from ..source import Content

_SKIP = re.compile(rb"(?:\s|#[^\n]*(?:\n|$))*")
_FIRST = re.compile(
    rb"(?:name|layers?|input|input_dim|input_shape|state|force_backward|debug_info)\s*[:{]"
)
_LAYERS = re.compile(rb"\blayers?\s*:?\s*\{")

_HEAD = 1 << 16
"""Bytes of a text that are looked at."""

_TOP_FIELDS = {
    1: 2,  # name
    2: 2,  # layers of V1
    3: 2,  # input
    4: 0,  # input_dim
    5: 0,  # force_backward
    6: 2,  # state
    7: 0,  # debug_info
    8: 2,  # input_shape
    100: 2,  # layer
}
"""The fields of `NetParameter` and the wire types they have."""


def is_net(content: Content) -> bool:
    """Whether a file is a net as text or as bytes, or a folder has a text of one."""
    if content.is_folder:
        return content.path is not None and any(content.path.glob("*.prototxt"))
    return is_net_text(content.data) or is_net_bytes(content.data)


def is_net_text(data: memoryview) -> bool:
    """Whether bytes are the text of a net: they begin with a field of one, and have a layer."""
    head = bytes(data[:_HEAD])
    skipped = _SKIP.match(head)
    start = 0 if skipped is None else skipped.end()
    return _FIRST.match(head, start) is not None and _LAYERS.search(head, start) is not None


def is_net_bytes(data: memoryview) -> bool:
    """Whether bytes are a `NetParameter`, or the beginning of one."""
    seen = begins(data, _TOP_FIELDS)
    return seen is not None and (2 in seen or 100 in seen)
