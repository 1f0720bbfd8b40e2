"""Slices, joins, gathers and pads out of one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import (
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    ConvOp,
    GatherOp,
    MapOp,
    PadOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ....dialects.engine.base import element_of, extents_of, sized, tensor
from ....runtime.size import Extent, is_one, numbers_of, product_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder
from .constants import splat_of


@rewrite(SliceOp, after=(SliceOp,), exactness="bitwise", source="MLIR tensor", evidence="proved")
def merge_slices(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(slice(x)) => slice(x).
    """
    inner = m.producer(op.input, SliceOp)
    ranges = [
        (first + start * step, size, stride * step)
        for (first, _, step), (start, size, stride) in zip(
            inner.extent_ranges(), op.extent_ranges(), strict=True
        )
    ]
    starts, sizes, steps = zip(*ranges, strict=True) if ranges else ((), (), ())
    return [m.insert(SliceOp(inner.input, starts, sizes, steps)).results[0]]


@rewrite(
    SliceOp,
    after=(ConcatOp,),
    exactness="bitwise",
    source="onnxruntime ConcatSliceElimination; XLA",
    rows=("E4",),
    evidence="proved",
)
def slice_of_concat(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(concat(a, b, ...)) => slice(a)  if all that it takes comes from one operand.
    """
    joined = m.producer(op.input, ConcatOp)
    m.require(sized(extents_of(op.input)), "the shape is known")
    axis = joined.axis.value.data
    start, size, step = op.extent_ranges()[axis]
    m.require(size != 0, "the slice has elements")
    last = start + (size - 1) * step
    first, last = (start, last) if step > 0 else (last, start)
    for value, offset in zip(joined.inputs, joined.offset_extents, strict=True):
        after = offset + extents_of(value)[axis]
        if m.at_least(first, offset) and m.at_least(after, last + 1):
            starts, sizes, steps = (list(c) for c in zip(*op.extent_ranges(), strict=True))
            starts[axis] = start - offset
            return [m.insert(SliceOp(value, starts, sizes, steps)).results[0]]
    m.require(False, "the slice lies within one operand of the concat")
    return []


@rewrite(ReshapeOp, after=(SliceOp,), exactness="bitwise", source="transformers modeling_gpt2")
def slice_after_reshape(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """
    reshape(slice(x)) => slice(reshape(x))  if the slice is of one dimension, in steps of 1, and the
    reshape splits that dimension into pieces that x and what is left out consist of, too: both are
    views then, a reshape of a slice is a copy.
    """
    inner = m.producer(op.input, SliceOp)
    before, after = extents_of(inner.input), extents_of(op.results[0])
    m.require(sized(before) and sized(after), "the shapes are known")
    ranges = inner.extent_ranges()
    taken = [dim for dim, (_, size, _) in enumerate(ranges) if size != before[dim]]
    m.require(all(step == 1 for _, _, step in ranges), "the slice goes in steps of 1")
    m.require(len(taken) == 1, "it is of one dimension")
    [dim] = taken
    start, size, _ = ranges[dim]
    [size, start, along] = numbers_of((size, start, before[dim]))
    split = _split_of(product_of(before[:dim]), size, product_of(before[dim + 1 :]), after)
    m.require(split is not None, "the reshape splits the dimension")
    assert split is not None
    place, piece = split
    m.require(start % piece == 0 and along % piece == 0, "pieces lie inside or outside")
    whole = [*after[:place], along // piece, *after[place + 1 :]]
    view = m.insert(ReshapeOp(inner.input, whole)).results[0]
    starts = [0] * len(after)
    starts[place] = start // piece
    return [m.insert(SliceOp(view, starts, after)).results[0]]


def _split_of(
    outer: Extent, size: int, rest: Extent, shape: Sequence[Extent]
) -> tuple[int, int] | None:
    """
    Which dimension of `shape` counts pieces of a dimension of `size`, and how large they are.

    `outer` and `rest` are the numbers of elements before and after that dimension.
    """
    for place, count in enumerate(shape):
        if not isinstance(count, int) or product_of(shape[:place]) != outer:
            continue
        if 1 <= count < size and size % count == 0:
            piece = size // count
            if product_of(shape[place + 1 :]) == piece * rest:
                return place, piece
    return None


@rewrite(ConcatOp, exactness="bitwise", source="XLA", evidence="proved")
def merge_concats(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat(a, concat(b, c)) => concat(a, b, c)  if both are along one axis and nobody else reads
    the inner one.
    """
    if has_one_use(op.results[0]):
        [use] = op.results[0].uses
        reader = use.operation
        m.leave_to(reader if isinstance(reader, ConcatOp) and reader.axis == op.axis else None)
    values: list[SSAValue] = []
    pending = list(reversed(op.inputs))
    while pending:
        value = pending.pop()
        inner = producer_of(value, ConcatOp)
        if inner is None or inner.axis != op.axis or not has_one_use(value):
            values.append(value)
            continue
        m.taken_in(inner)
        pending.extend(reversed(inner.inputs))
    m.require(len(values) > len(op.inputs), "an operand is a concat along the axis, read only here")
    return [m.insert(ConcatOp(values, op.axis.value.data, op.results[0].type)).results[0]]


@rewrite(
    ConcatOp,
    exactness="bitwise",
    group="move",
    source="torchvision densenet",
    evidence="proved",
)
def concat_of_shorter_concat(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat(a, b, c) => concat(concat(a, b), c)  if concat(a, b) is there, before it and read.

    The shorter one can then lie where the longer one starts, and nothing is copied.
    """
    inputs, found, count = list(op.inputs), op.inputs[0], 1
    while longer := _concats_from(found, op, inputs[count:]):
        best = max(longer, key=lambda other: len(other.inputs))
        found, count = best.results[0], count + len(best.inputs) - 1
    m.require(count > 1, "another concat has the first operands of this one, and ends before it")
    rest = [found, *inputs[count:]]
    return [m.insert(ConcatOp(rest, op.axis.value.data, op.results[0].type)).results[0]]


def _concats_from(value: SSAValue, op: ConcatOp, rest: Sequence[SSAValue]) -> list[ConcatOp]:
    """Concats before `op`, read and along its axis, of `value` and a beginning of `rest`."""
    if not rest:
        return []
    found: list[ConcatOp] = []
    for use in value.uses:
        user = use.operation
        # The second operand tells most concats apart from this one.
        if use.index or not isinstance(user, ConcatOp) or user is op or len(user.operands) < 2:
            continue
        others = user.operands[1:]
        if others[0] is not rest[0] or len(others) >= len(rest) or user.axis != op.axis:
            continue
        if user.parent is not op.parent or not user.results[0].uses:
            continue
        if list(others) == list(rest[: len(others)]) and user.is_before_in_block(op):
            found.append(user)
    return found


@rewrite(
    ConcatOp,
    after=(SliceOp,),
    exactness="bitwise",
    source="onnxruntime ConcatSliceElimination",
    rows=("E4",),
    evidence="proved",
)
def concat_of_slices(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat(slice(x)[a:b], slice(x)[b:c]) => slice(x)[a:c].
    """
    axis = op.axis.value.data
    values: list[SSAValue] = []
    for value in op.inputs:
        last = producer_of(values[-1], SliceOp) if values else None
        part = producer_of(value, SliceOp)
        whole = None if last is None or part is None else _joined(last, part, axis)
        if whole is None or last is None or part is None:
            values.append(value)
            continue
        m.consumed(last)
        m.consumed(part)
        starts, sizes, steps = zip(*whole, strict=True)
        values[-1] = m.insert(SliceOp(last.input, starts, sizes, steps)).results[0]
    m.require(len(values) < len(op.inputs), "two neighbours are adjacent slices of one tensor")
    return [m.insert(ConcatOp(values, axis, op.results[0].type)).results[0]]


def _joined(first: SliceOp, second: SliceOp, axis: int) -> list[tuple[Extent, Extent, int]] | None:
    """The ranges of two slices in one, None when they are not adjacent parts of one tensor."""
    if first.input is not second.input:
        return None
    ranges, others = first.extent_ranges(), second.extent_ranges()
    start, size, step = ranges[axis]
    following, more, stride = others[axis]
    ranges[axis], others[axis] = (start, size + more, step), (start, size + more, step)
    adjacent = step == stride and following == start + size * step
    return ranges if adjacent and ranges == others else None


@rewrite(
    GatherOp, after=(ConstantOp,), exactness="bitwise", source="onnxruntime GatherToSliceFusion"
)
def gather_to_slice(op: GatherOp, m: Match) -> Sequence[SSAValue]:
    """
    gather(x, constant) => reshape(slice(x))  if the indices go up or down in equal steps.
    """
    axis, shape = op.axis.value.data, extents_of(op.input)
    attr = m.constant(op.indices)
    m.require(sized(shape), "the shape is known")
    [count] = numbers_of([product_of(extents_of(op.indices))])
    indices = m.store.array(attr).reshape(-1).astype(np.int64)
    m.require(count > 0, "there are indices")
    along = shape[axis]
    least, most = int(indices.min()), int(indices.max())
    fits = m.at_least(along, max(count, most + 1, -least))
    m.require(fits, "every index is within the axis, and none comes twice")
    if isinstance(along, int):
        indices = np.where(indices < 0, indices + along, indices)
    m.require(isinstance(along, int) or least >= 0 or most < 0, "indices count from one end")
    step = int(indices[1] - indices[0]) if count > 1 else 1
    even = step != 0 and bool(np.all(np.diff(indices) == step))
    m.require(even, "the indices go up or down in equal steps")
    starts: list[Extent] = [0] * len(shape)
    steps = [1] * len(shape)
    sizes = list(shape)
    first = int(indices[0])
    starts[axis] = along + first if first < 0 else first
    sizes[axis], steps[axis] = count, step
    part = m.insert(SliceOp(op.input, starts, sizes, steps)).results[0]
    return [m.insert(ReshapeOp(part, extents_of(op.results[0]))).results[0]]


@rewrite(GatherOp, after=(ReshapeOp,), exactness="bitwise", source="XLA", evidence="proved")
def reshape_after_gather(op: GatherOp, m: Match) -> Sequence[SSAValue]:
    """
    gather(x, reshape(i)) => reshape(gather(x, i))  if i has a known shape: the indices may be a
    strided part of something, the result never is.
    """
    view = m.producer(op.indices, ReshapeOp)
    m.require(sized(extents_of(view.input)), "the shape is known")
    new = m.insert(GatherOp(op.input, view.input, op.axis.value.data)).results[0]
    return [m.insert(ReshapeOp(new, extents_of(op.results[0]))).results[0]]


@rewrite(
    SliceOp,
    after=(MapOp,),
    exactness="bitwise",
    group="move",
    source="XLA",
    rows=("I1", "I3"),
    evidence="proved",
)
def slice_before_map(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(map{f}(x, y)) => map{f}(slice(x), slice(y))  if nobody else reads the map.
    """
    inner = m.producer(op.input, MapOp)
    m.require(has_one_use(op.input), "the map has one use")
    m.require(inner.inputs, "the map has operands")
    whole, ranges = extents_of(op.input), op.extent_ranges()
    parts = [sliced_operand(m, value, whole, ranges) for value in inner.inputs]
    builder = RegionBuilder()
    values = builder.inline(inner.body, [builder.argument(v) for v in parts])
    result = tensor(extents_of(op.results[0]), element_of(op.results[0]))
    return [m.insert(MapOp(builder.operands, builder.finish(*values), result)).results[0]]


def sliced_operand(
    m: Match,
    value: SSAValue,
    whole: Sequence[Extent],
    ranges: Sequence[tuple[Extent, Extent, int]],
) -> SSAValue:
    """
    What is read of an operand that is repeated to a shape, `whole`, when only these ranges of it
    are computed.
    """
    shape = extents_of(value)
    behind = len(whole) - len(shape)
    repeated = all(n == m_ or is_one(n) for n, m_ in zip(shape, whole[behind:], strict=True))
    m.require(repeated, "each operand is known to be repeated, or not, along each dimension")
    # What is repeated is repeated less often; what has one index like the result may lose it.
    own = [
        r if n == all_ else (0, 1, 1)
        for n, all_, r in zip(shape, whole[behind:], ranges[behind:], strict=True)
    ]
    if not own or own == [(0, n, 1) for n in shape]:
        return value
    starts, sizes, steps = zip(*own, strict=True)
    return m.insert(SliceOp(value, starts, sizes, steps)).results[0]


@rewrite(
    ReshapeOp,
    TransposeOp,
    SliceOp,
    BroadcastOp,
    after=(BroadcastOp,),
    exactness="bitwise",
    source="MLIR linalg",
)
def move_splat(op: ReshapeOp | TransposeOp | SliceOp | BroadcastOp, m: Match) -> Sequence[SSAValue]:
    """
    move(broadcast(c)) => broadcast(c)  if c is one number: it stays one number.
    """
    inner = m.producer(op.input, BroadcastOp)
    m.require(is_one(product_of(extents_of(inner.input))), "one number is broadcast")
    number = splat_of(inner.input)
    m.require(number is not None, "it is constant")
    source = inner.input
    shape = extents_of(op.results[0])
    m.require(sized(shape), "the shape is known")
    if len(extents_of(source)) > len(shape):
        source = m.insert(ReshapeOp(source, ())).results[0]
    return [m.insert(BroadcastOp(source, shape)).results[0]]


@rewrite(
    PadOp, after=(PadOp,), exactness="bitwise", source="onnxruntime PadFusion", evidence="proved"
)
def merge_pads(op: PadOp, m: Match) -> Sequence[SSAValue]:
    """
    pad{c}(pad{c}(x)) => pad{c}(x)  if nothing is cropped and nobody else reads the inner one.
    """
    inner = m.producer(op.input, PadOp)
    m.require(has_one_use(op.input), "the inner pad has one use")
    m.require(op.mode.data == inner.mode.data == "constant", "both add a constant")
    m.require(op.value == inner.value, "it is the same constant")
    counts = [n for pair in (*op.amount_extents, *inner.amount_extents) for n in pair]
    m.require(all(m.at_least(n, 0) for n in counts), "nothing is cropped")
    low, high = (
        [a[side] + b[side] for a, b in zip(op.amount_extents, inner.amount_extents, strict=True)]
        for side in (0, 1)
    )
    return [m.insert(PadOp(inner.input, low, high, op.value)).results[0]]


@rewrite(ConvOp, after=(PadOp,), exactness="bitwise", group="fuse", source="onnxruntime PadFusion")
def pad_into_conv(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv(pad{0}(x), w) => conv{pads}(x, w)  if only spatial dimensions are padded and nobody else
    reads the padded tensor.
    """
    pad = m.producer(op.input, PadOp)
    m.require(has_one_use(op.input), "the pad has one use")
    m.require(pad.mode.data == "constant", "a constant is added")
    m.require(pad.value.value.data == 0, "the constant is 0")
    m.require(pad.amount_extents[:2] == [(0, 0), (0, 0)], "batch and channels are not padded")
    spatial = pad.amount_extents[2:]
    m.require(min(numbers_of(n for pair in spatial for n in pair)) >= 0, "nothing is cropped")
    added = numbers_of([low for low, _ in spatial] + [high for _, high in spatial])
    new = ConvOp(
        pad.input,
        op.weight,
        op.results[0].type,
        strides=op.window("strides"),
        pads=[a + b for a, b in zip(op.window("pads"), added, strict=True)],
        dilations=op.window("dilations"),
        groups=op.group_count,
        accumulator=op.accumulator,
        epilogue_operands=list(op.epilogue_operands),
        epilogue=None if op.epilogue_region is None else op.epilogue_region.clone(),
    )
    return [m.insert(new).results[0]]


RULES = (
    merge_slices,
    slice_of_concat,
    slice_after_reshape,
    merge_concats,
    concat_of_shorter_concat,
    concat_of_slices,
    gather_to_slice,
    reshape_after_gather,
    slice_before_map,
    move_splat,
    merge_pads,
    pad_into_conv,
)
