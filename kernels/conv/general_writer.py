"""Level 5 of convolutions of any kind: rows of accumulators, and the taps that reach them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence

from xdsl.dialects.builtin import IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ...runtime.size import Size, is_one, product_of
from ..builder import Index, KernelBuilder
from ..common.element_access import load_lanes, store_lanes
from ..common.inline_region import inline_region
from ..template import Kernel, kernel_function, split_evenly, storage_type
from .general_plan import SEGMENT, GeneralPlan

Tap = Callable[[Sequence[Index], Sequence[Index]], None]
"""A body that gets input positions and filter taps of the spatial dimensions but the last."""


class GeneralWriter(ABC):
    """Writes the kernel row by row; the two kinds differ in which taps reach a row."""

    def __init__(self, plan: GeneralPlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.b = builder
        self.geometry = plan.geometry
        self.sum_type = plan.sum_type
        self.lanes = plan.lanes
        self.views = plan.views

    @abstractmethod
    def taps(self, dim: int, position: Index, body: Callable[[Index, Index], None]) -> None:
        """`body(input index, tap)` for each tap of an outer dimension that reaches `position`."""

    @abstractmethod
    def columns(self, tap: Index) -> tuple[Index, int, Index, int]:
        """(a0, ca, x0, cx): accumulator and input columns of step v, see the module docstring."""

    @abstractmethod
    def weight_at(self, output: Index, channel: Index, group: Index) -> tuple[Index, Index]:
        """First two indices of the weight of an output and an input channel of a group."""

    def write(self) -> Kernel:
        """Add the kernel to the module."""
        plan, g, b = self.plan, self.geometry, self.b
        extents, chunks = plan.extents, plan.chunks
        units = product_of(extents)
        with kernel_function(b, self.name, plan.op, chunks=chunks) as arguments:
            chunk, *values = arguments
            memories = [v.cast(b, m) for v, m in zip(self.views, values, strict=True)]
            sums = b.alloca((g.together, plan.segment), self.sum_type)
            first = b.floordiv(b.mul(chunk, units), chunks)
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
            with b.loop(first, last) as loop:
                image, group, block, *rows = b.unflatten(loop.index, extents)
                output = b.mul(block, g.together)
                for column, size in self._segments():
                    at = (image, group, output, rows, column)
                    self._segment(memories, sums, at, size)
        return Kernel(chunks)

    def _segments(self) -> Generator[tuple[Index, Index]]:
        """The parts of a row, each inside of its loop: (first column, columns)."""
        b, columns = self.b, self.geometry.extents[-1]
        if isinstance(columns, Size):
            with b.loop(0, columns, SEGMENT) as segments:
                yield segments.index, b.min(b.sub(columns, segments.index), SEGMENT)
            return
        start = 0
        for size, count in split_evenly(columns, SEGMENT):
            with b.loop(0, count) as segments:
                yield b.add(b.mul(segments.index, size), start), size
            start += size * count

    def _segment(
        self,
        memories: Sequence[SSAValue],
        sums: SSAValue,
        at: tuple[Index, Index, Index, Sequence[Index], Index],
        size: Index,
    ) -> None:
        """`size` accumulators from a column on, of one row and `together` channels."""
        g, b = self.geometry, self.b
        x, w, *others = memories
        image, group, output, rows, column = at
        zero = b.splat(0, self.sum_type, self.lanes)
        for o in range(g.together):
            if not isinstance(size, int):  # whole vectors: a row of sums is a multiple of them
                b.for_each(0, size, self.lanes, lambda i, _, o=o: b.vstore(zero, sums, [o, i]))
                continue
            full = size // self.lanes * self.lanes
            b.for_each(0, full, self.lanes, lambda i, _, o=o: b.vstore(zero, sums, [o, i]))
            if size > full:
                b.vstore(zero, sums, [o, full], b.mask(size - full, self.lanes))

        def row(read: Sequence[Index], taps: Sequence[Index]) -> None:
            with b.loop(0, g.channels) as channels, b.loop(0, g.kernel[-1]) as last:
                channel, tap = channels.index, last.index
                source = b.add(b.mul(group, g.channels), channel)
                weights = [
                    self._weight(w, b.add(output, o), channel, group, (*taps, tap))
                    for o in range(g.together)
                ]
                self._add_row(x, sums, weights, (image, source, *read), tap, column, size)

        self._outer(0, rows, [], [], row)
        channel = b.add(b.mul(group, g.outputs), output)
        for o in range(g.together):
            position = (image, b.add(channel, o), *rows)
            self._finish(sums, o, others, position, column, size)

    def _outer(
        self,
        dim: int,
        rows: Sequence[Index],
        read: Sequence[Index],
        taps: Sequence[Index],
        body: Tap,
    ) -> None:
        """Loops over the taps of all spatial dimensions but the last."""
        if dim == len(rows):
            body(read, taps)
            return
        self.taps(
            dim,
            rows[dim],
            lambda index, tap: self._outer(dim + 1, rows, [*read, index], [*taps, tap], body),
        )

    def _weight(
        self,
        w: SSAValue,
        output: Index,
        channel: Index,
        group: Index,
        taps: Sequence[Index],
    ) -> SSAValue:
        at = (*self.weight_at(output, channel, group), *taps)
        return self.b.cast(self.b.load(w, self.views[1].indices(at)), self.sum_type)

    def _add_row(
        self,
        x: SSAValue,
        sums: SSAValue,
        weights: Sequence[SSAValue],
        row: Sequence[Index],
        tap: Index,
        column: Index,
        size: Index,
    ) -> None:
        """Add one input row times one weight for each channel to the accumulators."""
        g, b, view = self.geometry, self.b, self.views[0]
        a0, ca, x0, cx = self.columns(tap)
        a0 = b.sub(a0, column)

        def reaches(limit: Index, start: Index, step: int) -> Index:
            return b.ceildiv(b.max(b.sub(limit, start), 0), step)

        low = b.max(reaches(0, x0, cx), reaches(0, a0, ca))
        high = b.min(reaches(g.sizes[-1], x0, cx), reaches(size, a0, ca))
        count = b.max(b.sub(high, low), 0)

        def add(at: Index, lanes: int | None, mask: SSAValue | None) -> None:
            v = b.add(low, at)
            read = view.indices((*row, b.add(x0, b.mul(v, cx))))
            place = b.add(a0, b.mul(v, ca))
            value = b.vload(x, read, lanes, mask) if lanes else b.load(x, read)
            value = b.cast(value, self.sum_type)
            for o, weight in enumerate(weights):
                old = b.vload(sums, [o, place], lanes, mask) if lanes else b.load(sums, [o, place])
                new = self._multiply_add(value, weight, old)
                if lanes:
                    b.vstore(new, sums, [o, place], mask)
                else:
                    b.store(new, sums, [o, place])

        if ca == 1 and is_one(cx * view.strides[-1]):
            b.for_vectors(count, self.lanes, lambda i, mask, _: add(i, self.lanes, mask))
        else:
            with b.loop(0, count) as loop:
                add(loop.index, None, None)

    def _multiply_add(self, value: SSAValue, weight: SSAValue, old: SSAValue) -> SSAValue:
        b = self.b
        if isinstance(self.sum_type, IntegerType):
            return b.addi(b.muli(value, weight), old)
        return b.fma(value, weight, old)

    def _finish(
        self,
        sums: SSAValue,
        channel: int,
        memories: Sequence[SSAValue],
        row: Sequence[Index],
        column: Index,
        size: Index,
    ) -> None:
        """The epilogue over the accumulators of one channel."""
        b, region = self.b, self.plan.op.epilogue_region
        element = element_of(self.plan.op.operands[0])
        *operands, out = self.views[2:]

        def finish(at: Index, valid: Index | None) -> None:
            mask = None if valid is None else b.mask(valid, self.lanes)
            value = b.vload(sums, [channel, at], self.lanes, mask)
            value = b.cast(value, storage_type(element))
            position = (*row, b.add(column, at))
            if region is not None:
                loaded = [
                    load_lanes(b, view, memory, position, self.lanes, valid)
                    for view, memory in zip(operands, memories, strict=False)
                ]
                [value] = inline_region(b, region.block, [value, *loaded])
            store_lanes(b, value, out, memories[-1], position, self.lanes, valid)

        full = b.round_down(size, self.lanes)
        b.for_each(0, full, self.lanes, lambda i, _: finish(i, None))
        rest = b.sub(size, full)
        number = b.number(rest)
        if number is None:
            with b.if_(b.cmpi("sgt", rest, 0)):
                finish(full, rest)
        elif number:
            finish(full, number)


class ForwardWriter(GeneralWriter):
    """Convolution: tap t of output p reads input `p * stride - pad + t * dilation`."""

    def taps(self, dim: int, position: Index, body: Callable[[Index, Index], None]) -> None:
        g, b = self.geometry, self.b
        start = b.sub(b.mul(position, g.strides[dim]), g.pads[dim])
        dilation = g.dilations[dim]
        first = b.ceildiv(b.max(b.sub(0, start), 0), dilation)
        last = b.ceildiv(b.max(b.sub(g.sizes[dim], start), 0), dilation)
        with b.loop(first, b.min(last, g.kernel[dim])) as loop:
            body(b.add(start, b.mul(loop.index, dilation)), loop.index)

    def columns(self, tap: Index) -> tuple[Index, int, Index, int]:
        g, b = self.geometry, self.b
        return 0, 1, b.sub(b.mul(tap, g.dilations[-1]), g.pads[-1]), g.strides[-1]

    def weight_at(self, output: Index, channel: Index, group: Index) -> tuple[Index, Index]:
        b, g = self.b, self.geometry
        return b.add(b.mul(group, g.outputs), output), channel


class BackwardWriter(GeneralWriter):
    """Transposed: tap t of input i reaches output `i * stride - pad + t * dilation`."""

    def taps(self, dim: int, position: Index, body: Callable[[Index, Index], None]) -> None:
        g, b = self.geometry, self.b
        stride = g.strides[dim]
        with b.loop(0, g.kernel[dim]) as loop:
            moved = b.sub(b.add(position, g.pads[dim]), b.mul(loop.index, g.dilations[dim]))
            clamped = b.max(moved, 0)
            index = b.floordiv(clamped, stride)
            inside = b.andi(
                b.cmpi("sge", b.index(moved), 0), b.cmpi("slt", b.index(index), g.sizes[dim])
            )
            if stride > 1:
                inside = b.andi(inside, b.cmpi("eq", b.index(b.mod(clamped, stride)), 0))
            with b.if_(inside):
                body(index, loop.index)

    def columns(self, tap: Index) -> tuple[Index, int, Index, int]:
        g, b = self.geometry, self.b
        return b.sub(b.mul(tap, g.dilations[-1]), g.pads[-1]), g.strides[-1], 0, 1

    def weight_at(self, output: Index, channel: Index, group: Index) -> tuple[Index, Index]:
        b, g = self.b, self.geometry
        return b.add(b.mul(group, g.channels), channel), output
