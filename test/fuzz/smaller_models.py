"""Models that are a little smaller than a model, for whoever looks for the cause of a failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from stepwell.test.fuzz.case_feeds import keep_feeds, kept_feeds, parsed


def smaller_models(data: bytes) -> Iterator[bytes]:
    """Candidates, the smallest first; bytes that are not a model are only cut."""
    model = parsed(data)
    if model is None:
        yield from _cut(data)
        return
    values = _values(model)
    for at in range(len(model.graph.output) - 1, -1, -1):
        if len(model.graph.output) > 1:
            yield _without(model, "output", at)
    for at, node in enumerate(model.graph.node):
        if values is not None and all(name in values for name in node.output if name):
            yield _given(model, at, values)
    for at in range(len(model.graph.node) - 1, -1, -1):
        yield _bypassed(model, at)
        yield _without(model, "node", at)
    for field in ("initializer", "input", "value_info", "sparse_initializer"):
        for at in range(len(getattr(model.graph, field)) - 1, -1, -1):
            yield _without(model, field, at)
    for at in range(len(model.functions) - 1, -1, -1):
        made = _copy(model)
        del made.functions[at]
        yield made.SerializeToString()
    for at, node in enumerate(model.graph.node):
        for attribute in range(len(node.attribute) - 1, -1, -1):
            made = _copy(model)
            del made.graph.node[at].attribute[attribute]
            yield made.SerializeToString()


def _cut(data: bytes) -> Iterator[bytes]:
    size = len(data) // 2
    while size:
        for at in range(0, len(data), size):
            yield data[:at] + data[at + size :]
        size //= 4


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    made = onnx.ModelProto()
    made.CopyFrom(model)
    return made


def _without(model: onnx.ModelProto, field: str, at: int) -> bytes:
    made = _copy(model)
    del getattr(made.graph, field)[at]
    return _trimmed(made).SerializeToString()


def _trimmed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without nodes, inputs and weights that no output needs, if it is whole."""
    needed = {value.name for value in model.graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(model.graph.node):
        if set(node.output) & needed or not node.output:
            needed.update(node.input, *(_read_inside(a) for a in node.attribute))
            kept.append(node)
    nodes = [_copied(node) for node in reversed(kept)]
    if not nodes:
        return model
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for field in (model.graph.initializer, model.graph.input):
        for at in range(len(field) - 1, -1, -1):
            if field[at].name not in needed:
                del field[at]
    return model


def _copied(node: onnx.NodeProto) -> onnx.NodeProto:
    made = onnx.NodeProto()
    made.CopyFrom(node)
    return made


def _read_inside(attribute: onnx.AttributeProto) -> set[str]:
    return {n for g in (attribute.g, *attribute.graphs) for node in g.node for n in node.input}


def _bypassed(model: onnx.ModelProto, at: int) -> bytes:
    """Readers of a node read its first operand instead."""
    made = _copy(model)
    node = made.graph.node[at]
    if not node.input or not node.output:
        return _without(model, "node", at)
    old, new = node.output[0], node.input[0]
    del made.graph.node[at]
    for other in made.graph.node:
        for place, name in enumerate(other.input):
            if name == old:
                other.input[place] = new
    return _trimmed(made).SerializeToString()


def _values(model: onnx.ModelProto) -> dict[str, Any] | None:
    """All values for the kept inputs; None where there are none, or nobody can compute them."""
    feeds = kept_feeds(model)
    if feeds is None:
        return None
    try:
        with np.errstate(all="ignore"):
            found: Any = ReferenceEvaluator(model).run(None, feeds, intermediate=True)
    except Exception:  # candidates of another kind are left
        return None
    return {n: v for n, v in found.items() if isinstance(v, np.ndarray)} | feeds


def _given(model: onnx.ModelProto, at: int, values: dict[str, Any]) -> bytes:
    """The model in which what a node computes is an input."""
    made = _copy(model)
    names = [name for name in made.graph.node[at].output if name]
    del made.graph.node[at]
    outputs = {value.name for value in made.graph.output}
    for name in names:
        if name in outputs:
            continue
        dtype = helper.np_dtype_to_tensor_dtype(values[name].dtype)
        made.graph.input.append(helper.make_tensor_value_info(name, dtype, values[name].shape))
    for place in range(len(made.graph.output) - 1, -1, -1):
        if made.graph.output[place].name in names:
            del made.graph.output[place]
    made = _trimmed(made)
    keep_feeds(made, {v.name: values[v.name] for v in made.graph.input if v.name in values})
    return made.SerializeToString()
