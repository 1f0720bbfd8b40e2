"""Copies a panel of a right operand that no vector load fits into contiguous rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects import arith
from xdsl.ir import SSAValue

from ...dialects.vector_ext import GROUP
from ..builder import INDEX, Index, KernelBuilder
from ..common.codes import load_word
from ..common.strided_view import StridedView


@dataclass
class PackFunction:
    """
    Private functions that copy columns `column ... column + width` of a matrix into a panel.

    `source` views the matrix as [columns, depth] with any strides, `panel` the copy [depth, width],
    row-major. The last vector of columns is filled up with zeros; vectors beyond it are left as
    they are. Where the depth is contiguous, square tiles are transposed in registers. Elements
    are multiplied by `scale` on the way. Of `codes` an element of the panel is a word of four
    steps; where columns are contiguous, four rows of the matrix are put together at once.
    """

    builder: KernelBuilder
    name: str
    source: StridedView
    panel: StridedView
    scale: float = 1.0
    codes: bool = False
    made: dict[int, str] = field(default_factory=dict[int, str])

    def call(self, matrix: SSAValue, panel: SSAValue, column: Index, columns: int) -> None:
        """Pack the panel at `column`, of which `columns` columns exist."""
        if columns not in self.made:
            self.made[columns] = f"{self.name}_{columns}"
            inputs = [self.source.memref(), self.panel.memref(), INDEX]
            with self.builder.function(
                self.made[columns], inputs, private=True, names=["matrix", "panel", "column"]
            ) as arguments:
                self._define(*arguments, columns=columns)
        self.builder.call(self.made[columns], [matrix, panel, column])

    def _define(self, matrix: SSAValue, panel: SSAValue, column: SSAValue, *, columns: int) -> None:
        builder = self.builder
        lanes = builder.target.lanes(self.panel.element)
        copy = self._gather
        if self.source.strides[1] == 1:
            copy = self._transpose
        elif self.codes and self.source.strides[0] == 1:
            copy = self._join

        def vectors(first: Index, valid: int) -> None:
            copy(matrix, panel, (builder.add(column, first), first), valid, lanes)

        full = columns - columns % lanes
        builder.for_each(0, full, lanes, lambda first, _: vectors(first, lanes))
        if columns > full:
            vectors(full, columns - full)

    def _gather(
        self,
        matrix: SSAValue,
        panel: SSAValue,
        columns: tuple[Index, Index],
        valid: int,
        lanes: int,
    ) -> None:
        """One vector of columns (where in the matrix, where in the panel), element by element."""
        builder = self.builder
        origin, first = columns
        with builder.loop(0, self.panel.extents[0]) as loop:
            value = builder.splat(0, self.panel.element, lanes)
            for lane in range(valid):
                line = builder.add(origin, lane)
                if self.codes:
                    at = (line, builder.mul(loop.index, GROUP))
                    step = self.source.strides[1]
                    scalar = load_word(builder, matrix, self.source.indices(at), step)
                else:
                    at = (line, loop.index)
                    scalar = builder.load(matrix, self.source.indices(at))
                value = builder.insert(scalar, value, lane)
            builder.vstore(self._scaled(value), panel, [loop.index, first])

    def _join(
        self,
        matrix: SSAValue,
        panel: SSAValue,
        columns: tuple[Index, Index],
        valid: int,
        lanes: int,
    ) -> None:
        """One vector of columns of codes, four contiguous rows of the matrix at once."""
        builder = self.builder
        origin, first = columns
        mask = builder.mask(valid, lanes)
        with builder.loop(0, self.panel.extents[0]) as loop:
            word: SSAValue | None = None
            for place in range(GROUP):
                step = builder.add(builder.mul(loop.index, GROUP), place)
                row = builder.vload(matrix, self.source.indices((origin, step)), lanes, mask)
                wide = builder.cast(row, self.panel.element, unsigned=True)
                if word is None:
                    word = wide
                    continue
                moved = builder.apply(arith.ShLIOp, wide, 8 * place)
                word = builder.ori(word, moved)
            assert word is not None
            builder.vstore(word, panel, [loop.index, first])

    def _transpose(
        self,
        matrix: SSAValue,
        panel: SSAValue,
        columns: tuple[Index, Index],
        valid: int,
        lanes: int,
    ) -> None:
        """One vector of columns, in tiles of `lanes` columns by `lanes` steps of depth."""
        builder = self.builder
        depth = self.panel.shape[0]
        origin, first = columns
        zero = builder.splat(0, self.panel.element, lanes)
        group = GROUP if self.codes else 1

        def tile(k: Index, mask: SSAValue | None, steps: int) -> None:
            start = builder.mul(k, group)
            rows: list[SSAValue] = []
            for i in range(lanes):
                if i >= valid:
                    rows.append(zero)
                    continue
                at = (builder.add(origin, i), start)
                row = builder.vload(matrix, self.source.indices(at), lanes * group, mask)
                rows.append(builder.regroup(row, self.panel.element))
            for step, value in enumerate(builder.transpose(rows)[:steps]):
                builder.vstore(self._scaled(value), panel, [builder.add(k, step), first])

        full = depth - depth % lanes
        builder.for_each(0, full, lanes, lambda k, _: tile(k, None, lanes))
        if depth > full:
            mask = builder.mask((depth - full) * group, lanes * group)
            tile(full, mask, depth - full)

    def _scaled(self, value: SSAValue) -> SSAValue:
        return value if self.scale == 1.0 else self.builder.mulf(value, self.scale)
