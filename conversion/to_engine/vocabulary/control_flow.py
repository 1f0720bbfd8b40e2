"""
Branches and loops that the data decides, as `engine.if` and `engine.loop`.

A frontend says what a region computes by a function that fills a block and gives what it yields;
what all dialects share is here: the shapes that both branches and all trips must agree on, axes
other than the first, rows of loops that may end early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, i1
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import IfOp, LoopOp, YieldOp
from ....dialects.engine.base import byte_extent_of, element_of, extents_of, shape_of, tensor
from ....dialects.engine.control import ELSE_RELATIONS, THEN_RELATIONS
from ....dialects.engine.data_sizes import SizeDefiningOp
from ....dialects.engine.mentioned_names import MentionedNames
from ....dialects.engine.opaque import any_opaque, is_opaque
from ....runtime.size import lower_bound, sum_of
from ...size_relations import Relations
from ..lowering import Lowering, NoNativeForm
from ..open_extents import extents_in
from .found_sizes import cut_to_found, found_sizes, with_room
from .growing import Growth, growth_of
from .loop_parts import FillBlock, LoopParts, LoopResults, discard, filled
from .loop_rooms import rooms_of
from .room_for_trips import LIMITLESS, MOST_ROWS_BYTES, Room, room_for_memory, room_of_limit
from .unlike_branches import joined_types


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
        found = found_sizes(lo, blocks, values)
        if found:
            for at, block in enumerate(blocks):
                with lo.inside(block):
                    values[at] = with_room(lo, values[at], found)
        joined = joined_types(lo, condition, *values)
    except NoNativeForm:
        for block in blocks:
            discard(block)
        raise
    for block, yielded in zip(blocks, values, strict=True):
        block.add_op(YieldOp(*yielded))
    built = IfOp(_one(lo, condition), joined.types, Region(blocks[0]), Region(blocks[1]))
    asked = zip(relations or (None, None), joined.relations, strict=True)
    needed = [(*(() if own is None else own.found), *more) for own, more in asked]
    for key, relation in zip((THEN_RELATIONS, ELSE_RELATIONS), needed, strict=True):
        if relation:
            built.attributes[key] = ArrayAttr(relation)
    lo.emit(built)
    return cut_to_found(lo, built.res[:-1], built.res[-1], found) if found else built.res


def loop(lo: Lowering, parts: LoopParts) -> LoopResults:
    """
    The results of a loop.

    Raises:
        NoNativeForm: when a value has no buffer or a size that nobody knows, or nobody knows how
            many rows there can be.
    """
    try:
        return _loop(lo, parts)
    except NoNativeForm:
        rooms = rooms_of(lo, parts, filled(parts, [v.type for v in parts.carried]))
        if rooms is None:
            raise
    return rooms.results(_loop(lo, rooms.parts))


def _loop(lo: Lowering, parts: LoopParts) -> LoopResults:
    """The results of a loop whose values have the sizes that they have in each trip."""
    if any_opaque((*parts.carried, *parts.scanned)):
        raise NoNativeForm("carries or reads values without a buffer")
    growth: Growth | None = None
    block, going_on, carried, rows = filled(parts, [v.type for v in parts.carried])
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
            block, going_on, carried, rows = filled(parts, growth.types)
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
