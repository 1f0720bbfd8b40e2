"""The inputs of an ONNX graph that a caller has to provide."""

from __future__ import annotations

import onnx
from xdsl.ir import Attribute

from ..problems import Problems
from .types import IllTypedError, ir_type


def input_types(graph: onnx.GraphProto, problems: Problems) -> dict[str, Attribute]:
    """The types of the inputs by name, without those that initializers provide."""
    given = {t.name for t in graph.initializer}
    given |= {t.values.name for t in graph.sparse_initializer}
    types: dict[str, Attribute] = {}
    for info in graph.input:
        if info.name in given:
            continue
        try:
            types[info.name] = ir_type(info.type)
        except IllTypedError as error:
            problems.add(f"input '{info.name}' {error}")
    return types


def declared_words(graph: onnx.GraphProto) -> set[str]:
    """What a graph writes for open sizes of anything: names, expressions, marks for unknown."""
    infos = (*graph.input, *graph.value_info, *graph.output)
    return {dim.dim_param for info in infos for dim in info.type.tensor_type.shape.dim} - {""}
