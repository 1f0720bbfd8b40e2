"""
What an operation costs whose sizes are no numbers, and into how many chunks it is cut.

The time of an operation with parameters is known at sizes of choice only: at `TYPICAL` for each.
From it follows how long one unit of its work takes (an element, a row), and so how many units make
a chunk that is worth handing out. Neither depends on names or hints, so that kernels do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..dialects.engine.base import EngineOp
from ..dialects.engine.bound_sizes import BoundSizes
from ..runtime.size import Extent, evaluated, floordiv, maximum, minimum
from ..targets.machine_model import MachineModel
from .parameters import parameter_count, with_attributes
from .template import MOST_CHUNKS, PlanEntry, chunk_count

OpT = TypeVar("OpT", bound=EngineOp)

TYPICAL = 128
"""What a parameter is where a number has to stand for it: not small, and a multiple of vectors."""


def typical(size: Extent) -> int:
    """
    The number that stands for a size: to compare strides, to ask whether an axis is short.

    One that would be 0 or less, as the difference of two parameters, is not short either.
    """
    if isinstance(size, int):
        return size
    found = evaluated(size, dict.fromkeys(size.names, TYPICAL))
    return found if found > 0 else TYPICAL


def at_typical_sizes(op: OpT) -> OpT:
    """An operation with numbers for its parameters; itself where it has none."""
    count = parameter_count(op)
    if not count:
        return op
    return with_attributes(op, BoundSizes({f"p{n}": TYPICAL for n in range(count)}))


@dataclass(frozen=True)
class Cost:
    """`work` units take some `seconds` on one thread, where parameters are `TYPICAL`."""

    seconds: float
    work: Extent = 1

    @staticmethod
    def of(op: OpT, seconds: Callable[[OpT], float], work: Extent) -> Cost:
        """Of an operation, whose time is asked of a copy with numbers."""
        return Cost(seconds(at_typical_sizes(op)), work)

    def describe(self) -> dict[str, PlanEntry]:
        """The time as a plan shows it, where it is known."""
        return {"estimated_us": round(self.seconds * 1e6)} if isinstance(self.work, int) else {}

    def chunks(self, pieces: Extent, machine: MachineModel) -> Extent:
        """
        How many chunks to cut `pieces` equal pieces of the work into.

        `chunk_count` where the sizes are numbers; else none where there are no pieces.
        """
        if isinstance(pieces, int) and isinstance(self.work, int):
            return chunk_count(pieces, self.seconds, machine)
        chunks = max(self.seconds / machine.chunk_seconds, 1 / TYPICAL)
        each = max(1, int(typical(self.work) / chunks))
        return minimum(pieces, maximum(1, floordiv(self.work, each)), MOST_CHUNKS)
