"""What messages call a node, and the one spelling of its domain."""

from __future__ import annotations

import onnx


def node_label(node: onnx.NodeProto) -> str:
    """A node as messages call it: `Conv '/stem/conv'`; its first output stands for a name."""
    operator = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    return f"{operator} '{node.name or next(iter(node.output), '')}'"


def normal_domain(domain: str) -> str:
    """The default domain has two spellings; the empty one is used here."""
    return "" if domain == "ai.onnx" else domain
