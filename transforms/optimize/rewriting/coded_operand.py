"""
Maps that read codes of eight bits as the numbers they stand for, and maps that make codes.

    dequantised     (code - zero) * scale                 of a tensor of codes
    widened         code - zero, in 32 bits
    quantised       saturate(round(x / scale) + zero)     a code
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32, i32
from xdsl.ir import Operation, OpResult, SSAValue

from ....dialects.engine import MapOp, ReshapeOp
from ....dialects.engine.base import element_of, extents_of, yielded_values
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import CODES, UI8, ContractionOp
from ....dialects.engine.weights import Array, WeightStore
from ....runtime.size import is_one, product_of
from .rewrite import Match, producer_of
from .scalar_code import number_of, operand_behind

LIMITS = {False: (-128, 127), True: (0, 255)}
"""Codes that there are, by whether they are unsigned."""

_CASTS = (arith.UIToFPOp, arith.SIToFPOp, arith.ExtUIOp, arith.ExtSIOp)


@dataclass(frozen=True)
class Parameter:
    """A scale or a zero point: a number, or the tensor that has one for each channel."""

    number: float | int | None = None
    tensor: SSAValue | None = None

    def array(self, store: WeightStore) -> Array | None:
        """The numbers, in the shape they have; None where they are computed."""
        if self.number is not None:
            return np.asarray(self.number)
        attr = None if self.tensor is None else constant_of(self.tensor)
        return None if attr is None else store.array(attr)

    @property
    def is_scalar(self) -> bool:
        """Whether there is one number for all."""
        return self.tensor is None or is_one(product_of(extents_of(self.tensor)))

    def same(self, other: Parameter) -> bool:
        """Whether both are the same numbers, by what is written."""
        if self.number is not None or other.number is not None:
            return self.number == other.number
        return self.tensor is other.tensor


@dataclass(frozen=True)
class CodedOperand:
    """What a map reads as numbers: `(codes - zero) * scale`; `scale` None in 32-bit integers."""

    op: MapOp
    codes: SSAValue
    zero: Parameter
    scale: Parameter | None

    @property
    def unsigned(self) -> bool:
        """Whether codes are 0 to 255."""
        return element_of(self.codes) == UI8


def coded_operand(value: SSAValue) -> CodedOperand | None:
    """The codes behind a tensor of f32 or i32 that is a map of them; None where it is no such."""
    op = producer_of(value, MapOp)
    if op is None or element_of(value) not in (f32, i32):
        return None
    [number] = yielded_values(op.body)
    scale: Parameter | None = None
    if element_of(value) == f32:
        product = _defined_by(number, arith.MulfOp)
        if product is None:
            return None
        number, factor = product.operands
        scale = _parameter(op, factor)
        if scale is None:
            return None
    zero = Parameter(number=0)
    difference = _defined_by(number, arith.SubfOp) or _defined_by(number, arith.SubiOp)
    if difference is not None:
        number, offset = difference.operands
        found = _zero_point(op, offset)
        if found is None:
            return None
        zero = found
    codes = _codes_behind(op, number)
    if codes is None or extents_of(codes) != extents_of(value):
        return None
    return CodedOperand(op, codes, zero, scale)


def decodable(value: SSAValue) -> CodedOperand | None:
    """The codes that a reader of numbers of them can decode itself, where these are computed."""
    read = coded_operand(value)
    if read is None or read.scale is None or constant_of(read.codes) is not None:
        return None
    # Parameters by channel would broadcast against another rank.
    scalars = all(v is read.codes or not extents_of(v) for v in read.op.inputs)
    return read if scalars else None


def is_decoded_by_readers(op: MapOp) -> bool:
    """Whether all that reads the map decodes codes itself, so that codes are what is stored."""
    [value] = op.results
    if not value.uses or decodable(value) is None:
        return False
    return all(
        isinstance(use.operation, MapOp)
        or (isinstance(use.operation, ContractionOp) and use.index >= use.operation.DATA_OPERANDS)
        for use in value.uses
    )


def as_scalar(value: SSAValue, m: Match) -> SSAValue:
    """A tensor of one number as one of no dimensions, which broadcasts to any shape."""
    if not extents_of(value):
        return value
    return m.insert(ReshapeOp(value, ())).results[0]


@dataclass(frozen=True)
class Quantisation:
    """A map that makes codes of numbers: `saturate(round(x / scale) + zero)`."""

    op: MapOp
    source: SSAValue
    zero: Parameter
    scale: Parameter


def quantisation(op: MapOp) -> Quantisation | None:
    """The quantisation that a map is; None for any other."""
    if element_of(op.results[0]) not in CODES:
        return None
    unsigned = element_of(op.results[0]) == UI8
    [code] = yielded_values(op.body)
    cast = _defined_by(code, arith.FPToUIOp if unsigned else arith.FPToSIOp)
    if cast is None:
        return None
    low, high = LIMITS[unsigned]
    number = _limited(cast.operands[0], arith.MinimumfOp, high)
    number = None if number is None else _limited(number, arith.MaximumfOp, low)
    if number is None:
        return None
    zero = Parameter(number=0)
    total = _defined_by(number, arith.AddfOp)
    if total is not None:
        number, offset = total.operands
        found = _zero_point(op, offset)
        if found is None:
            return None
        zero = found
    rounded = _defined_by(number, math.RoundEvenOp)
    quotient = None if rounded is None else _defined_by(rounded.operands[0], arith.DivfOp)
    if quotient is None:
        return None
    scale, source = _parameter(op, quotient.operands[1]), operand_behind(op, quotient.operands[0])
    if scale is None or source is None or extents_of(source) != extents_of(op.results[0]):
        return None
    return Quantisation(op, source, zero, scale)


def _defined_by(value: SSAValue, kind: type[Operation]) -> Operation | None:
    return value.op if isinstance(value, OpResult) and isinstance(value.op, kind) else None


def _limited(value: SSAValue, kind: type[Operation], limit: int) -> SSAValue | None:
    """What is limited to `limit` by an operation of `kind`."""
    op = _defined_by(value, kind)
    if op is None or number_of(op.operands[1]) != limit:
        return None
    return op.operands[0]


def _parameter(op: MapOp, value: SSAValue) -> Parameter | None:
    """A number, or a tensor of f32 that the map reads."""
    number = number_of(value)
    if number is not None:
        return Parameter(number=number)
    tensor = operand_behind(op, value)
    if tensor is None or element_of(tensor) != f32:
        return None
    return Parameter(tensor=tensor)


def _zero_point(op: MapOp, value: SSAValue) -> Parameter | None:
    """A zero point that is widened in the map, or a number."""
    number = number_of(value)
    if number is not None:
        return Parameter(number=number) if number == int(number) else None
    cast = next((c for kind in _CASTS if (c := _defined_by(value, kind))), None)
    if cast is None:
        return None
    unsigned = isinstance(cast, arith.UIToFPOp | arith.ExtUIOp)
    number = number_of(cast.operands[0])
    if number is not None:
        return Parameter(number=int(number) & 0xFF if unsigned else int(number))
    tensor = operand_behind(op, cast.operands[0])
    if tensor is None or element_of(tensor) not in CODES:
        return None
    return Parameter(tensor=tensor) if (element_of(tensor) == UI8) == unsigned else None


def _codes_behind(op: MapOp, value: SSAValue) -> SSAValue | None:
    cast = next((c for kind in _CASTS if (c := _defined_by(value, kind))), None)
    tensor = None if cast is None else operand_behind(op, cast.operands[0])
    if tensor is None or element_of(tensor) not in CODES:
        return None
    unsigned = isinstance(cast, arith.UIToFPOp | arith.ExtUIOp)
    return tensor if (element_of(tensor) == UI8) == unsigned else None
