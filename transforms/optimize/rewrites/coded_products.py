"""
Contractions of numbers that are codes of eight bits: the codes are multiplied instead.

The sum of `(a - za) * (b - zb)` is that of `a * b` less terms that hardly cost anything: the sums
of the columns of a constant are known, those of rows are a product with ones. So zero points are
no part of a contraction of codes, and padding is an operation of its own with the zero point as
its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, TensorType, f32, i8, i32
from xdsl.ir import SSAValue

from ....dialects.engine import ConvOp, MapOp, MatmulOp, PadOp
from ....dialects.engine.base import extents_of, int_array, rank_of, shape_of, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.weights import Array, ConstantAttr
from ....runtime.size import is_one, numbers_of
from ..rewriting.coded_operand import CodedOperand, Parameter, as_scalar, coded_operand
from ..rewriting.rewrite import Match, rewrite
from ..rewriting.scalar_code import RegionBuilder, scalar_constant
from .contractions import with_epilogue

MOST_TERMS = 65793
"""A sum of so many products of codes, 255 times 128 each, stays below 2 to the 31."""

MOST_FLOAT_TERMS = 258
"""A sum of so many products, 255 times 255 each, stays below 2 to the 24."""


@rewrite(
    ConvOp,
    MatmulOp,
    exactness="bitwise",
    group="fuse",
    source="MNN DynamicQuantMatMulInteger",
    rows=("MNN/DynamicQuantMatMulInteger",),
)
def absorb_zero_point(op: ConvOp | MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    contraction(a - za, b - zb) => contraction(a, b) - za * sum(b) - zb * sum(a) + n * za * zb
    if a and b are codes of eight bits, b is a constant, and sums are of 32 bits.
    """
    m.require(op.accumulator_element() == i32 and not op.sums_codes, "sums are of 32 bits")
    sides = _sides(op, m)
    return [_Codes(op, m, *sides).contraction()]


@rewrite(
    ConvOp,
    MatmulOp,
    exactness="rounding",
    group="fuse",
    source="onnxruntime QDQSelectorActionTransformer",
    rows=("ORT/QDQSelectorActionTransformer", "MNN/ConvInt8"),
)
def contract_codes(op: ConvOp | MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    contraction((a - za) * sa, (b - zb) * sb) => contraction(a - za, b - zb) * (sa * sb)
    if a and b are codes of eight bits, b is a constant with a scale for each channel at most, and
    sums stay below 2 to the 31.
    """
    m.require(op.accumulator_element() == f32, "sums are of f32")
    left, right = _sides(op, m)
    m.require(left.scale is not None and left.scale.is_scalar, "the left side has one scale")
    terms = prod(numbers_of(_summed(op)))
    m.require(terms <= MOST_TERMS, f"there are at most {MOST_TERMS} terms")
    return [_Codes(op, m, left, right).contraction()]


def _sides(op: ContractionOp, m: Match) -> tuple[CodedOperand, CodedOperand]:
    """The codes behind both operands."""
    grouped = isinstance(op, ConvOp) and op.group_count > 1
    m.require(not grouped, "there is one group")
    found = [coded_operand(value) for value in op.operands[: op.DATA_OPERANDS]]
    m.require(all(found), "both operands are codes less a zero point, times a scale")
    left, right = found
    assert left is not None
    assert right is not None
    m.require(constant_of(right.codes) is not None, "the right codes are a constant")
    m.require(left.zero.is_scalar, "the left side has one zero point")
    m.require(right.zero.array(m.store) is not None, "the right zero points are constants")
    for parameter in (right.zero, right.scale):
        if parameter is not None:
            by_channel = parameter.is_scalar or _along_channels(op, parameter)
            m.require(by_channel, "the right side has a scale and a zero point for each channel")
    m.consumed(left.op)
    m.consumed(right.op)
    return left, right


def _channel_of(op: ContractionOp) -> int:
    """The dimension of the right operand with the output channels."""
    if isinstance(op, ConvOp):
        return 0
    assert isinstance(op, MatmulOp)
    return rank_of(op.rhs) - (2 if op.trans_rhs is not None else 1)


def _along_channels(op: ContractionOp, parameter: Parameter) -> bool:
    assert parameter.tensor is not None
    shape, whole = extents_of(parameter.tensor), extents_of(op.operands[1])
    channel = _channel_of(op) - (len(whole) - len(shape))
    return all(is_one(n) or axis == channel for axis, n in enumerate(shape))


def _summed(op: ContractionOp) -> tuple[int, ...]:
    """The dimensions of the right operand that are summed over."""
    shape, channel = shape_of(op.operands[1]), _channel_of(op)
    if isinstance(op, ConvOp):
        return shape[1:]
    other = 2 * len(shape) - 3 - channel
    return (shape[other],)


@dataclass
class _Codes:
    """The building of a contraction of codes in place of one of numbers."""

    op: ConvOp | MatmulOp
    m: Match
    left: CodedOperand
    right: CodedOperand

    def contraction(self) -> SSAValue:
        """The contraction, whose epilogue makes of its sums what those of `op` were."""
        op, m = self.op, self.m
        za, zb = self.left.zero.array(m.store), self._right_zero()
        weight, zb = self._weight(zb)
        padded = isinstance(op, ConvOp) and any(op.window("pads"))
        m.require(za is not None or not padded, "the zero point of what is padded is a constant")
        scale = self._scale()
        source = self._padded(int(za.reshape(()))) if padded and za is not None else self.left.codes
        kept = weight == m.constant(self.right.codes)
        data = [source, self.right.codes if kept else m.insert_constant(weight)]
        builder = RegionBuilder()
        total: SSAValue = builder.leading(i32)
        if za is None or za.any():
            total = self._less_columns(builder, total, za, zb, weight)
        if zb.any():
            rows = builder.argument(self._row_sums(data))
            factor = self._by_channel(builder, zb.astype(np.int32), "zero_point")
            scaled = builder.add(arith.MuliOp(factor, rows))
            total = builder.add(arith.SubiOp(total, scaled))
        if scale is not None:
            number = builder.add(arith.SIToFPOp(total, f32))
            total = builder.add(arith.MulfOp(number, self._factor(builder, scale)))
        region = op.epilogue_region
        if region is not None:
            arguments = [builder.argument(v) for v in op.epilogue_operands]
            [total] = builder.inline(region, [total, *arguments])
        made = with_epilogue(op, builder.operands, builder.finish(total), op.results[0].type, data)
        made.properties["accumulator"] = i32
        if padded:
            made.properties["pads"] = int_array([0] * (2 * (rank_of(op.operands[0]) - 2)))
        return m.insert(made).results[0]

    # ------------------------------------------------------------------ the right side

    def _right_zero(self) -> Array:
        found = self.right.zero.array(self.m.store)
        assert found is not None
        return found.astype(np.int64).reshape(-1 if found.size > 1 else ())

    def _weight(self, zero: Array) -> tuple[ConstantAttr, Array]:
        """The right codes and zero points, the latter 0 where the codes have room for them."""
        m, codes = self.m, self.right.codes
        attr = m.constant(codes)
        if not zero.any():
            return attr, zero
        by_channel = self._in_weight(zero)
        least, most = (m.store.array(attr).astype(np.int16) - by_channel for _ in (0, 1))
        if least.min() < -128 or most.max() > 127:
            return attr, zero

        def shifted(array: Array, by: Array) -> Array:
            return (array.astype(np.int16) - by).astype(np.int8)

        name = codes.name_hint or "weight"
        moved = m.store.add(by_channel.astype(np.int16), "zero_point")
        result = tensor(extents_of(codes), i8)
        derived = m.store.derive("less-zero-point", shifted, [attr, moved], result, name)
        return derived, np.zeros((), np.int64)

    def _in_weight(self, array: Array) -> Array:
        """Numbers of the channels in the shape in which they meet the right operand."""
        if not array.ndim:
            return array
        shape = [1] * rank_of(self.right.codes)
        shape[_channel_of(self.op)] = array.size
        return array.reshape(shape)

    def _in_result(self, array: Array) -> Array:
        """Numbers of the channels in the shape in which they meet the result."""
        if not array.ndim or isinstance(self.op, MatmulOp):
            return array
        return array.reshape(-1, *[1] * (rank_of(self.op.results[0]) - 2))

    def _by_channel(self, builder: RegionBuilder, array: Array, name: str) -> SSAValue:
        """A number for each channel, as a scalar of the epilogue."""
        if not array.ndim:
            type_ = i32 if array.dtype.kind == "i" else f32
            return builder.add(scalar_constant(array.item(), type_))
        constant = self.m.store.add(np.ascontiguousarray(self._in_result(array)), name)
        return builder.argument(self.m.insert_constant(constant))

    # ------------------------------------------------------------------ terms of the sum

    def _less_columns(
        self,
        builder: RegionBuilder,
        total: SSAValue,
        za: Array | None,
        zb: Array,
        weight: ConstantAttr,
    ) -> SSAValue:
        """`total - za * (sum(b) - n * zb)`, the latter known for each channel."""
        op, m = self.op, self.m
        array, channel = m.store.array(weight), _channel_of(op)
        axes = (array.ndim - 2 if channel == array.ndim - 1 else array.ndim - 1,)
        if isinstance(op, ConvOp):
            axes = tuple(range(1, array.ndim))
        m.require(isinstance(op, ConvOp) or array.ndim == 2, "the right side is one matrix")
        sums = array.sum(axis=axes, dtype=np.int64) - prod(_summed(op)) * zb
        if za is not None:
            known = (int(za.reshape(())) * sums).astype(np.int32)
            return builder.add(arith.SubiOp(total, self._by_channel(builder, known, "zeros")))
        assert self.left.zero.tensor is not None
        zero = builder.argument(as_scalar(self.left.zero.tensor, m))
        extend = arith.ExtUIOp if self.left.unsigned else arith.ExtSIOp
        wide = builder.add(extend(zero, i32))
        factor = self._by_channel(builder, sums.astype(np.int32), "sums")
        return builder.add(arith.SubiOp(total, builder.add(arith.MuliOp(wide, factor))))

    def _row_sums(self, data: Sequence[SSAValue]) -> SSAValue:
        """The sums of the left codes over what is summed: the same contraction with ones."""
        shape = list(shape_of(self.op.operands[1]))
        shape[_channel_of(self.op)] = 1
        ones = self.m.insert_constant(self.m.store.add(np.ones(shape, np.int8), "ones"))
        sides = [data[0], ones]
        made = self._sums(sides, tensor((), i32))
        made = self._sums(sides, tensor(made.inferred_shapes()[0], i32))
        return self.m.insert(made).results[0]

    def _sums(self, sides: Sequence[SSAValue], result: TensorType) -> ContractionOp:
        made = with_epilogue(self.op, (), None, result, sides)
        made.properties["accumulator"] = i32
        if isinstance(self.op, ConvOp):
            made.properties["pads"] = int_array([0] * len(self.op.window("pads")))
        return made

    def _padded(self, zero: int) -> SSAValue:
        """The left codes with their zero point around them."""
        op = self.op
        assert isinstance(op, ConvOp)
        pads, rank = op.window("pads"), op.spatial_rank
        number = IntegerAttr(zero - 256 if zero > 127 else zero, i8)
        pad = PadOp(self.left.codes, [0, 0, *pads[:rank]], [0, 0, *pads[rank:]], number)
        return self.m.insert(pad).results[0]

    # ------------------------------------------------------------------ scales

    def _scale(self) -> tuple[Parameter, Parameter] | None:
        left, right = self.left.scale, self.right.scale
        return None if left is None or right is None else (left, right)

    def _factor(self, builder: RegionBuilder, scales: tuple[Parameter, Parameter]) -> SSAValue:
        """`sa * sb` for each channel: known, or a product of scalars."""
        left, right = (p.array(self.m.store) for p in scales)
        if left is not None and right is not None:
            flat = right.reshape(-1 if right.size > 1 else ())
            product = np.float32(left.reshape(())) * flat.astype(np.float32)
            return self._by_channel(builder, np.asarray(product, np.float32), "scale")
        factors: list[SSAValue] = []
        for parameter, known in zip(scales, (left, right), strict=True):
            if known is not None:
                flat = known.reshape(-1 if known.size > 1 else ())
                factors.append(self._by_channel(builder, flat.astype(np.float32), "scale"))
                continue
            assert parameter.tensor is not None
            self.m.require(parameter.is_scalar, "a scale that is computed is one number")
            factors.append(builder.argument(as_scalar(parameter.tensor, self.m)))
        first, second = factors
        return builder.add(arith.MulfOp(first, second))


@rewrite(
    ConvOp,
    exactness="bitwise",
    group="fuse",
    source="MLIR linalg",
)
def sum_groups_in_floats(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv{groups}(a - za, b - zb) => integer(conv{groups}(float(a) - za, float(b) - zb))  if a and b
    are codes of eight bits and no sum reaches 2 to the 24: f32 holds every one of them.

    Convolutions with groups have kernels for floats, which compute a depthwise one near the peak.
    """
    m.require(op.accumulator_element() == i32 and not op.sums_codes, "sums are of 32 bits")
    m.require(op.group_count > 1, "there are groups")
    m.require(op.spatial_rank <= 2, "there are one or two spatial dimensions")
    terms = prod(shape_of(op.weight)[1:])
    m.require(terms <= MOST_FLOAT_TERMS, f"there are at most {MOST_FLOAT_TERMS} terms")
    sides = [coded_operand(value) for value in (op.input, op.weight)]
    data: list[SSAValue] = []
    for side in sides:
        m.require(side is not None, "both operands are codes less a zero point")
        assert side is not None
        m.consumed(side.op)
        data.append(_in_floats(side, m))
    builder = RegionBuilder()
    total = builder.add(arith.FPToSIOp(builder.leading(f32), i32))
    region = op.epilogue_region
    if region is not None:
        arguments = [builder.argument(v) for v in op.epilogue_operands]
        [total] = builder.inline(region, [total, *arguments])
    fused = builder.finish(total)
    return [
        m.insert(with_epilogue(op, builder.operands, fused, op.results[0].type, data)).results[0]
    ]


def _in_floats(side: CodedOperand, m: Match) -> SSAValue:
    """Codes less their zero point as f32."""
    builder = RegionBuilder()
    cast = arith.UIToFPOp if side.unsigned else arith.SIToFPOp
    number = builder.add(cast(builder.argument(side.codes), f32))
    if side.zero.tensor is not None:
        zero = builder.add(cast(builder.argument(side.zero.tensor), f32))
        number = builder.add(arith.SubfOp(number, zero))
    elif side.zero.number:
        zero = builder.add(scalar_constant(side.zero.number, f32))
        number = builder.add(arith.SubfOp(number, zero))
    result = tensor(extents_of(side.codes), f32)
    return m.insert(MapOp(builder.operands, builder.finish(number), result)).results[0]


RULES = (
    absorb_zero_point,
    contract_codes,
    sum_groups_in_floats,
)
