"""Scales and shifts in front of a contraction, into its weights and its bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import BlockArgument, SSAValue

from ....dialects.engine import ConvOp, MapOp, MatmulOp, NormOp
from ....dialects.engine.base import element_of, extents_of, tensor, yielded_values
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.integer_rounding import sum_of
from ....dialects.engine.normal_numbers import all_normal_or_zero, products_are_normal
from ....dialects.engine.weights import Array, ConstantAttr, dtype_of
from ....runtime.size import is_one
from ..rewriting.rewrite import Match, has_one_use, rewrite
from ..rewriting.scalar_code import RegionBuilder, number_of
from .contractions import with_epilogue


@dataclass
class _Affine:
    """`x * scale + shift`, both scalars or along the channels of x, in f64."""

    source: SSAValue
    scale: Array
    shift: Array


def _affine_of(op: MapOp, axis: int, m: Match) -> _Affine | None:
    """A map as a scale and a shift that vary along dimension `axis` (from the right) only."""
    [value] = yielded_values(op.body)
    scale, shift = np.ones(()), np.zeros(())
    while not isinstance(value, BlockArgument) or _constant(op, value, axis, m) is not None:
        step = value.owner
        if not isinstance(step, arith.MulfOp | arith.AddfOp | arith.SubfOp):
            return None
        right = _constant(op, step.rhs, axis, m)
        left = None if right is not None else _constant(op, step.lhs, axis, m)
        if right is None and (left is None or isinstance(step, arith.SubfOp)):
            return None
        constant = right if right is not None else left
        assert constant is not None
        if isinstance(step, arith.MulfOp):
            scale = scale * constant
        else:
            sign = -1 if isinstance(step, arith.SubfOp) else 1
            shift = shift + scale * constant * sign
        value = step.lhs if right is not None else step.rhs
    source = op.inputs[value.index]
    changes = bool(np.any(scale != 1) or np.any(shift))
    if not changes or extents_of(source) != extents_of(op.results[0]):
        return None
    return _Affine(source, scale, shift)


def _constant(op: MapOp, value: SSAValue, axis: int, m: Match) -> Array | None:
    number = number_of(value)
    if number is not None:
        return np.asarray(number, np.float64)
    if not isinstance(value, BlockArgument):
        return None
    operand = op.inputs[value.index]
    attr, shape = constant_of(operand), extents_of(operand)
    varying = [len(shape) - i for i, n in enumerate(shape) if not is_one(n)]
    if attr is None or any(place != axis for place in varying):
        return None
    array = m.store.array(attr).astype(np.float64).reshape(-1)
    return array if array.size > 1 else array.reshape(())


def _worth(op: ContractionOp, m: Match) -> MapOp:
    """The map in front of a contraction that should go into its weights."""
    affine = m.producer(op.operands[0], MapOp)
    m.require(constant_of(op.operands[1]) is not None, "the weights are constant")
    element = element_of(op.operands[1])
    m.require(element == element_of(op.operands[0]), "one element type")
    for use in op.operands[0].uses:
        reader = use.operation
        alike = isinstance(reader, ConvOp | MatmulOp) and use.index == 0
        m.require(alike, "only contractions read the map")
    m.require(has_one_use(op.operands[1]), "nobody else reads the weights")
    return affine


def _with_weights(
    op: ContractionOp,
    m: Match,
    found: _Affine,
    factor: Array,
    bias: Array | None,
) -> SSAValue:
    """The contraction of the source by weights times `factor`, with a bias before its epilogue."""
    weight = m.constant(op.operands[1])
    element = element_of(op.operands[1])
    fits = products_are_normal(m.store, weight, factor, element)
    m.require(fits, "each weight times its scale is a normal number")
    normal = bias is None or all_normal_or_zero(bias, element)
    m.require(normal, "the shift is a normal number")
    m.may_move(sum_of(op))
    data = [found.source, op.operands[1]]
    if np.any(factor != 1):
        data[1] = m.insert_constant(_scaled(op, weight, factor, m))
    builder = RegionBuilder()
    value: SSAValue = builder.leading(op.accumulator_element())
    if bias is not None:
        attr = m.store.add(np.ascontiguousarray(bias.astype(dtype_of(element))), "bias")
        value = builder.add(arith.AddfOp(value, builder.argument(m.insert_constant(attr))))
    values = [value]
    if op.epilogue_region is not None:
        arguments = [builder.argument(v) for v in op.epilogue_operands]
        values = builder.inline(op.epilogue_region, [value, *arguments])
    region = builder.finish(*values)
    plain = bias is None and op.epilogue_region is None
    new = with_epilogue(op, builder.operands, None if plain else region, op.results[0].type, data)
    return m.insert(new).results[0]


def _scaled(op: ContractionOp, weight: ConstantAttr, factor: Array, m: Match) -> ConstantAttr:
    factors = m.store.add(np.ascontiguousarray(factor), "scale")
    result = tensor(extents_of(op.operands[1]), element_of(op.operands[1]))

    def scaled(array: Array, by: Array) -> Array:
        return np.multiply(array, by, out=np.empty_like(array), casting="same_kind")

    name = op.operands[1].name_hint or "weight"
    return m.store.derive("scale-input-channels", scaled, [weight, factors], result, name)


@rewrite(
    MatmulOp,
    after=(MapOp,),
    exactness="rounding",
    group="fuse",
    source="onnxruntime MatMulScaleFusion",
    rows=("F7-before", "ORT/MatMulScaleFusion"),
)
def fold_affine_into_product(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    (x * s + t) @ w => x @ (s * w) + t @ w  if w, s and t are constants, w is a matrix, s and t vary
    along its rows only, only contractions read x * s + t, each new constant is a normal number,
    and the result is not rounded to integers.
    """
    affine = _worth(op, m)
    m.require(len(extents_of(op.rhs)) == 2, "the weights are a matrix")
    m.require(op.trans_lhs is None, "x is read as it is")
    found = _affine_of(affine, 1, m)
    m.require(found is not None, "x is scaled and shifted by constants along the rows")
    assert found is not None
    taken = isinstance(found.source.owner, ContractionOp | NormOp)
    m.require(not taken, "what computes x does not take the map in")
    transposed = op.trans_rhs is not None
    along = (1, -1) if transposed else (-1, 1)
    factor = found.scale.reshape(along) if found.scale.ndim else found.scale
    bias = None
    if np.any(found.shift):
        wide = m.array(op.rhs).astype(np.float64)
        shift = np.broadcast_to(found.shift, (wide.shape[1 if transposed else 0],))
        bias = wide @ shift if transposed else shift @ wide
    return [_with_weights(op, m, found, factor, bias)]


@rewrite(
    ConvOp,
    after=(MapOp,),
    exactness="rounding",
    group="fuse",
    source="OpenVINO MultiplyConvolutionFusion",
    rows=("OpenVINO/MultiplyConvolutionFusion",),
)
def fold_affine_into_conv(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv(x * s + t, w) => conv(x, s * w) + sum(t * w)  if w, s and t are constants, s and t vary
    along the channels only, only contractions read x * s + t, each new constant is a normal
    number, the result is not rounded to integers, and, where t is not 0, nothing is padded.
    """
    affine = _worth(op, m)
    rank = len(extents_of(op.operands[0]))
    found = _affine_of(affine, rank - 1, m)
    m.require(found is not None, "x is scaled and shifted by constants along the channels")
    assert found is not None
    taken = isinstance(found.source.owner, ContractionOp | NormOp)
    m.require(not taken, "what computes x does not take the map in")
    shifts = bool(np.any(found.shift))
    padded = any(n != 0 for n in op.window("pads"))
    m.require(not (shifts and padded), "no zeros are put around what is shifted")
    weight = extents_of(op.weight)
    groups = op.group_count
    outputs, inside = weight[0], weight[1]
    m.require(isinstance(outputs, int) and isinstance(inside, int), "the weights have sizes")
    assert isinstance(outputs, int)
    assert isinstance(inside, int)

    def by_output(along: Array) -> Array:
        """What belongs to each pair of an output and an input channel."""
        if not along.ndim:
            return along
        each = np.repeat(along.reshape(groups, 1, inside), outputs // groups, axis=1)
        return each.reshape(outputs, inside, *(1,) * (rank - 2))

    bias = None
    if shifts:
        wide = m.array(op.weight).astype(np.float64)
        sums = (wide * by_output(found.shift)).reshape(outputs, -1).sum(axis=1)
        bias = sums.reshape(outputs, *(1,) * (rank - 2))
    return [_with_weights(op, m, found, by_output(found.scale), bias)]


RULES = (
    fold_affine_into_product,
    fold_affine_into_conv,
)
