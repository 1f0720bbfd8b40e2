"""
Forms on which the C++ shape inference of `onnx` 1.23 does not fail but aborts the process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import onnx
from onnx import helper


class GuardedFormError(Exception):
    """The node has a form that must not reach the inference; the text says what is wrong."""


def _attribute(node: onnx.NodeProto, name: str) -> Any:
    for attribute in node.attribute:
        if attribute.name == name:
            return helper.get_attribute_value(attribute)
    return None


def _split(node: onnx.NodeProto, ranks: Sequence[int | None]) -> None:
    parts = _attribute(node, "num_outputs")
    if parts is not None and parts != len(node.output):
        raise GuardedFormError(f"num_outputs is {parts}, it has {len(node.output)} outputs")


_GUARDS: dict[str, Callable[[onnx.NodeProto, Sequence[int | None]], None]] = {
    "Split": _split,
}


def guard_inference(node: onnx.NodeProto, ranks: Sequence[int | None]) -> None:
    """Raise `GuardedFormError` for a node that would abort the process.

    `ranks` are those of its inputs, None where absent or unknown.
    """
    guard = None if node.domain else _GUARDS.get(node.op_type)
    if guard is not None:
        guard(node, ranks)
