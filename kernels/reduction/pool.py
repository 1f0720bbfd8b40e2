"""
Sliding-window maximum and average, with channels in the lanes of a vector.

Blocked (`aBcd16b`) and channels-last operands hold W channels of a pixel side by side; row-major
ones run one channel at a time. Where a window lies inside of the image all taps are known:
columns are reduced first and shared between the windows of a tile. Windows that reach over the
border run over the taps inside, found at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AnyFloat,
    BFloat16Type,
    Float16Type,
    IntegerType,
    f32,
)
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import EngineOp, element_of, shape_of, static
from ...dialects.engine.reduction import PoolOp
from ...dialects.engine.weights import dtype_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder, Operand
from ..common.blocked_operands import blocked_tag
from ..common.channel_blocks import ChannelBlocks, channel_blocks
from ..conv.tiles import CLOCK_HZ
from ..template import (
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
    split_evenly,
    storage_type,
)

TILE = 4
"""Windows that share their columns."""

MAX_TAPS = 64
"""Taps that are written out; larger windows run in loops."""


@dataclass(frozen=True)
class Axis:
    """One spatial dimension of a pool."""

    size: int
    extent: int
    kernel: int
    stride: int
    dilation: int
    low: int
    high: int

    @property
    def inside(self) -> tuple[int, int]:
        """[first, last) of the windows that lie inside of the image."""
        reach = (self.kernel - 1) * self.dilation
        first = min(self.extent, -(-self.low // self.stride))
        last = (self.size - 1 - reach + self.low) // self.stride + 1
        return first, max(first, min(self.extent, last))


@dataclass(frozen=True)
class BlockedPool:
    """A pool whose operands lie in blocks of channels."""

    op: PoolOp
    rows: Axis
    columns: Axis
    input: ChannelBlocks
    result: ChannelBlocks

    @staticmethod
    def of(op: EngineOp, target: Target) -> BlockedPool | None:
        """None for other operations, unknown sizes, and more than two dimensions."""
        if not isinstance(op, PoolOp) or not _known(op):
            return None
        rank = len(shape_of(op.input))
        lanes = target.lanes(storage_type(element_of(op.input)))
        for width in (lanes, 1):
            views = [channel_blocks(v, rank, width) for v in (op.input, op.destinations[0])]
            source, result = views
            if source is not None and result is not None:
                rows, columns = pool_axes(op)
                return BlockedPool(op, rows, columns, source, result)
        return None


def _known(op: PoolOp) -> bool:
    return (
        len(shape_of(op.input)) in (3, 4)
        and static(shape_of(op.input))
        and isinstance(element_of(op.input), AnyFloat | IntegerType)
        and element_of(op.input) != IntegerType(1)
        and (op.kind.data == "max" or isinstance(element_of(op.input), AnyFloat))
    )


def pool_axes(op: PoolOp) -> tuple[Axis, Axis]:
    """Rows and columns; one-dimensional pools have one row."""
    [shape] = op.inferred_shapes()
    rank = len(shape) - 2
    pads = op.window("pads")
    axes = [
        Axis(
            shape_of(op.input)[2 + i],
            shape[2 + i],
            op.window("kernel")[i],
            op.window("strides")[i],
            op.window("dilations")[i],
            pads[i],
            pads[rank + i],
        )
        for i in range(rank)
    ]
    if rank == 1:
        return Axis(1, 1, 1, 1, 1, 0, 0), axes[0]
    return axes[0], axes[1]


class PoolTemplate(AnyTemplate):
    """`engine.pool` of one or two dimensions; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, PoolOp) or not _known(op):
            return []
        shape = shape_of(op.input)
        lanes = target.lanes(storage_type(element_of(op.input)))
        tag = blocked_tag(len(shape), 1, lanes)
        seconds = _seconds(op, lanes)
        choices = [LayoutChoice((None,), (None,), _seconds(op, 1))]
        if lanes > 1:
            padding = -(-shape[1] // lanes) * lanes / shape[1]
            choices.insert(0, LayoutChoice((tag,), (tag,), seconds * padding))
        return choices

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return BlockedPool.of(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        pool = BlockedPool.of(op, builder.target)
        assert pool is not None
        return _PoolWriter(pool, name, builder).write()


def _seconds(op: PoolOp, lanes: int) -> float:
    [result] = op.target_types()
    taps = prod(op.window("kernel"))
    return max(prod(result.get_shape()) * (taps + 2) / lanes / CLOCK_HZ, op.bytes_moved() / 12e9)


def lowest(element: Attribute) -> float | int:
    """The lowest value of an element type: 0 for unsigned integers."""
    dtype = dtype_of(element)
    return int(np.iinfo(dtype).min) if dtype.kind in "iu" else float("-inf")


class _PoolWriter:
    """Writes the kernel of one pool."""

    def __init__(self, pool: BlockedPool, name: str, builder: KernelBuilder):
        self.pool = pool
        self.name = name
        self.b = builder
        self.lanes = pool.input.lanes
        self.element = element_of(pool.op.input)
        narrow = isinstance(self.element, Float16Type | BFloat16Type)
        self.wide: Attribute = f32 if narrow else storage_type(self.element)
        self.maximum = pool.op.kind.data == "max"

    def write(self) -> Kernel:
        pool, b = self.pool, self.b
        extents = (*pool.result.shape[:2], pool.rows.extent)
        units = prod(extents)
        chunks = chunk_count(max(1, units), _seconds(pool.op, self.lanes))
        edge = f"{self.name}_edge"
        first_row, last_row = pool.rows.inside
        with b.function(
            self.name, kernel_arguments(pool.op), names=["chunk", "x", "y"]
        ) as arguments:
            chunk, x, y = arguments
            source, result = pool.input.cast(b, x), pool.result.cast(b, y)
            first = b.floordiv(b.mul(chunk, units), chunks)
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
            with b.loop(first, last) as loop:
                image, block, row = b.unflatten(loop.index, extents)
                plane = _plane(b, source, image, block)
                target = _plane(b, result, image, block)
                self._declare_edge(edge, plane, target)
                if last_row > first_row:
                    inside = b.andi(b.cmpi("sge", row, first_row), b.cmpi("slt", row, last_row))
                    b.if_else(
                        inside,
                        lambda: self._inside(edge, plane, target, row),
                        lambda: self._edges(edge, plane, target, row, 0, pool.columns.extent),
                    )
                else:
                    self._edges(edge, plane, target, row, 0, pool.columns.extent)
        return Kernel(chunks)

    # ------------------------------------------------------------------ windows on the border

    def _edges(
        self, edge: str, plane: SSAValue, target: SSAValue, row: Index, first: int, last: int
    ) -> None:
        """Windows `first` to `last` of a row, one by one."""
        if first < last:
            with self.b.loop(first, last) as loop:
                self.b.call(edge, [plane, target, row, loop.index])

    def _declare_edge(self, name: str, plane: SSAValue, target: SSAValue) -> None:
        """The function for one window at (row, column) that may reach over the border."""
        b, pool = self.b, self.pool
        index = b.index(0).type
        types = [plane.type, target.type, index, index]
        with b.function(name, types, private=True, names=["x", "y", "row", "column"]) as arguments:
            x, y, row, column = arguments
            (top, i0, i1, rows), (left, j0, j1, columns) = (
                self._taps(pool.rows, row),
                self._taps(pool.columns, column),
            )
            start = self._splat(self._neutral())

            def tap(i: Index, j: Index, value: SSAValue) -> SSAValue:
                at = (
                    b.add(top, b.mul(i, pool.rows.dilation)),
                    b.add(left, b.mul(j, pool.columns.dilation)),
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

        def until(limit: int) -> Index:
            return b.min(b.ceildiv(b.max(b.sub(limit, start), 0), axis.dilation), axis.kernel)

        last = until(axis.size)
        if self.pool.op.count_include_pad is not None:
            return start, first, last, until(axis.size + axis.high)
        return start, first, last, b.sub(last, first)

    # ------------------------------------------------------------------ windows inside

    def _inside(self, edge: str, plane: SSAValue, target: SSAValue, row: Index) -> None:
        """A row of windows whose rows are all inside."""
        b, pool = self.b, self.pool
        first, last = pool.columns.inside
        self._edges(edge, plane, target, row, 0, first)
        start = first
        small = pool.rows.kernel * pool.columns.kernel <= MAX_TAPS
        for width, count in split_evenly(last - first, TILE if small else 1):
            with b.loop(0, count) as loop:
                column = b.add(b.mul(loop.index, width), start)
                if small:
                    self._tile(plane, target, row, column, width)
                else:
                    self._loops(plane, target, row, column)
            start += width * count
        self._edges(edge, plane, target, row, last, pool.columns.extent)

    def _tile(
        self, plane: SSAValue, target: SSAValue, row: Index, column: Index, width: int
    ) -> None:
        """`width` windows; the reduced columns are shared."""
        pool = self.pool
        corner = self._corner(row, column)
        reduced: dict[int, SSAValue] = {}
        for window in range(width):
            value: SSAValue | None = None
            for tap in range(pool.columns.kernel):
                at = window * pool.columns.stride + tap * pool.columns.dilation
                if at not in reduced:
                    reduced[at] = self._column(plane, corner, at)
                value = reduced[at] if value is None else self._combine(value, reduced[at])
            assert value is not None
            self._store(self._mean(value), target, (row, self.b.add(column, window)))

    def _corner(self, row: Index, column: Index) -> tuple[Index, Index]:
        b, rows, columns = self.b, self.pool.rows, self.pool.columns
        return (
            b.sub(b.mul(row, rows.stride), rows.low),
            b.sub(b.mul(column, columns.stride), columns.low),
        )

    def _column(self, plane: SSAValue, corner: tuple[Index, Index], at: int) -> SSAValue:
        b, rows = self.b, self.pool.rows
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
        b, rows, columns = self.b, self.pool.rows, self.pool.columns
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
        return self.b.divf(value, float(self.pool.rows.kernel * self.pool.columns.kernel))

    def _neutral(self) -> Operand:
        """What padding holds: the lowest value, or zero."""
        if not self.maximum:
            return 0.0
        return lowest(self.element)

    def _splat(self, value: Operand) -> SSAValue:
        assert not isinstance(value, SSAValue)
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


def _plane(b: KernelBuilder, memory: SSAValue, image: Index, block: Index) -> SSAValue:
    """Rows, columns and lanes of one channel block."""
    type = memory.type
    shape = shape_of(type)
    return b.subview(memory, (image, block, 0, 0, 0), (1, 1, *shape[2:]), drop=(0, 1))
