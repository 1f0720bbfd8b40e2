"""`norm`: LayerNormalization, RMSNormalization, InstanceNormalization, GroupNormalization."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import NormOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one
from .nodes import Nodes, NoOnnxForm, sizes
from .size_values import shape_operand


def convert_norm(nodes: Nodes, op: NormOp) -> Sequence[SSAValue]:
    """The operator of its kind and axes, or its definition."""
    shape, axes = extents_of(op.input), sorted(op.axis_list)
    rank = len(shape)
    layered = op.kind.data == "layer"
    if op.groups is not None:
        if not layered or axes != list(range(1, rank)):
            raise NoOnnxForm("ONNX normalises groups of channels over all that follows them")
        return [_grouped(nodes, op, op.groups.value.data)]
    if axes == list(range(axes[0], rank)) and (layered or nodes.has("RMSNormalization")):
        return [_layered(nodes, op, axes[0], "LayerNormalization" if layered else None)]
    return [_defined(nodes, op, axes, layered)]


def _layered(nodes: Nodes, op: NormOp, axis: int, layered: str | None) -> SSAValue:
    shape = extents_of(op.input)
    inner = shape[axis:]
    scale = _whole(nodes, op.scale, inner)
    bias = _whole(nodes, op.bias, inner)
    x, element = nodes.value(op.input), element_of(op.input)
    attributes = {"axis": axis, "epsilon": op.epsilon.value.data}
    weight = scale or _ones(nodes, op, inner)
    operands = [x, weight]
    if layered is not None and bias is not None and (scale is not None or op.scale is None):
        operands.append(bias)
    made = nodes.one(layered or "RMSNormalization", operands, element, shape, attributes)
    if scale is None and op.scale is not None:
        made = nodes.each("Mul", made, nodes.value(op.scale))
    if op.bias is not None and len(operands) == 2:
        made = nodes.each("Add", made, nodes.value(op.bias))
    return made


def _whole(nodes: Nodes, value: SSAValue | None, inner: Sequence[Extent]) -> SSAValue | None:
    """An operand with exactly the sizes that are normalised over; None for any other."""
    if value is None:
        return None
    shape = extents_of(value)
    array = nodes.array(value)
    lead = len(shape) - len(inner)
    if shape == tuple(inner):
        return nodes.value(value)
    wanted = tuple(n for n in inner if isinstance(n, int))
    if array is None or len(wanted) != len(inner) or not all(map(is_one, shape[: max(lead, 0)])):
        return None
    numbers = array.reshape(array.shape[max(lead, 0) :])
    return nodes.constant(np.broadcast_to(numbers, wanted), value.name_hint)


def _ones(nodes: Nodes, op: NormOp, shape: Sequence[Extent]) -> SSAValue:
    numbers = [n for n in shape if isinstance(n, int)]
    if len(numbers) != len(shape):
        raise NoOnnxForm("it normalises over an open size")
    return nodes.constant(np.ones(numbers, dtype_of(element_of(op.input))))


def _grouped(nodes: Nodes, op: NormOp, groups: int) -> SSAValue:
    """By channels: scale and bias are lists of them."""
    shape, dtype = extents_of(op.input), dtype_of(element_of(op.input))
    channels = shape[1]
    if not isinstance(channels, int):
        raise NoOnnxForm("it normalises channels whose number is open")
    alone = groups == channels
    if not alone and not nodes.has("GroupNormalization"):
        return _of_rows(nodes, op, groups)
    attributes: dict[str, object] = {"epsilon": op.epsilon.value.data}
    if not alone:
        attributes["num_groups"] = groups
    operator = "InstanceNormalization" if alone else "GroupNormalization"
    scale = _list_of(nodes, op.scale, shape) or (
        nodes.constant(np.ones(channels, dtype)) if op.scale is None else None
    )
    bias = _list_of(nodes, op.bias, shape)
    fused = scale is not None and (bias is not None or op.bias is None)
    one = nodes.constant(np.ones(channels, dtype))
    zero = nodes.constant(np.zeros(channels, dtype))
    operands = [nodes.value(op.input), one, zero]
    if fused:
        operands[1:] = [scale or one, bias or zero]
    made = nodes.like(operator, operands, op.results[0], attributes)
    if fused:
        return made
    return _affine(nodes, op, made)


def _list_of(nodes: Nodes, value: SSAValue | None, shape: Sequence[Extent]) -> SSAValue | None:
    """A value for each channel as a list."""
    if value is None:
        return None
    array = nodes.array(value)
    if array is None or array.ndim > len(shape):
        return None
    whole = (1,) * (len(shape) - array.ndim) + array.shape
    if whole[1] != shape[1] or any(n != 1 for axis, n in enumerate(whole) if axis != 1):
        return None
    return nodes.constant(array.reshape(-1), value.name_hint)


def _of_rows(nodes: Nodes, op: NormOp, groups: int) -> SSAValue:
    """Groups as channels of an InstanceNormalization."""
    shape, kind = extents_of(op.input), element_of(op.input)
    dtype, rows = dtype_of(kind), (shape[0], groups, -1)
    one, zero = (nodes.constant(np.full(groups, n, dtype)) for n in (1, 0))
    flat = nodes.one(
        "Reshape", [nodes.value(op.input), nodes.integers([0, groups, -1])], kind, rows
    )
    attributes = {"epsilon": op.epsilon.value.data}
    made = nodes.one("InstanceNormalization", [flat, one, zero], kind, rows, attributes)
    made = nodes.like("Reshape", [made, shape_operand(nodes, shape)], op.results[0])
    return _affine(nodes, op, made)


def _affine(nodes: Nodes, op: NormOp, made: SSAValue) -> SSAValue:
    if op.scale is not None:
        made = nodes.each("Mul", made, nodes.value(op.scale))
    return made if op.bias is None else nodes.each("Add", made, nodes.value(op.bias))


def _defined(nodes: Nodes, op: NormOp, axes: Sequence[int], layered: bool) -> SSAValue:
    """`(x - mean) / sqrt(mean of squares + epsilon)`"""
    x, element = nodes.value(op.input), element_of(op.input)
    shape = sizes(x)
    reduced = [1 if axis in axes else n for axis, n in enumerate(shape)]

    def mean(value: SSAValue) -> SSAValue:
        operands = [value, nodes.integers(axes)]
        return nodes.one("ReduceMean", operands, element, reduced, {"keepdims": 1})

    centred = nodes.each("Sub", x, mean(x)) if layered else x
    variance = mean(nodes.each("Mul", centred, centred))
    epsilon = nodes.number(op.epsilon.value.data, element)
    deviation = nodes.each("Sqrt", nodes.each("Add", variance, epsilon))
    return _affine(nodes, op, nodes.each("Div", centred, deviation))
