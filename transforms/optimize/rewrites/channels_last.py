"""
Transposes that move the channels of images last, behind what reads them.

A network whose images have their channels last is imported with convolutions and pools between
pairs of transposes. What lies between two pairs is moved in front of the first transpose, so that
it meets the second, which undoes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from xdsl.ir import Operation, OpResult, SSAValue

from ....dialects.engine import (
    ConcatOp,
    ConstantOp,
    MapOp,
    PadOp,
    ReduceOp,
    ReshapeOp,
    ResizeOp,
    SliceOp,
    SoftmaxOp,
    TransposeOp,
)
from ....dialects.engine.base import element_of, extents_of, sized, tensor
from ....dialects.engine.contraction import ContractionOp
from ....runtime.size import Extent, is_one, product_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder

_SEEN = 64
"""Most operations that are looked at to find out whether a transpose is undone."""

_CARRIES = MapOp | ConcatOp | PadOp | SliceOp | SoftmaxOp | ReduceOp | ResizeOp
"""What a transpose moves behind."""


def _last(rank: int) -> list[int]:
    """The permutation that puts dimension 1 last."""
    return [0, *range(2, rank), 1]


def _first(rank: int) -> list[int]:
    """The permutation that puts the last dimension where dimension 1 was."""
    return [0, rank - 1, *range(1, rank - 1)]


def _channels_last(value: SSAValue) -> TransposeOp | ReshapeOp | None:
    """The transpose that gives `value`, if it moves the channels last."""
    view = value.op if isinstance(value, OpResult) else None
    rank = len(extents_of(value))
    return view if rank > 2 and _permutes(view, _last(rank)) else None


def _permutes(op: Operation | None, order: Sequence[int]) -> TypeGuard[TransposeOp | ReshapeOp]:
    """
    Whether an operation is a transpose of this order: of images of one pixel, whose channels are
    all that moves, it has become a reshape.
    """
    if isinstance(op, TransposeOp):
        return list(op.permutation) == list(order)
    if not isinstance(op, ReshapeOp):
        return False
    before, after = extents_of(op.input), extents_of(op.results[0])
    if len(before) != len(order) or after != tuple(before[at] for at in order):
        return False
    moved = [at for at in order if not is_one(before[at])]
    return moved == sorted(moved)


def _image(m: Match, value: SSAValue) -> SSAValue:
    """What a transpose that moves channels last reads; it must give `value`."""
    view = _channels_last(value)
    m.require(view is not None, "the operand is a transpose that moves the channels last")
    assert view is not None
    m.consumed(view)
    return view.input


def _is_undone(value: SSAValue) -> bool:
    """Whether a transpose that moves the channels back is met behind what reads a value."""
    back = _first(len(extents_of(value)))
    pending, seen = [value], 0
    while pending and seen < _SEEN:
        for use in pending.pop().uses:
            reader, seen = use.operation, seen + 1
            if _permutes(reader, back):
                return True
            if isinstance(reader, _CARRIES):
                pending.extend(reader.results)
    return False


def _require_undone(m: Match, value: SSAValue) -> None:
    m.require(_is_undone(value), "the channels are moved back behind it")


@rewrite(
    MapOp,
    after=(ReshapeOp, TransposeOp),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=("E2", "ORT/TransposeOptimizer", "OpenVINO/TransposeSinkingBinary"),
    evidence="proved",
)
def map_before_channels_last(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(transpose{p}(x), transpose{p}(y), z) => transpose{p}(map{f}(x, y, transpose{q}(z)))  if p
    moves channels last and q undoes it, z is a constant or repeated, and there are several x, or
    one that a convolution gives and nothing else reads, or the channels are moved back behind it.
    """
    shape = extents_of(op.results[0])
    rank = len(shape)
    m.require(sized(shape), "the shape is known")
    moved = {v: view for v in op.inputs if (view := _channels_last(v)) and extents_of(v) == shape}
    m.require(moved, "an operand is a transpose that moves the channels last")
    others = [value for value in dict.fromkeys(op.inputs) if value not in moved]
    m.require(all(_is_small(v, shape) for v in others), "others are constants or repeated")
    alone = [v for v, view in moved.items() if has_one_use(v) and _takes_maps(view.input)]
    if len(moved) < 2 and not alone:
        _require_undone(m, op.results[0])
    builder = RegionBuilder()
    arguments: list[SSAValue] = []
    for value in op.inputs:
        view = moved.get(value)
        if view is not None:
            m.consumed(view)
        source = _channels_first(m, value, rank) if view is None else view.input
        arguments.append(builder.argument(source))
    values = builder.inline(op.body, arguments)
    image = tensor(tuple(shape[p] for p in _first(rank)), element_of(op.results[0]))
    mapped = m.insert(MapOp(builder.operands, builder.finish(*values), image)).results[0]
    return [m.insert(TransposeOp(mapped, _last(rank))).results[0]]


def _takes_maps(value: SSAValue) -> bool:
    """Whether a value is that of a contraction, which may take a map over."""
    return (
        isinstance(value, OpResult) and isinstance(value.op, ContractionOp) and has_one_use(value)
    )


def _is_small(value: SSAValue, shape: Sequence[Extent]) -> bool:
    """Whether it costs nothing to transpose an operand: a constant, or one that is repeated."""
    if producer_of(value, ConstantOp) is not None:
        return True
    own = extents_of(value)
    missing = len(shape) - len(own)
    pairs = zip(own, shape[missing:], strict=True)
    return missing > 0 or any(is_one(n) and not is_one(whole) for n, whole in pairs)


def _channels_first(m: Match, value: SSAValue, rank: int) -> SSAValue:
    """An operand of images whose channels are last, for the same with channels first."""
    own = extents_of(value)
    if is_one(product_of(own)) or not own:
        return value
    if len(own) < rank:
        value = m.insert(ReshapeOp(value, (*[1] * (rank - len(own)), *own))).results[0]
    return m.insert(TransposeOp(value, _first(rank))).results[0]


@rewrite(
    ConcatOp,
    after=(ReshapeOp, TransposeOp),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=(
        "onnx-mlir/SwapTransposeConcat",
        "OpenVINO/TransposeSinkingConcat",
        "ORT/TransposeOptimizer",
        "TVM/reorder_permute_dims_after_concat",
    ),
    evidence="proved",
)
def concat_before_channels_last(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat(transpose{p}(x), transpose{p}(y)) => transpose{p}(concat(x, y))  if p moves channels
    last; an operand may be a constant instead.
    """
    rank = len(extents_of(op.results[0]))
    constant = [producer_of(v, ConstantOp) is not None for v in op.inputs]
    m.require(not all(constant), "an operand is computed")
    images = [
        _channels_first(m, v, rank) if is_constant else _image(m, v)
        for v, is_constant in zip(op.inputs, constant, strict=True)
    ]
    if len(images) - sum(constant) < 2:
        _require_undone(m, op.results[0])
    joined = m.insert(ConcatOp(images, _last(rank)[op.axis.value.data])).results[0]
    return [m.insert(TransposeOp(joined, _last(rank))).results[0]]


@rewrite(
    PadOp,
    after=(ReshapeOp, TransposeOp),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=("OpenVINO/TransposeSinkingPad",),
    evidence="proved",
)
def pad_before_channels_last(op: PadOp, m: Match) -> Sequence[SSAValue]:
    """
    pad(transpose{p}(x)) => transpose{p}(pad(x))  if p moves channels last, and they are moved back
    behind it.
    """
    image = _image(m, op.input)
    _require_undone(m, op.results[0])
    rank = len(extents_of(image))
    low, high = zip(*(op.amount_extents[at] for at in _first(rank)), strict=True)
    padded = m.insert(PadOp(image, low, high, op.value, op.mode.data)).results[0]
    return [m.insert(TransposeOp(padded, _last(rank))).results[0]]


@rewrite(
    SliceOp,
    after=(ReshapeOp, TransposeOp),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=("OpenVINO/TransposeSinkingSlice",),
    evidence="proved",
)
def slice_before_channels_last(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(transpose{p}(x)) => transpose{p}(slice(x))  if p moves channels last, and they are moved
    back behind it.
    """
    image = _image(m, op.input)
    _require_undone(m, op.results[0])
    rank, ranges = len(extents_of(image)), op.extent_ranges()
    starts, sizes, steps = zip(*(ranges[at] for at in _first(rank)), strict=True)
    part = m.insert(SliceOp(image, starts, sizes, steps)).results[0]
    return [m.insert(TransposeOp(part, _last(rank))).results[0]]


@rewrite(
    SoftmaxOp,
    after=(ReshapeOp, TransposeOp),
    exactness="rounding",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=("OpenVINO/TransposeSinkingSoftmax",),
)
def softmax_before_channels_last(op: SoftmaxOp, m: Match) -> Sequence[SSAValue]:
    """
    softmax(transpose{p}(x)) => transpose{p}(softmax(x))  if p moves channels last, and they are
    moved back behind it.
    """
    image = _image(m, op.input)
    _require_undone(m, op.results[0])
    m.may_move(op.results[0])
    order = _last(len(extents_of(image)))
    new = SoftmaxOp(image, order[op.axis.value.data], log=op.log is not None)
    return [m.insert(TransposeOp(m.insert(new).results[0], order)).results[0]]


@rewrite(
    ReduceOp,
    after=(ReshapeOp, TransposeOp),
    exactness="rounding",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=("OpenVINO/TransposeSinkingReduction",),
)
def reduce_before_channels_last(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce(transpose{p}(x)) => transpose{r}(reduce(x))  if p moves channels last, and r moves none,
    as the rest of the dimensions is reduced, or the channels are moved back behind it.
    """
    m.require(len(op.inputs) == 1 and op.body is None, "it is of one operand as it is")
    [value] = op.inputs
    image = _image(m, value)
    m.may_move(op.results[0])
    order = _last(len(extents_of(image)))
    axes, keeps = op.axis_list, op.keepdims is not None
    left = [order[at] for at in range(len(order)) if at not in axes]
    if left != sorted(left):
        m.require(keeps, "the order of what is left does not change")
        _require_undone(m, op.results[0])
    moved = sorted(order[at] for at in axes)
    reduced = m.insert(ReduceOp([image], op.kind.data, moved, keepdims=keeps)).results[0]
    return [m.insert(TransposeOp(reduced, order)).results[0] if keeps else reduced]


@rewrite(
    ResizeOp,
    after=(ReshapeOp, TransposeOp),
    exactness="rounding",
    group="move",
    source="onnxruntime TransposeOptimizer",
    rows=("OpenVINO/TransposeSinkingInterpolate",),
)
def resize_before_channels_last(op: ResizeOp, m: Match) -> Sequence[SSAValue]:
    """
    resize(transpose{p}(x)) => transpose{p}(resize(x))  if p moves channels last, and they are moved
    back behind it.
    """
    image = _image(m, op.input)
    _require_undone(m, op.results[0])
    m.may_move(op.results[0])
    rank, after = len(extents_of(image)), extents_of(op.results[0])
    new = ResizeOp(
        image,
        [after[at] for at in _first(rank)],
        op.mode.data,
        op.coordinates.data,
        op.rounding.data,
        [op.factors[at] for at in _first(rank)],
        op.cubic_coefficient.value.data,
    )
    return [m.insert(TransposeOp(m.insert(new).results[0], _last(rank))).results[0]]


RULES = (
    map_before_channels_last,
    concat_before_channels_last,
    pad_before_channels_last,
    slice_before_channels_last,
    softmax_before_channels_last,
    reduce_before_channels_last,
    resize_before_channels_last,
)
