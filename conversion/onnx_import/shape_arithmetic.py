"""
Shape arithmetic through the ONNX operators that occur in it, so that `Reshape` of
`Concat(Gather(Shape(x), 0), 12, -1)` has its named dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import onnx
from onnx import helper

from ...dialects.framework import dims_of
from ...runtime.size import ceildiv, maximum, product_of
from ..shape_arithmetic import (
    Symbols,
    added,
    broadcast,
    chosen,
    divided,
    equal,
    gathered,
    largest,
    multiplied,
    remaining,
    reshaped,
    smallest,
    subtracted,
)
from .inference import Value, at

Inputs = Sequence[Value | None]
Rule = Callable[[onnx.NodeProto, Inputs], Symbols | None]


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    for attribute in node.attribute:
        if attribute.name == name:
            return cast(int, helper.get_attribute_value(attribute))
    return default


def _elements(value: Value | None) -> Symbols | None:
    return None if value is None else value.elements


def _booleans(value: Value | None) -> Symbols | None:
    """Conditions as 1 and 0, where they are known."""
    if value is None or value.symbols is not None:
        return _elements(value)
    constant = value.constant
    return None if constant is None else tuple(int(bool(v)) for v in constant.reshape(-1))


def _integers(value: Value | None) -> tuple[int, ...] | None:
    """The elements if all are numbers."""
    elements = _elements(value)
    if elements is None or not all(isinstance(e, int) for e in elements):
        return None
    return cast("tuple[int, ...]", elements)


def _shape(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    value = at(inputs, 0)
    dims = None if value is None else dims_of(value.type)
    if dims is None:
        return None
    return dims[_attribute(node, "start", 0) : _attribute(node, "end", len(dims))]


def _size(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    value = at(inputs, 0)
    dims = None if value is None else dims_of(value.type)
    if dims is None:
        return None
    known = [d for d in dims if d is not None]
    return (product_of(known),) if len(known) == len(dims) else None


def _same(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    return _elements(at(inputs, 0))


def _gather(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    data, indices = _elements(at(inputs, 0)), _integers(at(inputs, 1))
    return None if data is None or indices is None else gathered(data, indices)


def _concat(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    parts = [_elements(value) for value in inputs]
    if any(part is None for part in parts):
        return None
    return tuple(element for part in parts for element in cast(Symbols, part))


def _slice(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    data = _elements(at(inputs, 0))
    start, stop = _integers(at(inputs, 1)), _integers(at(inputs, 2))
    step = (1,) if at(inputs, 4) is None else _integers(at(inputs, 4))
    if data is None or not start or not stop or not step or step[0] == 0:
        return None
    return data[slice(start[0], stop[0], step[0])] if step[0] > 0 else None


def _arithmetic(combined: Callable[[Symbols, Symbols], Symbols | None]) -> Rule:
    def rule(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
        a, b = _elements(at(inputs, 0)), _elements(at(inputs, 1))
        return None if a is None or b is None else combined(a, b)

    return rule


def _where(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    which, a, b = _booleans(at(inputs, 0)), _elements(at(inputs, 1)), _elements(at(inputs, 2))
    return None if which is None or a is None or b is None else chosen(which, a, b)


_RULES: dict[str, Rule] = {
    "Add": _arithmetic(added),
    "Cast": _same,
    "Concat": _concat,
    "Div": _arithmetic(divided),
    "Equal": _arithmetic(equal),
    "Gather": _gather,
    "Identity": _same,
    "Max": _arithmetic(largest),
    "Min": _arithmetic(smallest),
    "Mod": _arithmetic(remaining),
    "Mul": _arithmetic(multiplied),
    "Reshape": _same,
    "Shape": _shape,
    "Size": _size,
    "Slice": _slice,
    "Squeeze": _same,
    "Sub": _arithmetic(subtracted),
    "Unsqueeze": _same,
    "Where": _where,
}


def symbols_of(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    """The elements of the node's output, a vector or scalar of sizes, as far as known."""
    rule = None if node.domain else _RULES.get(node.op_type)
    found = None if rule is None else rule(node, inputs)
    return None if found is None or all(e is None for e in found) else found


def _reshaped(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    value, target = at(inputs, 0), _elements(at(inputs, 1))
    if value is None or target is None:
        return None
    return reshaped(dims_of(value.type), target, zero_keeps=not _attribute(node, "allowzero", 0))


def _expanded(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    value, target = at(inputs, 0), _elements(at(inputs, 1))
    old = None if value is None else dims_of(value.type)
    return None if old is None or target is None else broadcast(old, target)


def _filled(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    return _elements(at(inputs, 0))


def _range(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    known = [value.constant for value in inputs[:3] if value is not None]
    numbers = [array.reshape(-1)[0] for array in known if array is not None and array.size == 1]
    if len(numbers) == 3:
        return _range_count(*numbers)
    bounds = [_elements(at(inputs, i)) for i in range(3)]
    if any(b is None or len(b) != 1 for b in bounds):
        return None
    start, limit, delta = (cast(Symbols, b)[0] for b in bounds)
    if start is None or limit is None or not isinstance(delta, int) or not delta:
        return None
    return (maximum(ceildiv(limit - start, delta), 0),)


def _range_count(start: Any, limit: Any, delta: Any) -> Symbols | None:
    """How many numbers there are, as the standard counts them; None where no integer says it."""
    if np.asarray(start).dtype.kind in "iu":
        return (max(-((int(start) - int(limit)) // int(delta)), 0),) if delta else None
    with np.errstate(all="ignore"):
        count = np.ceil(np.float64(limit - start) / np.float64(delta))
    return (max(int(count), 0),) if np.isfinite(count) else None


_SHAPES: dict[str, Rule] = {
    "ConstantOfShape": _filled,
    "Expand": _expanded,
    "Range": _range,
    "Reshape": _reshaped,
}


def shape_of(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    """The dimensions of the node's first output where they follow from its integer inputs."""
    rule = None if node.domain else _SHAPES.get(node.op_type)
    return None if rule is None else rule(node, inputs)
