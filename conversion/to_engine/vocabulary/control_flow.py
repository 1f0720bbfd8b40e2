"""
Branches and loops that the data decides, as `engine.if` and `engine.loop`.

A frontend says what a region computes by a function that fills a block and gives what it yields;
what all dialects share is here: the shapes that both branches and all trips must agree on, axes
other than the first, rows of loops that may end early.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, i1, i64
from xdsl.ir import Attribute, Block, Region, SSAValue

from ....dialects.engine import IfOp, LoopOp, YieldOp
from ....dialects.engine.base import byte_extent_of, element_of, extents_of, shape_of, tensor
from ....dialects.engine.control import ELSE_RELATIONS, THEN_RELATIONS
from ....dialects.engine.data_sizes import SizeDefiningOp
from ....dialects.engine.mentioned_names import MentionedNames
from ....dialects.engine.opaque import any_opaque, is_opaque
from ....runtime.size import Extent, lower_bound, sum_of
from ...size_relations import Relations
from ..lowering import Lowering, NoNativeForm
from ..open_extents import extents_in
from .growing import Growth, growth_of
from .room_for_trips import LIMITLESS, MOST_ROWS_BYTES, Room, room_for_memory, room_of_limit
from .unlike_branches import joined_types

FillBlock = Callable[[Block, Sequence[SSAValue]], list[SSAValue]]
"""Appends to a block what a region computes from some of its arguments; what it yields."""


def branches(
    lo: Lowering,
    condition: SSAValue,
    then: FillBlock,
    otherwise: FillBlock,
    relations: tuple[Relations, Relations] | None = None,
) -> Sequence[SSAValue]:
    """
    The results of one of two regions.

    `relations` collect, while the regions are filled, what each needs of the sizes of a call.

    Raises:
        NoNativeForm: when they give values of unlike types, or values without a buffer.
    """
    blocks = Block(), Block()
    values = [fill(block, ()) for fill, block in zip((then, otherwise), blocks, strict=True)]
    try:
        for block, given in zip(blocks, values, strict=True):
            _require_known_outside(block, given)
        joined = joined_types(lo, condition, *values)
    except NoNativeForm:
        for block in blocks:
            discard(block)
        raise
    for block, yielded in zip(blocks, values, strict=True):
        block.add_op(YieldOp(*yielded))
    built = IfOp(_one(lo, condition), joined.types, Region(blocks[0]), Region(blocks[1]))
    asked = zip(relations or (None, None), joined.relations, strict=True)
    needed = [(*(() if found is None else found.found), *more) for found, more in asked]
    for key, found in zip((THEN_RELATIONS, ELSE_RELATIONS), needed, strict=True):
        if found:
            built.attributes[key] = ArrayAttr(found)
    lo.emit(built)
    return built.res


@dataclass(frozen=True)
class LoopParts:
    """What a loop is made of, whatever dialect says so."""

    limit: SSAValue | None
    """Most trips, one integer; None where nothing but the rest ends the loop."""
    condition: SSAValue | None
    """Whether the first trip is made, one boolean; None where each trip but the last is."""
    carried: Sequence[SSAValue]
    scanned: Sequence[SSAValue]
    """Each has a slice for every trip, along its first axis."""
    fill: FillBlock
    """Takes the number of the trip (i64), the carried values and the slices; yields whether to go
    on, the next carried values and the rows."""
    rows: int
    """How many rows it yields."""
    most: Extent | None = None
    """The number of trips where all are made, or the most there can be."""
    backwards: Sequence[int] = ()
    upwards: Sequence[int] = ()


@dataclass(frozen=True)
class LoopResults:
    """
    What a loop gives; of `stacked`, only the first `count` rows if that is not None, and of what
    grows only what so many trips gave.
    """

    carried: Sequence[SSAValue]
    stacked: Sequence[SSAValue]
    count: SSAValue | None
    growth: Growth | None = None


def loop(lo: Lowering, parts: LoopParts) -> LoopResults:
    """
    The results of a loop.

    Raises:
        NoNativeForm: when a carried value changes its size or has no buffer, or nobody knows how
            many rows there can be.
    """
    if any_opaque((*parts.carried, *parts.scanned)):
        raise NoNativeForm("carries or reads values without a buffer")
    growth: Growth | None = None
    block, going_on, carried, rows = _filled(parts, [v.type for v in parts.carried])
    goes_on = _flag(lo, going_on) is True
    all_trips = parts.most is None and goes_on and _begins(lo, parts)
    room: Room | None = None
    try:
        if _needs_most(parts, carried, rows):
            room = _room(lo, parts, carried, rows, goes_on=goes_on)
            parts = parts if room is None else replace(parts, most=room.trips)
        growth = growth_of(lo, parts.carried, carried, parts.most)
        if growth is not None:
            discard(block)
            block, going_on, carried, rows = _filled(parts, growth.types)
            growth.check(carried)
        _check(parts, carried, rows, growth)
        _require_known_outside(block, rows)
    except NoNativeForm:
        discard(block)
        raise
    ends = _flag(lo, going_on) is not True
    condition = parts.condition
    if condition is not None and not ends and _flag(lo, condition) is True:
        condition = None
    if condition is None and ends:
        condition = lo.constant(np.array(True), "going")
    yields = [] if condition is None else [_one_in(block, going_on)]
    block.add_op(YieldOp(*yields, *carried, *rows))
    sized = bool(rows) or growth is not None
    early = sized and (condition is not None or not (all_trips or _makes_all(lo, parts)))
    most = 0 if parts.most is None else parts.most
    built = LoopOp(
        None if parts.limit is None else _one(lo, parts.limit),
        None if condition is None else _one(lo, condition),
        parts.carried,
        parts.scanned,
        Region(block),
        stacked=[tensor((most, *extents_of(r)), element_of(r)) for r in rows],
        backwards=parts.backwards,
        upwards=parts.upwards,
        counts=early,
        trip=None if growth is None else growth.trip,
        growing=[] if growth is None else growth.axes,
        last=None if growth is None else growth.last,
    )
    lo.emit(built)
    count = len(parts.carried)
    stacked = built.res[count : count + len(rows)]
    made = built.res[-1] if early else None
    if made is not None and room is not None:
        made = room.check(lo, made)
    return LoopResults(built.res[:count], stacked, made, growth)


def _room(
    lo: Lowering,
    parts: LoopParts,
    carried: Sequence[SSAValue],
    rows: Sequence[SSAValue],
    *,
    goes_on: bool,
) -> Room | None:
    """Room for the trips of a loop that no constant limits; None where one does."""
    limitless = isinstance(parts.most, int) and parts.most >= LIMITLESS
    if (parts.most is not None and not limitless) or any_opaque((*carried, *rows)):
        return None
    limit = None if limitless else parts.limit
    if not goes_on:
        return room_for_memory(lo, limit, parts.carried, carried, rows)
    return None if limit is None else room_of_limit(lo, limit)


def _filled(
    parts: LoopParts, types: Sequence[Attribute]
) -> tuple[Block, SSAValue, list[SSAValue], list[SSAValue]]:
    """
    The region with carried values of these types: its block, whether it goes on, the next carried
    values, and the rows.
    """
    given: list[Attribute] = [tensor((), i64), *types]
    given += [tensor(extents_of(v)[1:], element_of(v)) for v in parts.scanned]
    block = Block(arg_types=given)
    try:
        going_on, *values = parts.fill(block, block.args)
    except NoNativeForm:
        discard(block)
        raise
    return block, going_on, values[: len(types)], values[len(types) :]


def _check(
    parts: LoopParts,
    carried: Sequence[SSAValue],
    rows: Sequence[SSAValue],
    growth: Growth | None,
) -> None:
    for number, (before, after) in enumerate(zip(parts.carried, carried, strict=True)):
        if is_opaque(after):
            raise NoNativeForm("carries a value without a buffer")
        if growth is not None and growth.axes[number] >= 0:
            continue
        if before.type != after.type:
            raise NoNativeForm(
                f"carries a value that changes from {before.type} to {after.type} in a trip"
            )
    if not rows:
        return
    if any(map(is_opaque, rows)):
        raise NoNativeForm("gives rows whose sizes are not known")
    if parts.most is None:
        raise NoNativeForm("gives as many rows as the data says, without a limit")
    needed = parts.most * sum_of(map(byte_extent_of, rows))
    if isinstance(needed, int) and needed > MOST_ROWS_BYTES:
        raise NoNativeForm(f"may give {parts.most} rows, too many to have memory for all of them")


def _begins(lo: Lowering, parts: LoopParts) -> bool:
    """Whether the first trip is made, if the limit allows one."""
    return parts.condition is None or _flag(lo, parts.condition) is True


def _needs_most(parts: LoopParts, carried: Sequence[SSAValue], rows: Sequence[SSAValue]) -> bool:
    """Whether there is something of which each trip gives a part."""
    pairs = zip(parts.carried, carried, strict=True)
    return bool(rows) or any(before.type != after.type for before, after in pairs)


def _makes_all(lo: Lowering, parts: LoopParts) -> bool:
    """Whether as many trips are made as there are rows, if no condition ends the loop."""
    if parts.limit is None:
        return True
    found = extents_in(lo, parts.limit)
    if found is None or parts.most is None:
        return False
    spare = found[0] - parts.most
    return lower_bound(spare) >= 0


def _flag(lo: Lowering, value: SSAValue) -> bool | None:
    """The truth of a constant; None for any other value."""
    array = lo.array_of(value)
    return None if array is None else bool(array.all())


def _one(lo: Lowering, value: SSAValue) -> SSAValue:
    """
    A value of one element, of rank 0 or 1.

    Raises:
        NoNativeForm: for any other number of elements.
    """
    shape = shape_of(value)
    if prod(shape) != 1:
        raise NoNativeForm(f"with a condition or count of shape {list(shape)}, not of one element")
    return value if len(shape) < 2 else lo.reshape(value, ())


def _one_in(block: Block, value: SSAValue) -> SSAValue:
    """The same of what a region computes."""
    if shape_of(value) not in ((), (1,)) or element_of(value) != i1:
        raise NoNativeForm(f"goes on as {value.type} says, expected one boolean")
    return value


def _require_known_outside(block: Block, values: Sequence[SSAValue]) -> None:
    """
    See that no size of what a region gives is one that is found in it.

    Raises:
        NoNativeForm: where one is: nobody knows it outside.
    """
    finding = [op for op in block.ops if isinstance(op, SizeDefiningOp)]
    found = {name for op in finding for name in op.defined_names}
    mentioned = MentionedNames()
    for value in values if found else ():
        if not found.isdisjoint(mentioned(value.type)):
            raise NoNativeForm("gives what is as large as the data says in a branch or loop")


def discard(block: Block) -> None:
    """Give up the uses that a block has of values around it."""
    for op in reversed(list(block.ops)):
        op.detach()
        op.erase(safe_erase=False)
