"""
Quantisation as exported programs decompose it.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers, cast_scalar, value
from .arguments import result_element

_N = Numbers(f32)


def _along(lo: Lowering, x: SSAValue, axis: int, rank: int) -> SSAValue:
    """A vector along one of the dimensions."""
    if rank_of(x) != 1:
        return x
    [count] = extents_of(x)
    return lo.reshape(x, [count if a == axis % rank else 1 for a in range(rank)])


def _parameters(lo: Lowering) -> tuple[SSAValue, SSAValue]:
    """(scale, zero point) as tensors that broadcast to the operand, from operands or numbers."""
    names, rank = lo.op.SIGNATURE.operand_names, rank_of(lo.operand("input"))
    found: list[SSAValue] = []
    for single, many, dtype in (
        ("scale", "scales", np.float32),
        ("zero_point", "zero_points", np.int64),
    ):
        name = single if single in names else many
        given = lo.optional(name) if name in names else None
        if given is None:
            has_number = single in lo.op.SIGNATURE.attributes
            number = lo.number(single) if has_number else 0
            given = lo.constant(np.asarray(number, dtype), single)
        elif "axis" in lo.op.SIGNATURE.attributes:
            given = _along(lo, given, lo.integer("axis"), rank)
        elif rank_of(given) == 1:
            given = lo.reshape(given, ())
        found.append(given)
    return found[0], found[1]


def _with_parameters(
    build: Callable[[Lowering], Callable[[SSAValue, SSAValue, SSAValue], SSAValue]],
) -> Conversion:
    """Computed in f32."""

    def convert(lo: Lowering) -> SSAValue:
        x, (scale, zero), element = lo.operand("input"), _parameters(lo), result_element(lo)
        types = [element_of(v) for v in (x, scale, zero)]
        inner = build(lo)

        def whole(*scalars: SSAValue) -> SSAValue:
            a, s, z = (cast_scalar(v, t, f32) for v, t in zip(scalars, types, strict=True))
            return cast_scalar(inner(a, s, z), f32, element)

        return lo.map([x, scale, zero], whole, element)

    return convert


def _quantized(lo: Lowering) -> Callable[[SSAValue, SSAValue, SSAValue], SSAValue]:
    """`clamp(round(x * (1 / scale)) + zero)`, halves to even."""
    least, most = lo.integer("quant_min"), lo.integer("quant_max")

    def build(a: SSAValue, scale: SSAValue, zero: SSAValue) -> SSAValue:
        near = value(math.RoundEvenOp(_N.mul(a, _N.div(_N.number(1), scale))))
        return _N.minimum(_N.maximum(_N.add(near, zero), _N.number(least)), _N.number(most))

    return build


def _dequantized(lo: Lowering) -> Callable[[SSAValue, SSAValue, SSAValue], SSAValue]:
    """`(x - zero) * scale`"""
    del lo  # nothing else decides it
    return lambda a, scale, zero: _N.mul(_N.sub(a, zero), scale)


_KINDS = ("per_tensor", "per_tensor.tensor", "per_channel", "per_token")

OPERATORS: dict[str, Conversion] = {
    **{f"quantize_{kind}": _with_parameters(_quantized) for kind in _KINDS},
    **{f"dequantize_{kind}": _with_parameters(_dequantized) for kind in _KINDS},
}
"""Conversions by the operator of `quantized_decomposed`."""
