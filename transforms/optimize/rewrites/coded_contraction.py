"""
The building of a contraction of codes in place of one of the numbers they stand for.

The sum of `(a - za) * (b - zb)` is that of `a * b` less terms that hardly cost anything: the sums
of the columns of a constant are known, those of what is computed are a product with ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, TensorType, f32, i8, i32
from xdsl.ir import SSAValue

from ....dialects.engine import ConvOp, MatmulOp, PadOp
from ....dialects.engine.base import extents_of, int_array, rank_of, shape_of, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.weights import Array, ConstantAttr
from ....runtime.size import Extent, is_one
from ..rewriting.coded_operand import CodedOperand, Parameter, as_scalar
from ..rewriting.rewrite import Match
from ..rewriting.scalar_code import RegionBuilder, scalar_constant
from .contractions import with_epilogue


def channel_of(op: ContractionOp) -> int:
    """The dimension of the right operand with the output channels."""
    if isinstance(op, ConvOp):
        return 0
    assert isinstance(op, MatmulOp)
    return rank_of(op.rhs) - (2 if op.trans_rhs is not None else 1)


def along_channels(op: ContractionOp, parameter: Parameter) -> bool:
    """Whether a parameter of the right operand varies along its output channels only."""
    assert parameter.tensor is not None
    shape, whole = extents_of(parameter.tensor), extents_of(op.operands[1])
    channel = channel_of(op) - (len(whole) - len(shape))
    return all(is_one(n) or axis == channel for axis, n in enumerate(shape))


def summed(op: ContractionOp) -> tuple[Extent, ...]:
    """The dimensions of the right operand that are summed over."""
    shape, channel = extents_of(op.operands[1]), channel_of(op)
    if isinstance(op, ConvOp):
        return shape[1:]
    other = 2 * len(shape) - 3 - channel
    return (shape[other],)


@dataclass
class CodedContraction:
    """The building of one contraction; `depth` is how many terms its sums have."""

    op: ConvOp | MatmulOp
    m: Match
    left: CodedOperand
    right: CodedOperand
    depth: int

    def contraction(self) -> SSAValue:
        """The contraction, whose epilogue makes of its sums what those of `op` were."""
        if constant_of(self.right.codes) is None:
            return self._of_computed()
        return self._of_constant()

    def _of_constant(self) -> SSAValue:
        """With a constant on the right, whose columns have known sums."""
        op, m = self.op, self.m
        za, zb = self.left.zero.array(m.store), self._right_zero()
        weight, zb = self._weight(zb)
        padded = isinstance(op, ConvOp) and any(op.window("pads"))
        m.require(za is not None or not padded, "the zero point of what is padded is a constant")
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
        return self._finished(builder, total, data)

    def _of_computed(self) -> SSAValue:
        """With a computed matrix on the right: the sums of its columns are a product with ones."""
        data = [self.left.codes, self.right.codes]
        builder = RegionBuilder()
        total: SSAValue = builder.leading(i32)
        left, right = (self._zero(builder, side) for side in (self.left, self.right))
        if left is not None:
            columns = builder.argument(self._column_sums(data))
            if right is not None:
                terms = builder.add(scalar_constant(self.depth, i32))
                expected = builder.add(arith.MuliOp(right, terms))
                columns = builder.add(arith.SubiOp(columns, expected))
            scaled = builder.add(arith.MuliOp(left, columns))
            total = builder.add(arith.SubiOp(total, scaled))
        if right is not None:
            rows = builder.argument(self._row_sums(data))
            scaled = builder.add(arith.MuliOp(right, rows))
            total = builder.add(arith.SubiOp(total, scaled))
        return self._finished(builder, total, data)

    def _finished(
        self, builder: RegionBuilder, total: SSAValue, data: Sequence[SSAValue]
    ) -> SSAValue:
        """The contraction of `data` whose sums become `total`, then what those of `op` became."""
        op, scale = self.op, self._scale()
        if scale is not None:
            number = builder.add(arith.SIToFPOp(total, f32))
            total = builder.add(arith.MulfOp(number, self._factor(builder, scale)))
        region = op.epilogue_region
        if region is not None:
            arguments = [builder.argument(v) for v in op.epilogue_operands]
            [total] = builder.inline(region, [total, *arguments])
        result = op.results[0].type
        made = with_epilogue(op, builder.operands, builder.finish(total), result, data)
        made.properties["accumulator"] = i32
        if isinstance(op, ConvOp):  # what was padded is an operation of its own
            made.properties["pads"] = int_array([0] * len(op.window("pads")))
        return self.m.insert(made).results[0]

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
        shape[channel_of(self.op)] = array.size
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
        array, channel = m.store.array(weight), channel_of(op)
        axes = (array.ndim - 2 if channel == array.ndim - 1 else array.ndim - 1,)
        if isinstance(op, ConvOp):
            axes = tuple(range(1, array.ndim))
        m.require(isinstance(op, ConvOp) or array.ndim == 2, "the right side is one matrix")
        sums = array.sum(axis=axes, dtype=np.int64) - self.depth * zb
        if za is not None:
            known = (int(za.reshape(())) * sums).astype(np.int32)
            return builder.add(arith.SubiOp(total, self._by_channel(builder, known, "zeros")))
        wide = self._zero(builder, self.left)
        assert wide is not None
        factor = self._by_channel(builder, sums.astype(np.int32), "sums")
        return builder.add(arith.SubiOp(total, builder.add(arith.MuliOp(wide, factor))))

    def _row_sums(self, data: Sequence[SSAValue]) -> SSAValue:
        """The sums of the left codes over what is summed: the same contraction with ones."""
        op = self.op
        if isinstance(op, ConvOp):
            shape = [1, *shape_of(op.weight)[1:]]
        else:
            shape = [1, self.depth] if op.trans_rhs is not None else [self.depth, 1]
        ones = self.m.insert_constant(self.m.store.add(np.ones(shape, np.int8), "ones"))
        return self._inserted_sums([data[0], ones])

    def _column_sums(self, data: Sequence[SSAValue]) -> SSAValue:
        """The sums of the right codes: the same product with ones in place of the left ones."""
        assert isinstance(self.op, MatmulOp)
        shape = [self.depth, 1] if self.op.trans_lhs is not None else [1, self.depth]
        ones = self.m.insert_constant(self.m.store.add(np.ones(shape, np.uint8), "ones"))
        return self._inserted_sums([ones, data[1]])

    def _zero(self, builder: RegionBuilder, side: CodedOperand) -> SSAValue | None:
        """The zero point of a side as a scalar of the epilogue; None where it is 0."""
        known = side.zero.array(self.m.store)
        if known is not None:
            number = int(known.reshape(()))
            return builder.add(scalar_constant(number, i32)) if number else None
        assert side.zero.tensor is not None
        zero = builder.argument(as_scalar(side.zero.tensor, self.m))
        return builder.add((arith.ExtUIOp if side.unsigned else arith.ExtSIOp)(zero, i32))

    def _inserted_sums(self, sides: Sequence[SSAValue]) -> SSAValue:
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
