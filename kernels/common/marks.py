"""
What is marked: elements that are not zero, looked at a vector at a time.

A vector without a mark costs a load and a test. In one with some, each element writes at the
place behind the last mark, and the place moves on where it is one: that does not depend on how
well marks can be predicted. So one place behind those of all marks must be there to be written.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, i32, i64
from xdsl.ir import Attribute, SSAValue

from ..builder import INDEX, Index, KernelBuilder, element_type

Read = Callable[[Index], SSAValue]
"""The element at a position."""

ReadVector = Callable[[Index, SSAValue | None], SSAValue]
"""A vector of elements from a position on, with a mask."""


def is_marked(b: KernelBuilder, value: SSAValue) -> SSAValue:
    """Whether a number, or each of a vector, is not zero; NaN is none."""
    element = element_type(value.type)
    if isinstance(element, IntegerType):
        return b.cmpi("ne", value, 0)
    # By its bits: only the sign of a zero may be set, and no format needs to be computed with.
    bits = b.bitcast(value, IntegerType(_width(element)))
    return b.cmpi("ne", b.addi(bits, bits), 0)


def _width(element: Attribute) -> int:
    width = getattr(element, "bitwidth", None)
    assert isinstance(width, int), f"{element} has no bits"
    return width


def each_mark(
    b: KernelBuilder,
    extent: Index,
    lanes: int,
    read: tuple[Read, ReadVector | None],
    count: SSAValue,
    write: Callable[[Index, SSAValue], None],
) -> SSAValue:
    """
    Go over `extent` elements; gives `count` with one more for each that is marked.

    `write(position, place)` is called for each mark with the number of marks before it, and for
    others, whose place is written again. `read` is how to read one, and a vector of them, if they
    lie side by side.
    """
    one, vector = read

    def element(at: Index, place: SSAValue) -> SSAValue:
        write(at, place)
        more = b.cast(b.cast(is_marked(b, one(at)), i64), INDEX)  # an index takes bits as signed
        return b.apply(arith.AddiOp, place, more)

    def elements(first: Index, last: Index, place: SSAValue) -> SSAValue:
        with b.loop(first, last, 1, [place]) as loop:
            loop.yield_(element(loop.index, loop.carried[0]))
        return loop.results[0]

    if vector is None or lanes == 1:
        return elements(0, extent, count)

    def block(first: Index, carried: tuple[SSAValue, ...]) -> list[SSAValue]:
        some = b.reduce("or", is_marked(b, vector(first, None)))
        found = b.if_else(
            some,
            lambda: [elements(first, b.add(first, lanes), carried[0])],
            lambda: list(carried),
            [INDEX],
        )
        return list(found)

    full = b.round_down(extent, lanes)
    [count] = b.for_each(0, full, lanes, block, [count])
    return elements(full, extent, count)


def count_marks(
    b: KernelBuilder, start: Index, stop: Index, lanes: int, vector: ReadVector
) -> SSAValue:
    """How many of the booleans from `start` to `stop`, bytes of 0 or 1, are true; an index."""

    def body(at: Index, mask: SSAValue | None, carried: tuple[SSAValue, ...]) -> list[SSAValue]:
        flags = b.cast(vector(b.add(start, at), mask), i32)
        return [b.addi(carried[0], flags)]

    [total] = b.for_vectors(b.sub(stop, start), lanes, body, [b.splat(0, i32, lanes)])
    return b.cast(b.reduce("add", b.cast(total, i64)), INDEX)
