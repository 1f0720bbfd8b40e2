"""Where planned values begin, through views and into and out of loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.ir import Block, BlockArgument, OpResult, SSAValue

from ...runtime.size import Extent
from .base import element_of, physical_strides_of, shape_of
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
            moves = (Move(value, turn, 2),) if turn else ()
            return Location(value.op.inits[value.index], 0, moves)
    elif isinstance(value, BlockArgument) and isinstance(loop := value.block.parent_op(), LoopOp):
        return taken_from(loop, value)
    return None


def taken_from(loop: LoopOp, argument: BlockArgument) -> Location:
    """What a carried value or slice that a loop's region takes is a part of."""
    number = argument.index - 1
    if number < len(loop.inits):
        turn = loop.turn_of(number)
        return Location(loop.inits[number], 0, (Move(loop.number, turn, 2),) if turn else ())
    number -= len(loop.inits)
    whole = loop.scanned[number]
    step = physical_strides_of(whole)[0] * dtype_of(element_of(whole)).itemsize
    if loop.is_backwards(number):
        last = step * max(shape_of(whole)[0] - 1, 0)
        return Location(whole, last, (Move(loop.number, -step),))
    return Location(whole, 0, (Move(loop.number, step),))


def loop_of(index: SSAValue) -> LoopOp | None:
    """The loop whose number of the trip a value is."""
    owner = index.owner
    loop = owner.parent_op() if isinstance(owner, Block) else None
    return loop if isinstance(loop, LoopOp) and index is loop.number else None


def range_of_moves(moves: Sequence[Move]) -> tuple[int, int]:
    """The least and the most bytes that moves add to an offset."""
    ends = [(0, move.step * _last(move)) for move in moves]
    return sum(map(min, ends)), sum(map(max, ends))


def _last(move: Move) -> int:
    if move.turns:
        return 1
    loop = loop_of(move.index)
    capacity = None if loop is None else loop.capacity
    return max((capacity or 0) - 1, 0)
