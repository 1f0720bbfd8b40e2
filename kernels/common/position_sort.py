"""
Positions sorted in place by their elements: Shell's method, for all positions of a row.

Where every element is wanted a heap reads all over the row; here each pass goes through it in
order. Gaps are divided by 2.2 (Gonnet, Handbook of Algorithms and Data Structures, 1984).
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ..builder import Index
from .position_heap import PositionHeap


def sort_positions(heap: PositionHeap, count: Index) -> None:
    """The positions 0, 1, ... of a row, the best first; of equal ones the first position."""
    b = heap.b
    with b.loop(0, count) as loop:
        heap.store(loop.index, loop.index)

    def left(values: tuple[SSAValue, ...]) -> SSAValue:
        return b.cmpi("sgt", values[0], 0)

    def sort_by(values: tuple[SSAValue, ...]) -> Sequence[SSAValue]:
        [gap] = values
        b.for_each(gap, count, 1, lambda at, _: _insert(heap, b.index(at), gap))
        smaller = b.floordiv(b.mul(gap, 5), 11)
        last = b.andi(b.cmpi("sgt", gap, 1), b.cmpi("sle", smaller, 1))
        return [b.select(last, b.index(1), b.index(smaller))]

    b.while_([b.index(b.floordiv(b.add(count, 1), 2))], left, sort_by)


def _insert(heap: PositionHeap, at: SSAValue, gap: SSAValue) -> None:
    """Put a position where it belongs among those `gap` apart that are before it."""
    b = heap.b
    item = heap.load(at)
    own = item, heap.key(item)

    def going(values: tuple[SSAValue, ...]) -> SSAValue:
        place, open_ = values
        return b.andi(open_, b.cmpi("sge", place, gap))

    def back(values: tuple[SSAValue, ...]) -> Sequence[SSAValue]:
        before = b.index(b.sub(values[0], gap))
        other = heap.load(before)
        moves = heap.is_worse((other, heap.key(other)), own)
        with b.if_(moves):
            heap.store(values[0], other)
        return [b.select(moves, before, values[0]), moves]

    place, _ = b.while_([at, b.constant(1, i1)], going, back)
    heap.store(place, item)
