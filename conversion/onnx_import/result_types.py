"""Types of a node's results, from all that knows of them."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx.defs import OpSchema
from xdsl.ir import Attribute

from ...dialects.framework import dims_of, element_of, tensor_type
from .inference import Value, at, inferred_types
from .ml_types import ml_result_types
from .result_shapes import overrules, result_shape
from .shape_arithmetic import shape_of
from .types import merged


def result_types(
    schema: OpSchema, node: onnx.NodeProto, inputs: Sequence[Value | None]
) -> dict[str, Attribute]:
    """
    The types of the outputs of a node without subgraphs by name, as far as they are known.

    The node has passed the rules of its operator (`check_form`). Raises `InferenceFailure` where
    its inputs do not fit together.
    """
    found = _normalized(node, inputs) or ml_result_types(node, inputs)
    if found is None:
        given = zip(node.input, inputs, strict=True)
        named = {name: value for name, value in given if value is not None}
        found = inferred_types(schema, node, named)
    return found | _first_by_shape(node, inputs, found)


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


def _first_by_shape(
    node: onnx.NodeProto, inputs: Sequence[Value | None], found: dict[str, Attribute]
) -> dict[str, Attribute]:
    """The type of the first output, where arithmetic on sizes or a rule knows its shape."""
    dims = shape_of(node, inputs) or result_shape(node, inputs)
    first = found.get(node.output[0]) if node.output else None
    element = None if first is None else element_of(first)
    if dims is None or first is None or element is None:
        return {}
    ours = tensor_type(element, dims)
    return {node.output[0]: ours if overrules(node) else merged(first, ours)}
