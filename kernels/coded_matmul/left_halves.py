"""
Rows rounded to bf16, and dot products of pairs of them with weights of bf16.

Rows are rounded once, into scratch, pair by pair; a panel has the two steps of a column side by
side. A block of rows goes through all panels before the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import bf16, f32, i32
from xdsl.ir import SSAValue

from ...dialects.vector_ext import PAIR
from ...targets.target import Target
from ..builder import Index
from ..common.register_tile import most_rows
from .problem import Codes
from .tile import TileMemory, TileWriter

SCRATCH_BYTES = 256 << 10
"""Most stack that rounded rows may take: the more there are, the less often weights are read."""

MOST_BLOCK_ROWS = 192
"""Rows that go through a panel together."""

PART_ROWS = 24
"""Rows that a chunk has at least, as it reads all of its panels for them."""

PART_COLUMNS = 768
"""Columns that a chunk has at least, as it rounds its rows for them."""

UNROLL = 2


def row_halves(codes: Codes) -> int:
    """Numbers of a rounded row: whole pairs, and whole vectors."""
    return -(-codes.depth // 16) * 16


def block_rows(codes: Codes, vectors: int, target: Target) -> int:
    """Rows of a block, whole tiles of them; 0 where one is too long."""
    fitting = min(MOST_BLOCK_ROWS, SCRATCH_BYTES // (2 * row_halves(codes)))
    tile = most_rows(vectors, target)
    return fitting if fitting < tile else fitting - fitting % tile


@dataclass
class LeftHalves:
    """The functions of one kernel."""

    writer: TileWriter

    def scratch(self, rows: int) -> list[SSAValue]:
        """Memory of `rows` rounded rows."""
        return [self.writer.b.alloca([rows, row_halves(self.writer.problem.codes)], bf16)]

    def round_rows(self, lhs: SSAValue, halves: SSAValue, row: Index, rows: Index) -> None:
        """Fill the scratch with `rows` rows from `row` on; zeros behind each."""
        b, codes = self.writer.b, self.writer.problem.codes
        view, size = self.writer.problem.lhs.inner(2), 16

        def define(arguments: Sequence[SSAValue]) -> None:
            source, target, first, count = arguments
            whole = codes.depth - codes.depth % size
            with b.loop(0, count) as loop:
                at = b.add(first, loop.index)

                def vector(k: Index, mask: SSAValue | None) -> None:
                    value = b.vload(source, view.indices((at, k)), size, mask)
                    b.vstore(b.round_halves(value), target, (loop.index, k))

                b.for_each(0, whole, size, lambda k, _: vector(k, None))
                if codes.depth > whole:
                    vector(whole, b.mask(codes.depth - whole, size))

        self.writer.call(("halve", 0, 0), [lhs, halves, row, rows], define)

    def call(
        self,
        rows: int,
        columns: int,
        memory: TileMemory,
        row: Index,
        line: Index,
        column: Index,
    ) -> None:
        """The results of the rows at `row`, which are at `line` of the scratch, and of a panel."""
        w, codes = self.writer, self.writer.problem.codes
        b, lanes = w.b, w.lanes
        vectors = -(-columns // lanes)
        steps = -(-codes.depth // PAIR)
        given = [*memory.as_list(), *map(b.index, (row, line, column))]

        def define(arguments: Sequence[SSAValue]) -> None:
            *values, at, own, first = arguments
            inside = memory.of(values)
            [halves] = inside.scratch
            lines = [b.add(own, r) for r in range(rows)]

            def step(k: Index, found: Sequence[SSAValue]) -> list[SSAValue]:
                sums = list(found)
                right = [
                    b.vload(inside.panel.codes, (k, v * lanes * PAIR), lanes * PAIR)
                    for v in range(vectors)
                ]
                for r, place in enumerate(lines):
                    pair = b.vload(halves, (place, b.mul(k, PAIR)), PAIR)
                    word = b.extract(b.regroup(pair, i32), 0)
                    left = b.regroup(b.broadcast(word, lanes), bf16)
                    for v, weights in enumerate(right):
                        i = r * vectors + v
                        sums[i] = b.dot_halves(sums[i], weights, left)
                return sums

            def trip(k: Index, found: Sequence[SSAValue]) -> list[SSAValue]:
                sums = list(found)
                for offset in range(UNROLL):
                    sums = step(b.add(k, offset), sums)
                return sums

            sums: Sequence[SSAValue] = [b.splat(0.0, f32, lanes)] * (rows * vectors)
            whole = steps - steps % UNROLL
            sums = b.for_each(0, whole, UNROLL, trip, sums)
            for k in range(whole, steps):
                sums = step(k, sums)
            tile = [sums[r * vectors : (r + 1) * vectors] for r in range(rows)]
            w.finish(tile, inside, at, first, columns)

        self.writer.call(("pairs", rows, columns), given, define)
