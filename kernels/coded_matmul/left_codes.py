"""
Rows as codes of eight bits, and integer dot products of them with codes of a weight.

A row is rounded once, block by block, into scratch: `max|x| / 127` is the scale of a block. Its
bytes lie as the planes of a word want them: of words of four-bit codes the even ones of eight come
first, then the odd ones. What the zero point of the weight takes off a sum is the sum of a block's
codes times it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f32, i8, i32
from xdsl.ir import SSAValue

from ...dialects.engine.coded import LEAST_BLOCK, LEAST_LARGEST
from ..builder import Index
from .problem import WORD, Codes
from .tile import TileMemory, TileWriter

FLOAT_MAXIMUM = float(np.finfo(np.float32).max)


def row_bytes(codes: Codes) -> int:
    """Bytes of a row as codes, whole vectors."""
    return -(-codes.depth // LEAST_BLOCK) * LEAST_BLOCK


def scratch_bytes(codes: Codes, rows: int) -> int:
    """Stack that some rows take."""
    return rows * (row_bytes(codes) + 8 * codes.blocks)


@dataclass
class LeftCodes:
    """Functions that round rows, and tile functions by their rows and columns."""

    writer: TileWriter

    def scratch(self, rows: int) -> list[SSAValue]:
        """Memory of rows as codes: bytes, the same as words, scales of blocks, sums of blocks."""
        b, codes = self.writer.b, self.writer.problem.codes
        size = row_bytes(codes)
        flat, count = b.alloca([rows * size], i8), rows * size // WORD
        return [
            b.reshape(flat, (rows, size)),
            b.reshape(b.words(flat, count), (rows, size // WORD)),
            b.alloca([rows, codes.blocks], f32),
            b.alloca([rows, codes.blocks], f32),
        ]

    # ------------------------------------------------------------------ rounding

    def round_rows(self, lhs: SSAValue, scratch: Sequence[SSAValue], row: Index, rows: int) -> None:
        """Fill the scratch with the codes of `rows` rows from `row` on."""
        b = self.writer.b
        bytes_, _, scales, sums = scratch
        for r in range(rows):
            given = [lhs, bytes_, scales, sums, b.add(row, r), r]
            self.writer.call(("round", 1, 1), given, lambda values: self._define_rounding(*values))

    def _define_rounding(
        self,
        lhs: SSAValue,
        bytes_: SSAValue,
        scales: SSAValue,
        sums: SSAValue,
        row: SSAValue,
        line: SSAValue,
    ) -> None:
        b, codes = self.writer.b, self.writer.problem.codes
        full, rest = divmod(codes.depth, codes.block)

        def block(number: Index, terms: int) -> None:
            start = b.mul(number, codes.block)
            scale, total = self._round_block(lhs, bytes_, (row, line), start, terms)
            b.store(scale, scales, (line, number))
            b.store(total, sums, (line, number))

        b.for_each(0, full, 1, lambda number, _: block(number, codes.block))
        if rest:
            block(full, rest)

    def _round_block(
        self,
        lhs: SSAValue,
        bytes_: SSAValue,
        lines: tuple[SSAValue, SSAValue],
        start: Index,
        terms: int,
    ) -> tuple[SSAValue, SSAValue]:
        """One block of a row: the scale, and the sum of its codes."""
        b, view = self.writer.b, self.writer.problem.lhs.inner(2)
        row, line = lines
        size = LEAST_BLOCK
        whole = terms - terms % size

        def load(at: Index, mask: SSAValue | None) -> SSAValue:
            return b.vload(lhs, view.indices((row, b.add(start, at))), size, mask)

        def largest(at: Index, mask: SSAValue | None, found: SSAValue) -> SSAValue:
            return b.maximumf(found, b.apply(math.AbsFOp, load(at, mask)))

        tail = b.mask(terms % size, size) if terms % size else None
        [most] = b.for_each(
            0, whole, size, lambda at, c: [largest(at, None, c[0])], [b.splat(0.0, f32, size)]
        )
        if tail is not None:
            most = largest(whole, tail, most)
        peak = b.reduce("maximumf", most)
        finite = b.cmpf("ole", peak, FLOAT_MAXIMUM)
        usable = b.andi(b.cmpf("oge", peak, LEAST_LARGEST), finite)
        divisor = b.select(usable, peak, 1.0)
        inverse = b.select(usable, b.divf(b.constant(127.0, f32), divisor), 0.0)
        scale = b.select(usable, b.mulf(peak, 1 / 127), b.select(finite, 0.0, b.subf(peak, peak)))
        order = self._order()

        def rounded(at: Index, mask: SSAValue | None, found: SSAValue) -> SSAValue:
            x = b.select(usable, load(at, mask), 0.0)
            number = b.apply(math.RoundEvenOp, b.mulf(x, b.broadcast(inverse, size)))
            codes = b.cast(b.cast(number, i32), i8)
            codes = b.shuffle(codes, codes, order)
            b.vstore(codes, bytes_, (line, b.add(start, at)))
            return b.addf(found, number)

        [total] = b.for_each(
            0, whole, size, lambda at, c: [rounded(at, None, c[0])], [b.splat(0.0, f32, size)]
        )
        if tail is not None:
            total = rounded(whole, tail, total)
        return scale, b.reduce("add", total)

    def _order(self) -> list[int]:
        """Which of 16 neighbours lies where, so that a plane's four lie side by side."""
        planes = 8 // self.writer.problem.codes.bits
        group = WORD * planes
        return [
            start + place * planes + plane
            for start in range(0, LEAST_BLOCK, group)
            for plane in range(planes)
            for place in range(WORD)
        ]

    # ------------------------------------------------------------------ products

    def call(self, rows: int, columns: int, memory: TileMemory, row: Index, column: Index) -> None:
        """The results of `rows` rows, whose codes are in the scratch, and of a panel."""

        def define(arguments: Sequence[SSAValue]) -> None:
            *values, at, first = arguments
            self._define_tile(rows, columns, memory.of(values), at, first)

        self.writer.call(("dots", rows, columns), [*memory.as_list(), row, column], define)

    def _define_tile(
        self, rows: int, columns: int, memory: TileMemory, row: SSAValue, column: SSAValue
    ) -> None:
        w, codes = self.writer, self.writer.problem.codes
        b, lanes = w.b, w.lanes
        vectors = -(-columns // lanes)
        whole, rest = divmod(codes.depth, codes.block)
        _, words, scales, sums = memory.scratch

        def block(number: Index, terms: int, totals: Sequence[SSAValue]) -> list[SSAValue]:
            first = b.floordiv(b.mul(number, codes.block), codes.step)
            exact = self._dots(memory, words, (first, -(-terms // codes.step)), rows, vectors)
            return self._finished(memory, number, exact, totals, (scales, sums), vectors)

        totals: Sequence[SSAValue] = [b.splat(0.0, f32, lanes)] * (rows * vectors)
        totals = b.for_each(0, whole, 1, lambda n, c: block(n, codes.block, c), totals)
        if rest:
            totals = block(whole, rest, totals)
        tile = [totals[r * vectors : (r + 1) * vectors] for r in range(rows)]
        w.finish(tile, memory, row, column, columns)

    def _dots(
        self,
        memory: TileMemory,
        words: SSAValue,
        run: tuple[Index, int],
        rows: int,
        vectors: int,
    ) -> list[SSAValue]:
        """The exact sums of some lines of a panel: the first, and how many."""
        w = self.writer
        b, lanes, decoder, planes = w.b, w.lanes, w.decoder, 8 // w.problem.codes.bits
        start, count = run

        def line(at: Index, found: Sequence[SSAValue]) -> list[SSAValue]:
            sums = list(found)
            number = b.add(start, at)
            left: dict[tuple[int, int], SSAValue] = {}
            for vector in range(vectors):
                for plane, weights in enumerate(decoder.plane(memory.panel, number, vector)):
                    for r in range(rows):
                        if (r, plane) not in left:
                            place = (r, b.add(b.mul(number, planes), plane))
                            left[r, plane] = b.regroup(b.load_splat(words, place, lanes), i8)
                        i = r * vectors + vector
                        sums[i] = b.dot(sums[i], weights, left[r, plane], "us")
            return sums

        zero = b.splat(0, i32, lanes)
        return list(b.for_each(0, count, 1, line, [zero] * (rows * vectors)))

    def _finished(
        self,
        memory: TileMemory,
        block: Index,
        exact: Sequence[SSAValue],
        totals: Sequence[SSAValue],
        of_rows: tuple[SSAValue, SSAValue],
        vectors: int,
    ) -> list[SSAValue]:
        """Exact sums less what the zero point takes off, times both scales, added to totals."""
        w = self.writer
        b, lanes, decoder = w.b, w.lanes, w.decoder
        assert memory.panel.scales is not None
        scales = [decoder.parameter(memory.panel.scales, block, v) for v in range(vectors)]
        zeros = decoder.zeros(memory.panel, block, vectors)
        found: list[SSAValue] = []
        for i, (value, total) in enumerate(zip(exact, totals, strict=True)):
            row, vector = divmod(i, vectors)
            number = b.cast(value, f32)
            if zeros is not None:
                less = b.negf(b.load_splat(of_rows[1], (row, block), lanes))
                number = b.fma(zeros[vector], less, number)
            own = b.load_splat(of_rows[0], (row, block), lanes)
            found.append(b.fma(number, b.mulf(scales[vector], own), total))
        return found
