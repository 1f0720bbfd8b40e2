"""Where planned values begin, through views and into and out of loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.ir import Block, BlockArgument, OpResult, SSAValue

from ...runtime.size import Extent, is_zero, range_of
from .base import element_of, extents_of, stride_extents_of
from .loop import LoopOp
from .view import Move, ViewOp
from .weights import dtype_of


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

    def offset_in(self, trips: Mapping[SSAValue, int]) -> Extent:
        """The offset in these trips by index, the first one where nothing is said."""
        return self.offset + sum(move.bytes_at(trips.get(move.index, 0)) for move in self.moves)


def location_of(value: SSAValue) -> Location:
    """Where a planned value lies: bytes of an argument of the function, or of a constant."""
    offset: Extent = 0
    place: int | None = None
    base, moves = value, list[Move]()
    while (found := _one_further(base)) is not None:
        base = found.base
        offset = offset + found.offset
        moves += found.moves
        place = place if found.place is None else found.place
    return Location(base, offset, tuple(moves), place)


def _one_further(value: SSAValue) -> Location | None:
    """Where a value lies in what it is a part of; None for an argument or a constant."""
    if isinstance(value, OpResult):
        if isinstance(value.op, ViewOp):
            place = None if value.op.place is None else value.op.place.value.data
            return Location(value.op.base, value.op.byte_extent, tuple(value.op.moves), place)
        if isinstance(value.op, LoopOp):
            turn = value.op.turn_of(value.index)
            moves = () if is_zero(turn) else (Move(value, turn, 2),)
            return Location(value.op.inits[value.index], 0, moves)
    elif isinstance(value, BlockArgument) and isinstance(loop := value.block.parent_op(), LoopOp):
        return taken_from(loop, value)
    return None


def taken_from(loop: LoopOp, argument: BlockArgument) -> Location:
    """What a carried value or slice that a loop's region takes is a part of."""
    number = argument.index - 1
    if number < len(loop.inits):
        turn = loop.turn_of(number)
        return Location(
            loop.inits[number], 0, () if is_zero(turn) else (Move(loop.number, turn, 2),)
        )
    number -= len(loop.inits)
    whole = loop.scanned[number]
    step = stride_extents_of(whole)[0] * dtype_of(element_of(whole)).itemsize
    if loop.is_backwards(number):
        return Location(
            whole, start_upwards(extents_of(whole)[0], step), (Move(loop.number, -step),)
        )
    return Location(whole, 0, (Move(loop.number, step),))


def loop_of(index: SSAValue) -> LoopOp | None:
    """The loop whose number of the trip a value is."""
    owner = index.owner
    loop = owner.parent_op() if isinstance(owner, Block) else None
    return loop if isinstance(loop, LoopOp) and index is loop.number else None


def start_upwards(rows: Extent, step: Extent) -> Extent:
    """
    Where the last of so many rows lies, `step` bytes each.

    For a number that is not known one row before the first of none, which no trip looks at.
    """
    return (max(rows - 1, 0) if isinstance(rows, int) else rows - 1) * step


def range_of_moves(moves: Sequence[Move]) -> tuple[Extent, Extent]:
    """The least and the most bytes that moves add to an offset, in the trips that there can be."""
    low: Extent = 0
    high: Extent = 0
    for move in moves:
        if goes_back(move.step):
            low = low + move.step * _last(move)
        else:
            high = high + move.step * _last(move)
    return low, high


def is_idle(moves: Sequence[Move]) -> bool:
    """Whether what moves so is in a loop that has no rows for a trip, so that nobody looks at it."""
    loops = (loop_of(move.index) for move in moves)
    lengths = (loop.capacity for loop in loops if loop is not None)
    return any(length is not None and is_zero(length) for length in lengths)


def goes_back(step: Extent) -> bool:
    """Whether a step leads to lower addresses, or, for sizes, may not lead to higher ones."""
    return step < 0 if isinstance(step, int) else range_of(step)[1] <= 0


def _last(move: Move) -> Extent:
    if move.turns:
        return 1
    loop = loop_of(move.index)
    capacity = None if loop is None else loop.capacity
    if capacity is None or isinstance(capacity, int):
        return max((capacity or 0) - 1, 0)
    return capacity - 1
