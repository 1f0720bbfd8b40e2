"""Parts taken before they are computed, so that the rest is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import (
    ConvOp,
    GatherOp,
    MapOp,
    MatmulOp,
    NormOp,
    ReshapeOp,
    SliceOp,
    SoftmaxOp,
)
from ....dialects.engine.base import element_of, extents_of, int_array, sized, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.integer_division import may_divide_by_zero
from ....runtime.size import Extent, ceildiv, is_one
from ..rewriting.rewrite import Match, has_one_use, rewrite
from ..rewriting.scalar_code import RegionBuilder
from .contractions import with_epilogue
from .movement import sliced_operand

Range = tuple[Extent, Extent, int]


def _taken(m: Match, op: SliceOp) -> dict[int, Range]:
    """The ranges of a slice of something that nobody else reads, by dimension, that lack some."""
    m.require(has_one_use(op.input), "nobody else reads the whole")
    whole = extents_of(op.input)
    m.require(sized(whole), "the shape is known")
    ranges = enumerate(zip(op.extent_ranges(), whole, strict=True))
    taken = {dim: own for dim, (own, n) in ranges if own != (0, n, 1)}
    m.require(any(own[1] != whole[dim] for dim, own in taken.items()), "some are not taken")
    return taken


def _sliced(m: Match, value: SSAValue, taken: dict[int, Range]) -> SSAValue:
    """A value without what a slice does not take, dimensions counted from the first."""
    if not taken:
        return value
    whole = extents_of(value)
    ranges = [taken.get(dim, (0, n, 1)) for dim, n in enumerate(whole)]
    starts, sizes, steps = zip(*ranges, strict=True)
    return m.insert(SliceOp(value, starts, sizes, steps)).results[0]


def _part_of(
    m: Match,
    op: SliceOp,
    inner: ContractionOp,
    left: SSAValue,
    right: SSAValue,
    properties: Mapping[str, Attribute] | None = None,
) -> SSAValue:
    """
    What `op` takes of a contraction, computed of these parts of its factors, with some properties
    of its own.
    """
    whole, ranges = extents_of(op.input), op.extent_ranges()
    others = [sliced_operand(m, value, whole, ranges) for value in inner.epilogue_operands]
    result = tensor(extents_of(op.results[0]), element_of(op.results[0]))
    builder = RegionBuilder()
    fused = None
    if inner.epilogue_region is not None:
        leading = builder.leading(inner.accumulator_element())
        arguments = [leading, *(builder.argument(v) for v in others)]
        fused = builder.finish(*builder.inline(inner.epilogue_region, arguments))
    new = with_epilogue(inner, builder.operands, fused, result, [left, right])
    new.properties.update(properties or {})
    return m.insert(new).results[0]


@rewrite(
    SliceOp,
    after=(NormOp,),
    exactness="rounding",
    group="move",
    source="onnxruntime ComputeOptimizer",
    rows=("I1", "I3"),
)
def slice_before_norm(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(norm(x)) => norm(slice(x))  if it takes all of the dimensions that are normalised, scale
    and bias vary along these alone, nobody else reads the norm, and the result is not rounded to
    integers.
    """
    inner = m.producer(op.input, NormOp)
    taken = _taken(m, op)
    m.require(inner.groups is None, "the norm is not of groups")
    m.require(not set(taken) & set(inner.axis_list), "whole normalised dimensions are taken")
    rank = len(extents_of(op.input))
    for value in (inner.scale, inner.bias):
        if value is None:
            continue
        own = extents_of(value)
        held = [rank - len(own) + i for i, n in enumerate(own) if not is_one(n)]
        m.require(not set(held) & set(taken), "scale and bias do not vary along the rest")
    m.may_move(op.results[0])
    new = NormOp(
        _sliced(m, inner.input, taken),
        inner.kind.data,
        inner.axis_list,
        inner.epsilon.value.data,
        scale=inner.scale,
        bias=inner.bias,
    )
    return [m.insert(new).results[0]]


@rewrite(
    SliceOp,
    after=(SoftmaxOp,),
    exactness="rounding",
    group="move",
    source="onnxruntime ComputeOptimizer",
    rows=("I1", "I3"),
)
def slice_before_softmax(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(softmax(x)) => softmax(slice(x))  if it takes all of the softmax's dimension, nobody else
    reads the softmax, and the result is not rounded to integers.
    """
    inner = m.producer(op.input, SoftmaxOp)
    taken = _taken(m, op)
    axis = inner.axis.value.data
    m.require(axis not in taken, "the softmax's dimension is taken whole")
    m.may_move(op.results[0])
    new = SoftmaxOp(_sliced(m, inner.input, taken), axis, log=inner.log is not None)
    return [m.insert(new).results[0]]


@rewrite(
    SliceOp,
    after=(MatmulOp,),
    exactness="rounding",
    group="move",
    source="onnxruntime ComputeOptimizer",
    rows=("I1", "I3", "onnx/adjust_slice_and_matmul"),
)
def slice_before_matmul(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(matmul(x, w)) => matmul(slice(x), slice(w))  if nobody else reads the product, x has all
    of its batch dimensions, w is a matrix, a constant one where columns are taken, and the result
    is not rounded to integers.

    Of a language model of which the last word is wanted, the last row is computed.
    """
    inner = m.producer(op.input, MatmulOp)
    taken = _taken(m, op)
    rank, x, w = len(extents_of(op.input)), extents_of(inner.lhs), extents_of(inner.rhs)
    m.require(len(x) == rank and len(w) == 2, "a matrix stands to the right")
    columns = taken.pop(rank - 1, None)
    constant = constant_of(inner.rhs) is not None
    m.require(columns is None or constant, "columns are those of a constant")
    m.may_move(op.results[0])
    rows = {dim: own for dim, own in taken.items() if dim < rank - 2}
    if rank - 2 in taken:
        rows[rank - 1 if inner.trans_lhs is not None else rank - 2] = taken[rank - 2]
    left = _sliced(m, inner.lhs, rows)
    across = {} if columns is None else {0 if inner.trans_rhs is not None else 1: columns}
    right = _sliced(m, inner.rhs, across)
    return [_part_of(m, op, inner, left, right)]


@rewrite(
    SliceOp,
    after=(ConvOp,),
    exactness="rounding",
    group="move",
    source="onnxruntime ComputeOptimizer",
    rows=("I1", "I3"),
)
def slice_before_conv(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(conv(x, w)) => conv(slice(x), slice(w))  if it takes images or channels of a convolution
    without groups, w is a constant, nobody else reads it, and it is not rounded to integers.
    """
    inner = m.producer(op.input, ConvOp)
    taken = _taken(m, op)
    m.require(taken and max(taken) < 2, "images or channels are taken")
    m.require(inner.group_count == 1, "the convolution has no groups")
    m.require(constant_of(inner.weight) is not None, "the filters are constant")
    m.may_move(op.results[0])
    images = {0: taken[0]} if 0 in taken else {}
    filters = {0: taken[1]} if 1 in taken else {}
    left, right = _sliced(m, inner.input, images), _sliced(m, inner.weight, filters)
    return [_part_of(m, op, inner, left, right)]


@rewrite(
    GatherOp,
    after=(MapOp,),
    exactness="bitwise",
    group="move",
    source="onnxruntime ComputeOptimizer",
    rows=("I1", "I3", "ORT/UpStreamGather"),
    evidence="proved",
)
def gather_before_map(op: GatherOp, m: Match) -> Sequence[SSAValue]:
    """
    gather(map{f}(x, c), i) => map{f}(gather(x, i), c)  if nobody else reads the map, the operands
    have its shape or do not vary along the axis, and no more elements are taken than there are.
    """
    inner = m.producer(op.input, MapOp)
    m.require(has_one_use(op.input), "the map has one use")
    m.require(inner.inputs, "the map has operands")
    m.require(not may_divide_by_zero(inner.body), "the map divides no integers by what may be 0")
    whole, axis, picks = extents_of(op.input), op.axis.value.data, extents_of(op.indices)
    m.require(sized(whole) and len(picks) < 2, "the shape is known, and indices are a list or one")
    fewer = m.at_least(whole[axis], picks[0] if picks else 1)
    m.require(fewer, "no more elements are taken than there are")
    rank = len(whole)
    plans: list[tuple[SSAValue, int | None]] = []
    for value in inner.inputs:
        own = extents_of(value)
        at = axis - (rank - len(own))
        if at < 0:
            plans.append((value, None))
            continue
        if own[at] == whole[axis] and not is_one(own[at]):
            plans.append((value, at))
            continue
        m.require(is_one(own[at]), "each operand is known to vary along the axis, or not")
        plans.append((value, -1))
    m.require(any(at is not None and at >= 0 for _, at in plans), "an operand varies along it")
    parts: list[SSAValue] = []
    for value, at in plans:
        if at is None:
            parts.append(value)
        elif at >= 0:
            parts.append(m.insert(GatherOp(value, op.indices, at)).results[0])
        else:
            own = extents_of(value)
            place = axis - (rank - len(own))
            shape = [*own[:place], *([1] if picks else []), *own[place + 1 :]]
            parts.append(_reshaped(m, value, shape))
    builder = RegionBuilder()
    values = builder.inline(inner.body, [builder.argument(v) for v in parts])
    result = tensor(extents_of(op.results[0]), element_of(op.results[0]))
    return [m.insert(MapOp(builder.operands, builder.finish(*values), result)).results[0]]


def _reshaped(m: Match, value: SSAValue, shape: Sequence[Extent]) -> SSAValue:
    if tuple(shape) == extents_of(value):
        return value
    return m.insert(ReshapeOp(value, shape)).results[0]


@rewrite(
    SliceOp,
    after=(ConvOp,),
    exactness="rounding",
    group="fuse",
    source="OpenVINO StridesOptimization",
    rows=("OpenVINO/StridesOptimization",),
)
def stride_into_conv(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice{0, step}(conv{strides}(x, w)) => conv{strides * step}(x, w)  if the slice takes every so
    many rows and columns from the first one to the last, and all else, nobody else reads the
    convolution, and the result is not rounded to integers.
    """
    inner = m.producer(op.input, ConvOp)
    taken = _taken(m, op)
    m.require(min(taken) > 1, "all images and channels are taken")
    whole, steps = extents_of(op.input), [1] * inner.spatial_rank
    for dim, (start, size, step) in taken.items():
        m.require(start == 0 and step > 1, "it begins with the first, in steps forward")
        m.require(size == ceildiv(whole[dim], step), "it goes on to the last")
        steps[dim - 2] = step
    m.may_move(op.results[0])
    values = list(inner.operands[: inner.DATA_OPERANDS])
    strides = [a * b for a, b in zip(inner.window("strides"), steps, strict=True)]
    return [_part_of(m, op, inner, *values, properties={"strides": int_array(strides)})]


RULES = (
    slice_before_norm,
    slice_before_softmax,
    slice_before_matmul,
    slice_before_conv,
    stride_into_conv,
    gather_before_map,
)
