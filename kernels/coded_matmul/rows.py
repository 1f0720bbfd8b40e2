"""
Up to four rows against a panel: codes become f32 in registers, and are read once.

Products of a block are added up as they are; its scale is applied to their sum. Sums are runs of
at most `PARTIAL_SUM` terms, as those of other products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ..builder import Index
from ..common.register_tile import PARTIAL_SUM
from .problem import Codes
from .tile import TileMemory, TileWriter

UNROLL = 4
"""Steps of a trip where codes are not in words."""


def run_length(codes: Codes) -> int:
    """Terms that are added up before their scale is applied, or before they join the rest."""
    return min(codes.block, PARTIAL_SUM)


@dataclass
class FewRows:
    """The tile functions of one kernel, by their rows and columns."""

    writer: TileWriter

    def call(self, rows: int, columns: int, memory: TileMemory, row: Index, column: Index) -> None:
        """The results of `rows` rows and of the panel at `column`."""

        def define(arguments: Sequence[SSAValue]) -> None:
            *values, at, first = arguments
            self._define(rows, columns, memory.of(values), at, first)

        self.writer.call(("rows", rows, columns), [*memory.as_list(), row, column], define)

    def _define(
        self, rows: int, columns: int, memory: TileMemory, row: SSAValue, column: SSAValue
    ) -> None:
        w, codes = self.writer, self.writer.problem.codes
        b, lanes = w.b, w.lanes
        vectors = -(-columns // lanes)
        length = run_length(codes)
        zero = b.splat(0.0, f32, lanes)
        lines = [b.add(row, r) for r in range(rows)]
        one_scale = codes.blocks == 1
        full, rest = divmod(codes.depth, length)

        def run(start: Index, terms: int, totals: Sequence[SSAValue]) -> list[SSAValue]:
            block = 0 if one_scale else b.floordiv(start, codes.block)
            sums = self._sums(memory, lines, (start, terms), block, vectors)
            if one_scale and full + bool(rest) == 1:
                return sums
            if one_scale:
                return [b.addf(t, s) for t, s in zip(totals, sums, strict=True)]
            return self._scaled(memory, block, sums, totals, vectors)

        totals: Sequence[SSAValue] = [zero] * (rows * vectors)
        totals = b.for_each(
            0, full * length, length, lambda at, found: run(at, length, found), totals
        )
        if rest:
            totals = run(full * length, rest, totals)
        if one_scale and memory.panel.scales is not None:
            totals = self._scaled(memory, 0, totals, None, vectors)
        tile = [totals[r * vectors : (r + 1) * vectors] for r in range(rows)]
        w.finish(tile, memory, row, column, columns)

    def _scaled(
        self,
        memory: TileMemory,
        block: Index,
        sums: Sequence[SSAValue],
        totals: Sequence[SSAValue] | None,
        vectors: int,
    ) -> list[SSAValue]:
        """Sums times the scales of their block, added to totals."""
        b, decoder = self.writer.b, self.writer.decoder
        assert memory.panel.scales is not None
        scales = [decoder.parameter(memory.panel.scales, block, v) for v in range(vectors)]
        if totals is None:
            return [b.mulf(s, scales[i % vectors]) for i, s in enumerate(sums)]
        pairs = zip(sums, totals, strict=True)
        return [b.fma(s, scales[i % vectors], t) for i, (s, t) in enumerate(pairs)]

    def _sums(
        self,
        memory: TileMemory,
        lines: Sequence[Index],
        run: tuple[Index, int],
        block: Index,
        vectors: int,
    ) -> list[SSAValue]:
        """The sums of products of some steps: the first, and how many."""
        w, codes = self.writer, self.writer.problem.codes
        b, lanes, decoder = w.b, w.lanes, w.decoder
        start, terms = run
        zeros = decoder.zeros(memory.panel, block, vectors)
        view = w.problem.lhs.inner(2)
        trip = codes.step if codes.in_words else UNROLL

        def steps(at: Index, count: int, found: Sequence[SSAValue]) -> list[SSAValue]:
            sums = list(found)
            first = b.add(start, at)

            def use(step: int, vector: int, number: SSAValue) -> None:
                for r, line in enumerate(lines):
                    place = view.indices((line, b.add(base, step)))
                    x = known.get((r, base, step))
                    if x is None:
                        x = b.load_splat(memory.lhs, place, lanes)
                        known[(r, base, step)] = x
                    i = r * vectors + vector
                    sums[i] = b.fma(number, x, sums[i])

            known: dict[tuple[int, Index, int], SSAValue] = {}
            if codes.in_words:
                base = first
                line = b.floordiv(first, codes.step)
                decoder.line(memory.panel, line, zeros, vectors, count, use)
            else:
                for k in range(count):
                    base = b.add(first, k)
                    decoder.line(memory.panel, base, zeros, vectors, 1, use)
            return sums

        sums: Sequence[SSAValue] = [b.splat(0.0, f32, lanes)] * (len(lines) * vectors)
        whole = terms - terms % trip
        sums = b.for_each(0, whole, trip, lambda at, found: steps(at, trip, found), sums)
        if terms % trip:
            sums = steps(whole, terms % trip, sums)
        return list(sums)
