"""
Inputs with a default: initializers that are inputs as well.

Since version 4 of the format an initializer that the graph lists among its inputs is a default,
which a caller may override. Most files with such inputs come from exporters that list every
weight, as version 3 demanded, so a default is a constant like any other until somebody names it.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

import onnx

from ..problems import Problems

_FIRST_VERSION = 4
"""Before it every initializer had to be an input; it was a constant."""


def open_defaults(
    model: onnx.ModelProto,
    overridable: Collection[str],
    values: Collection[str],
    problems: Problems,
) -> list[str]:
    """Take the defaults of the inputs in `overridable` away, so that they are inputs.

    The same is done to those among `values`, which are given another value. Gives the names of the
    inputs whose defaults stay. Reported are names without a default.
    """
    graph = model.graph
    given = {t.name for t in graph.initializer} | {t.values.name for t in graph.sparse_initializer}
    defaults = [info.name for info in graph.input if info.name in given]
    for name in overridable:
        if name not in defaults:
            near = get_close_matches(name, defaults, n=1) or defaults
            there = f"there are {', '.join(near)}" if near else "the model has none"
            problems.add(f"overridable '{name}' is no input with a default; {there}")
    opened = {*overridable, *values}
    for tensors in (graph.initializer, graph.sparse_initializer):
        for at in reversed(range(len(tensors))):
            if _name(tensors[at]) in opened:
                del tensors[at]
    if model.ir_version < _FIRST_VERSION:
        return []
    return [name for name in defaults if name not in opened]


def _name(tensor: onnx.TensorProto | onnx.SparseTensorProto) -> str:
    return tensor.values.name if isinstance(tensor, onnx.SparseTensorProto) else tensor.name
