"""
Left codes as words of 16 bits, even and odd ones apart, where dot products are made of such pairs.

Without dot products of bytes (`dot8` is `madd`) each word of four codes is widened to the pairs
(0, 2) and (1, 3) before it is multiplied. That of the left side would be done again for each panel,
two instructions beside four for each vector of sums. So the rows of a block are widened once, into
a scratch of [rows, 2, steps] words, and tiles read pairs from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import i16, i32
from xdsl.ir import SSAValue

from ...dialects.vector_ext import GROUP
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView, with_open_offset
from .problem import MatmulProblem

SPLIT_BYTES = 96 << 10
"""Most stack that the pairs of a block of rows may take."""

LEAST_PANELS = 2
"""Panels from which widening once is worth a pass over the rows."""


@dataclass(frozen=True)
class SplitRows:
    """The pairs of up to `rows` rows of `steps` words of codes, which are read as `sign` says."""

    rows: int
    steps: int
    sign: str
    tile_rows: int
    """Rows of a tile, at the most."""

    @staticmethod
    def of(problem: MatmulProblem, vectors: int, target: Target) -> SplitRows | None:
        """
        For panels of `vectors`; None where codes are not widened, lie apart, or are so many that
        they have no room.
        """
        if problem.signs is None or target.dot8 != "madd" or problem.rows < 2:
            return None
        width = vectors * target.lanes(problem.element)
        if problem.lhs.strides[-1] != 1 or problem.columns <= (LEAST_PANELS - 1) * width:
            return None
        most = most_rows(vectors, target, pairs=True)
        tile = min(problem.rows, most)
        tiles = SPLIT_BYTES // (8 * max(1, problem.depth) * max(1, tile))
        if not tiles or not most:
            return None
        return SplitRows(tiles * tile, problem.depth, problem.signs[0], most)

    @property
    def view(self) -> StridedView:
        """[rows, 2, steps] words."""
        steps = self.steps
        return StridedView(i32, (self.rows, 2, steps), (2 * steps, steps, 1))

    def allocate(self, builder: KernelBuilder) -> SSAValue:
        """The scratch."""
        scratch = builder.alloca([self.rows, 2, self.steps], i32)
        return with_open_offset(builder, scratch, self.view.memref())

    def fill(
        self,
        builder: KernelBuilder,
        view: StridedView,
        codes: SSAValue,
        pairs: SSAValue,
        rows: tuple[Index, Index],
    ) -> None:
        """The pairs of rows `rows[0]` to `rows[1]` of a matrix of codes."""
        lanes = builder.target.lanes(i32)
        first, last = rows

        def words(k: Index, mask: SSAValue | None, row: Index) -> None:
            at = builder.mul(k, GROUP)
            rest = builder.sub(self.steps * GROUP, at)
            valid = None if mask is None else builder.mask(rest, lanes * GROUP)
            loaded = builder.vload(codes, view.indices((row, at)), lanes * GROUP, valid)
            for odd in (0, 1):
                half = builder.regroup(halves(builder, loaded, self.sign)[odd], i32)
                builder.vstore(half, pairs, [builder.sub(row, first), odd, k], mask)

        with builder.loop(0, builder.sub(last, first)) as loop:
            row = builder.add(first, loop.index)
            builder.for_vectors(self.steps, lanes, lambda k, mask, _: words(k, mask, row))


def halves(builder: KernelBuilder, codes: SSAValue, sign: str) -> tuple[SSAValue, SSAValue]:
    """Bytes of even and of odd number as numbers of 16 bits, where they are."""
    words = builder.regroup(codes, i16)
    if sign == "u":
        return builder.andi(words, 255), builder.apply(arith.ShRUIOp, words, 8)
    even = builder.apply(arith.ShRSIOp, builder.apply(arith.ShLIOp, words, 8), 8)
    return even, builder.apply(arith.ShRSIOp, words, 8)
