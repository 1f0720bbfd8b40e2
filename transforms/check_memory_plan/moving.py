"""How far views that move with the trips of loops go, and which of their places are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from xdsl.ir import SSAValue

from ...dialects.engine import LoopOp
from ...dialects.engine.location import loop_of
from ...dialects.engine.view import Move
from ...runtime.size import numbers_of

TRIPS = 3
"""Of each loop that are written out: places repeat with every second one, or are rows."""


def trips_of(loop: LoopOp) -> int:
    """How many of its trips are written out, if it makes as many."""
    capacity = loop.capacity
    return TRIPS if capacity is None else min(TRIPS, *numbers_of([capacity]))


def fault_of(move: Move) -> str | None:
    """Why a move is none that can be proven, if it is none."""
    loop = loop_of(move.index)
    if loop is None:
        return "moves with what is not the number of a trip"
    if move.turns not in (0, 2):
        return f"takes {move.turns} turns; expected 2, or 0 for rows"
    if not move.turns and loop.capacity is None:
        return "moves with every trip of a loop that nothing limits"
    return None


def places_of(moves: Sequence[Move]) -> Iterator[Mapping[SSAValue, int]]:
    """The trips of the loops around, in all combinations that are written out."""
    indices = list(dict.fromkeys(move.index for move in moves))
    loops = [loop_of(index) for index in indices]
    counts = [range(trips_of(loop)) for loop in loops if loop is not None]
    for trips in product(*counts):
        yield dict(zip(indices, trips, strict=True))


def moved_by(moves: Sequence[Move], trips: Mapping[SSAValue, int]) -> int:
    """Bytes that moves add to an offset in these trips."""
    return sum(numbers_of(move.bytes_at(trips[move.index]) for move in moves))


def linear(moves: Sequence[Move]) -> list[Move]:
    """Those that go on with every trip."""
    return [move for move in moves if not move.turns]
