"""
The garbage that compiling leaves.

IR is full of cycles of objects that all live to the end. Looking for garbage in it meanwhile is
wasted time; afterwards it must go before memory is needed for weights.

    with fewer_collections() as garbage:
        program = finish(compilation)
    del compilation
    garbage.collect()
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

_YOUNG = 200_000
_MIDDLE = 50
_OLD = 1000


@dataclass(frozen=True)
class Garbage:
    """What has become unreachable since a moment, of which `moves` is the count at that moment."""

    moves: int

    def collect(self) -> None:
        """
        Free it, without a look at the objects that were there before.

        Of those there may be a million, and visiting them takes longer than a small model takes to
        compile. What was made since is in the two younger generations
        (https://docs.python.org/3/library/gc.html#gc.set_threshold), unless there was so much of it
        that some has moved on to the old one: then all are visited.
        """
        gc.collect(1 if _moves() == self.moves else 2)


def _moves() -> int:
    """How often objects have moved to the old generation."""
    return sum(generation["collections"] for generation in gc.get_stats()[1:])


@contextmanager
def fewer_collections() -> Generator[Garbage]:
    """The collector looks for garbage every 200,000 objects, and among old objects hardly ever."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    try:
        yield Garbage(_moves())
    finally:
        gc.set_threshold(*before)
