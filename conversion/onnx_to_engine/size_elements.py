"""Sizes that a graph computes: `Shape`, and what follows from it by arithmetic on integers."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.ir import SSAValue

from ...dialects.engine import WeightStore
from ...dialects.framework import FrameworkOp
from ...dialects.onnx import OnnxOp
from ..onnx_import.sizes.elements import symbols_of
from ..shape_arithmetic import Elements, count_of, elements_of, sizes_of_type
from .late_types import known_value, node_of

_OF_TYPES = ("onnx.Shape", "onnx.Size")
"""Operators whose results follow from the type of their operand."""


def size_elements(
    op: FrameworkOp, store: WeightStore, sizes: Mapping[SSAValue, Elements]
) -> Elements | None:
    """
    The elements of the first result where all of them are numbers or sizes by name.

    `sizes` holds those of values of which some are by name. None where nothing by name goes in.
    """
    assert isinstance(op, OnnxOp)
    if op.name in _OF_TYPES:
        return _of_type(op)
    if not any(v in sizes for v in op.operands) or op.regions:
        return None
    values = [None if v is None else known_value(v, store, sizes) for v in op.operand_slots]
    found = symbols_of(node_of(op, store), values)
    if found is None or any(e is None for e in found.reshape(-1).tolist()):
        return None
    return found


def _of_type(op: OnnxOp) -> Elements | None:
    extents = sizes_of_type(op.operands[0].type)
    if extents is None:
        return None
    if op.name == "onnx.Size":
        return elements_of([count_of(extents)], ())
    start, end = op.attribute("start"), op.attribute("end")
    assert start is None or isinstance(start, int)
    assert end is None or isinstance(end, int)
    return elements_of(extents[start or 0 : len(extents) if end is None else end])
