"""
Rows picked by index: what gather and scatter share.

A row is the part of a tensor behind the indexed dimensions. It is moved in vectors along its
last axis. An index counts from the end when it is negative; one outside of its dimension stores
the kernel's error code and touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ..builder import INDEX, Index, KernelBuilder
from .element_access import load_lanes, store_lanes
from .failure import report
from .strided_view import StridedView

UNROLL = 4

Combine = Callable[[SSAValue, SSAValue], SSAValue]
"""(value in the target, new value) -> what is stored."""


def checked_index(b: KernelBuilder, value: SSAValue, extent: Index) -> tuple[SSAValue, SSAValue]:
    """(position counted from the front, whether it is inside) of an integer index."""
    raw = value if value.type == INDEX else b.cast(value, INDEX)
    limit = b.index(extent)
    wrapped = b.select(b.cmpi("slt", raw, 0), b.apply(arith.AddiOp, raw, limit), raw)
    return wrapped, b.cmpi("ult", wrapped, limit)


def report_outside(b: KernelBuilder, inside: SSAValue, status: SSAValue, code: SSAValue) -> None:
    """Report the error `code` unless `inside`."""
    report(b, b.xori(inside, b.constant(1, i1)), status, code)


class RowWriter:
    """Moves rows over the last axes of two views; `lanes` is the width of vectors."""

    def __init__(self, b: KernelBuilder, source: StridedView, target: StridedView, lanes: int):
        self.b = b
        self.source = source
        self.target = target
        self.lanes = lanes

    def move(
        self,
        memories: tuple[SSAValue, SSAValue],
        at: tuple[Sequence[Index], Sequence[Index]],
        combine: Combine | None = None,
    ) -> None:
        """The row at the outer positions `at` of (source, target)."""
        axes = len(self.source.extents) - len(at[0])
        if axes == 0:
            self._one(memories, ([*at[0]], [*at[1]]), combine, 1, None, scalar=True)
            return
        self._level(memories, at, combine, axes)

    def _level(
        self,
        memories: tuple[SSAValue, SSAValue],
        at: tuple[Sequence[Index], Sequence[Index]],
        combine: Combine | None,
        axes: int,
    ) -> None:
        extent = self.source.extents[-axes]
        if axes > 1:
            with self.b.loop(0, extent) as loop:
                position = ([*at[0], loop.index], [*at[1], loop.index])
                self._level(memories, position, combine, axes - 1)
            return
        b, lanes = self.b, self.lanes
        apart = any(v.strides[-1] not in (0, 1) for v in (self.source, self.target))
        step = lanes * (1 if apart else UNROLL)
        many, full = b.round_down(extent, step), b.round_down(extent, lanes)

        def vectors(start: Index, count: int, valid: Index | None = None) -> None:
            for u in range(count):
                i = b.add(start, u * lanes)
                self._one(memories, ([*at[0], i], [*at[1], i]), combine, lanes, valid)

        b.for_each(0, many, step, lambda i, _: vectors(i, step // lanes))
        b.for_each(many, full, lanes, lambda i, _: vectors(i, 1))
        rest = b.sub(extent, full)
        number = b.number(rest)
        if number is None:
            with b.if_(b.cmpi("sgt", rest, 0)):
                vectors(full, 1, rest)
        elif number:
            vectors(full, 1, number)

    def _one(
        self,
        memories: tuple[SSAValue, SSAValue],
        at: tuple[Sequence[Index], Sequence[Index]],
        combine: Combine | None,
        lanes: int,
        valid: Index | None,
        *,
        scalar: bool = False,
    ) -> None:
        b = self.b
        if scalar:
            value = b.load(memories[0], self.source.indices(at[0]))
            place = self.target.indices(at[1])
            if combine is not None:
                value = combine(b.load(memories[1], place), value)
            b.store(value, memories[1], place)
            return
        value = load_lanes(b, self.source, memories[0], at[0], lanes, valid)
        if combine is not None:
            old = load_lanes(b, self.target, memories[1], at[1], lanes, valid)
            value = combine(old, value)
        store_lanes(b, value, self.target, memories[1], at[1], lanes, valid)
