"""
Loops over the boxes of an elementwise operation, vectorised along one axis.

Axes over which all values step evenly are merged, so operands of one layout run flat. The vector
axis is the one along which most values lie contiguously. Operands that do not move along an axis
are loaded outside of its loop.

Where an extent is no number, the pieces that chunks have are the points of all axes but the last,
times blocks of the last one: how many rows there are is not known, nor how long they are. Inner
axes that are numbers, and short, are loops inside of a piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import Attribute, SSAValue

from ...runtime.size import Extent, Size, ceildiv, is_zero, mod, numbers_of
from ..builder import Index, KernelBuilder
from ..cost import typical
from .chunking import each_of
from .element_access import from_storage, load_lanes, store_lanes
from .physical_boxes import Box
from .strided_view import Axis, StridedView, merge_axes

ROW_BLOCK = 4096
"""Elements of the last axis that a piece of an open nest has: the loop around them is cheap."""

Compute = Callable[[Sequence[SSAValue]], SSAValue]
"""The operation on one vector of each operand."""


@dataclass(frozen=True)
class Nest:
    """
    The loop nest of a box: merged axes, the last one vectorised, and a start in each value.

    `strides` and `starts` have an entry for every operand, then for the result.
    """

    axes: tuple[Axis, ...]
    starts: tuple[Extent, ...]

    @staticmethod
    def of(box: Box, lanes: int) -> Nest:
        """The nest of a box for vectors of `lanes`."""
        values = len(box.offsets)
        axes = merge_axes(box.axes) or [Axis(1, (0,) * values)]
        if box.elements == 0:
            axes = [Axis(0, (0,) * values)]
        inner = vector_axis(axes, lanes)
        return Nest((*axes[:inner], *axes[inner + 1 :], axes[inner]), box.offsets)

    @property
    def is_open(self) -> bool:
        """Whether an extent is no number."""
        return any(isinstance(axis.extent, Size) for axis in self.axes)

    @property
    def inside(self) -> int:
        """Of an open nest: how many of the inner axes a piece has whole; 0 where it has a part."""
        count, elements = 0, 1
        for axis in reversed(self.axes):
            if isinstance(axis.extent, Size) or elements * axis.extent > ROW_BLOCK:
                break
            count, elements = count + 1, elements * axis.extent
        return count

    @property
    def units(self) -> tuple[Extent, ...]:
        """Of an open nest: the extents of its pieces; the last is blocks of a row, if any."""
        extents = [axis.extent for axis in self.axes]
        if self.inside:
            return tuple(extents[: -self.inside])
        return (*extents[:-1], ceildiv(extents[-1], ROW_BLOCK))

    def split(self, pieces: Extent, quantum: int) -> list[Nest]:
        """
        A nest of one axis as `pieces` rows, each a multiple of `quantum`, and the rest;
        other nests have outer axes to cut already, or are open.
        """
        *outer, axis = self.axes
        if outer or isinstance(pieces, Size) or isinstance(axis.extent, Size) or pieces <= 1:
            return [self]
        row = -(-axis.extent // (pieces * quantum)) * quantum
        rows = axis.extent // row
        if rows <= 1:
            return [self]
        across = Axis(rows, tuple(s * row for s in axis.strides))
        found = [Nest((across, Axis(row, axis.strides)), self.starts)]
        if rest := axis.extent - rows * row:
            starts = tuple(
                at + s * rows * row for at, s in zip(self.starts, axis.strides, strict=True)
            )
            found.append(Nest((Axis(rest, axis.strides),), starts))
        return found


def vector_axis(axes: Sequence[Axis], lanes: int) -> int:
    """The axis along which most values are contiguous or constant, the result above all."""
    best, least = len(axes) - 1, float("inf")
    for index in range(len(axes) - 1, -1, -1):
        axis = axes[index]
        *operands, result = axis.strides
        cost = sum(1.0 for s in operands if s not in (0, 1)) + (1.5 if result != 1 else 0.0)
        cost += 1.0 if typical(axis.extent) < lanes // 2 else 0.0
        if cost < least:
            best, least = index, cost
    return best


@dataclass
class ElementwiseWriter:
    """Writes nests: `arguments` and `elements` of the operands, then of the result."""

    builder: KernelBuilder
    arguments: Sequence[SSAValue]
    elements: Sequence[Attribute]
    lanes: int
    unroll: int
    compute: Compute

    def write(self, nest: Nest, chunk: SSAValue, chunks: Extent) -> None:
        """The part of a nest that chunk number `chunk` of `chunks` does."""
        b = self.builder
        if any(axis.extent == 0 for axis in nest.axes):
            return
        body = _NestBody(self, nest)
        if nest.is_open or isinstance(chunks, Size):
            self._write_units(nest, body, chunk, chunks)
            return
        if chunks == 1:
            body.level(0, [], {})
            return
        extents = numbers_of(axis.extent for axis in nest.axes)
        outer = 0
        while outer < len(extents) - 1 and prod(extents[:outer]) < chunks:
            outer += 1
        units = prod(extents[:outer])
        first = b.floordiv(b.mul(chunk, units), chunks)
        last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
        with b.loop(first, last) as loop:
            position = list(b.unflatten(loop.index, extents[:outer])) if outer else []
            body.level(outer, position, body.hoist(range(outer), position, {}))

    def _write_units(self, nest: Nest, body: _NestBody, chunk: SSAValue, chunks: Extent) -> None:
        """The units of an open nest that one chunk has."""
        b, extent = self.builder, nest.axes[-1].extent
        with each_of(b, nest.units, chunk, chunks) as point:
            if nest.inside:
                body.level(len(point), point, {})
                return
            *position, block = point
            start = b.mul(block, ROW_BLOCK)
            stop = b.min(extent, b.add(start, ROW_BLOCK))
            outer = range(len(position))
            body.vectors(position, body.hoist(outer, position, {}), start, stop)


class _NestBody:
    """One nest being written."""

    def __init__(self, writer: ElementwiseWriter, nest: Nest):
        self.writer = writer
        self.b = writer.builder
        self.axes = nest.axes
        extents = tuple(axis.extent for axis in nest.axes)
        self.views = [
            StridedView(element, extents, tuple(axis.strides[v] for axis in nest.axes))
            for v, element in enumerate(writer.elements)
        ]
        self.memories = [
            self.b.reshape(
                argument,
                [extents[i] for i in view.kept],
                [view.strides[i] for i in view.kept],
                start,
            )
            for argument, view, start in zip(writer.arguments, self.views, nest.starts, strict=True)
        ]

    def hoist(
        self, fixed: Sequence[int], position: Sequence[Index], loaded: dict[int, SSAValue]
    ) -> dict[int, SSAValue]:
        """`loaded` and the operands that move along no axis beside the fixed ones."""
        found = dict(loaded)
        for number, view in enumerate(self.views[:-1]):
            if number not in found and set(view.kept) <= set(fixed):
                indices = [position[axis] for axis in view.kept]
                value = self.b.load(self.memories[number], indices)
                value = from_storage(self.b, value, view.element)
                found[number] = self.b.broadcast(value, self.writer.lanes)
        return found

    def level(self, depth: int, position: Sequence[Index], loaded: dict[int, SSAValue]) -> None:
        """The loops from axis `depth` inwards."""
        known = self.hoist(range(depth), position, loaded)
        if depth == len(self.axes) - 1:
            self.vectors(position, known, 0, self.axes[-1].extent)
            return
        with self.b.loop(0, self.axes[depth].extent) as loop:
            self.level(depth + 1, [*position, loop.index], known)

    def vectors(
        self,
        position: Sequence[Index],
        loaded: dict[int, SSAValue],
        start: Index,
        stop: Index,
    ) -> None:
        """A part of the vector axis: unrolled vectors, single ones, and the masked rest."""
        b, lanes = self.b, self.writer.lanes
        # Lanes that are fetched one by one are enough code for a loop.
        apart = any(s not in (0, 1) for s in self.axes[-1].strides)
        unroll = 1 if apart else self.writer.unroll
        count, step = b.sub(stop, start), lanes * unroll
        many = b.add(start, b.round_down(count, step)) if unroll > 1 else start
        # Parts start at whole vectors.
        whole = is_zero(mod(self.axes[-1].extent, lanes))
        full = stop if whole else b.add(start, b.round_down(count, lanes))
        b.for_each(start, many, step, lambda i, _: self.group(position, i, loaded))
        b.for_each(many, full, lanes, lambda i, _: self.one(position, i, loaded, None))
        rest = 0 if whole else b.sub(stop, full)
        number = b.number(rest)
        if number is not None:
            if number:
                self.one(position, full, loaded, number)
        elif apart:
            b.for_each(full, stop, 1, lambda i, _: self.one(position, i, loaded, 1))
        elif lanes > 1:
            with b.if_(b.cmpi("sgt", rest, 0)):
                self.one(position, full, loaded, rest)

    def group(self, position: Sequence[Index], start: Index, loaded: dict[int, SSAValue]) -> None:
        """`unroll` vectors: all loads, then the computations, then all stores."""
        at = [self.b.add(start, u * self.writer.lanes) for u in range(self.writer.unroll)]
        operands = [self.load(position, i, loaded, None) for i in at]
        results = [self.writer.compute(values) for values in operands]
        for i, result in zip(at, results, strict=True):
            self.store(result, position, i, None)

    def one(
        self,
        position: Sequence[Index],
        start: Index,
        loaded: dict[int, SSAValue],
        valid: Index | None,
    ) -> None:
        """One vector, of which `valid` lanes count."""
        values = self.load(position, start, loaded, valid)
        self.store(self.writer.compute(values), position, start, valid)

    def load(
        self,
        position: Sequence[Index],
        start: Index,
        loaded: dict[int, SSAValue],
        valid: Index | None,
    ) -> list[SSAValue]:
        return [
            loaded[number]
            if number in loaded
            else load_lanes(
                self.b,
                view,
                self.memories[number],
                [*position, start],
                self.writer.lanes,
                valid,
            )
            for number, view in enumerate(self.views[:-1])
        ]

    def store(
        self, value: SSAValue, position: Sequence[Index], start: Index, valid: Index | None
    ) -> None:
        store_lanes(
            self.b,
            value,
            self.views[-1],
            self.memories[-1],
            [*position, start],
            self.writer.lanes,
            valid,
        )
