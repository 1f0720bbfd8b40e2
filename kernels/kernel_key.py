"""
The identity of a kernel: two planned operations with equal keys have the same code.

The key is the operation's text without value names and provenance: its name, properties, the
physical types of its operands and destinations, its regions, and whether it works in place. Sizes
that are no numbers are parameters in it (`parameters.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Block, BlockArgument, OpResult, SSAValue

from ..dialects.engine import LoopOp, ViewOp
from ..dialects.engine.base import (
    ABSORBED,
    EngineOp,
    element_of,
    extents_of,
    physical_strides_of,
    shape_of,
    span_extent_of,
)
from ..dialects.engine.integer_rounding import KEEPS_ROUNDINGS
from ..dialects.engine.view import Move
from ..dialects.engine.weights import dtype_of
from ..dialects.text import type_text
from ..runtime.size import Extent, lower_bound, numbers_of
from .parameters import parametrized


def region_text(block: Block) -> str:
    """A scalar region as text in which values are numbered, so that names do not matter."""
    numbers: dict[SSAValue, int] = {}
    for argument in block.args:
        numbers[argument] = len(numbers)
    lines = [",".join(type_text(a.type) for a in block.args)]
    for op in block.ops:
        operands = ",".join(str(numbers[v]) for v in op.operands)
        properties = ",".join(f"{k}={v}" for k, v in sorted(op.properties.items()))
        for result in op.results:
            numbers[result] = len(numbers)
        lines.append(
            f"{op.name}({operands}){{{properties}}}:{[type_text(r.type) for r in op.results]}"
        )
    return ";".join(lines)


@dataclass(frozen=True)
class Location:
    """
    Where a planned value begins: bytes behind the first of `base`, or of a place of it where sizes
    are open, and how that moves.
    """

    base: SSAValue
    offset: Extent
    moves: tuple[Move, ...] = ()
    """Their indices are the numbers of trips that regions of loops take, and, for the number of
    trips that a loop has made, its results."""
    place: int | None = None

    def offset_at(self, trip: int) -> Extent:
        """The offset when every loop is at that trip."""
        return self.offset + sum(move.bytes_at(trip) for move in self.moves)


def location_of(value: SSAValue) -> Location:
    """Where a planned value lies, through views and into and out of loops."""
    offset: Extent = 0
    place: int | None = None
    base, moves = value, list[Move]()
    while True:
        if isinstance(base, OpResult) and isinstance(base.op, ViewOp):
            offset = offset + base.op.byte_extent
            moves += base.op.moves
            place = place if base.op.place is None else base.op.place.value.data
            base = base.op.base
        elif isinstance(base, OpResult) and isinstance(base.op, LoopOp):
            turn = base.op.turn_of(base.index)
            moves += [Move(base, turn, 2)] if turn else []
            base = base.op.inits[base.index]
        elif isinstance(base, BlockArgument) and isinstance(loop := base.block.parent_op(), LoopOp):
            base, first, moved = _taken_from(loop, base)
            offset = offset + first
            moves += moved
        else:
            return Location(base, offset, tuple(moves), place)


def _taken_from(loop: LoopOp, argument: BlockArgument) -> tuple[SSAValue, int, list[Move]]:
    """What an argument of a loop's region is a part of, where it begins, and how it moves."""
    number = argument.index - 1
    if number < len(loop.inits):
        turn = loop.turn_of(number)
        return loop.inits[number], 0, [Move(loop.number, turn, 2)] if turn else []
    number -= len(loop.inits)
    whole = loop.scanned[number]
    step = physical_strides_of(whole)[0] * dtype_of(element_of(whole)).itemsize
    if loop.is_backwards(number):
        return whole, step * max(shape_of(whole)[0] - 1, 0), [Move(loop.number, -step)]
    return whole, 0, [Move(loop.number, step)]


def byte_range(value: SSAValue) -> tuple[SSAValue, int, Extent]:
    """(base buffer, first byte, past the last byte) of a planned value, in first trips of loops."""
    found = location_of(value)
    [offset] = numbers_of([found.offset_at(0)])
    return found.base, offset, span_extent_of(value) + offset


def _before(end: Extent, start: Extent) -> bool:
    """Whether what ends there is known to lie before what starts here."""
    return lower_bound(start - end) >= 0


def overlapping(op: EngineOp) -> bool:
    """Whether a destination shares bytes with a source or with another destination."""
    places = [location_of(v) for v in op.operands]
    # Places move together or turn by turn: two trips tell.
    return any(_overlap_at(op, places, trip) for trip in (range(2) if _move(places) else (0,)))


def _move(places: Sequence[Location]) -> bool:
    return any(place.moves for place in places)


def _overlap_at(op: EngineOp, places: Sequence[Location], trip: int) -> bool:
    starts = [place.offset_at(trip) for place in places]
    ends = [start + span_extent_of(v) for start, v in zip(starts, op.operands, strict=True)]
    sources = len(op.sources)
    for i in range(sources, len(places)):
        for j in range(i):
            a, b = places[i], places[j]
            # Places that live at the same time share no byte.
            if a.base is not b.base or a.place != b.place:
                continue
            if not (_before(ends[i], starts[j]) or _before(ends[j], starts[i])):
                return True
    return False


def kernel_key(op: EngineOp) -> str:
    """The identity of the kernel of a planned operation, as text."""
    in_place = "in place" if overlapping(op) else ""
    op = parametrized(op).op
    properties = [f"{k}={v}" for k, v in sorted(op.properties.items())]
    if (absorbed := op.attributes.get(ABSORBED)) is not None:
        properties.append(f"absorbed={absorbed}")
    if KEEPS_ROUNDINGS in op.attributes:
        properties.append(KEEPS_ROUNDINGS)
    regions = [region_text(r.block) for r in op.regions if r.blocks]
    parts = [
        op.name,
        *properties,
        *(type_text(v.type) for v in op.operands),
        *regions,
        in_place,
    ]
    return "|".join(parts)


def kernel_name(op: EngineOp, key: str) -> str:
    """A readable name for the kernel: the operation, its result's shape, and a digest."""
    op = parametrized(op).op
    out = op.destinations[0] if op.destinations else op.operands[0]
    assert isinstance(out.type, MemRefType)
    shape = "x".join(re.sub(r"\W+", "_", str(n)) for n in extents_of(out)) or "scalar"
    kind = re.sub(r"\W", "_", op.name.removeprefix("engine."))
    return f"{kind}_{shape}_{hashlib.blake2b(key.encode(), digest_size=6).hexdigest()}"
