"""Level 5 of pools: windows inside of the image in tiles, those on the border one by one."""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, product_of
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import ChannelBlocks
from ..common.chunking import Runs, each_point, even_runs
from ..template import Kernel, kernel_function, storage_type
from .pool_plan import Axis, PoolPlan


def lowest(element: Attribute) -> float | int:
    """The lowest value of an element type: 0 for unsigned integers."""
    dtype = dtype_of(element)
    return int(np.iinfo(dtype).min) if dtype.kind in "iu" else float("-inf")


class PoolWriter:
    """Writes the kernel of one plan."""

    def __init__(self, plan: PoolPlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.b = builder
        self.lanes = plan.lanes
        self.element = element_of(plan.op.input)
        narrow = isinstance(self.element, Float16Type | BFloat16Type)
        self.wide: Attribute = f32 if narrow else storage_type(self.element)
        self.maximum = plan.op.kind.data == "max"

    def write(self) -> Kernel:
        """Add the kernel and the function of a window on the border to the module."""
        plan, b = self.plan, self.b
        extents, chunks = plan.extents, plan.chunks
        units = product_of(extents)
        edge = f"{self.name}_edge"
        first_row, last_row = plan.rows.inside
        first_column, last_column = plan.columns.inside
        names = ["chunk", "x", "y"]
        with kernel_function(b, self.name, plan.op, chunks=chunks, names=names) as arguments:
            chunk, x, y = arguments
            source, result = plan.input.cast(b, x), plan.result.cast(b, y)
            tiles = even_runs(b, last_column - first_column, plan.tile or 1)
            first = b.floordiv(b.mul(chunk, units), chunks)
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
            with each_point(b, extents, first, last) as (image, block, row):
                plane = _plane(b, plan.input, source, image, block)
                target = _plane(b, plan.result, result, image, block)
                self._declare_edge(edge, plane, target)
                if last_row == first_row:
                    self._edges(edge, plane, target, row, 0, plan.columns.extent)
                else:
                    inside = b.andi(b.cmpi("sge", row, first_row), b.cmpi("slt", row, last_row))
                    b.if_else(
                        inside,
                        lambda: self._inside(edge, plane, target, row, tiles),
                        lambda: self._edges(edge, plane, target, row, 0, plan.columns.extent),
                    )
        return Kernel(chunks)

    # ------------------------------------------------------------------ windows on the border

    def _edges(
        self, edge: str, plane: SSAValue, target: SSAValue, row: Index, first: Extent, last: Extent
    ) -> None:
        """Windows `first` to `last` of a row, one by one."""

        def window(column: Index) -> None:
            self.b.call(edge, [plane, target, row, column])

        self.b.for_each(first, last, 1, lambda column, _: window(column))

    def _declare_edge(self, name: str, plane: SSAValue, target: SSAValue) -> None:
        """The function for one window at (row, column) that may reach over the border."""
        b, plan = self.b, self.plan
        index = b.index(0).type
        types = [plane.type, target.type, index, index]
        with b.function(name, types, private=True, names=["x", "y", "row", "column"]) as arguments:
            x, y, row, column = arguments
            (top, i0, i1, rows), (left, j0, j1, columns) = (
                self._taps(plan.rows, row),
                self._taps(plan.columns, column),
            )
            start = self._splat(self._neutral())

            def tap(i: Index, j: Index, value: SSAValue) -> SSAValue:
                at = (
                    b.add(top, b.mul(i, plan.rows.dilation)),
                    b.add(left, b.mul(j, plan.columns.dilation)),
                )
                return self._combine(value, self._load(x, at))

            [value] = b.for_each(
                i0, i1, 1,
                lambda i, c: b.for_each(j0, j1, 1, lambda j, c: [tap(i, j, c[0])], c),
                [start],
            )  # fmt: skip
            if not self.maximum:
                count = b.cast(b.index(b.mul(rows, columns)), self.wide)
                value = b.divf(value, count)
            self._store(value, y, (row, column))

    def _taps(self, axis: Axis, position: Index) -> tuple[Index, Index, Index, Index]:
        """First input index of a window, [first, last) tap inside, and taps that count."""
        b = self.b
        start = b.sub(b.mul(position, axis.stride), axis.low)
        first = b.ceildiv(b.max(b.sub(0, start), 0), axis.dilation)

        def until(limit: Extent) -> Index:
            return b.min(b.ceildiv(b.max(b.sub(limit, start), 0), axis.dilation), axis.kernel)

        last = until(axis.size)
        if self.plan.op.count_include_pad is not None:
            return start, first, last, until(axis.size + axis.high)
        return start, first, last, b.sub(last, first)

    # ------------------------------------------------------------------ windows inside

    def _inside(
        self, edge: str, plane: SSAValue, target: SSAValue, row: Index, tiles: Runs
    ) -> None:
        """A row of windows whose rows are all inside, in `tiles`."""
        b, plan = self.b, self.plan
        first, last = plan.columns.inside
        self._edges(edge, plane, target, row, 0, first)
        start: Index = first
        for width, count in tiles:
            with b.loop(0, count) as loop:
                column = b.add(b.mul(loop.index, width), start)
                if plan.tile:
                    self._tile(plane, target, row, column, width)
                else:
                    self._loops(plane, target, row, column)
            start = b.add(start, b.mul(count, width))
        self._edges(edge, plane, target, row, last, plan.columns.extent)

    def _tile(
        self, plane: SSAValue, target: SSAValue, row: Index, column: Index, width: int
    ) -> None:
        """`width` windows; the reduced columns are shared."""
        plan = self.plan
        corner = self._corner(row, column)
        reduced: dict[int, SSAValue] = {}
        for window in range(width):
            value: SSAValue | None = None
            for tap in range(plan.columns.kernel):
                at = window * plan.columns.stride + tap * plan.columns.dilation
                if at not in reduced:
                    reduced[at] = self._column(plane, corner, at)
                value = reduced[at] if value is None else self._combine(value, reduced[at])
            assert value is not None
            self._store(self._mean(value), target, (row, self.b.add(column, window)))

    def _corner(self, row: Index, column: Index) -> tuple[Index, Index]:
        b, rows, columns = self.b, self.plan.rows, self.plan.columns
        return (
            b.sub(b.mul(row, rows.stride), rows.low),
            b.sub(b.mul(column, columns.stride), columns.low),
        )

    def _column(self, plane: SSAValue, corner: tuple[Index, Index], at: int) -> SSAValue:
        b, rows = self.b, self.plan.rows
        top, left = corner
        values = [
            self._load(plane, (b.add(top, tap * rows.dilation), b.add(left, at)))
            for tap in range(rows.kernel)
        ]
        value = values[0]
        for other in values[1:]:
            value = self._combine(value, other)
        return value

    def _loops(self, plane: SSAValue, target: SSAValue, row: Index, column: Index) -> None:
        """One large window."""
        b, rows, columns = self.b, self.plan.rows, self.plan.columns
        top, left = self._corner(row, column)

        def tap(i: Index, j: Index, value: SSAValue) -> SSAValue:
            at = b.add(top, b.mul(i, rows.dilation)), b.add(left, b.mul(j, columns.dilation))
            return self._combine(value, self._load(plane, at))

        [value] = b.for_each(
            0, rows.kernel, 1,
            lambda i, c: b.for_each(0, columns.kernel, 1, lambda j, c: [tap(i, j, c[0])], c),
            [self._splat(self._neutral())],
        )  # fmt: skip
        self._store(self._mean(value), target, (row, column))

    # ------------------------------------------------------------------ values

    def _mean(self, value: SSAValue) -> SSAValue:
        if self.maximum:
            return value
        return self.b.divf(value, float(self.plan.rows.kernel * self.plan.columns.kernel))

    def _neutral(self) -> float:
        """What padding holds: the lowest value, or zero."""
        if not self.maximum:
            return 0.0
        return lowest(self.element)

    def _splat(self, value: float) -> SSAValue:
        if self.lanes == 1:
            return self.b.constant(value, self.wide)
        return self.b.splat(value, self.wide, self.lanes)

    def _combine(self, a: SSAValue, b: SSAValue) -> SSAValue:
        if not self.maximum:
            return self.b.addf(a, b)
        least = lowest(self.element)
        if isinstance(least, float):
            return self.b.maximumf(a, b)
        return self.b.apply(arith.MaxSIOp if least else arith.MaxUIOp, a, b)

    def _load(self, plane: SSAValue, at: tuple[Index, Index]) -> SSAValue:
        if self.lanes == 1:
            value = self.b.load(plane, (*at, 0))
        else:
            value = self.b.vload(plane, (*at, 0), self.lanes)
        return self.b.cast(value, self.wide)

    def _store(self, value: SSAValue, target: SSAValue, at: tuple[Index, Index]) -> None:
        value = self.b.cast(value, storage_type(self.element))
        if self.lanes == 1:
            self.b.store(value, target, (*at, 0))
        else:
            self.b.vstore(value, target, (*at, 0))


def _plane(
    b: KernelBuilder, view: ChannelBlocks, memory: SSAValue, image: Index, block: Index
) -> SSAValue:
    """Rows, columns and lanes of one channel block."""
    return b.subview(memory, (image, block, 0, 0, 0), (1, 1, *view.extents[2:]), drop=(0, 1))
