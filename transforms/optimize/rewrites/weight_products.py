"""Contractions with constant weights one after another, or side by side, as one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import BlockArgument, Region, SSAValue

from ....dialects.engine import ConvOp, MatmulOp
from ....dialects.engine.base import element_of, extents_of, yielded_values
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.integer_rounding import sum_of
from ....dialects.engine.normal_numbers import all_normal_or_zero
from ....dialects.engine.weights import Array, dtype_of
from ....runtime.size import is_one, numbers_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder, clone_with
from .contractions import with_epilogue
from .products import LOOKED_THROUGH


def _bias_of(op: ContractionOp, m: Match) -> SSAValue | None:
    """The constant that an epilogue adds and nothing else; None without an epilogue."""
    region = op.epilogue_region
    if region is None:
        return None
    [value] = yielded_values(region)
    step = producer_of(value, arith.AddfOp)
    m.require(step is not None, "the inner epilogue is a bias")
    assert step is not None
    operands: dict[SSAValue, SSAValue] = dict(
        zip(region.block.args[1:], op.epilogue_operands, strict=True)
    )
    accumulator = region.block.args[0]
    other = step.rhs if step.lhs is accumulator else step.lhs
    found = operands.get(other) if accumulator in step.operands else None
    m.require(found is not None, "the inner epilogue is a bias")
    assert found is not None
    m.constant(found)
    return found


def _wide(m: Match, value: SSAValue) -> Array:
    return m.array(value).astype(np.float64)


def _with_bias_first(
    op: ContractionOp, m: Match, bias: SSAValue | None, data: Sequence[SSAValue]
) -> ContractionOp:
    """The contraction on other operands, with a bias added before its epilogue."""
    builder = RegionBuilder()
    value: SSAValue = builder.leading(op.accumulator_element())
    if bias is not None:
        value = builder.add(arith.AddfOp(value, builder.argument(bias)))
    values = [value]
    if op.epilogue_region is not None:
        arguments = [builder.argument(v) for v in op.epilogue_operands]
        values = builder.inline(op.epilogue_region, [value, *arguments])
    region: Region | None = builder.finish(*values)
    if bias is None and op.epilogue_region is None:
        region = None
    return with_epilogue(op, builder.operands, region, op.results[0].type, data)


def _constant(m: Match, array: Array, like: SSAValue, name: str) -> SSAValue:
    element = element_of(like)
    m.require(all_normal_or_zero(array, element), "each new constant is normal")
    rounded = np.ascontiguousarray(array.astype(dtype_of(element)))
    return m.insert_constant(m.store.add(rounded, name))


@rewrite(
    MatmulOp,
    after=(MatmulOp,),
    exactness="rounding",
    group="fuse",
    source="XLA",
    rows=("F14",),
)
def multiply_weights_around_bias(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    (x @ a + c) @ b => x @ (a @ b) + c @ b  if a and b are constant matrices, c is a constant row,
    nobody else reads what is inside, a @ b has fewer elements than a and b together, each new
    number is normal, and the result is not rounded to integers.
    """
    inner = m.producer(op.lhs, MatmulOp)
    m.constant(op.rhs)
    m.constant(inner.rhs)
    m.require(has_one_use(op.lhs), "the inner product has one use")
    bias = _bias_of(inner, m)
    m.require(bias is not None, "a bias is between")
    assert bias is not None
    m.require(op.trans_lhs is None, "the inner product is read as it is")
    matrices = len(extents_of(op.rhs)) == len(extents_of(inner.rhs)) == 2
    m.require(matrices, "both constants are matrices")
    m.require(all(is_one(n) for n in extents_of(bias)[:-1]), "the bias is a row")
    a, b = _wide(m, inner.rhs), _wide(m, op.rhs)
    a = a.T if inner.trans_rhs is not None else a
    b = b.T if op.trans_rhs is not None else b
    m.require(a.shape[0] * b.shape[1] < a.size + b.size, "the product has fewer elements")
    m.require(a.shape[0] * b.shape[1] * a.shape[1] <= LOOKED_THROUGH, "it is soon computed")
    m.may_move(sum_of(op))
    row = np.broadcast_to(_wide(m, bias).reshape(-1), (a.shape[1],))
    with np.errstate(over="ignore", under="ignore"):
        weight, shift = a @ b, row @ b
    new_weight = _constant(m, weight, op.rhs, op.rhs.name_hint or "weight")
    new_bias = _constant(m, shift, op.rhs, "bias")
    new = _with_bias_first(op, m, new_bias, [inner.lhs, new_weight])
    for flag in ("trans_lhs", "trans_rhs"):
        new.properties.pop(flag, None)
    if inner.trans_lhs is not None:
        new.properties["trans_lhs"] = inner.trans_lhs
    m.folded((weight.size - a.size - b.size) * a.itemsize // 2, inner.flops())
    return [m.insert(new).results[0]]


@rewrite(
    ConvOp,
    after=(ConvOp,),
    exactness="rounding",
    group="fuse",
    source="OpenVINO LinOpSequenceFusion",
    rows=("G6",),
)
def multiply_conv_weights(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv(conv(x, a) + c, b) => conv(x, b . a) + b . c  if b has windows of one element, in steps of
    1, without padding and groups, a has no groups, a, b and c are constants, nobody else reads the
    inner result, b . a has fewer elements than a and b together, each new number is normal, and
    the result is not rounded to integers.
    """
    inner = m.producer(op.input, ConvOp)
    m.require(_is_pointwise(op), "the outer windows have one element")
    m.constant(op.weight)
    m.constant(inner.weight)
    m.require(has_one_use(op.input), "nobody else reads the inner result")
    m.require(inner.group_count == 1, "the inner one has no groups")
    bias = _bias_of(inner, m)
    sizes = numbers_of((*extents_of(inner.weight), extents_of(op.weight)[0]))
    middle, channels, *window, outputs = sizes
    elements = outputs * channels * prod(window)
    before = middle * channels * prod(window) + outputs * middle
    m.require(elements < before, "the product has fewer elements")
    m.require(elements * middle <= LOOKED_THROUGH, "it is soon computed")
    m.may_move(sum_of(op))
    mixing = _wide(m, op.weight).reshape(outputs, middle)
    with np.errstate(over="ignore", under="ignore"):
        weight = np.tensordot(mixing, _wide(m, inner.weight), axes=1)
    new_weight = _constant(m, weight, op.weight, op.weight.name_hint or "weight")
    new_bias = None
    if bias is not None:
        flat = _wide(m, bias).reshape(-1)
        along = [len(extents_of(bias)) - i for i, n in enumerate(extents_of(bias)) if not is_one(n)]
        m.require(all(a == len(window) + 1 for a in along), "the bias is one of channels")
        shift = mixing @ np.broadcast_to(flat, (middle,))
        shift = shift.reshape(outputs, *(1,) * len(window))
        new_bias = _constant(m, shift, op.weight, "bias")
    outer = _with_bias_first(op, m, new_bias, [inner.input, new_weight])
    for name in ("strides", "pads", "dilations"):
        outer.properties[name] = inner.properties[name]
    m.folded(0, op.flops())
    return [m.insert(outer).results[0]]


def _is_pointwise(op: ConvOp) -> bool:
    window = extents_of(op.weight)[2:]
    return (
        all(is_one(n) for n in window)
        and all(s == 1 for s in op.window("strides"))
        and not any(op.window("pads"))
        and op.group_count == 1
    )


@rewrite(
    ConvOp,
    after=(ConvOp,),
    exactness="rounding",
    group="fuse",
    source="Ding et al., RepVGG, 2021",
)
def add_conv_weights(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv(x, a) + conv(x, b) => conv(x, a + b)  if both are of one x, in the same steps, the window
    of b lies in that of a, with its padding less by as much, a, b and what is added to the inner
    one are constants, nobody else reads that, each new number is normal, and the result is not
    rounded to integers.
    """
    region = op.epilogue_region
    m.require(region is not None, "there is an epilogue")
    assert region is not None
    beside = any(isinstance(v.owner, ConvOp) for v in op.epilogue_operands)
    m.require(beside, "a convolution is read in it")
    m.constant(op.weight)
    accumulator = region.block.args[0]
    for argument, operand in zip(region.block.args[1:], op.epilogue_operands, strict=True):
        inner = producer_of(operand, ConvOp)
        if inner is None or inner.input is not op.input or not has_one_use(operand):
            continue
        if not argument.has_one_use() or constant_of(inner.weight) is None:
            continue
        [use] = argument.uses
        step = use.operation
        other_side = step.operands[1 - use.index] if isinstance(step, arith.AddfOp) else None
        if other_side is None or not _is_sum(other_side, accumulator):
            continue
        margins = _margins(op, inner)
        if margins is None or inner.group_count != op.group_count:
            continue
        m.consumed(inner)
        bias = _bias_of(inner, m)
        m.may_move(sum_of(op))
        with np.errstate(over="ignore"):
            weight = _wide(m, op.weight) + np.pad(_wide(m, inner.weight), margins)
        new_weight = _constant(m, weight, op.weight, op.weight.name_hint or "weight")
        builder, body = _without_addition(op, argument, bias)
        data = [op.input, new_weight]
        m.folded(0, inner.flops())
        new = with_epilogue(op, builder.operands, body, op.results[0].type, data)
        return [m.insert(new).results[0]]
    m.require(False, "a convolution of the same x is added, read only here")
    return []


def _without_addition(
    op: ContractionOp, argument: BlockArgument, bias: SSAValue | None
) -> tuple[RegionBuilder, Region]:
    """
    The epilogue without the one addition that reads `argument`; a bias comes first in its place.
    """
    region = op.epilogue_region
    assert region is not None
    accumulator, *arguments = region.block.args
    [use] = argument.uses
    step, side = use.operation, use.operation.operands[1 - use.index]
    builder = RegionBuilder()
    start: SSAValue = builder.leading(op.accumulator_element())
    values: dict[SSAValue, SSAValue] = {accumulator: start}
    if bias is not None:
        values[accumulator] = builder.add(arith.AddfOp(start, builder.argument(bias)))
    for kept, read in zip(arguments, op.epilogue_operands, strict=True):
        if kept is not argument:
            values[kept] = builder.argument(read)
    last = region.block.last_op
    assert last is not None
    for scalar in region.block.ops:
        if scalar is step:
            values[step.results[0]] = values[side]
        elif scalar is not last:
            clone = clone_with(scalar, values)
            builder.add(clone)
            values.update(zip(scalar.results, clone.results, strict=True))
    return builder, builder.finish(*(values[v] for v in last.operands))


def _is_sum(value: SSAValue, accumulator: SSAValue) -> bool:
    """Whether a scalar is the sums of products, or these and what is added to them."""
    while value is not accumulator:
        step = producer_of(value, arith.AddfOp)
        if step is None or not value.has_one_use():
            return False
        value = step.lhs
    return value.has_one_use()


def _margins(op: ConvOp, inner: ConvOp) -> list[tuple[int, int]] | None:
    """How much wider the window of `op` is on each side; None where `inner` does not lie in it."""
    if op.window("strides") != inner.window("strides"):
        return None
    if any(d != 1 for d in (*op.window("dilations"), *inner.window("dilations"))):
        return None
    outer, less = extents_of(op.weight), extents_of(inner.weight)
    if outer[:2] != less[:2]:
        return None
    rank = len(outer) - 2
    pads, own = op.window("pads"), inner.window("pads")
    margins: list[tuple[int, int]] = [(0, 0), (0, 0)]
    for dim in range(rank):
        before = pads[dim] - own[dim]
        after = pads[dim + rank] - own[dim + rank]
        wide, narrow = outer[dim + 2], less[dim + 2]
        if not isinstance(wide, int) or not isinstance(narrow, int):
            return None
        if before < 0 or after < 0 or narrow + before + after != wide:
            return None
        margins.append((before, after))
    return margins


@rewrite(
    MatmulOp,
    after=(MatmulOp,),
    exactness="rounding",
    group="fuse",
    source="Hu et al., LoRA, 2021",
    rows=("OpenVINO/LoraSubgraphFusion",),
)
def add_product_weights(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    x @ w + x @ a => x @ (w + a), x @ w + (x @ a) @ b => x @ (w + a @ b)  if the weights are
    constant matrices, nobody else reads what is added, each new number is normal, and the result
    is not rounded to integers.
    """
    region = op.epilogue_region
    m.require(region is not None, "there is an epilogue")
    assert region is not None
    accumulator = region.block.args[0]
    for argument, operand in zip(region.block.args[1:], op.epilogue_operands, strict=True):
        inner = producer_of(operand, MatmulOp)
        if inner is None or not has_one_use(operand) or not argument.has_one_use():
            continue
        [use] = argument.uses
        step = use.operation
        other = step.operands[1 - use.index] if isinstance(step, arith.AddfOp) else None
        if other is None or not _is_sum(other, accumulator):
            continue
        addition = _product_of_weights(op, inner, m)
        if addition is None:
            continue
        own = _matrix(op, m)
        m.require(addition.shape == own.shape, "both give rows of one length")
        m.may_move(sum_of(op))
        weight = own + addition
        weight = weight.T if op.trans_rhs is not None else weight
        new_weight = _constant(m, weight, op.rhs, op.rhs.name_hint or "weight")
        builder, body = _without_addition(op, argument, None)
        new = with_epilogue(op, builder.operands, body, op.results[0].type, [op.lhs, new_weight])
        m.folded(0, inner.flops())
        return [m.insert(new).results[0]]
    m.require(False, "a product of the same x is added, read only here")
    return []


def _matrix(op: MatmulOp, m: Match) -> Array:
    """The constant right factor, as it is multiplied."""
    wide = _wide(m, op.rhs)
    return wide.T if op.trans_rhs is not None else wide


def _product_of_weights(op: MatmulOp, inner: MatmulOp, m: Match) -> Array | None:
    """What x is multiplied by in `x @ a` or `(x @ a) @ b`; None for anything else."""
    products = [inner]
    if inner.lhs is not op.lhs:
        first = producer_of(inner.lhs, MatmulOp)
        if first is None or not has_one_use(inner.lhs) or first.lhs is not op.lhs:
            return None
        products.append(first)
    for product in (op, *products):
        matrix = constant_of(product.rhs) is not None and len(extents_of(product.rhs)) == 2
        if not matrix or product.trans_lhs is not None:
            return None
    if any(product.epilogue_region is not None for product in products):
        return None
    for product in products:
        m.consumed(product)
    found = _matrix(inner, m)
    for product in products[1:]:
        first = _matrix(product, m)
        if first.size * found.shape[1] > LOOKED_THROUGH:
            return None
        found = first @ found
    return found


@rewrite(
    MatmulOp,
    ConvOp,
    exactness="approximate",
    source="onnx-mlir ConstProp",
    rows=("onnx-mlir/MatMulZeros",),
)
def contraction_with_zeros(op: ContractionOp, m: Match) -> Sequence[SSAValue]:
    """
    contraction(x, 0) => 0  if all weights are 0 and there is no epilogue: the same for all finite
    x; of infinity and NaN the left side is NaN.
    """
    m.constant(op.operands[1])
    m.require(op.epilogue_region is None, "there is no epilogue")
    m.require(not np.any(m.array(op.operands[1])), "all weights are 0")
    [result] = op.results
    shape = numbers_of(extents_of(result))
    m.require(prod(shape) <= LOOKED_THROUGH >> 8, "the result is small")
    zeros = np.zeros(shape, dtype_of(element_of(result)))
    return [m.insert_constant(m.store.add(zeros, result.name_hint or "zeros"))]


RULES = (
    multiply_weights_around_bias,
    multiply_conv_weights,
    add_conv_weights,
    add_product_weights,
    contraction_with_zeros,
)
