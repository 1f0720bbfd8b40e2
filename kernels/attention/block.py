"""
One block of query rows against one block of keys: scores, softmax, weighted values.

Scores of a block live in a scratch buffer of a few rows; the packed keys carry the scale. Rows
are not divided by their sum until they are stored. With several blocks of keys, the running
maximum and sum of each row correct what earlier blocks have stored (`softmax.py`).

Reference: T. Dao et al., FlashAttention (2022), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ..builder import INDEX, Index, KernelBuilder, memref_type
from ..common.chunking import each_tile, tile_start
from ..common.element_access import load_lanes, store_lanes
from ..common.register_tile import TileShape, accumulate
from .direct import direct_scores, few_rows
from .memory import BlockMemory, KeysPart
from .plan import TILES_IN_BLOCK, AttentionPlan
from .softmax import ScoreSoftmax

UNROLL = 1
"""Steps of the depth or of the keys in one trip; more gained nothing and doubles the code."""


@dataclass
class BlockFunctions:
    """Private functions for blocks of query rows, made when they are first called."""

    builder: KernelBuilder
    name: str
    plan: AttentionPlan
    made: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        plan = self.plan
        self.softmax = ScoreSoftmax(self.builder, plan)
        rows = TILES_IN_BLOCK * plan.tiles.most
        element = plan.element
        self.scores_type = memref_type([rows, plan.panels * plan.panel], element)
        self.factor_type = memref_type([rows], element)

    def allocate(self, rows: int) -> list[SSAValue]:
        """Scratch of a kernel from keys on, as in `BlockMemory`, for `rows` query rows."""
        b, plan = self.builder, self.plan
        of_block = self.factor_type.get_shape()
        shapes = [plan.keys_view.shape, self.scores_type.get_shape(), [rows], [rows], of_block]
        shapes += [] if plan.one_block else [of_block]
        return [b.alloca(shape, plan.element) for shape in shapes]

    def row_of_tile(self, tile: Index) -> Index:
        """First query row of a register tile."""
        return tile_start(self.builder, self.plan.tiles.runs(self.builder), tile)

    def call(
        self, part: KeysPart, memory: BlockMemory, tiles: tuple[Index, Index], first_row: Index
    ) -> None:
        """
        The rows of tiles `tiles[0] ... tiles[1]` against a part of the keys.

        Statistics of row `r` are number `r - first_row`. A number of keys that is always the same
        is known in the code; where there are several, one code takes them all.
        """
        b, plan = self.builder, self.plan
        known = (
            isinstance(part.count, int)
            and isinstance(plan.keys, int)
            and plan.keys % plan.block_keys == 0
        )
        name = f"{self.name}_block"
        if name not in self.made:
            self.made.add(name)
            types = [*(value.type for value in memory.as_list()), *[INDEX] * 5]
            types += [] if part.last is None else [i1]
            length = len(memory.as_list())
            with b.function(name, types, private=True) as arguments:
                inside = memory.inside(arguments[:length])
                start, stop, row, first, count, *last = arguments[length:]
                keys = part.count if known else count
                inner = KeysPart(first, keys, last[0] if last else None)
                self._block(inner, inside, (start, stop), row)
        last = [] if part.last is None else [part.last]
        b.call(name, [*memory.as_list(), *tiles, first_row, part.first, part.count, *last])

    def _block(
        self, part: KeysPart, memory: BlockMemory, tiles: tuple[Index, Index], first_row: Index
    ) -> None:
        b, plan = self.builder, self.plan
        keys, first_key = part.count, part.first
        row = self.row_of_tile(tiles[0])
        if plan.few_rows is None:
            b.if_else(
                few_rows(b, plan),
                lambda: direct_scores(b, plan, keys, memory, first_key),
                lambda: self._panels(keys, memory, tiles, first_key),
            )
        elif plan.few_rows:
            direct_scores(b, plan, keys, memory, first_key)
        else:
            self._panels(keys, memory, tiles, first_key)
        rows = b.sub(self.row_of_tile(tiles[1]), row)
        self.softmax.rows((row, rows), part, memory, b.sub(row, first_row))
        each_tile(
            b,
            plan.tiles.runs(b),
            tiles,
            lambda size: lambda at: self._weighted(size, part, memory, (at, b.sub(at, row))),
        )

    # ------------------------------------------------------------------ scores

    def _panels(
        self, keys: Index, memory: BlockMemory, tiles: tuple[Index, Index], first_key: Index
    ) -> None:
        """All rows of the block times one panel after the other."""
        b, plan = self.builder, self.plan
        row = self.row_of_tile(tiles[0])

        def panel(index: Index, vectors: int) -> None:
            each_tile(
                b,
                plan.tiles.runs(b),
                tiles,
                lambda size: (
                    lambda at: self._scores(size, vectors, memory, (at, b.sub(at, row)), index)
                ),
            )

        def vector(number: Index) -> None:
            index, column = b.floordiv(number, plan.vectors), b.mod(number, plan.vectors)

            def rows(size: int) -> Callable[[Index], None]:
                # Most rows are done in halves: fewer kinds of code.
                height = size // 2 if size // 2 in plan.tiles.sizes else size

                def tile(first: Index, r: Index) -> None:
                    at = b.add(first, r)
                    line = b.sub(at, row)
                    self._scores(height, 1, memory, (at, line), index, column)

                def all_rows(at: Index) -> None:
                    b.for_each(0, size, height, lambda r, _: tile(at, r))

                return all_rows

            each_tile(b, plan.tiles.runs(b), tiles, rows)

        if plan.single_vectors:
            # Of a panel with a key or two more than one of fewer vectors, not all are gone over.
            full, last = plan.vectors_of(b, keys)
            b.for_each(0, full, 1, lambda p, _: panel(p, plan.vectors))
            first = b.mul(full, plan.vectors)
            b.for_each(0, last, 1, lambda v, _: vector(b.add(first, v)))
            return
        count = b.ceildiv(keys, plan.panel)
        if plan.last_vectors == plan.vectors:
            b.for_each(0, count, 1, lambda p, _: panel(p, plan.vectors))
            return
        left = plan.keys if plan.one_block else b.sub(plan.keys, first_key)
        full = b.min(count, b.floordiv(left, plan.panel))
        b.for_each(0, full, 1, lambda p, _: panel(p, plan.vectors))
        b.for_each(full, count, 1, lambda p, _: panel(p, plan.last_vectors))

    def _scores(
        self,
        rows: int,
        vectors: int,
        memory: BlockMemory,
        at: tuple[Index, Index],
        panel_index: Index,
        vector: Index = 0,
    ) -> None:
        """Call the tile function: `rows` query rows times `vectors` vectors of one panel."""
        b, plan = self.builder, self.plan
        panel = plan.keys_view.slice(b, memory.keys, [panel_index])
        first = b.mul(vector, plan.lanes)
        if b.number(first) != 0:
            size = (plan.panel_view.extents[0], plan.lanes)
            panel = b.subview(panel, (0, first), size)
        name = f"{self.name}_scores_{rows}x{vectors}"
        values = [memory.query, panel, memory.scores]
        if name not in self.made:
            self.made.add(name)
            types = [*(value.type for value in values), *[INDEX] * 3]
            with b.function(name, types, private=True) as (*inside, row, line, column):
                self._score_tile(TileShape(rows, vectors), inside, (row, line, column))
        b.call(name, [*values, *at, b.add(b.mul(panel_index, plan.panel), first)])

    def _score_tile(
        self,
        shape: TileShape,
        memories: Sequence[SSAValue],
        where: tuple[SSAValue, SSAValue, SSAValue],
    ) -> None:
        b, plan = self.builder, self.plan
        query, panel, scores = memories
        row, line, column = where
        view = plan.query.inner(2)
        lines = [b.add(row, r) for r in range(shape.rows)]
        tile = accumulate(
            b,
            shape,
            (0, plan.depth),
            lambda r, k: b.load_splat(query, view.indices((lines[r], k)), plan.lanes),
            lambda j, k: b.vload(panel, plan.panel_view.indices((k, j * plan.lanes)), plan.lanes),
            b.splat(0, plan.element, plan.lanes),
            plan.element,
            UNROLL,
        )
        for number, value in enumerate(tile):
            r, j = divmod(number, shape.vectors)
            b.vstore(value, scores, [b.add(line, r), b.add(column, j * plan.lanes)])

    # ------------------------------------------------------------------ weighted values

    def _weighted(
        self, rows: int, part: KeysPart, memory: BlockMemory, at: tuple[Index, Index]
    ) -> None:
        """Call the tile functions: `rows` rows of weights times the block's values."""
        b, plan = self.builder, self.plan
        values = [memory.scores, memory.value, memory.out, memory.factor]
        values += [] if memory.inverse is None else [memory.inverse]

        def columns(start: Index, vectors: int) -> None:
            name = f"{self.name}_weighted_{rows}x{vectors}"
            if name not in self.made:
                self.made.add(name)
                types = [*(value.type for value in values), *[INDEX] * 5]
                with b.function(name, types, private=True) as (
                    *inside,
                    row,
                    line,
                    first,
                    left,
                    end,
                ):
                    self._weighted_tile(
                        TileShape(rows, vectors),
                        part.count if isinstance(part.count, int) else end,
                        inside,
                        (row, line, first, left),
                    )
            b.call(name, [*values, *at, part.first, start, part.count])

        start = 0
        for vectors, count in plan.column_tiles:
            width = vectors * plan.lanes
            b.for_each(
                0,
                count,
                1,
                lambda p, _, first=start, width=width, vectors=vectors: columns(
                    b.add(b.mul(p, width), first), vectors
                ),
            )
            start += count * width

    def _weighted_tile(
        self,
        shape: TileShape,
        keys: Index,
        memories: Sequence[SSAValue],
        where: tuple[SSAValue, SSAValue, SSAValue, SSAValue],
    ) -> None:
        b, plan = self.builder, self.plan
        scores, value, out, factor, *inverse = memories
        row, line, first_key, column = where
        lanes, last = plan.lanes, shape.vectors - 1
        view, result = plan.value.inner(2), plan.out.inner(2)
        lines = [b.add(line, r) for r in range(shape.rows)]
        places = [b.add(column, j * lanes) for j in range(shape.vectors)]
        # Only the last vector of a tile can be the last of all, and it does not have all lanes.
        some = [
            b.sub(plan.width, place) if plan.width % lanes and j == last else None
            for j, place in enumerate(places)
        ]
        tile = accumulate(
            b,
            shape,
            (0, keys),
            lambda r, k: b.load_splat(scores, [lines[r], k], lanes),
            lambda j, k: load_lanes(
                b, view, value, (b.add(first_key, k), places[j]), lanes, some[j]
            ),
            b.splat(0, plan.element, lanes),
            plan.element,
            UNROLL,
        )
        zero = b.splat(0, plan.element, lanes)
        begins = None if plan.one_block else b.cmpi("eq", first_key, 0)
        for r in range(shape.rows):
            scale = b.load_splat(factor, [lines[r]], lanes)
            closing = [b.load_splat(each, [lines[r]], lanes) for each in inverse]
            for j, place in enumerate(places):
                found = tile[r * shape.vectors + j]
                position = (b.add(row, r), place)
                if begins is None:
                    found = b.mulf(found, scale)
                else:
                    # Before the first block of keys nothing has been written there.
                    old = load_lanes(b, result, out, position, lanes, some[j])
                    found = b.fma(b.select(begins, zero, old), scale, found)
                    found = b.mulf(found, closing[0])
                store_lanes(b, found, result, out, position, lanes, some[j])

    def clear(self, out: SSAValue, rows: tuple[Index, Index]) -> None:
        """Results of zero for all `rows`: there are no keys."""
        b, plan = self.builder, self.plan
        view, zero = plan.out.inner(2), b.splat(0, plan.element, plan.lanes)

        def line(row: Index) -> None:
            for start in range(0, plan.width, plan.lanes):
                some = plan.width - start if start + plan.lanes > plan.width else None
                store_lanes(b, zero, view, out, (row, start), plan.lanes, some)

        b.for_each(*rows, 1, lambda row, _: line(row))
