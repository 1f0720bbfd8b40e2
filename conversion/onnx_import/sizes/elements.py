"""
Elements of integer tensors that are sizes, through the ONNX operators that occur in arithmetic on
shapes, so that `Reshape` of `Concat(Gather(Shape(x), 0), 12, -1)` has its named dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx
from xdsl.dialects.builtin import AnyFloat

from ....dialects.framework import element_of
from ....errors import CompileError
from ....runtime.size import Extent, lower_bound, product_of
from ...shape_arithmetic import (
    Combine,
    Elements,
    added,
    chosen,
    count_of,
    divided,
    divided_exactly,
    elements_of,
    equal,
    is_known,
    largest,
    less,
    multiplied,
    remaining,
    smallest,
    subtracted,
)
from ...size_relations import Relations
from ..inference import FOLD_LIMIT, Value
from .node import SizeNode

ElementRule = Callable[[SizeNode], Elements | None]


def _shape(node: SizeNode) -> Elements | None:
    dims = node.dims(0)
    if dims is None:
        return None
    end = node.integer("end", len(dims))
    return elements_of(dims[node.integer("start", 0) : end])


def _size(node: SizeNode) -> Elements | None:
    dims = node.dims(0)
    return None if dims is None else elements_of([count_of(dims)], ())


def _first(node: SizeNode) -> Elements | None:
    return node.elements(0)


def _cast(node: SizeNode) -> Elements | None:
    """Integers and the floats that hold them exactly; not of 8 or 16 bits, nor booleans."""
    wide = node.integer("to") in _WIDE
    return node.elements(0) if wide else None


_WIDE = (
    onnx.TensorProto.INT32,
    onnx.TensorProto.INT64,
    onnx.TensorProto.UINT32,
    onnx.TensorProto.UINT64,
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.DOUBLE,
)


def _gather(node: SizeNode) -> Elements | None:
    data, indices = node.elements(0), node.elements(1)
    if data is None or indices is None or not _all_numbers(indices):
        return None
    axis = node.axis("axis", data.ndim)
    numbers = np.array(indices.tolist(), np.int64).reshape(indices.shape)
    return None if axis is None else np.take(data, numbers, axis)


def _concat(node: SizeNode) -> Elements | None:
    parts = [node.elements(at) for at in range(len(node.inputs))]
    known = [part for part in parts if part is not None]
    return np.concatenate(known, node.integer("axis")) if len(known) == len(parts) else None


def _slice(node: SizeNode) -> Elements | None:
    data, starts, ends = node.elements(0), node.numbers(1), node.numbers(2)
    if data is None or starts is None or ends is None:
        return None
    axes = list(range(len(starts))) if node.operand(3) is None else node.numbers(3)
    steps = [1] * len(starts) if node.operand(4) is None else node.numbers(4)
    if axes is None or steps is None or 0 in steps:
        return None
    parts = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        size = data.shape[axis]
        before = step < 0 and end < -size  # everything down to the first
        parts[axis] = slice(start, None if before else end, step)
    return data[tuple(parts)]


def _reshape(node: SizeNode) -> Elements | None:
    data, target = node.elements(0), node.numbers(1)
    if data is None or target is None:
        return None
    keep = not node.integer("allowzero")
    shape = [data.shape[i] if n == 0 and keep else n for i, n in enumerate(target)]
    return data.reshape(shape)


def _squeeze(node: SizeNode) -> Elements | None:
    data, axes = node.elements(0), node.numbers(1)
    if data is None or (axes is None and node.operand(1) is not None):
        return None
    return np.squeeze(data, None if axes is None else tuple(axes))


def _unsqueeze(node: SizeNode) -> Elements | None:
    data, axes = node.elements(0), node.numbers(1)
    return None if data is None or axes is None else np.expand_dims(data, tuple(axes))


def _transpose(node: SizeNode) -> Elements | None:
    data = node.elements(0)
    return None if data is None else np.transpose(data, node.integers("perm"))


def _expand(node: SizeNode) -> Elements | None:
    data, target = node.elements(0), node.numbers(1)
    if data is None or target is None:
        return None
    shape = np.broadcast_shapes(data.shape, tuple(target))
    return np.broadcast_to(data, shape) if prod(shape) <= FOLD_LIMIT else None


def _tile(node: SizeNode) -> Elements | None:
    data, repeats = node.elements(0), node.numbers(1)
    if data is None or repeats is None or prod(repeats) * data.size > FOLD_LIMIT:
        return None
    return np.tile(data, repeats)


def _scattered(node: SizeNode) -> Elements | None:
    """Some elements of a vector replaced."""
    data, indices, updates = (node.elements(at) for at in range(3))
    if data is None or indices is None or updates is None or data.ndim != 1:
        return None
    places = indices.reshape(-1)
    if not _all_numbers(places) or len(places) != updates.size or node.has("reduction"):
        return None
    found = data.copy()
    found[places.astype(np.int64)] = updates.reshape(-1)
    return found


def _combined(combine: Combine) -> ElementRule:
    def rule(node: SizeNode) -> Elements | None:
        a, b = node.elements(0), node.elements(1)
        return None if a is None or b is None else combine(a, b)

    return rule


def _quotient(node: SizeNode) -> Elements | None:
    a, b = node.elements(0), node.elements(1)
    value = node.operand(0)
    if a is None or b is None or value is None:
        return None
    is_float = isinstance(element_of(value.type), AnyFloat)
    return divided_exactly(a, b) if is_float else divided(a, b)


def _remainder(node: SizeNode) -> Elements | None:
    return None if node.integer("fmod") else _combined(remaining)(node)


def _chain(combine: Combine) -> ElementRule:
    """Of any number of operands."""

    def rule(node: SizeNode) -> Elements | None:
        found: Elements | None = None
        for at in range(len(node.inputs)):
            part = node.elements(at)
            if part is None:
                return None
            found = part if found is None else combine(found, part)
        return found

    return rule


def _reduced(total: Callable[[Sequence[Extent]], Extent]) -> ElementRule:
    """All elements of a vector in one."""

    def rule(node: SizeNode) -> Elements | None:
        data, axes = node.elements(0), node.numbers(1)
        if data is None or data.ndim != 1 or axes not in (None, [0], [-1]):
            return None
        if node.operand(1) is not None and axes is None:
            return None
        known = [e for e in data.tolist() if e is not None]
        if len(known) != len(data) or (axes is None and node.integer("noop_with_empty_axes")):
            return None
        return elements_of([total(known)], (1,) if node.integer("keepdims", 1) else ())

    return rule


def _negated(node: SizeNode) -> Elements | None:
    data = node.elements(0)
    return None if data is None else subtracted(elements_of([0], ()), data)


def _absolute(node: SizeNode) -> Elements | None:
    data = node.elements(0)
    if data is None or not all(e is not None and lower_bound(e) >= 0 for e in data.reshape(-1)):
        return None
    return data


def _where(node: SizeNode) -> Elements | None:
    which, a, b = _booleans(node.operand(0)), node.elements(1), node.elements(2)
    return None if which is None or a is None or b is None else chosen(which, a, b)


def _not(node: SizeNode) -> Elements | None:
    data = _booleans(node.operand(0))
    return None if data is None else subtracted(elements_of([1], ()), data)


def _connected(combine: Combine) -> ElementRule:
    """Two conditions in one."""

    def rule(node: SizeNode) -> Elements | None:
        a, b = _booleans(node.operand(0)), _booleans(node.operand(1))
        return None if a is None or b is None else combine(a, b)

    return rule


def _greater(node: SizeNode) -> Elements | None:
    a, b = node.elements(0), node.elements(1)
    return None if a is None or b is None else less(b, a)


def _at_least(node: SizeNode) -> Elements | None:
    a, b = node.elements(0), node.elements(1)
    return None if a is None or b is None else subtracted(elements_of([1], ()), less(a, b))


def _at_most(node: SizeNode) -> Elements | None:
    a, b = node.elements(0), node.elements(1)
    return None if a is None or b is None else subtracted(elements_of([1], ()), less(b, a))


def _filled(node: SizeNode) -> Elements | None:
    """One value everywhere."""
    shape = node.numbers(0)
    tensor = node.attribute("value")
    value: Any = 0.0 if tensor is None else onnx.numpy_helper.to_array(tensor).reshape(-1)[0]
    if shape is None or not 0 <= prod(shape) <= FOLD_LIMIT or value != int(value):
        return None
    return np.full(shape, int(value), object)


def _booleans(value: Value | None) -> Elements | None:
    """Conditions as 1 and 0, where they are known."""
    if value is None or value.symbols is not None or value.constant is None:
        return None if value is None else value.elements
    flags = [int(bool(v)) for v in value.constant.reshape(-1).tolist()]
    return elements_of(flags, value.constant.shape)


def _all_numbers(elements: Elements) -> bool:
    return all(isinstance(e, int) for e in elements.reshape(-1).tolist())


def _sum(sizes: Sequence[Extent]) -> Extent:
    total: Extent = 0
    for size in sizes:
        total = total + size
    return total


_RULES: Mapping[str, ElementRule] = {
    "Abs": _absolute,
    "Add": _combined(added),
    "And": _connected(smallest),
    "Cast": _cast,
    "Ceil": _first,
    "Concat": _concat,
    "ConstantOfShape": _filled,
    "Div": _quotient,
    "Equal": _combined(equal),
    "Expand": _expand,
    "Floor": _first,
    "Gather": _gather,
    "Greater": _greater,
    "GreaterOrEqual": _at_least,
    "Identity": _first,
    "Less": _combined(less),
    "LessOrEqual": _at_most,
    "Max": _chain(largest),
    "Min": _chain(smallest),
    "Mod": _remainder,
    "Mul": _combined(multiplied),
    "Neg": _negated,
    "Not": _not,
    "Or": _connected(largest),
    "ReduceProd": _reduced(product_of),
    "ReduceSum": _reduced(_sum),
    "Reshape": _reshape,
    "ScatterElements": _scattered,
    "ScatterND": _scattered,
    "Shape": _shape,
    "Size": _size,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Sub": _combined(subtracted),
    "Tile": _tile,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Where": _where,
}


def symbols_of(node: onnx.NodeProto, inputs: Sequence[Value | None]) -> Elements | None:
    """The elements of the node's first output, where some of them are sizes by name."""
    rule = None if node.domain else _RULES.get(node.op_type)
    if rule is None:
        return None
    try:
        found = rule(SizeNode(node, inputs, Relations()))
    except (ValueError, IndexError, TypeError, CompileError):
        # What does not fit together is said by the rules of the operator; the rest is too large.
        return None
    if found is None:
        return None
    found = np.asarray(found, object)  # numpy gives the object itself in place of a scalar
    return found if found.size <= FOLD_LIMIT and is_known(found) else None
