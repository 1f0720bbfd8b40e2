"""Collecting everything that is wrong with a model, so that it can be said at once."""

from __future__ import annotations

import onnx

from ...errors import ImportModelError


class Problems:
    """The problems found so far in one model, each said once."""

    def __init__(self, subject: str):
        self.subject = subject
        self._found: dict[str, None] = {}

    def add(self, problem: str) -> None:
        self._found.setdefault(problem)

    def node(self, node: onnx.NodeProto, problem: str) -> None:
        """Add a problem of one node."""
        self.add(f"{node_label(node)}: {problem}")

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> ImportModelError:
        """The error that lists them all."""
        return ImportModelError(self.subject, tuple(self._found))

    def stop(self) -> None:
        """Raise `ImportModelError` if there are any."""
        if self._found:
            raise self.error()


def node_label(node: onnx.NodeProto) -> str:
    """A node as messages call it: `Conv '/stem/conv'`; its first output stands for a name."""
    operator = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    return f"{operator} '{node.name or next(iter(node.output), '')}'"
