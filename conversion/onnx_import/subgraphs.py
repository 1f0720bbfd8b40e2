"""
Operators with subgraphs: what types the block arguments and the results have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import onnx
from onnx import helper
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import Attribute, Region

from ...dialects.framework import Dim, SequenceType, dims_of, element_of, tensor_type
from ...runtime.size import maximum
from ..shape_arithmetic import as_dims
from ..size_relations import Relations
from .inference import InferenceFailure, Value, at
from .types import common

BuildRegion = Callable[
    [onnx.GraphProto, Sequence[Attribute | None]], tuple[Region, list[Attribute]]
]
"""Builds a subgraph for the given types of its inputs (None: as declared there); also returns
the types of its outputs."""

Built = tuple[dict[str, Region], list[Attribute]]


def _graph(node: onnx.NodeProto, name: str) -> onnx.GraphProto:
    return next(a.g for a in node.attribute if a.name == name)


def _attribute(node: onnx.NodeProto, name: str, default: object) -> object:
    for attribute in node.attribute:
        if attribute.name == name:
            return helper.get_attribute_value(attribute)
    return default


_BODIES = {"If": ("then_branch", 0), "Loop": ("body", 1), "Scan": ("body", 0)}
"""The subgraph whose outputs are those of the node, and how many of its outputs come before."""


def with_all_outputs(node: onnx.NodeProto, label: str) -> onnx.NodeProto:
    """The node with names for those outputs that the author left out; nobody reads them."""
    body = None if node.domain else _BODIES.get(node.op_type)
    if body is None or not any(a.name == body[0] for a in node.attribute):
        return node
    count = max(len(_graph(node, body[0]).output) - body[1], len(node.output))
    if len(node.output) == count and all(node.output):
        return node
    whole = onnx.NodeProto()
    whole.CopyFrom(node)
    del whole.output[:]
    given = [*node.output, *[""] * (count - len(node.output))]
    whole.output.extend(name or f"{label}:{at}" for at, name in enumerate(given))
    return whole


def _stable(
    graph: onnx.GraphProto,
    fixed: Sequence[Attribute | None],
    carried: Sequence[Attribute],
    after: Sequence[Attribute],
    skip: int,
    build: BuildRegion,
) -> tuple[Region, list[Attribute], list[Attribute]]:
    """Build a body whose carried values keep their types from one iteration to the next.

    A dimension that an iteration changes becomes unknown, and the body is built again. `fixed`
    and `after` are the types of the inputs before and after the carried ones; `skip` outputs
    come before the carried ones.
    """
    types = list(carried)
    while True:
        region, outputs = build(graph, [*fixed, *types, *after])
        given = outputs[skip : skip + len(types)]
        if len(given) != len(types):
            raise InferenceFailure(
                f"its body has {len(outputs)} outputs, expected at least {skip + len(types)}"
            )
        widened = [common(a, b) for a, b in zip(types, given, strict=True)]
        if widened == types:
            return region, types, outputs
        types = widened


def _type(value: Value | None) -> Attribute:
    if value is None:
        raise InferenceFailure("a carried value is absent")
    return value.type


def _stacked(type_: Attribute, count: Dim, axis: int = 0) -> Attribute:
    """The type of a value of each iteration, stacked along a new axis."""
    element = element_of(type_)
    if element is None:
        raise InferenceFailure(f"{type_} cannot be stacked")
    dims = dims_of(type_)
    if dims is None:
        return tensor_type(element, None)
    if not -len(dims) - 1 <= axis <= len(dims):
        raise InferenceFailure(f"stacks tensors of rank {len(dims)} along axis {axis}")
    place = axis + len(dims) + 1 if axis < 0 else axis
    return tensor_type(element, [*dims[:place], count, *dims[place:]])


def _trip_count(node: onnx.NodeProto, inputs: Sequence[Value | None]) -> Dim:
    """How often a loop runs, where that is known and nothing can stop the loop before."""
    trips, start = at(inputs, 0), at(inputs, 1)
    counts = None if trips is None else as_dims(trips.elements)
    if counts is None or len(counts) != 1 or counts[0] is None:
        return None
    if start is not None and (start.constant is None or not start.constant.all()):
        return None
    body = _graph(node, "body")
    if len(body.input) < 2 or not body.output:
        return None
    passed = {body.input[1].name}
    for inner in body.node:
        if inner.op_type == "Identity" and inner.input and inner.input[0] in passed:
            passed.update(inner.output)
    if body.output[0].name not in passed:
        return None
    return maximum(counts[0], 0)


_SCALARS = ("iteration number", "condition")
"""The first inputs of a loop's body, one number each."""


def _as_declared(body: onnx.GraphProto) -> onnx.GraphProto:
    """
    The body of a loop, whose iteration number and condition are scalars, made to fit one that
    declares them as tensors of one element: they are reshaped before anything reads them.
    """
    changed: onnx.GraphProto | None = None
    for place, what in enumerate(_SCALARS[: len(body.input)]):
        declared = body.input[place]
        shape = declared.type.tensor_type.shape
        if not shape.dim:
            continue
        if any(dim.HasField("dim_value") and dim.dim_value != 1 for dim in shape.dim):
            sizes = ", ".join(
                str(d.dim_value) if d.HasField("dim_value") else "?" for d in shape.dim
            )
            raise InferenceFailure(
                f"its body declares the {what} '{declared.name}' as a tensor [{sizes}]; expected a "
                "scalar, or one element"
            )
        if changed is None:
            changed = onnx.GraphProto()
            changed.CopyFrom(body)
        name, rank = declared.name, len(shape.dim)
        changed.input[place].name = f"{name}:scalar"
        del changed.input[place].type.tensor_type.shape.dim[:]
        ones = helper.make_tensor(f"{name}:shape", onnx.TensorProto.INT64, [rank], [1] * rank)
        changed.initializer.append(ones)
        reshape = helper.make_node("Reshape", [f"{name}:scalar", ones.name], [name])
        changed.node.insert(0, reshape)
    return body if changed is None else changed


def _loop(
    node: onnx.NodeProto, inputs: Sequence[Value | None], build: BuildRegion, relations: Relations
) -> Built:
    del relations
    carried = [_type(value) for value in inputs[2:]]
    fixed = [tensor_type(i64, []), tensor_type(i1, [])]
    body = _as_declared(_graph(node, "body"))
    region, types, outputs = _stable(body, fixed, carried, [], 1, build)
    count = _trip_count(node, inputs)
    stacked = [_stacked(t, count) for t in outputs[1 + len(types) :]]
    return {"body": region}, [*types, *stacked]


def _for_each(node: onnx.NodeProto, name: str, count: int, what: str) -> list[int]:
    """A list of one number for each of `count` things; zeros where the node does not say it."""
    given = cast("list[int]", _attribute(node, name, [0] * count))
    if len(given) != count:
        raise InferenceFailure(f"{name} has {len(given)} numbers, expected {count}: its {what}")
    return given


def _scan(
    node: onnx.NodeProto, inputs: Sequence[Value | None], build: BuildRegion, relations: Relations
) -> Built:
    scanned = cast(int, _attribute(node, "num_scan_inputs", 0))
    if not 0 < scanned <= len(inputs):
        raise InferenceFailure(
            f"num_scan_inputs is {scanned}, expected 1 to {len(inputs)}, the number of its inputs"
        )
    split = len(inputs) - scanned
    carried = [_type(value) for value in inputs[:split]]
    axes = _for_each(node, "scan_input_axes", scanned, "scanned inputs")
    _for_each(node, "scan_input_directions", scanned, "scanned inputs")
    slices: list[Attribute] = []
    length: Dim = None
    for value, axis in zip(inputs[split:], axes, strict=True):
        type_ = _type(value)
        dims = dims_of(type_)
        element = element_of(type_)
        if element is None:
            raise InferenceFailure(f"{type_} cannot be scanned")
        if dims is None:
            slices.append(type_)
            continue
        if not -len(dims) <= axis < len(dims):
            raise InferenceFailure(f"scans axis {axis} of a tensor of rank {len(dims)}")
        length = relations.equal(length, dims[axis])
        slices.append(
            tensor_type(element, [d for i, d in enumerate(dims) if i != axis % len(dims)])
        )
    region, types, outputs = _stable(_graph(node, "body"), [], carried, slices, 0, build)
    made = outputs[split:]
    out_axes = _for_each(node, "scan_output_axes", len(made), "scanned outputs")
    _for_each(node, "scan_output_directions", len(made), "scanned outputs")
    stacked = [_stacked(t, length, axis) for t, axis in zip(made, out_axes, strict=True)]
    return {"body": region}, [*types, *stacked]


def _sequence_map(
    node: onnx.NodeProto, inputs: Sequence[Value | None], build: BuildRegion, relations: Relations
) -> Built:
    del relations
    types = [_type(value) for value in inputs]
    elements = [t.element_type if isinstance(t, SequenceType) else t for t in types]
    region, outputs = build(_graph(node, "body"), elements)
    return {"body": region}, [SequenceType(t) for t in outputs]


_Rule = Callable[[onnx.NodeProto, Sequence[Value | None], BuildRegion, Relations], Built]

_RULES: dict[str, _Rule] = {
    "Loop": _loop,
    "Scan": _scan,
    "SequenceMap": _sequence_map,
}


def build_subgraphs(
    node: onnx.NodeProto, inputs: Sequence[Value | None], build: BuildRegion, relations: Relations
) -> tuple[dict[str, Region], list[Attribute] | None]:
    """The regions of a node, and the types of its results where they follow from them.

    Raises `InferenceFailure` when a subgraph does not fit the node.
    """
    rule = _RULES.get(node.op_type)
    if rule is not None:
        return rule(node, inputs, build, relations)
    graphs = [a for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    return {a.name: build(a.g, [])[0] for a in graphs}, None
