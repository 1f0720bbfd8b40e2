"""`matmul`, `conv` and `conv_transpose`: the operator, and their epilogues behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine import ConvOp, ConvTransposeOp, MatmulOp
from ...dialects.engine.base import element_of, extents_of, scalar_type
from ...dialects.engine.contraction import ContractionOp, ConvolutionOp
from .elementwise import arguments, by_channel, region_value
from .nodes import Nodes, NoOnnxForm


def convert_conv(nodes: Nodes, op: ConvOp) -> Sequence[SSAValue]:
    """Conv, or ConvInteger for codes."""
    return _convolved(nodes, op, "ConvInteger" if op.sums_codes else "Conv", {})


def convert_conv_transpose(nodes: Nodes, op: ConvTransposeOp) -> Sequence[SSAValue]:
    """ConvTranspose."""
    if op.sums_codes:
        raise NoOnnxForm("ONNX has no transposed convolution of integers")
    padding = op.window("output_padding")
    return _convolved(nodes, op, "ConvTranspose", {"output_padding": padding})


def _convolved(
    nodes: Nodes, op: ConvolutionOp, operator: str, more: Mapping[str, Any]
) -> Sequence[SSAValue]:
    if not op.sums_codes and isinstance(element_of(op.operands[0]), IntegerType):
        raise NoOnnxForm("ONNX has no convolution of integers but of codes")
    attributes = {
        "kernel_shape": list(op.kernel),
        "strides": list(op.window("strides")),
        "pads": list(op.window("pads")),
        "dilations": list(op.window("dilations")),
        "group": op.group_count,
        **{name: list(numbers) for name, numbers in more.items()},
    }
    operands = [nodes.value(value) for value in op.operands[:2]]
    added = None if op.sums_codes else _bias(op)
    bias: SSAValue | None = None
    if added is not None:
        bias = by_channel(nodes, added[1], extents_of(op.results[0]))
        if bias is not None:
            operands.append(bias)
    element = op.accumulator_element()
    made = nodes.one(operator, operands, element, extents_of(op.results[0]), attributes)
    return _after(nodes, op, made, None if added is None or bias is None else added[0])


def _bias(op: ContractionOp) -> tuple[SSAValue, SSAValue] | None:
    """The scalar that is the accumulator and an operand added, and the operand."""
    region = op.epilogue_region
    if region is None:
        return None
    accumulator, *others = region.block.args
    by_scalar: dict[SSAValue, SSAValue] = dict(zip(others, op.epilogue_operands, strict=True))
    if accumulator.uses.get_length() != 1:
        return None
    [use] = accumulator.uses
    if use.operation.name not in ("arith.addf", "arith.addi"):
        return None
    other = use.operation.operands[1 - use.index]
    operand = by_scalar.get(other)
    if operand is None or element_of(operand) != op.accumulator_element():
        return None
    return use.operation.results[0], operand


def _after(
    nodes: Nodes, op: ContractionOp, made: SSAValue, scalar: SSAValue | None
) -> Sequence[SSAValue]:
    """The epilogue behind a node, which is the accumulator, or `scalar` of its region."""
    region = op.epilogue_region
    if region is None:
        return [made]
    given = arguments(nodes, region, op.epilogue_operands)
    given[scalar or region.block.args[0]] = made
    return [region_value(nodes, region, given, op.results[0])]


def convert_matmul(nodes: Nodes, op: MatmulOp) -> Sequence[SSAValue]:
    """Gemm of two matrices of floats, MatMul of others, MatMulInteger of codes."""
    result = op.results[0]
    ranks = [len(extents_of(v)) for v in (op.lhs, op.rhs)]
    element = op.accumulator_element()
    added = _bias(op)
    flat = ranks == [2, 2] and not isinstance(element, IntegerType)
    transposed = op.trans_lhs is not None or op.trans_rhs is not None
    if flat and (added is not None or transposed):
        attributes = {
            "transA": int(op.trans_lhs is not None),
            "transB": int(op.trans_rhs is not None),
        }
        operands = [nodes.value(op.lhs), nodes.value(op.rhs)]
        if added is not None:
            operands.append(nodes.value(added[1]))
        made = nodes.one("Gemm", operands, element, extents_of(result), attributes)
        return _after(nodes, op, made, None if added is None else added[0])
    operands = [
        _turned(nodes, op.lhs) if op.trans_lhs is not None else nodes.value(op.lhs),
        _turned(nodes, op.rhs) if op.trans_rhs is not None else nodes.value(op.rhs),
    ]
    if op.sums_codes:
        made = nodes.one("MatMulInteger", operands, element, extents_of(result))
    else:
        made = nodes.one("MatMul", operands, scalar_type(element), extents_of(result))
    return _after(nodes, op, made, None)


def _turned(nodes: Nodes, value: SSAValue) -> SSAValue:
    """A value with its last two dimensions swapped, a constant at once."""
    array = nodes.array(value)
    if array is not None:
        return nodes.constant(np.swapaxes(array, -1, -2), value.name_hint)
    shape = list(extents_of(value))
    shape[-1], shape[-2] = shape[-2], shape[-1]
    rank = len(shape)
    order = [*range(rank - 2), rank - 1, rank - 2]
    return nodes.one("Transpose", [nodes.value(value)], element_of(value), shape, {"perm": order})
