"""Level 5 of depthwise convolutions: bands of rows, and their tiles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of
from ...runtime.size import is_one, product_of
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import Loaded
from ..common.chunking import Runs, each_point, even_runs
from ..template import Kernel, kernel_function
from .depthwise_plan import DepthwisePlan
from .initial_sum import initial_sum


class DepthwiseWriter:
    """Writes the kernel of one depthwise convolution."""

    def __init__(self, plan: DepthwisePlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.b = builder
        self.functions: dict[int, str] = {}
        self.bias, self.epilogue = initial_sum(plan.op, plan.operands.epilogue)

    def write(self) -> Kernel:
        plan, b = self.plan, self.b
        s, operands = plan.sizes, plan.operands
        extents, chunks = tuple(plan.loops.values()), plan.chunks
        units = product_of(extents)
        names = ["chunk", "x", "w", *operands.epilogue_names, "y"]
        with kernel_function(b, self.name, plan.op, chunks=chunks, names=names) as arguments:
            chunk, x, w, *rest, y = arguments
            views = [
                operands.input.cast(b, x),
                b.reshape(w, (plan.blocks, plan.channels, *s.kernel, plan.lanes)),
                *operands.cast_epilogue(b, rest),
                operands.result.cast(b, y),
            ]
            runs = even_runs(b, s.rows, plan.tile.rows)
            widths = even_runs(b, s.columns, plan.tile.columns)
            several = not is_one(chunks)
            first = b.floordiv(b.mul(chunk, units), chunks) if several else 0
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks) if several else units
            with each_point(b, extents, first, last) as (image, block, index):
                if plan.channels_inner:
                    block, index = index, block
                at = image, block
                (rows, count), *more = runs
                if not more:
                    self._call(views, (*at, b.mul(index, rows)), rows, widths)
                else:
                    [(other, _)] = more
                    after = b.add(b.mul(b.sub(index, count), other), b.mul(count, rows))
                    b.if_else(
                        b.cmpi("slt", index, count),
                        lambda: self._call(views, (*at, b.mul(index, rows)), rows, widths),
                        lambda: self._call(views, (*at, after), other, widths),
                    )
        return Kernel(chunks)

    def _call(
        self,
        views: Sequence[SSAValue],
        start: tuple[Index, Index, Index],
        rows: int,
        widths: Runs,
    ) -> None:
        """
        Run the function for `rows` rows of one channel block, from (image, block, row) on.

        Where columns are a value it is told how many tiles there are of each of the `widths`.
        """
        plan, b, (image, block, row) = self.plan, self.b, start
        x, w, *epilogue, y = views
        s, width, lanes = plan.sizes, plan.operands.input.columns, plan.lanes
        span = (rows - 1) * s.strides[0] + (s.kernel[0] - 1) * s.dilations[0] + 1
        at, extent = (image, block, row, 0, 0), (1, 1, rows, s.columns, lanes)
        arguments = [
            b.subview(
                x,
                (image, block, b.mul(row, s.strides[0]), 0, 0),
                (1, 1, span, width, lanes),
                drop=(0, 1),
            ),
            b.subview(w, (block, 0, 0, 0, 0), (1, plan.channels, *s.kernel, lanes), drop=(0,)),
            *plan.operands.epilogue_boxes(b, epilogue, at, extent),
            b.subview(y, at, extent, drop=(0, 1)),
        ]
        if rows not in self.functions:
            self.functions[rows] = f"{self.name}_{rows}"
            self._write_rows(rows, [a.type for a in arguments], widths)
        b.call(self.functions[rows], [*arguments, *_counts(widths)])

    def _write_rows(self, rows: int, types: Sequence[Attribute], widths: Runs) -> None:
        """The function that computes `rows` rows, tile by tile."""
        plan, b = self.plan, self.b
        names = ["x", "w", *plan.operands.epilogue_names, "y"]
        types = [*types, *(count.type for count in _counts(widths))]
        with b.function(self.functions[rows], types, private=True, names=names) as arguments:
            x, w, *rest = arguments
            last = len(plan.operands.epilogue)
            epilogue, y, counted = rest[:last], rest[last], iter(rest[last + 1 :])
            taps: dict[tuple[int, int], SSAValue] = {}
            if plan.tile.whole and plan.channels == 1:
                taps = self._taps(w, 0, range(plan.sizes.kernel[0]))
            loaded: Loaded = {}
            for operand, memory in zip(plan.operands.epilogue, epilogue, strict=True):
                if operand.view.extents[2:4] == (1, 1):
                    operand.load(b, memory, (0, 0, 0, 0, 0), plan.lanes, loaded)
            start: Index = 0
            for width, number in widths:
                count = number if isinstance(number, int) else next(counted)
                with b.loop(0, count) as loop:
                    column = b.add(b.mul(loop.index, width), start)
                    start_with = b.splat(0.0, element_of(plan.op.input), plan.lanes)
                    if self.bias is not None:
                        bias = plan.operands.epilogue[self.bias]
                        at = (0,) * 5
                        start_with = bias.load(b, epilogue[self.bias], at, plan.lanes, loaded)
                    sums = self._sums(x, w, taps, column, (rows, width), start_with)
                    self._store(sums, epilogue, y, column, dict(loaded))
                start = b.add(start, b.mul(count, width))

    def _taps(
        self, w: SSAValue, channel: int, rows: Sequence[int]
    ) -> dict[tuple[int, int], SSAValue]:
        """Filter rows of one channel of each group."""
        b, (_, kw) = self.b, self.plan.sizes.kernel
        places = [(i, j) for i in rows for j in range(kw)]
        return {(i, j): b.vload(w, (channel, i, j, 0), self.plan.lanes) for i, j in places}

    def _pixel(self, pixels: SSAValue, at: tuple[Index, Index], channel: int) -> SSAValue:
        """A pixel; of groups of several channels one of them, in all lanes of its group."""
        b, lanes, channels = self.b, self.plan.lanes, self.plan.channels
        value = b.vload(pixels, (*at, 0), lanes)
        if channels == 1:
            return value
        return b.shuffle(value, value, [i - i % channels + channel for i in range(lanes)])

    def _sums(
        self,
        x: SSAValue,
        w: SSAValue,
        taps: dict[tuple[int, int], SSAValue],
        column: Index,
        tile: tuple[int, int],
        start_with: SSAValue,
    ) -> dict[tuple[int, int], SSAValue]:
        plan, b, (rows, columns) = self.plan, self.b, tile
        s = plan.sizes
        if s.is_open:
            return self._sums_by_filter_rows(x, w, column, tile, start_with)
        (kh, kw), (sh, sw), (dh, dw) = s.kernel, s.strides, s.dilations
        span = (columns - 1) * sw + (kw - 1) * dw + 1
        pixels = b.subview(
            x,
            (0, b.mul(column, sw), 0),
            ((rows - 1) * sh + (kh - 1) * dh + 1, span, plan.lanes),
        )
        sums = {(r, c): start_with for r in range(rows) for c in range(columns)}
        # Filter rows one by one, so that the taps of one are enough; input rows that several
        # result rows share are loaded once where all taps are at hand.
        groups = [[i] for i in range(kh)] if not plan.tile.whole else [list(range(kh))]
        for channel, group in product(range(plan.channels), groups):
            if not plan.tile.whole or plan.channels > 1:
                taps = self._taps(w, channel, group)
            for row in sorted({r * sh + i * dh for r in range(rows) for i in group}):
                for at in range(span):
                    uses = [
                        (r, c, i, j)
                        for r in range(rows)
                        for i in group
                        if r * sh + i * dh == row
                        for c in range(columns)
                        for j in range(kw)
                        if c * sw + j * dw == at
                    ]
                    if not uses:
                        continue
                    value = self._pixel(pixels, (row, at), channel)
                    for r, c, i, j in uses:
                        sums[r, c] = b.fma(value, taps[i, j], sums[r, c])
        return sums

    def _sums_by_filter_rows(
        self, x: SSAValue, w: SSAValue, column: Index, tile: tuple[int, int], start_with: SSAValue
    ) -> dict[tuple[int, int], SSAValue]:
        """
        The sums of a tile in a loop over the rows of the filter.

        There is code for tiles of every width where columns are a value, so it has to be short.
        """
        plan, b, s, (rows, columns) = self.plan, self.b, self.plan.sizes, tile
        (kh, kw), (sh, sw), (dh, dw) = s.kernel, s.strides, s.dilations
        sums: Sequence[SSAValue] = [start_with] * (rows * columns)
        down, across = (rows - 1) * sh + (kh - 1) * dh + 1, (columns - 1) * sw + (kw - 1) * dw + 1
        pixels = b.subview(x, (0, b.mul(column, sw), 0), (down, across, plan.lanes))
        uses: dict[int, list[tuple[int, int]]] = {}
        for c, j in product(range(columns), range(kw)):
            uses.setdefault(c * sw + j * dw, []).append((c, j))
        for channel in range(plan.channels):
            with b.loop(0, kh, 1, sums) as loop:
                found = list(loop.carried)
                taps = [b.vload(w, (channel, loop.index, j, 0), plan.lanes) for j in range(kw)]
                for r, at in product(range(rows), sorted(uses)):
                    row = b.add(b.mul(loop.index, dh), r * sh)
                    value = self._pixel(pixels, (row, at), channel)
                    for c, j in uses[at]:
                        old = found[r * columns + c]
                        found[r * columns + c] = b.fma(value, taps[j], old)
                loop.yield_(*found)
            sums = loop.results
        return {divmod(number, columns): value for number, value in enumerate(sums)}

    def _store(
        self,
        sums: dict[tuple[int, int], SSAValue],
        epilogue: Sequence[SSAValue],
        y: SSAValue,
        column: Index,
        loaded: Loaded,
    ) -> None:
        """The epilogue on the results of a tile."""
        plan, b = self.plan, self.b
        for (r, c), value in sums.items():
            at = b.add(column, c)
            stored = plan.operands.finish(
                b, self.epilogue, value, epilogue, (0, 0, r, at, 0), loaded
            )
            b.vstore(stored, y, (r, at, 0))


def _counts(runs: Runs) -> list[SSAValue]:
    """How many tiles there are of each size, where that is a value."""
    return [count for _, count in runs if isinstance(count, SSAValue)]
