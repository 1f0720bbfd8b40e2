"""What a loop is made of and what it gives, whatever dialect says so; and its region, filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i64
from xdsl.ir import Attribute, Block, SSAValue

from ....dialects.engine.base import element_of, extents_of, tensor
from ....runtime.size import Extent
from ..lowering import NoNativeForm
from .growing import Growth

FillBlock = Callable[[Block, Sequence[SSAValue]], list[SSAValue]]
"""Appends to a block what a region computes from some of its arguments; what it yields."""


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


def filled(
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


def discard(block: Block) -> None:
    """Give up the uses that a block has of values around it."""
    for op in reversed(list(block.ops)):
        op.detach()
        op.erase(safe_erase=False)
