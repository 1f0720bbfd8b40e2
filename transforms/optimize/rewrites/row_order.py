"""Rows that several operations move about: one gather, or none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import Operation, OpResult, SSAValue

from ....dialects.engine import ConcatOp, GatherOp, MapOp, ReshapeOp, SliceOp, TransposeOp
from ....dialects.engine.base import element_of, extents_of, nbytes_of, sized, tensor
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.weights import Array
from ....runtime.size import Extent, is_one, numbers_of, product_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder
from .views import merged_groups

Move = ReshapeOp | TransposeOp | SliceOp | ConcatOp

MOST_MOVES = 32
"""Operations that become one gather at most."""

MOST_ROWS = 1 << 16
"""Rows that a gather has a constant index for at most."""

LEAST_BYTES = 64
"""A row has so many: the indices are a small part of what is read, and moving it pays."""


@rewrite(
    ReshapeOp,
    ConcatOp,
    exactness="bitwise",
    group="fuse",
    source="torchvision swin_transformer",
)
def gather_moved_rows(op: ReshapeOp | ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    move(... move(x)) => reshape(gather(reshape(x), constant))  if reshapes, transposes, slices and
    concats leave rows along the last dimension whole, two or more of them copy, nothing else reads
    what is in between, and rows have 64 bytes or more.

    Cyclic shifts of images and their division into windows, and back, are one copy then.
    """
    users = [use.operation for use in op.results[0].uses]
    m.require(not all(isinstance(user, Move) for user in users), "it is the last of its kind")
    moves, base = _moves_to(op)
    m.require(base is not None, "all elements come from one tensor")
    assert base is not None
    m.require(sum(map(_copies, moves)) > 1, "two or more operations copy")
    shape = numbers_of(extents_of(base))
    after = numbers_of(extents_of(op.results[0]))
    m.require(len(shape) > 1 and len(after) > 1, "there are rows")
    outer, length = list(shape[:-1]), list(shape)[-1]
    rows = product_of(outer)
    assert isinstance(rows, int)
    m.require(0 < rows <= MOST_ROWS, f"there are 1 to {MOST_ROWS} rows")
    m.require(nbytes_of(base) >= LEAST_BYTES * rows, f"a row has {LEAST_BYTES} bytes or more")
    whole = all(_keeps_rows(move, length) for move in moves)
    m.require(whole, "rows stay whole")
    places: dict[SSAValue, Array] = {base: np.arange(rows, dtype=np.int64).reshape(outer)}
    for move in moves:
        m.consumed(move)
        places[move.results[0]] = _moved(move, [places[v] for v in move.operands])
    order = places[op.results[0]].reshape(-1)
    m.require(order.size, "rows are left")
    table = m.insert(ReshapeOp(base, (rows, length))).results[0]
    indices = m.insert_constant(m.store.add(order, "row_order"))
    gathered = m.insert(GatherOp(table, indices, 0)).results[0]
    return [m.insert(ReshapeOp(gathered, after)).results[0]]


def _moves_to(last: Operation) -> tuple[list[Operation], SSAValue | None]:
    """What leads to `last` and is read by nothing else, in order, and the tensor it begins with."""
    members: dict[Operation, None] = {last: None}
    pending = list(last.operands)
    bases: dict[SSAValue, None] = {}
    while pending and len(members) < MOST_MOVES:
        value = pending.pop()
        source = value.op if isinstance(value, OpResult) else None
        if source in members:
            continue
        inside = isinstance(source, Move) and all(u.operation in members for u in value.uses)
        if source is None or not inside:
            bases[value] = None
            continue
        bases.pop(value, None)
        members[source] = None
        pending.extend(source.operands)
    if pending or len(bases) != 1:
        return [], None
    # A value that was met before all of its readers is looked at again by the last of them.
    [base] = bases
    return _in_order(members), base


def _in_order(members: dict[Operation, None]) -> list[Operation]:
    """The operations, each behind those that it reads."""
    found: dict[Operation, None] = {}
    for op in reversed(members):
        pending = [op]
        while pending:
            at = pending[-1]
            lacking = [
                v.op
                for v in at.operands
                if isinstance(v, OpResult) and v.op in members and v.op not in found
            ]
            if lacking:
                pending.extend(lacking)
                continue
            found[pending.pop()] = None
    return list(found)


def _copies(op: Operation) -> bool:
    """Whether a move copies: a concat does, and a reshape of what is a part or out of order."""
    if isinstance(op, ConcatOp):
        return True
    if not isinstance(op, ReshapeOp) or not isinstance(op.input, OpResult):
        return False
    return isinstance(op.input.op, TransposeOp | SliceOp)


def _keeps_rows(op: Operation, length: int) -> bool:
    """Whether an operation leaves rows of so many elements, along the last dimension, whole."""
    if any(extents_of(v)[-1:] != (length,) for v in (*op.operands, *op.results)):
        return False
    if isinstance(op, TransposeOp):
        return op.permutation[-1] == len(op.permutation) - 1
    if isinstance(op, SliceOp):
        return op.ranges()[-1] == (0, length, 1)
    return not isinstance(op, ConcatOp) or op.axis.value.data < len(extents_of(op.results[0])) - 1


def _moved(op: Operation, operands: Sequence[Array]) -> Array:
    """What an operation makes of the numbers of rows."""
    if isinstance(op, ConcatOp):
        return np.concatenate(operands, op.axis.value.data)
    [rows] = operands
    if isinstance(op, TransposeOp):
        return rows.transpose(op.permutation[:-1])
    if isinstance(op, SliceOp):
        for axis, (start, size, step) in enumerate(op.ranges()[:-1]):
            rows = rows.take(start + step * np.arange(size), axis)
        return rows
    return rows.reshape(numbers_of(extents_of(op.results[0])[:-1]))


@rewrite(
    ReshapeOp,
    after=(SliceOp,),
    exactness="bitwise",
    group="move",
    source="torchvision swin_transformer",
    evidence="proved",
)
def slice_before_transpose(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """
    reshape(slice(transpose{p}(x))) => transpose{q}(slice(reshape(x)))  if the slice takes one index
    of one dimension, that the reshape drops and x has in front of another one.

    The two dimensions of x are merged, so that the slice is a range of the one they become: a view,
    as are the three of queries, keys and values that come out of one product.
    """
    part = m.producer(op.input, SliceOp)
    turned = m.producer(part.input, TransposeOp)
    before, after = extents_of(turned.input), extents_of(op.results[0])
    m.require(sized(before), "the shape is known")
    ranges, order = part.extent_ranges(), turned.permutation
    whole = [(0, n, 1) for n in extents_of(part.input)]
    taken = [dim for dim, pair in enumerate(zip(ranges, whole, strict=True)) if pair[0] != pair[1]]
    m.require(len(taken) == 1, "the slice is of one dimension")
    [dim] = taken
    left = extents_of(op.input)
    m.require(is_one(left[dim]), "it takes one index")
    m.require(after == (*left[:dim], *left[dim + 1 :]), "the reshape drops this dimension")
    place = order[dim]
    m.require(place + 1 < len(before), "another dimension is behind it")
    count, inner = before[place], before[place + 1]
    merged = m.insert(
        ReshapeOp(turned.input, (*before[:place], count * inner, *before[place + 2 :]))
    ).results[0]
    shape: list[Extent] = list(extents_of(merged))
    starts: list[Extent] = [0] * len(shape)
    starts[place], shape[place] = ranges[dim][0] * inner, inner
    own = m.insert(SliceOp(merged, starts, shape)).results[0]
    rest = [p - (p > place) for p in order if p != place]
    return [m.insert(TransposeOp(own, rest)).results[0]]


@rewrite(
    MapOp,
    after=(ReshapeOp,),
    exactness="bitwise",
    group="move",
    source="torchvision swin_transformer",
)
def map_before_merge(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(reshape(transpose(x)), y) => reshape(map{f}(transpose(x), reshape(y)))  if the reshape
    merges dimensions, the transpose leaves the last one where it is, nothing else reads either, and
    each y has the result's shape or one element, and is not a contraction's, which takes maps in.

    The map reads x where it lies instead of a copy in the other order.
    """
    result = extents_of(op.results[0])
    m.require(sized(result), "the shape is known")
    found = next((v for v in op.inputs if _is_merged(v, op)), None)
    m.require(found, "an operand merges dimensions of a transpose, read only here")
    assert found is not None
    view = m.producer(found, ReshapeOp)
    m.consumed(view)
    inner = extents_of(view.input)
    for value in op.inputs:
        alone = is_one(product_of(extents_of(value)))
        m.require(alone or extents_of(value) == result, "the others have its shape or one element")
        source = value.op if isinstance(value, OpResult) else None
        m.require(not isinstance(source, ContractionOp), "no other operand is a contraction's")
    builder = RegionBuilder()
    arguments: list[SSAValue] = []
    for value in op.inputs:
        if value is found:
            source_value = view.input
        elif extents_of(value) == result:
            source_value = m.insert(ReshapeOp(value, inner)).results[0]
        else:
            source_value = m.insert(ReshapeOp(value, ())).results[0]
        arguments.append(builder.argument(source_value))
    values = builder.inline(op.body, arguments)
    moved = tensor(inner, element_of(op.results[0]))
    mapped = m.insert(MapOp(builder.operands, builder.finish(*values), moved)).results[0]
    return [m.insert(ReshapeOp(mapped, result)).results[0]]


def _is_merged(value: SSAValue, reader: MapOp) -> bool:
    """Whether a value merges dimensions of a transpose that keeps rows, read by `reader` alone."""
    view = producer_of(value, ReshapeOp)
    if view is None or any(use.operation is not reader for use in value.uses):
        return False
    turned = producer_of(view.input, TransposeOp)
    if turned is None or not has_one_use(view.input) or not sized(extents_of(turned.input)):
        return False
    order = turned.permutation
    if order[-1] != len(order) - 1 or list(order) == sorted(order):
        return False
    groups = merged_groups(extents_of(view.input), extents_of(value))
    return groups is not None and any(len(group) > 1 for group in groups)


RULES = (
    gather_moved_rows,
    slice_before_transpose,
    map_before_merge,
)
