"""
When the places of a plan are used, found from the operations that touch them.

Operations are counted in line, those of branches and loops behind the one they are in. What is used
in a loop and outside of it is used from the loop's beginning to its end, for it is used in all of
its trips. What is used in a loop alone begins anew with each trip: the text of a function reads
nothing that was not written before in the same trip (`text_meaning.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.ir import Block, Operation

from ...dialects.engine import LoopOp
from ...dialects.engine.loop import in_line, inner_blocks

Loops = tuple[LoopOp, ...]
"""The loops around an operation, outermost first."""


@dataclass
class PlaceUses:
    """Positions of what touches places."""

    _around: dict[Block, Loops] = field(default_factory=dict[Block, Loops])
    _spans: dict[LoopOp, tuple[int, int]] = field(default_factory=dict[LoopOp, tuple[int, int]])
    _uses: dict[int, list[tuple[int, Loops]]] = field(
        default_factory=dict[int, list[tuple[int, Loops]]]
    )

    def each(self, block: Block) -> Iterator[tuple[int, Operation]]:
        """The operations of a function in line, with their positions."""
        self._around[block] = ()
        for position, op in enumerate(in_line(block)):
            assert op.parent is not None
            loops = self._around[op.parent]
            for loop in loops:
                self._spans[loop] = self._spans[loop][0], position
            if isinstance(op, LoopOp):
                self._spans[op] = position, position
                loops = (*loops, op)
            for inner in inner_blocks(op):
                self._around[inner] = loops
            yield position, op

    def note(self, place: int, position: int, op: Operation) -> None:
        """Note that an operation touches a place."""
        assert op.parent is not None
        self._uses.setdefault(place, []).append((position, self._around[op.parent]))

    def note_in_trips(self, place: int, position: int, loop: LoopOp) -> None:
        """Note that a loop writes a place at the beginning of each trip."""
        loops = self._around[loop.body.block]
        self._uses.setdefault(place, []).append((position, loops))

    def spans(self) -> dict[int, tuple[int, int]]:
        """The first and the last position at which each place is used."""
        return {place: self._span(uses) for place, uses in self._uses.items()}

    def _span(self, uses: list[tuple[int, Loops]]) -> tuple[int, int]:
        common = len(_common([loops for _, loops in uses]))
        spans = [
            self._spans[loops[common]] if len(loops) > common else (position, position)
            for position, loops in uses
        ]
        return min(first for first, _ in spans), max(last for _, last in spans)


def _common(paths: list[Loops]) -> Loops:
    """The loops around all of the operations."""
    common = paths[0]
    for path in paths[1:]:
        while path[: len(common)] != common:
            common = common[:-1]
    return common
