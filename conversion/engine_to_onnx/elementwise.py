"""`map`: its region as nodes, an affine one by channel as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Operation, Region, SSAValue

from ...dialects.engine import MapOp
from ...dialects.engine.base import (
    element_of,
    extents_of,
    is_coded,
    yielded_values,
)
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one
from .activations import operator_of
from .nodes import Nodes, NoOnnxForm, sizes
from .scalar_forms import as_element, values_of
from .size_values import shape_operand


def convert_map(nodes: Nodes, op: MapOp) -> Sequence[SSAValue]:
    """The nodes of its region."""
    given = arguments(nodes, op.body, op.inputs)
    given.update(normalised(nodes, op.body, op.inputs, extents_of(op.results[0])))
    return [region_value(nodes, op.body, given, op.results[0])]


def arguments(
    nodes: Nodes, region: Region, operands: Sequence[SSAValue]
) -> dict[SSAValue, SSAValue]:
    """The last arguments of a region, which stand for these operands."""
    for operand in operands:
        if is_coded(element_of(operand)):
            raise NoOnnxForm(f"it computes with the bytes of {element_of(operand)}")
    scalars = region.block.args[len(region.block.args) - len(operands) :]
    return {s: nodes.value(v) for s, v in zip(scalars, operands, strict=True)}


def region_value(
    nodes: Nodes, region: Region, given: Mapping[SSAValue, SSAValue], result: SSAValue
) -> SSAValue:
    """What a region yields, with the sizes and elements of `result`."""
    if is_coded(element_of(result)):
        raise NoOnnxForm(f"it makes the bytes of {element_of(result)}")
    [made] = values_of(nodes, yielded_values(region), given, operator_of)
    made = as_element(nodes, made, element_of(result))
    if sizes(made) == extents_of(result):
        return made
    return nodes.like("Expand", [made, shape_operand(nodes, extents_of(result))], result)


def normalised(
    nodes: Nodes, region: Region, operands: Sequence[SSAValue], domain: Sequence[Extent]
) -> dict[SSAValue, SSAValue]:
    """`x * scale + shift` with constants for each channel, as the BatchNormalization that it is."""
    if len(domain) < 2:
        return {}
    block = region.block
    by_argument: dict[SSAValue, SSAValue] = dict(zip(block.args, operands, strict=True))
    for added in block.ops:
        if added.name != "arith.addf":
            continue
        for product, shift in (added.operands, added.operands[::-1]):
            if shift not in by_argument or not isinstance(product.owner, Operation):
                continue
            if product.owner.name != "arith.mulf" or product.uses.get_length() != 1:
                continue
            for x, scale in (product.owner.operands, product.owner.operands[::-1]):
                if x not in by_argument or scale not in by_argument:
                    continue
                made = _batch_norm(nodes, by_argument[x], by_argument[scale], by_argument[shift])
                if made is not None:
                    return {added.results[0]: made}
    return {}


def _batch_norm(nodes: Nodes, x: SSAValue, scale: SSAValue, shift: SSAValue) -> SSAValue | None:
    extents = extents_of(x)
    if not isinstance(element_of(x), AnyFloat) or len(extents) < 2:
        return None
    channels = [by_channel(nodes, value, extents) for value in (scale, shift)]
    if any(value is None for value in channels) or element_of(scale) != element_of(x):
        return None
    dtype = dtype_of(element_of(x))
    count = extents[1]
    assert isinstance(count, int)
    mean, variance = nodes.constant(np.zeros(count, dtype)), nodes.constant(np.ones(count, dtype))
    operands = [nodes.value(x), *channels, mean, variance]
    return nodes.like("BatchNormalization", operands, x, {"epsilon": 0.0})


def by_channel(nodes: Nodes, value: SSAValue, extents: Sequence[Extent]) -> SSAValue | None:
    """A constant for each of the channels of a shape, as a list of them; None for any other."""
    array, channels = nodes.array(value), extents[1]
    if array is None or not isinstance(channels, int) or array.ndim > len(extents):
        return None
    shape = (1,) * (len(extents) - array.ndim) + array.shape
    outside = [n for axis, n in enumerate(shape) if axis != 1]
    if not all(map(is_one, outside)) or shape[1] not in (1, channels):
        return None
    return nodes.constant(np.broadcast_to(array.reshape(-1), (channels,)), value.name_hint)
