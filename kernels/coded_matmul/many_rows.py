"""
More than four rows: a part of a panel becomes f32 on the stack, once for all rows of a block.

Tiles of rows add what a part gives to *totals*, and one loop over the rows finishes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ..builder import Index
from ..common.chunking import each_tile
from ..common.register_tile import TileShape, accumulate, most_rows
from .problem import Codes
from .tile import TileMemory, TileWriter

PART = 128
"""Steps of the sum that are decoded at a time: 32 KB of four vectors of 16 columns."""

BLOCK_ROWS = 96
"""Rows that share a decoded part."""


def part_length(codes: Codes) -> int:
    """Steps of a part: blocks do not begin inside of one, unless it is several of them."""
    return PART if codes.blocks > 1 or codes.depth > PART else codes.depth


@dataclass
class ManyRows:
    """The functions of one kernel."""

    writer: TileWriter

    def scratch(self) -> list[SSAValue]:
        """Memory of a decoded part, and of the totals of a block of rows."""
        b, width = self.writer.b, self.writer.problem.width
        length = part_length(self.writer.problem.codes)
        return [b.alloca([length, width], f32), b.alloca([BLOCK_ROWS, width], f32)]

    def call(self, rows: Index, columns: int, memory: TileMemory, column: Index) -> None:
        """The results of all rows and of the panel at `column`."""
        b = self.writer.b
        number = b.number(rows)
        if number is not None:
            blocks = -(-number // BLOCK_ROWS)
            size = -(-number // blocks)
            for start in range(0, number, size):
                self._block(min(size, number - start), columns, memory, start, column)
            return
        with b.loop(0, rows, BLOCK_ROWS) as loop:
            some = b.min(b.sub(rows, loop.index), BLOCK_ROWS)
            self._block(some, columns, memory, loop.index, column)

    def _block(
        self, rows: Index, columns: int, memory: TileMemory, row: Index, column: Index
    ) -> None:
        """A block of rows, from `row` on."""
        b, codes = self.writer.b, self.writer.problem.codes
        vectors = -(-columns // self.writer.lanes)
        length = part_length(codes)
        runs = self.writer.runs(rows, most_rows(vectors, b.target))
        tiles: Index = 0
        for _, count in runs:
            tiles = b.add(tiles, count)
        _, totals = memory.scratch
        zero = b.splat(0.0, f32, self.writer.lanes)
        with b.loop(0, rows) as loop:
            for v in range(vectors):
                b.vstore(zero, totals, (loop.index, v * self.writer.lanes))

        def part(start: Index, terms: int) -> None:
            self._decode(terms, vectors, memory, start)

            def tile(size: int) -> Callable[[Index], None]:
                return lambda at: self._tile((size, vectors), memory, row, at, (start, terms))

            each_tile(b, runs, (0, tiles), tile)

        full, rest = divmod(codes.depth, length)
        b.for_each(0, full * length, length, lambda at, _: part(at, length))
        if rest:
            part(full * length, rest)
        with b.loop(0, rows) as loop:
            values = [
                b.vload(totals, (loop.index, v * self.writer.lanes), self.writer.lanes)
                for v in range(vectors)
            ]
            at = b.add(row, loop.index)
            self.writer.finish([values], memory, at, column, columns)

    def _decode(self, terms: int, vectors: int, memory: TileMemory, start: Index) -> None:
        """Fill the scratch with the numbers of a part of the panel."""
        w, codes = self.writer, self.writer.problem.codes
        b = w.b
        panel, decoded = memory.panel, memory.scratch[0]
        given = [*panel.as_list(), decoded, b.index(start)]
        length = min(codes.block, terms)

        def define(arguments: Sequence[SSAValue]) -> None:
            *values, target, first = arguments
            own, decoder = panel.of(values), w.decoder

            def block(at: Index, count: int) -> None:
                origin = b.add(first, at)
                number = 0 if codes.blocks == 1 else b.floordiv(origin, codes.block)
                zeros = decoder.zeros(own, number, vectors)
                scales = None
                if own.scales is not None:
                    scales = [decoder.parameter(own.scales, number, v) for v in range(vectors)]

                def lines(k: Index, steps: int) -> None:
                    def use(step: int, vector: int, value: SSAValue) -> None:
                        value = value if scales is None else b.mulf(value, scales[vector])
                        place = (b.add(b.add(at, k), step), vector * w.lanes)
                        b.vstore(value, target, place)

                    line = b.floordiv(b.add(origin, k), codes.step)
                    decoder.line(own, line, zeros, vectors, steps, use)

                whole = count - count % codes.step
                b.for_each(0, whole, codes.step, lambda k, _: lines(k, codes.step))
                if count % codes.step:
                    lines(whole, count % codes.step)

            whole = terms - terms % length
            b.for_each(0, whole, length, lambda at, _: block(at, length))
            if terms % length:
                block(whole, terms % length)

        self.writer.call(("decode", terms, vectors), given, define)

    def _tile(
        self,
        shape: tuple[int, int],
        memory: TileMemory,
        row: Index,
        line: Index,
        part: tuple[Index, int],
    ) -> None:
        """What a part, its first step and its steps, adds to the totals of a tile."""
        rows, vectors = shape
        w = self.writer
        b, view, lanes = w.b, w.problem.lhs.inner(2), w.lanes
        given = [memory.lhs, *memory.scratch, *map(b.index, (row, line, *part))]

        def define(arguments: Sequence[SSAValue]) -> None:
            lhs, decoded, totals, first, own, origin, terms = arguments
            lines = [b.add(b.add(first, own), r) for r in range(rows)]

            def left(r: int, k: Index) -> SSAValue:
                return b.load_splat(lhs, view.indices((lines[r], b.add(origin, k))), lanes)

            def right(v: int, k: Index) -> SSAValue:
                return b.vload(decoded, (k, v * lanes), lanes)

            zero = b.splat(0.0, f32, lanes)
            found = accumulate(b, TileShape(rows, vectors), (0, terms), left, right, zero, f32)
            for i, value in enumerate(found):
                r, v = divmod(i, vectors)
                place = (b.add(own, r), v * lanes)
                b.vstore(b.addf(b.vload(totals, place, lanes), value), totals, place)

        self.writer.call(("tile", rows, vectors), given, define)
