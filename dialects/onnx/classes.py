"""The operation classes of the `onnx` dialect."""

from __future__ import annotations

from functools import cache

from .. import framework
from .op import OnnxOp
from .schemas import onnx_schemas, op_name, schema_of


@cache
def _made(name: str) -> type[OnnxOp]:
    return framework.op_class(schema_of(name), OnnxOp)


def op_classes() -> dict[str, type[OnnxOp]]:
    """All operation classes by name."""
    return {name: _made(name) for name in onnx_schemas()}


def op_class(op_type: str, domain: str = "") -> type[OnnxOp] | None:
    """
    The class of an operator, None for one the `onnx` package does not know.

    It is made when it is first asked for: a model uses a few of hundreds.
    """
    name = op_name(op_type, domain)
    return _made(name) if name in onnx_schemas() else None
