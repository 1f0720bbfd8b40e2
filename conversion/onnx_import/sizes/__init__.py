"""
Sizes of results, for operands whose sizes may be expressions over names.

`onnx.shape_inference` follows numbers and single names. What it leaves open follows from the rules
here, one for each operator, in families; they also note what must hold of the sizes of a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnx

from ...size_relations import Relations
from ..inference import Value
from .attention import ATTENTION
from .data import DATA
from .movement import MOVEMENT
from .node import Rule, Shapes, SizeNode
from .products import PRODUCTS
from .recurrence import RECURRENCE
from .windows import WINDOWS

_RULES: Mapping[str, Rule] = {**ATTENTION, **DATA, **MOVEMENT, **PRODUCTS, **RECURRENCE, **WINDOWS}


def result_shapes(
    node: onnx.NodeProto, inputs: Sequence[Value | None], relations: Relations
) -> Shapes:
    """The shapes of a node's results, as far as a rule says them."""
    rule = None if node.domain else _RULES.get(node.op_type)
    return [] if rule is None else rule(SizeNode(node, inputs, relations))


def decides(node: onnx.NodeProto) -> bool:
    """Whether the rule here alone says shapes of which some sizes are no numbers."""
    return overrules(node) or (not node.domain and node.op_type in ATTENTION)


def overrules(node: onnx.NodeProto) -> bool:
    """Whether the rule here counts, not the inference of the standard, whose lengths overflow."""
    return not node.domain and node.op_type == "Range"
