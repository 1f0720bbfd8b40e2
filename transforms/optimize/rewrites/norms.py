"""Normalisation out of its parts, as exporters spell it."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.ir import Region, SSAValue

from ....dialects.engine import MapOp, NormOp, ReduceOp
from ....dialects.engine.base import element_of, extents_of, yielded_values
from ....runtime.size import is_one
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import number_of, operand_behind, with_operand_for


@rewrite(
    MapOp,
    after=(MapOp,),
    exactness="rounding",
    group="recognise",
    source="onnxruntime SimplifiedLayerNormFusion; Zhang and Sennrich, RMSNorm, 2019",
    rows=("J1",),
)
def recompose_rms_norm(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    x / sqrt(mean(x * x) + eps) => norm{rms}(x)  if nobody else reads the root.
    """
    found = _normalised(op, m)
    m.require(found is not None, "a tensor is divided by the root of a mean and a constant")
    assert found is not None
    scalar, source, square, epsilon = found
    m.require(square.inputs[0] is source, "the mean is over squares of that tensor")
    new = m.insert(NormOp(source, "rms", square.axis_list, epsilon)).results[0]
    return [m.insert(with_operand_for(op, scalar, new)).results[0]]


@rewrite(
    NormOp,
    after=(MapOp,),
    exactness="rounding",
    group="recognise",
    source="onnxruntime LayerNormFusion; Ba et al., Layer Normalization, 2016",
    rows=("J1",),
)
def recompose_layer_norm(op: NormOp, m: Match) -> Sequence[SSAValue]:
    """
    norm{rms}(x - mean(x)) => norm{layer}(x)  if both means are over the same axes and nobody else
    reads the difference.
    """
    m.require(op.kind.data == "rms" and op.groups is None, "the norm is by the mean of squares")
    difference = m.producer(op.input, MapOp)
    m.require(has_one_use(op.input), "the difference has one use")
    [value] = yielded_values(difference.body)
    step = producer_of(value, arith.SubfOp)
    m.require(step is not None, "what is normalised is a difference")
    assert step is not None
    source = operand_behind(difference, step.lhs)
    middle = operand_behind(difference, step.rhs)
    m.require(source is not None and middle is not None, "it is a difference of two tensors")
    assert source is not None
    assert middle is not None
    mean = m.producer(middle, ReduceOp)
    plain = mean.kind.data == "mean" and mean.body is None and mean.inputs[0] is source
    m.require(plain, "what is subtracted is the mean")
    m.require(mean.keepdims is not None, "the mean keeps its dimensions")
    m.require(mean.axis_list == op.axis_list, "both means are over the same axes")
    m.require(extents_of(source) == extents_of(op.input), "the mean does not broadcast its tensor")
    epsilon = op.epsilon.value.data
    new = NormOp(source, "layer", op.axis_list, epsilon, scale=op.scale, bias=op.bias)
    return [m.insert(new).results[0]]


def _normalised(op: MapOp, m: Match) -> tuple[SSAValue, SSAValue, ReduceOp, float] | None:
    """
    In a map, `x / sqrt(mean(y * y) + eps)`: that scalar, x, the mean, eps.
    """
    for step in op.body.block.ops:
        if isinstance(step, arith.MulfOp):
            pairs = [(step.lhs, step.rhs), (step.rhs, step.lhs)]
        elif isinstance(step, arith.DivfOp):
            pairs = [(step.lhs, step.rhs)]
        else:
            continue
        for numerator, root in pairs:
            x, r = operand_behind(op, numerator), operand_behind(op, root)
            mapped = None if r is None else producer_of(r, MapOp)
            if x is None or mapped is None or not has_one_use(mapped.results[0]):
                continue
            epsilon = _epsilon_of_root(mapped, inverse=isinstance(step, arith.MulfOp))
            mean = None if epsilon is None else producer_of(mapped.inputs[0], ReduceOp)
            if epsilon is None or mean is None or not _is_mean_of_squares(mean):
                continue
            if extents_of(x) != mean.domain_extents:
                continue
            m.consumed(mapped)
            m.consumed(mean)
            return step.result, x, mean, epsilon
    return None


def _epsilon_of_root(op: MapOp, inverse: bool) -> float | None:
    """The eps of a map `sqrt(m + eps)`, or of its inverse."""
    if len(op.inputs) != 1:
        return None
    [value] = yielded_values(op.body)
    total: SSAValue | None = None
    if inverse and (direct := producer_of(value, math.RsqrtOp)) is not None:
        total = direct.operand
    elif inverse and (quotient := producer_of(value, arith.DivfOp)) is not None:
        root = producer_of(quotient.rhs, math.SqrtOp)
        total = root.operand if root is not None and number_of(quotient.lhs) == 1 else None
    elif not inverse and (root := producer_of(value, math.SqrtOp)) is not None:
        total = root.operand
    added = None if total is None else producer_of(total, arith.AddfOp)
    if added is None:
        return None
    argument = op.body.block.args[0]
    for left, right in ((added.lhs, added.rhs), (added.rhs, added.lhs)):
        number = number_of(right)
        if left is argument and number is not None:
            return float(number)
    return None


def _is_mean_of_squares(op: ReduceOp) -> bool:
    if op.kind.data != "mean" or op.keepdims is None or len(op.inputs) != 1 or op.body is None:
        return False
    region: Region = op.body
    [value] = yielded_values(region)
    square = producer_of(value, arith.MulfOp)
    argument = region.block.args[0]
    return square is not None and square.lhs is argument and square.rhs is argument


@rewrite(
    MapOp,
    after=(NormOp,),
    exactness="rounding",
    group="fuse",
    source="onnxruntime LayerNormFusion",
    rows=("J1",),
)
def fold_affine_into_norm(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    norm(x) * g => norm(x) scale(g), norm(x) + b => norm(x) bias(b)  if nobody else reads the
    norm, and g and b broadcast to its shape and are smaller.
    """
    norm = next(
        (n for v in op.inputs if (n := producer_of(v, NormOp)) is not None and has_one_use(v)),
        None,
    )
    m.require(norm is not None, "an operand is a norm, read only here")
    assert norm is not None
    m.consumed(norm)
    argument = op.body.block.args[list(op.inputs).index(norm.results[0])]
    uses = list(argument.uses)
    m.require(len(uses) == 1, "the region reads the norm once")
    step = uses[0].operation
    scales = isinstance(step, arith.MulfOp) and norm.scale is None and norm.bias is None
    shifts = isinstance(step, arith.AddfOp) and norm.bias is None
    m.require(scales or shifts, "it is scaled, or shifted after that, for the first time")
    affine = operand_behind(op, step.operands[1 - uses[0].index])
    m.require(affine is not None, "the factor or summand is a tensor")
    assert affine is not None
    m.require(element_of(affine) == element_of(norm.input), "the types agree")
    m.require(_broadcasts(affine, norm), "it is repeated to the shape of the norm")
    groups = None if norm.groups is None else norm.groups.value.data
    new = NormOp(
        norm.input,
        norm.kind.data,
        norm.axis_list,
        norm.epsilon.value.data,
        scale=affine if scales else norm.scale,
        bias=affine if shifts else norm.bias,
        groups=groups,
    )
    scaled = m.insert(new).results[0]
    return [m.insert(with_operand_for(op, step.results[0], scaled)).results[0]]


def _broadcasts(value: SSAValue, norm: NormOp) -> bool:
    """Whether a tensor is repeated to the shape of the norm: whole ones lie as they like."""
    shape, whole = extents_of(value), extents_of(norm.input)
    extra = len(whole) - len(shape)
    fits = extra >= 0 and all(is_one(n) or n == whole[axis] for axis, n in enumerate(shape, extra))
    aligned = (*(1,) * extra, *shape)
    return fits and any(is_one(n) and not is_one(w) for n, w in zip(aligned, whole, strict=True))


RULES = (
    recompose_rms_norm,
    recompose_layer_norm,
    fold_affine_into_norm,
)
