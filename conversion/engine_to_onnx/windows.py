"""`pool` and `resize`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import PoolOp, ResizeOp
from ...dialects.engine.base import extents_of
from .nodes import Nodes
from .size_values import shape_operand


def convert_pool(nodes: Nodes, op: PoolOp) -> Sequence[SSAValue]:
    """MaxPool or AveragePool."""
    attributes: dict[str, object] = {
        "kernel_shape": list(op.window("kernel")),
        "strides": list(op.window("strides")),
        "pads": list(op.window("pads")),
        "dilations": list(op.window("dilations")),
        "ceil_mode": int(op.ceil_mode is not None),
    }
    average = op.kind.data == "average"
    if average:
        attributes["count_include_pad"] = int(op.count_include_pad is not None)
    if set(op.window("dilations")) == {1}:
        del attributes["dilations"]  # older versions of AveragePool have none
    operator = "AveragePool" if average else "MaxPool"
    return [nodes.like(operator, [nodes.value(op.input)], op.results[0], attributes)]


def convert_resize(nodes: Nodes, op: ResizeOp) -> Sequence[SSAValue]:
    """Resize, by factors where they give the size, which is said otherwise."""
    before, after = extents_of(op.input), extents_of(op.results[0])
    factors = np.array(op.factors, np.float32)
    attributes: dict[str, object] = {
        "mode": op.mode.data,
        "coordinate_transformation_mode": op.coordinates.data,
        "cubic_coeff_a": op.cubic_coefficient.value.data,
    }
    if op.mode.data == "nearest":
        attributes["nearest_mode"] = op.rounding.data
    by_factors = all(
        n == m if factor == 1.0 else isinstance(n, int) and int(np.floor(n * factor)) == m
        for n, m, factor in zip(before, after, factors, strict=True)
    )
    x = nodes.value(op.input)
    if by_factors or not all(isinstance(n, int) for n in (*before, *after)):
        operands = [x, None, nodes.constant(factors)]
    else:
        operands = [x, None, None, shape_operand(nodes, after)]
    return [nodes.like("Resize", operands, op.results[0], attributes)]
