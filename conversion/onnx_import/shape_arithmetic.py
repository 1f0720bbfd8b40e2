"""
Integer vectors whose elements are sizes, some known only by name: what exporters compute shapes
with. Followed through the operators that occur there, so that `Reshape` of
`Concat(Gather(Shape(x), 0), 12, -1)` has its named dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import onnx
from onnx import helper
from xdsl.ir import Attribute

from ...dialects.framework import Dim, dims_of, element_type_of_ir, ranked_tensor
from .inference import Array, Value, at

Symbols = tuple[Dim, ...]
Inputs = Sequence[Value | None]


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    for attribute in node.attribute:
        if attribute.name == name:
            return cast(int, helper.get_attribute_value(attribute))
    return default


def _elements(value: Value | None) -> Symbols | None:
    return None if value is None else value.elements


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


def _same(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    return _elements(at(inputs, 0))


def _gather(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    data, indices = _elements(at(inputs, 0)), _integers(at(inputs, 1))
    if data is None or indices is None:
        return None
    if any(not -len(data) <= index < len(data) for index in indices):
        return None
    return tuple(data[index] for index in indices)


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


def _arithmetic(
    combine: Callable[[int, int], int], neutral: int, *, commutes: bool
) -> Callable[[onnx.NodeProto, Inputs], Symbols | None]:
    def element(a: Dim, b: Dim) -> Dim:
        if isinstance(a, int) and isinstance(b, int):
            return combine(a, b)
        if b == neutral:
            return a
        return b if commutes and a == neutral else None

    def rule(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
        a, b = _elements(at(inputs, 0)), _elements(at(inputs, 1))
        if a is None or b is None or (len(a) != len(b) and 1 not in (len(a), len(b))):
            return None
        count = max(len(a), len(b)) if a and b else 0
        return tuple(element(a[i % len(a)], b[i % len(b)]) for i in range(count))

    return rule


def _quotient(a: int, b: int) -> int:
    return int(a / b) if b else 0


def _where(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    chosen, a, b = at(inputs, 0), _elements(at(inputs, 1)), _elements(at(inputs, 2))
    if chosen is None or chosen.constant is None or a is None or b is None:
        return None
    which = [bool(v) for v in chosen.constant.reshape(-1)]
    count = max(len(which), len(a), len(b))
    if any(len(part) not in (1, count) for part in (which, a, b)):
        return None
    return tuple(a[i % len(a)] if which[i % len(which)] else b[i % len(b)] for i in range(count))


_RULES: dict[str, Callable[[onnx.NodeProto, Inputs], Symbols | None]] = {
    "Add": _arithmetic(lambda a, b: a + b, 0, commutes=True),
    "Cast": _same,
    "Concat": _concat,
    "Div": _arithmetic(_quotient, 1, commutes=False),
    "Gather": _gather,
    "Identity": _same,
    "Mul": _arithmetic(lambda a, b: a * b, 1, commutes=True),
    "Reshape": _same,
    "Shape": _shape,
    "Slice": _slice,
    "Squeeze": _same,
    "Sub": _arithmetic(lambda a, b: a - b, 0, commutes=False),
    "Unsqueeze": _same,
    "Where": _where,
}


def symbols_of(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    """The elements of the node's output, a vector or scalar of sizes, as far as known."""
    rule = None if node.domain else _RULES.get(node.op_type)
    found = None if rule is None else rule(node, inputs)
    return None if found is None or all(e is None for e in found) else found


def array_of_symbols(symbols: Symbols, type_: Attribute) -> Array | None:
    """The elements as an array of the given type, None unless all are numbers."""
    tensor = ranked_tensor(type_)
    if tensor is None or not all(isinstance(e, int) for e in symbols):
        return None
    row = element_type_of_ir(tensor.element_type)
    shape = tensor.get_shape()
    if row is None or math.prod(shape) != len(symbols) or any(d < 0 for d in shape):
        return None
    return np.array(symbols, row.numpy).reshape(shape)


def _reshaped(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    value, target = at(inputs, 0), _elements(at(inputs, 1))
    if value is None or target is None:
        return None
    old = dims_of(value.type)
    dims: list[Dim] = []
    for position, size in enumerate(target):
        if size == 0 and not _attribute(node, "allowzero", 0):
            dims.append(old[position] if old is not None and position < len(old) else None)
        else:
            dims.append(size)
    if -1 in dims:
        dims[dims.index(-1)] = None if old is None else _remainder(old, dims)
    return tuple(dims)


def _remainder(old: Symbols, new: Sequence[Dim]) -> Dim:
    """The size that -1 stands for: the quotient of the element counts, equal names cancelled."""
    rest = [d for d in new if d != -1]
    left = list(old)
    for dim in list(rest):
        if isinstance(dim, str) and dim in left:
            left.remove(dim)
            rest.remove(dim)
    numbers = _product(rest)
    if numbers is None or numbers == 0 or None in left:
        return None
    names = [d for d in left if isinstance(d, str)]
    total = _product([d for d in left if isinstance(d, int)])
    if total is None or total % numbers:
        return None
    if not names:
        return total // numbers
    return names[0] if len(names) == 1 and total == numbers else None


def _product(dims: Sequence[Dim]) -> int | None:
    result = 1
    for dim in dims:
        if not isinstance(dim, int):
            return None
        result *= dim
    return result


def _expanded(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    value, target = at(inputs, 0), _elements(at(inputs, 1))
    old = None if value is None else dims_of(value.type)
    if old is None or target is None:
        return None
    rank = max(len(old), len(target))
    pairs = zip((1,) * (rank - len(old)) + old, (1,) * (rank - len(target)) + target, strict=True)
    return tuple(_broadcast(a, b) for a, b in pairs)


def _broadcast(a: Dim, b: Dim) -> Dim:
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    # A size other than one decides; of two names either could be one.
    if isinstance(a, int):
        return a
    return b if isinstance(b, int) else None


def _filled(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    return _elements(at(inputs, 0))


def _range(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    bounds = [_elements(at(inputs, i)) for i in range(3)]
    if any(b is None or len(b) != 1 for b in bounds):
        return None
    start, limit, delta = (cast(Symbols, b)[0] for b in bounds)
    if isinstance(limit, str) and start == 0 and delta == 1:
        return (limit,)
    return None


_SHAPES: dict[str, Callable[[onnx.NodeProto, Inputs], Symbols | None]] = {
    "ConstantOfShape": _filled,
    "Expand": _expanded,
    "Range": _range,
    "Reshape": _reshaped,
}


def shape_of(node: onnx.NodeProto, inputs: Inputs) -> Symbols | None:
    """The dimensions of the node's first output where they follow from its integer inputs."""
    rule = None if node.domain else _SHAPES.get(node.op_type)
    return None if rule is None else rule(node, inputs)
