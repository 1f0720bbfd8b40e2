"""Parts of what is joined or repeated, without the rest."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Operation, SSAValue

from ....dialects.engine import BroadcastOp, ConcatOp, GatherOp, ReshapeOp, SliceOp
from ....dialects.engine.base import extents_of, sized
from ....runtime.size import Extent, is_one, numbers_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite


@rewrite(
    SliceOp,
    after=(ConcatOp,),
    exactness="bitwise",
    source="onnxruntime ConcatSliceElimination; XLA",
    rows=("E4",),
)
def slice_across_concat(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(concat(a, b, c)) => concat(slice(a), b)  if it takes elements of several operands, in
    steps of 1, and none of another one, and nobody else reads the concat.
    """
    joined = m.producer(op.input, ConcatOp)
    m.require(has_one_use(op.input), "the concat has one use")
    axis = joined.axis.value.data
    ranges = op.extent_ranges()
    start, size, step = ranges[axis]
    m.require(step == 1, "it goes in steps of 1")
    lengths = numbers_of(extents_of(v)[axis] for v in joined.inputs)
    first, count = numbers_of((start, size))
    parts: list[SSAValue] = []
    for value, offset, length in zip(joined.inputs, joined.offsets, lengths, strict=True):
        low, high = max(first, offset), min(first + count, offset + length)
        if low >= high:
            continue
        own = [*ranges[:axis], (low - offset, high - low, 1), *ranges[axis + 1 :]]
        whole = [(0, n, 1) for n in extents_of(value)]
        if own == whole:
            parts.append(value)
            continue
        starts, sizes, steps = zip(*own, strict=True)
        parts.append(m.insert(SliceOp(value, starts, sizes, steps)).results[0])
    m.require(1 < len(parts) < len(lengths), "it takes of several operands, but not of all")
    return [m.insert(ConcatOp(parts, axis, op.results[0].type)).results[0]]


@rewrite(
    SliceOp,
    after=(BroadcastOp,),
    exactness="bitwise",
    source="onnx-mlir Canonicalize",
    rows=("onnx-mlir/SliceOfExpand",),
    evidence="proved",
)
def slice_of_broadcast(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(broadcast(x)) => broadcast(slice(x))  if nobody else reads the broadcast.
    """
    wide = m.producer(op.input, BroadcastOp)
    m.require(has_one_use(op.input), "the broadcast has one use")
    whole, own = extents_of(op.input), extents_of(wide.input)
    m.require(sized(whole) and sized(own), "the shapes are known")
    behind = len(whole) - len(own)
    ranges = op.extent_ranges()[behind:]
    parts: list[tuple[Extent, Extent, int]] = []
    for n, wider, range_ in zip(own, whole[behind:], ranges, strict=True):
        repeated = is_one(n) and not is_one(wider)
        m.require(repeated or n == wider, "each dimension is known to be repeated, or not")
        parts.append((0, 1, 1) if repeated else range_)
    narrow = wide.input
    if parts != [(0, n, 1) for n in own]:
        starts, sizes, steps = zip(*parts, strict=True)
        narrow = m.insert(SliceOp(narrow, starts, sizes, steps)).results[0]
    return [m.insert(BroadcastOp(narrow, extents_of(op.results[0]))).results[0]]


@rewrite(
    ConcatOp,
    exactness="bitwise",
    source="OpenVINO ConcatToBroadcast",
    rows=("OpenVINO/ConcatToBroadcast",),
    evidence="proved",
)
def concat_to_broadcast(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat(x, x, x) => broadcast(x)  if x has one element along the axis.

    Whoever reads it can broadcast by itself.
    """
    first, *others = op.inputs
    m.require(others, "there are several operands")
    m.require(all(value is first for value in others), "they are one tensor")
    axis = op.axis.value.data
    m.require(is_one(extents_of(first)[axis]), "it has one element along the axis")
    m.require(sized(extents_of(first)), "the shape is known")
    return [m.insert(BroadcastOp(first, extents_of(op.results[0]))).results[0]]


@rewrite(GatherOp, after=(GatherOp,), exactness="bitwise", source="XLA", evidence="proved")
def merge_gathers(op: GatherOp, m: Match) -> Sequence[SSAValue]:
    """
    gather(gather(x, i), j) => gather(x, gather(i, j))  if both are along one axis, i is a constant
    list whose indices are all in range, and nobody else reads the inner one.
    """
    inner = m.producer(op.input, GatherOp)
    m.require(has_one_use(op.input), "the inner gather has one use")
    m.require(inner.axis == op.axis, "both are along one axis")
    m.require(len(extents_of(inner.indices)) == 1, "the inner indices are a list")
    indices = m.array(inner.indices)
    [along] = numbers_of([extents_of(inner.input)[op.axis.value.data]])
    inside = bool(indices.size) and int(indices.min()) >= -along and int(indices.max()) < along
    m.require(inside, "the inner indices are in range")
    chosen = m.insert(GatherOp(inner.indices, op.indices, 0)).results[0]
    new = GatherOp(inner.input, chosen, op.axis.value.data, op.results[0].type)
    return [m.insert(new).results[0]]


@rewrite(
    SliceOp,
    after=(ConcatOp,),
    exactness="bitwise",
    group="move",
    source="onnxruntime ConcatSliceElimination",
)
def part_of_joined_concats(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(concat{p}(view(concat{q}(a, b)), view(concat{q}(c, d)))) => concat{p}(view(b), view(d))
    if the slice takes the second parts along q and all of the rest, q is before p, the inner
    concats are cut in the same places, views merge dimensions behind q, nothing else reads what is
    joined, and whoever reads the outer concat takes such a part.

    Then nothing is joined only to be taken apart: the outputs of the heads of a detector.
    """
    joined = m.producer(op.input, ConcatOp)
    inner: list[ConcatOp] = []
    for value in joined.inputs:
        m.require(has_one_use(value), "nobody else reads what is joined")
        view = producer_of(value, ReshapeOp)
        found = m.producer(value if view is None else view.input, ConcatOp)
        m.require(has_one_use(found.results[0]), "nobody else reads what is joined")
        inner.append(found)
        if view is not None:
            m.consumed(view)
            before, after = extents_of(view.input), extents_of(value)
            end = found.axis.value.data + 1
            m.require(before[:end] == after[:end], "the view merges dimensions behind the axis")
    axes = {found.axis.value.data for found in inner}
    m.require(len(axes) == 1, "the inner concats are along one axis")
    [q], p = axes, joined.axis.value.data
    m.require(q < p, "it is before the axis of the outer one")
    cuts = {numbers_of(extents_of(v)[q] for v in found.inputs) for found in inner}
    m.require(len(cuts) == 1, "the inner concats are cut in the same places")
    [lengths] = cuts
    starts = [sum(lengths[:number]) for number in range(len(lengths))]
    cut = list(zip(starts, lengths, strict=True))
    readers = [use.operation for use in op.input.uses]
    m.require(all(_part(reader, q) in cut for reader in readers), "who reads takes one part")
    number = [_part(op, q) == part for part in cut].index(True)
    parts: list[SSAValue] = []
    for value, found in zip(joined.inputs, inner, strict=True):
        part, shape = found.inputs[number], list(extents_of(value))
        shape[q] = lengths[number]
        same = extents_of(part) == tuple(shape)
        parts.append(part if same else m.insert(ReshapeOp(part, tuple(shape))).results[0])
    return [m.insert(ConcatOp(parts, p, op.results[0].type)).results[0]]


def _part(op: Operation, axis: int) -> tuple[Extent, Extent] | None:
    """Where a slice begins along an axis and how much it takes, if it takes all of the others."""
    if not isinstance(op, SliceOp):
        return None
    for at, (n, range_) in enumerate(zip(extents_of(op.input), op.extent_ranges(), strict=True)):
        if at != axis and range_ != (0, n, 1):
            return None
    start, size, step = op.extent_ranges()[axis]
    return (start, size) if step == 1 else None


RULES = (
    slice_across_concat,
    part_of_joined_concats,
    slice_of_broadcast,
    concat_to_broadcast,
    merge_gathers,
)
