"""
A heap of positions whose elements are compared as integers in the order that they stand for: a NaN
is larger than all else, and zeros are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import Float64Type, IntegerType, Signedness, i1
from xdsl.ir import Attribute, SSAValue

from ...runtime.size import Extent
from ..builder import Index, KernelBuilder, element_type


class OrderedKeys:
    """Elements as signed integers of the same order, the best the largest."""

    def __init__(self, b: KernelBuilder, element: Attribute, *, smallest: bool):
        self.b, self.smallest = b, smallest
        self.unsigned = (
            isinstance(element, IntegerType) and element.signedness.data == Signedness.UNSIGNED
        )

    def of(self, value: SSAValue) -> SSAValue:
        """The keys of a scalar or a vector as it is in memory."""
        b = self.b
        element = element_type(value.type)
        if not isinstance(element, IntegerType):
            width = 64 if isinstance(element, Float64Type) else 32
            integer, largest = IntegerType(width), (1 << (width - 1)) - 1
            # Adding zero makes the negative zero the positive one.
            bits = b.bitcast(b.addf(value, 0.0), integer)
            sign = b.apply(arith.ShRSIOp, bits, width - 1)
            key = b.xori(bits, b.andi(sign, largest))
            key = b.select(b.cmpf("uno", value, value), self._all(key, largest), key)
        elif self.unsigned:
            key = b.xori(value, -(1 << (element.width.data - 1)))
        else:
            key = value
        return b.xori(key, -1) if self.smallest else key

    def _all(self, like: SSAValue, number: int) -> SSAValue:
        return self.b.ori(self.b.andi(like, 0), number)


class PositionHeap:
    """A heap of positions, the worst on top: the smallest key, of equal ones the last position."""

    def __init__(
        self,
        b: KernelBuilder,
        load: Callable[[Index], SSAValue],
        store: Callable[[Index, Index], None],
        key: Callable[[Index], SSAValue],
    ):
        self.b, self.load, self.store, self.key = b, load, store, key

    def is_worse(self, a: tuple[SSAValue, SSAValue], c: tuple[SSAValue, SSAValue]) -> SSAValue:
        """Whether (position, key) `a` is worse than `c`."""
        b = self.b
        later = b.andi(b.cmpi("eq", a[1], c[1]), b.cmpi("sgt", a[0], c[0]))
        return b.ori(b.cmpi("slt", a[1], c[1]), later)

    def sift(self, start: Index, size: Index, item: SSAValue) -> None:
        """Put a position where `start` is, and down to where it belongs."""
        b, own = self.b, self.key(item)

        def child_of(at: Index) -> Index:
            return b.add(b.mul(at, 2), 1)

        def going(values: tuple[SSAValue, ...]) -> SSAValue:
            at, open_ = values
            return b.andi(open_, b.cmpi("slt", child_of(at), size))

        def down(values: tuple[SSAValue, ...]) -> Sequence[SSAValue]:
            at, _ = values
            left = child_of(at)
            right = b.add(left, 1)
            first = self.load(left)
            # Without a second child the first one is compared with itself.
            other = b.select(b.cmpi("slt", right, size), b.index(right), b.index(left))
            second = self.load(other)
            keys = self.key(first), self.key(second)
            swap = self.is_worse((second, keys[1]), (first, keys[0]))
            child = b.select(swap, other, b.index(left))
            found, found_key = b.select(swap, second, first), b.select(swap, keys[1], keys[0])
            sinks = self.is_worse((found, found_key), (item, own))
            with b.if_(sinks):
                self.store(at, found)
            return [b.select(sinks, child, at), sinks]

        at, _ = b.while_([b.index(start), b.constant(1, i1)], going, down)
        self.store(at, item)

    def fill(self, count: Extent) -> None:
        """The first positions, as a heap."""
        with self.b.loop(0, count) as loop:
            self.store(loop.index, loop.index)
        self.order(count)

    def order(self, count: Index) -> None:
        """Make a heap of the positions that are there."""
        b, half = self.b, self.b.floordiv(count, 2)
        if half != 0:
            with b.loop(0, half) as loop:
                at = b.sub(b.sub(half, 1), loop.index)
                self.sift(at, count, self.load(at))

    def offer_all(
        self, first: Extent, last: Extent, lanes: int, vector: Callable[[Index, int], SSAValue]
    ) -> None:
        """Offer the positions that are not in the heap."""
        b = self.b
        full: Index = first
        if lanes > 1:
            full = b.add(b.round_down(b.sub(last, first), lanes), first)

        def block(start: Index) -> None:
            worst = b.broadcast(self.key(self.load(0)), lanes)
            better = b.cmpi("sgt", vector(start, lanes), worst)
            with b.if_(b.reduce("or", better)), b.loop(start, b.add(start, lanes)) as loop:
                self._offer(first, loop.index)

        b.for_each(first, full, lanes, lambda start, _: block(start))
        b.for_each(full, last, 1, lambda at, _: self._offer(first, at))

    def _offer(self, size: Extent, at: Index) -> None:
        b = self.b
        with b.if_(b.cmpi("sgt", self.key(at), self.key(self.load(0)))):
            self.sift(0, size, b.index(at))

    def take_apart(self, count: Extent) -> None:
        """Sorted: again and again the worst goes behind the rest."""
        b = self.b
        if isinstance(count, int) and count < 2:
            return
        with b.loop(0, count - 1) as loop:
            end = b.sub(count - 1, loop.index)
            worst, item = self.load(0), self.load(end)
            self.store(end, worst)
            self.sift(0, end, item)
