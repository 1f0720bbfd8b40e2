"""
The places of a function's values: with what callers give away, and the better of two ways to treat
parts that are views.

What a part of a `concat` or `pad` is a view of may be computed where the part belongs, so that
nothing is copied. But then the whole is in memory from that moment on, and with a pad's borders for
as long as the part is read.
"""

from __future__ import annotations

from xdsl.dialects import func

from ...dialects.engine import RelayoutOp
from ...dialects.engine.base import byte_extent_of
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.engine.size_facts import facts_of
from .donations import given_away, lies_at
from .live_buffers import live_buffers
from .offsets import LiveBuffer, lower_bound
from .open_sizes import proofs_of
from .placement import Placement, place_values

SAVED_PER_BYTE = 8
"""Bytes that are not copied, for each that the arena has more."""


def place_function(function: func.FuncOp) -> Placement:
    """
    Decide where the values of a function lie, with donated arguments as far as that is possible.

    Arguments that lie in outputs get the operation that says so.

    Raises:
        CompileError: for an attribute that is no list of donations.
    """
    given = given_away(function)
    placement = _placed(function, through_views=True)
    if placement.behind_views:
        facts = facts_of(function)
        saved = sum(
            facts.evaluated_at_hints(byte_extent_of(part))
            for part in placement.behind_views.values()
        )
        without = _placed(function, through_views=False)
        more = _arena(function, placement) - _arena(function, without)
        if more * SAVED_PER_BYTE > saved:
            placement = without
    while lost := [op for op, home in given.items() if not lies_at(op.res[0], home, placement)]:
        for op in lost:
            _drop(op)
            del given[op]
        placement = _placed(function, through_views=placement.through_views)
    return placement


def _placed(function: func.FuncOp, *, through_views: bool) -> Placement:
    return place_values(
        function.body.block,
        proofs_of(function),
        SizeDefinitions.of(function),
        through_views=through_views,
    )


def _arena(function: func.FuncOp, placement: Placement) -> int:
    """The least bytes of arena that these places need, at the sizes that are planned for."""
    evaluated = facts_of(function).evaluated_at_hints
    buffers = live_buffers(function, placement).values()
    return lower_bound([LiveBuffer(evaluated(b.size), b.first, b.last) for b in buffers])


def _drop(op: RelayoutOp) -> None:
    op.res[0].replace_all_uses_with(op.input)
    op.detach()
    op.erase()
