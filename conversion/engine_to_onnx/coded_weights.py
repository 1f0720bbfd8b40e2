"""`decode`: DequantizeLinear of constants, with a block size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import f32, i8
from xdsl.ir import SSAValue

from ...dialects.engine import DecodeOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.coded import default_zero
from ...interpreters.engine.coded import unpacked
from .nodes import Nodes, NoOnnxForm

_TYPES: dict[tuple[int, bool], Any] = {
    (2, False): ml_dtypes.uint2,
    (2, True): ml_dtypes.int2,
    (4, False): ml_dtypes.uint4,
    (4, True): ml_dtypes.int4,
    (8, False): np.uint8,
    (8, True): np.int8,
}
"""Types of ONNX by bits and whether codes are signed."""


def convert_decode(nodes: Nodes, op: DecodeOp) -> Sequence[SSAValue]:
    """DequantizeLinear along the last dimension."""
    codes = nodes.array(op.codes)
    scales = nodes.array(op.scales[0]) if op.scales else None
    if codes is None or scales is None or codes.ndim != 2:
        raise NoOnnxForm("it decodes what is no constant matrix of codes")
    dtype = np.dtype(_TYPES[op.width, element_of(op.codes) == i8])
    numbers = nodes.constant(unpacked(codes, op.width, op.row).astype(dtype), op.codes.name_hint)
    if op.zeros:
        zeros = nodes.array(op.zeros[0])
        if zeros is None or zeros.dtype.kind == "f":
            raise NoOnnxForm("it has zero points that are no codes")
    else:
        zeros = np.full(scales.shape, default_zero(op.codes, op.width))
    operands = [
        numbers,
        nodes.constant(scales.astype(np.float32), op.scales[0].name_hint),
        nodes.constant(zeros.astype(dtype), "zeros"),
    ]
    attributes = {"axis": 1, "block_size": op.block_size}
    shape = extents_of(op.results[0])
    return [nodes.one("DequantizeLinear", operands, f32, shape, attributes)]
