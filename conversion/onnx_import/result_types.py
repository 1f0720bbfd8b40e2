"""Types of a node's results, from all that knows of them."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx.defs import OpSchema
from xdsl.ir import Attribute

from ...dialects.framework import Dim, dims_of, element_of, tensor_type
from ..size_relations import Relations
from .inference import Value, at, inferred_types, static_size
from .ml_types import ml_result_types
from .sizes import decides, overrules, result_shapes
from .types import merged


def result_types(
    schema: OpSchema,
    node: onnx.NodeProto,
    inputs: Sequence[Value | None],
    relations: Relations | None = None,
) -> dict[str, Attribute]:
    """
    The types of the outputs of a node without subgraphs by name, as far as they are known.

    What must hold of sizes that are no numbers is noted in `relations`. The node has passed the
    rules of its operator (`check_form`). Raises `InferenceFailure` where its inputs do not fit
    together.
    """
    found = _normalized(node, inputs) or ml_result_types(node, inputs)
    if found is None:
        given = zip(node.input, inputs, strict=True)
        named = {name: value for name, value in given if value is not None}
        found = inferred_types(schema, node, named)
        values = [*named.values()]
        static = all(static_size(v.type) is not None for v in values)
        static = static and all(static_size(t) is not None for t in found.values())
        if static and not overrules(node):
            return found
        return found | _by_rules(node, inputs, found, relations or Relations())
    return found


def _normalized(
    node: onnx.NodeProto, inputs: Sequence[Value | None]
) -> dict[str, Attribute] | None:
    """
    The type of the result of RMSNormalization, whose input and scale may differ in type: that of
    the scale by the schema. `onnx.shape_inference` takes the input's, and then refuses it.
    """
    if node.op_type != "RMSNormalization" or node.domain or not node.output:
        return None
    x, scale = at(inputs, 0), at(inputs, 1)
    element = None if scale is None else element_of(scale.type)
    if x is None or element is None:
        return None
    return {node.output[0]: tensor_type(element, dims_of(x.type))}


def _by_rules(
    node: onnx.NodeProto,
    inputs: Sequence[Value | None],
    found: dict[str, Attribute],
    relations: Relations,
) -> dict[str, Attribute]:
    """The types of outputs whose shapes the rules of sizes know."""
    types: dict[str, Attribute] = {}
    for name, dims in zip(node.output, result_shapes(node, inputs, relations), strict=False):
        first = found.get(name)
        element = None if first is None else element_of(first)
        if dims is None or first is None or element is None:
            continue
        ours = tensor_type(element, dims)
        types[name] = ours if decides(node) else _both(first, ours)
    return types


def _both(first: Attribute, ours: Attribute) -> Attribute:
    """
    Two inferred types in one: a number beats the expression of the rules, this beats a name, which
    may be one of several that must be equal.
    """
    theirs, known, element = dims_of(first), dims_of(ours), element_of(first)
    if theirs is None or known is None or element is None or len(theirs) != len(known):
        return merged(first, ours)
    return tensor_type(element, [_better(a, b) for a, b in zip(theirs, known, strict=True)])


def _better(theirs: Dim, ours: Dim) -> Dim:
    return theirs if isinstance(theirs, int) or ours is None else ours
