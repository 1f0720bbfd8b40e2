"""
Scalars that become codes: what stands between the sum of a product and its code, in few steps.

    f32(acc) * s + b; max(.., 0); / t; round; + z; limits; a code
    =>  f32(acc) * (s / t) + b / t; limits; round; + z, in integers

A code is a number that is rounded, so that the last digit of what comes before decides where it is
a tie. Rules of class `rounding` here move one code of more than ten thousand by one, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f32, i32
from xdsl.ir import Operation, SSAValue

from ....dialects.engine import ConvOp, MatmulOp
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.normal_numbers import all_normal_or_zero, is_normal
from ....dialects.engine.weights import Array
from ..rewriting.rewrite import Match, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder, clone_with, number_of, scalar_constant
from .contractions import AffineChain, affine_chain, bias_constant, chain_ops, with_epilogue

MOST_CODE = 1 << 16
"""Codes and zero points are no larger: with room to spare below what f32 counts one by one."""


def _comes_to_rounding(value: SSAValue) -> bool:
    """Whether all that reads a scalar rounds it to an integer, limits it for that, or scales it."""
    pending, seen = [value], 0
    while pending:
        uses = list(pending.pop().uses)
        seen += 1
        if not uses or seen > 8:
            return False
        for use in uses:
            if isinstance(use.operation, arith.MaximumfOp | arith.MinimumfOp):
                pending.append(use.operation.results[0])
            elif not isinstance(use.operation, math.RoundEvenOp):
                return False
    return True


@rewrite(
    arith.DivfOp,
    after=(arith.ConstantOp,),
    exactness="rounding",
    source="onnxruntime QDQSelectorActionTransformer",
)
def quantise_by_reciprocal(op: arith.DivfOp, m: Match) -> Sequence[SSAValue]:
    """
    round(x / c) => round(x * (1 / c))  if c and 1 / c are normal numbers, in the epilogue of a
    contraction of codes: other codes are those of the division.
    """
    owner = op.parent_op()
    m.require(
        isinstance(owner, ContractionOp) and owner.sums_codes, "a sum of codes becomes a code"
    )
    number = m.number(op.rhs)
    m.require(op.result.type == f32, "numbers are f32")
    m.require(_comes_to_rounding(op.result), "it is rounded to an integer")
    m.require(number != 0 and is_normal(number, f32), "the divisor is a normal number")
    factor = float(np.float32(1 / float(np.float32(number))))
    m.require(is_normal(factor, f32), "its reciprocal is a normal number")
    return [m.insert(arith.MulfOp(op.lhs, m.scalar(factor, f32))).result]


@rewrite(
    arith.MulfOp,
    after=(arith.MaximumfOp,),
    exactness="bitwise",
    source="onnxruntime ClipQuantFusion",
    evidence="exhaustive",
)
def scale_before_limit(op: arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    max(x, 0) * c => max(x * c, 0)  if c > 0 is finite, what is multiplied is rounded to an integer,
    and nobody else reads max(x, 0).
    """
    number = m.number(op.rhs)
    limit = m.producer(op.lhs, arith.MaximumfOp)
    m.require(limit.result.has_one_use(), "the limited number has one use")
    m.require(m.number(limit.rhs) == 0, "the limit is 0")
    m.require(0 < number < inf, "the factor is positive and finite")  # 0 * inf is NaN
    m.require(_comes_to_rounding(op.result), "it is rounded to an integer")
    scaled = m.insert(arith.MulfOp(limit.lhs, op.rhs)).result
    return [m.insert(arith.MaximumfOp(scaled, limit.rhs)).result]


@rewrite(
    arith.FPToUIOp,
    arith.FPToSIOp,
    after=(arith.MinimumfOp,),
    exactness="bitwise",
    source="onnxruntime ClipQuantFusion",
    rows=("ORT/ClipQuantFusion",),
    evidence="proved",
)
def clamp_before_rounding(op: arith.FPToUIOp | arith.FPToSIOp, m: Match) -> Sequence[SSAValue]:
    """
    min(max(round(x) + z, l), h) => round(min(max(x, l - z), h - z)) + z  if z, l and h are whole
    and small, as an integer; the sum is one of integers.
    """
    type_ = op.result.type
    assert isinstance(type_, IntegerType)
    m.require(type_.width.data < 32 and op.input.type == f32, "f32 becomes a narrow integer")
    upper = m.producer(op.input, arith.MinimumfOp)
    lower = m.producer(upper.lhs, arith.MaximumfOp)
    high, low = m.number(upper.rhs), m.number(lower.rhs)
    total, zero = lower.lhs, 0.0
    shifted = producer_of(total, arith.AddfOp)
    if shifted is not None:
        m.consumed(shifted)
        total, zero = shifted.lhs, m.number(shifted.rhs)
    rounded = m.producer(total, math.RoundEvenOp)
    whole = all(n == int(n) and abs(n) <= MOST_CODE for n in (zero, low, high) if n == n)
    m.require(whole and zero == zero and low < high, "limits and zero point are whole and small")
    raised = m.insert(arith.MaximumfOp(rounded.operand, m.scalar(low - zero, f32))).result
    limited = m.insert(arith.MinimumfOp(raised, m.scalar(high - zero, f32))).result
    number = m.insert(math.RoundEvenOp(limited)).result
    if zero == 0:
        return [m.insert(type(op)(number, type_)).results[0]]
    integer = m.insert(arith.FPToSIOp(number, i32)).result
    moved = m.insert(arith.AddiOp(integer, m.scalar(int(zero), i32))).result
    return [m.insert(arith.TruncIOp(moved, type_)).result]


@rewrite(
    arith.UIToFPOp,
    arith.SIToFPOp,
    exactness="rounding",
    source="onnxruntime DoubleQDQPairsRemover",
)
def drop_code_of_whole(op: arith.UIToFPOp | arith.SIToFPOp, m: Match) -> Sequence[SSAValue]:
    """
    to_float(to_code(x)) => x, to_float(to_code(integer(x) + z)) => x + z  if x is whole and the
    code has room for it; a zero may get another sign.
    """
    m.require(op.result.type == f32, "numbers are f32")
    code, zero = op.input, 0
    narrowed = producer_of(code, arith.TruncIOp)
    if narrowed is not None:
        shifted = m.producer(narrowed.input, arith.AddiOp)
        zero, code = int(m.number(shifted.rhs)), shifted.lhs
    cast = producer_of(code, arith.FPToSIOp) or m.producer(code, arith.FPToUIOp)
    rounded = m.producer(cast.input, math.RoundEvenOp)
    limits = _limits_of(rounded.operand)
    m.require(limits is not None, "the number is limited")
    assert limits is not None
    width = op.input.type
    assert isinstance(width, IntegerType)
    bits = width.width.data
    first = 0 if isinstance(op, arith.UIToFPOp) else -(1 << (bits - 1))
    low, high = limits[0] + zero, limits[1] + zero
    m.require(first <= low and high < first + (1 << bits), "the code has room for the number")
    if zero == 0:
        return [rounded.result]
    return [m.insert(arith.AddfOp(rounded.result, m.scalar(zero, f32))).result]


def _limits_of(value: SSAValue) -> tuple[float, float] | None:
    """Between which numbers `min(max(x, l), h)` lies."""
    upper = producer_of(value, arith.MinimumfOp)
    lower = None if upper is None else producer_of(upper.lhs, arith.MaximumfOp)
    if upper is None or lower is None:
        return None
    low, high = number_of(lower.rhs), number_of(upper.rhs)
    if low is None or high is None or not low <= high:
        return None
    return float(low), float(high)


@rewrite(
    arith.SubfOp,
    arith.AddfOp,
    after=(arith.AddfOp,),
    exactness="rounding",
    source="onnxruntime DoubleQDQPairsRemover",
)
def drop_shift_of_whole(op: arith.SubfOp | arith.AddfOp, m: Match) -> Sequence[SSAValue]:
    """
    (x + z) - z => x, (x + z) + -z => x  if x and z are whole and small; a zero may get another
    sign.
    """
    inner = m.producer(op.lhs, arith.AddfOp)
    outer, shift = m.number(op.rhs), m.number(inner.rhs)
    back = outer if isinstance(op, arith.SubfOp) else -outer
    m.require(back == shift and shift == int(shift) and abs(shift) <= MOST_CODE, "z is whole")
    rounded = m.producer(inner.lhs, math.RoundEvenOp)
    limits = _limits_of(rounded.operand)
    m.require(limits is not None and max(map(abs, limits)) <= MOST_CODE, "x is small")
    return [rounded.result]


@rewrite(
    arith.MulfOp,
    exactness="rounding",
    source="onnxruntime QDQSelectorActionTransformer",
)
def sum_of_scaled_codes(op: arith.MulfOp, m: Match) -> Sequence[SSAValue]:
    """
    ((x - a) * s + (y - b) * t) * u => fma(y, t * u, fma(x, s * u, -(a * s + b * t) * u))
    if x and y are whole, all else are numbers, the new ones are normal or 0, and the sum is rounded
    to an integer, in the epilogue of a contraction of codes: the residual of a block.
    """
    owner = op.parent_op()
    m.require(
        isinstance(owner, ContractionOp) and owner.sums_codes, "a sum of codes becomes a code"
    )
    m.require(op.result.type == f32, "numbers are f32")
    m.require(_comes_to_rounding(op.result), "it is rounded to an integer")
    factor = m.number(op.rhs)
    total = m.producer(op.lhs, arith.AddfOp)
    m.require(total.result.has_one_use(), "the sum has one use")
    (x, a, s), (y, b, t) = (_scaled_code(side, m) for side in total.operands)
    first, second = (float(np.float32(scale * factor)) for scale in (s, t))
    shift = float(np.float32(-(a * s + b * t) * factor))
    m.require(all(is_normal(n, f32) for n in (first, second)), "the factors are normal numbers")
    m.require(shift == 0 or is_normal(shift, f32), "the shift is a normal number or 0")
    inner = m.insert(math.FmaOp(x, m.scalar(first, f32), m.scalar(shift, f32))).result
    return [m.insert(math.FmaOp(y, m.scalar(second, f32), inner)).result]


@rewrite(
    arith.AddfOp,
    exactness="rounding",
    source="onnxruntime QDQSelectorActionTransformer",
)
def multiply_add_to_code(op: arith.AddfOp, m: Match) -> Sequence[SSAValue]:
    """
    f32(acc) * s + b => fma(f32(acc), s, b)  if nobody else reads the product, and the sum is
    rounded to an integer, in the epilogue of a contraction of codes: it is rounded once less.
    """
    owner = op.parent_op()
    m.require(
        isinstance(owner, ContractionOp) and owner.sums_codes, "a sum of codes becomes a code"
    )
    m.require(op.result.type == f32, "numbers are f32")
    m.require(_comes_to_rounding(op.result), "it is rounded to an integer")
    product = m.producer(op.lhs, arith.MulfOp)
    m.require(product.result.has_one_use(), "the product has one use")
    m.producer(product.lhs, arith.SIToFPOp)
    return [m.insert(math.FmaOp(product.lhs, product.rhs, op.rhs)).result]


def _scaled_code(value: SSAValue, m: Match) -> tuple[SSAValue, float, float]:
    """What is whole, less which number, times which: `(x - a) * s`, read once."""
    product = m.producer(value, arith.MulfOp)
    m.require(product.result.has_one_use(), "a scaled code has one use")
    scale, code, zero = m.number(product.rhs), product.lhs, 0.0
    shifted = producer_of(code, arith.SubfOp)
    if shifted is not None:
        code, zero = shifted.lhs, m.number(shifted.rhs)
    kinds = (math.RoundEvenOp, arith.UIToFPOp, arith.SIToFPOp)
    whole = any(producer_of(code, kind) is not None for kind in kinds)
    m.require(whole and abs(zero) <= MOST_CODE, "codes are whole, zero points small")
    return code, float(zero), float(scale)


@rewrite(
    ConvOp,
    MatmulOp,
    exactness="rounding",
    group="fuse",
    source="onnxruntime QDQSelectorActionTransformer",
)
def one_multiplier(op: ContractionOp, m: Match) -> Sequence[SSAValue]:
    """
    f32(acc) * s * t + b => f32(acc) * (s * t) + b  and the same with sums between and divisions
    if acc sums up codes, s, t and b vary along the output channels only, and the new constants are
    normal numbers.
    """
    m.require(op.sums_codes, "codes are summed up")
    region = op.epilogue_region
    m.require(region is not None, "there is an epilogue")
    assert region is not None
    number = _number_of_sum(region.block.args[0])
    m.require(number is not None, "the sum becomes a number once")
    assert number is not None
    chain = affine_chain(op, region, m, number)
    worth = chain.scales > 1 or (chain.scales == 1 and chain.steps > 2)
    m.require(worth, "there are several factors, or a sum between")
    m.require(_is_normal(chain), "the constants are normal numbers")
    builder = RegionBuilder()
    total: SSAValue = builder.leading(i32)
    values: dict[SSAValue, SSAValue] = {region.block.args[0]: total}
    skipped = chain_ops(number, chain)
    for argument, operand in zip(region.block.args[1:], op.epilogue_operands, strict=True):
        if any(use.operation not in skipped for use in argument.uses):
            values[argument] = builder.argument(operand)
    last = region.block.last_op
    assert last is not None
    for inner in region.block.ops:
        if inner in skipped or inner is last:
            continue
        clone = clone_with(inner, values)
        builder.block.add_op(clone)
        values.update(zip(inner.results, clone.results, strict=True))
        if number in values and chain.end not in values:
            found = values[number]
            for array, kind in ((chain.scale, arith.MulfOp), (chain.shift, arith.AddfOp)):
                if array is not None:
                    found = builder.add(kind(found, _constant(builder, op, array, m)))
            values[chain.end] = found
    fused = builder.finish(*(values[v] for v in last.operands))
    return [m.insert(with_epilogue(op, builder.operands, fused, op.results[0].type)).results[0]]


def _constant(builder: RegionBuilder, op: ContractionOp, array: Array, m: Match) -> SSAValue:
    """A number, or one for each channel, as a scalar of the epilogue."""
    if not array.ndim:
        return builder.add(scalar_constant(array.item(), f32))
    return builder.argument(bias_constant(op, array.astype(np.float32), m))


def _number_of_sum(value: SSAValue) -> SSAValue | None:
    """The one number that the sum, plus or minus integers, becomes."""
    for _ in range(8):
        uses = list(value.uses)
        if len(uses) != 1:
            return None
        step: Operation = uses[0].operation
        if isinstance(step, arith.SIToFPOp):
            return step.result
        if not isinstance(step, arith.AddiOp | arith.SubiOp):
            return None
        value = step.results[0]
    return None


def _is_normal(chain: AffineChain) -> bool:
    arrays = [a for a in (chain.scale, chain.shift) if a is not None]
    return all(all_normal_or_zero(array, f32) for array in arrays)


RULES = (
    quantise_by_reciprocal,
    scale_before_limit,
    clamp_before_rounding,
    drop_code_of_whole,
    drop_shift_of_whole,
    sum_of_scaled_codes,
    one_multiplier,
    multiply_add_to_code,
)
