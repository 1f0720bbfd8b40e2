"""What an ONNX file says of itself: opset, producer, signature, operators, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import onnx
from xdsl.ir import Attribute

from ..model_summary import ModelSummary
from ..problems import Problems
from ..size_names import named_inputs
from .input_types import declared_words, input_types
from .source import Model, ModelSource, read_model
from .structure import subgraphs
from .tensors import TensorError, confined_path
from .types import IllTypedError, ir_type
from .wire import IN_PLACE

_OWN_DOMAINS = ("", "ai.onnx")


def summary_of(source: ModelSource) -> ModelSummary:
    """
    The summary of a model, whose numbers are not read.

    Raises `ImportModelError` for what is not an ONNX model at all.
    """
    model = read_model(source)
    proto = model.proto
    ignored = Problems(model.subject)  # of types: they are said when the model is imported
    types = input_types(proto.graph, ignored)
    inputs, names = named_inputs(types, declared_words(proto.graph))
    return ModelSummary(
        facts=tuple(_facts(proto)),
        inputs=inputs,
        made_names=names.made,
        outputs={name: names.of_type(type_) for name, type_ in _typed(proto.graph.output)},
        operators=_operators(proto),
        files=tuple(_files(model, source)),
    )


def _facts(proto: onnx.ModelProto) -> Iterator[tuple[str, str]]:
    yield "format", f"ONNX, IR version {proto.ir_version}"
    for entry in proto.opset_import:
        domain = "" if entry.domain in _OWN_DOMAINS else f"{entry.domain} "
        yield "opset", f"{domain}{entry.version}"
    producer = f"{proto.producer_name} {proto.producer_version}".strip()
    yield "producer", producer or "not said"
    if proto.functions:
        yield "functions", ", ".join(f.name for f in proto.functions)
    for entry in proto.metadata_props:
        yield "metadata", f"{entry.key} = {entry.value}"


def _typed(values: Iterable[onnx.ValueInfoProto]) -> Iterator[tuple[str, Attribute]]:
    for value in values:
        try:
            yield value.name, ir_type(value.type)
        except IllTypedError:
            continue


def _operators(proto: onnx.ModelProto) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for node in _nodes(proto):
        domain = "" if node.domain in _OWN_DOMAINS else f"{node.domain}."
        counts[f"{domain}{node.op_type}"] += 1
    return dict(counts.most_common())


def _nodes(proto: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    graphs = [proto.graph]
    yield from (node for function in proto.functions for node in function.node)
    while graphs:
        for node in graphs.pop().node:
            yield node
            graphs.extend(subgraphs(node))


def _files(model: Model, source: ModelSource) -> Iterator[Path]:
    path = Path(model.subject)
    if model.folder is None or isinstance(source, onnx.ModelProto | bytes):
        return
    yield path
    for location in dict.fromkeys(_locations(model.proto)):
        try:
            yield confined_path(model.folder, location)
        except TensorError:
            continue


def _locations(proto: onnx.ModelProto) -> Iterator[str]:
    """Where external data lies."""
    for tensor in _tensors(proto):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            for note in tensor.external_data:
                if note.key == "location" and note.value != IN_PLACE:
                    yield note.value


def _tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    graphs = [proto.graph]
    while graphs:
        graph = graphs.pop()
        yield from graph.initializer
        for node in graph.node:
            graphs.extend(subgraphs(node))
    for node in _nodes(proto):
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
