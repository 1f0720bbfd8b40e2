"""
One block of query rows against one block of keys: scores, softmax, weighted values.

Scores of a block live in a scratch buffer of a few rows; the packed keys carry the scale. Rows
are not divided by their sum until they are stored. With several blocks of keys, the running
maximum and sum of each row correct what earlier blocks have stored (`attention_softmax.py`).

Reference: T. Dao et al., FlashAttention (2022), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from xdsl.ir import SSAValue

from .attention_direct import direct_scores
from .attention_memory import BlockMemory
from .attention_plan import TILES_IN_BLOCK, AttentionPlan
from .attention_softmax import ScoreSoftmax
from .builder import INDEX, Index, KernelBuilder, memref_type
from .chunking import each_tile, tile_start
from .element_access import load_lanes, store_lanes
from .register_tile import TileShape, accumulate
from .strided_view import StridedView

UNROLL = 2
"""Steps of the depth or of the keys in one trip; more gained nothing and doubles the code."""


@dataclass
class BlockFunctions:
    """Private functions for blocks of query rows, made when they are first called."""

    builder: KernelBuilder
    name: str
    plan: AttentionPlan
    made: dict[tuple[object, ...], str] = field(default_factory=dict[tuple[object, ...], str])

    def __post_init__(self) -> None:
        plan = self.plan
        self.softmax = ScoreSoftmax(self.builder, plan)
        self.padded_keys = plan.panels * plan.panel
        rows = TILES_IN_BLOCK * plan.row_tiles[0][0]
        element = plan.element
        self.panel_view = StridedView(element, (plan.depth, plan.panel), (plan.panel, 1))
        self.keys_view = StridedView(
            element,
            (plan.panels, plan.depth, plan.panel),
            (plan.depth * plan.panel, plan.panel, 1),
        )
        self.scores_type = memref_type([rows, self.padded_keys], element)
        self.factor_type = memref_type([rows], element)

    def allocate(self, rows: int) -> tuple[SSAValue, SSAValue, SSAValue, SSAValue, SSAValue]:
        """Scratch of a kernel: keys, scores, and for `rows` query rows top, total, and factor."""
        b, plan = self.builder, self.plan
        keys = b.alloca(self.keys_view.extents, plan.element)
        scores = b.alloca(self.scores_type.get_shape(), plan.element)
        self.statistics_type = memref_type([rows], plan.element)
        top, total = b.alloca([rows], plan.element), b.alloca([rows], plan.element)
        return keys, scores, top, total, b.alloca(self.factor_type.get_shape(), plan.element)

    def row_of_tile(self, tile: Index) -> Index:
        """First query row of a register tile."""
        return tile_start(self.builder, self.plan.row_tiles, tile)

    def call(
        self,
        keys: int,
        memory: BlockMemory,
        tiles: tuple[Index, Index],
        first_row: Index,
        first_key: Index,
    ) -> None:
        """
        The rows of tiles `tiles[0] ... tiles[1]` against keys `first_key ... first_key + keys`.

        Statistics of row `r` are number `r - first_row`.
        """
        key = ("block", keys)
        if key not in self.made:
            self.made[key] = f"{self.name}_block_{keys}"
            inputs = [value.type for value in memory.as_list()]
            with self.builder.function(self.made[key], [*inputs, *[INDEX] * 4], private=True) as (
                *values,
                start,
                stop,
                origin,
                first,
            ):
                inside = BlockMemory.of(values, memory.mask is not None)
                self._block(keys, inside, (start, stop), (origin, first))
        self.builder.call(self.made[key], [*memory.as_list(), *tiles, first_row, first_key])

    def _block(
        self,
        keys: int,
        memory: BlockMemory,
        tiles: tuple[Index, Index],
        origin: tuple[Index, Index],
    ) -> None:
        b, plan = self.builder, self.plan
        first_row, first_key = origin
        row = self.row_of_tile(tiles[0])
        full, rest = divmod(keys, plan.panel)

        def scores(size: int) -> Callable[[Index], None]:
            def tile(at: Index) -> None:
                def panel(index: Index, valid: int) -> None:
                    self._scores(size, valid, memory, (at, b.sub(at, row)), (index, first_key))

                b.for_each(0, full, 1, lambda p, _: panel(p, plan.panel))
                if rest:
                    panel(full, rest)

            return tile

        if plan.direct_keys:
            direct_scores(b, plan, keys, memory, first_key)
        else:
            each_tile(b, plan.row_tiles, tiles, scores)
        rows = b.sub(self.row_of_tile(tiles[1]), row)
        self.softmax.rows(rows, keys, memory, b.sub(row, first_row))
        each_tile(
            b,
            plan.row_tiles,
            tiles,
            lambda size: (
                lambda at: self._weighted(size, keys, memory, (at, b.sub(at, row)), first_key)
            ),
        )

    # ------------------------------------------------------------------ scores

    def _scores(
        self,
        rows: int,
        valid: int,
        memory: BlockMemory,
        at: tuple[Index, Index],
        keys: tuple[Index, Index],
    ) -> None:
        """Call the tile function: `rows` query rows times one panel, `valid` keys of it."""
        b, plan = self.builder, self.plan
        panel_index, first_key = keys
        panel = self.keys_view.slice(b, memory.keys, [panel_index])
        mask = [] if memory.mask is None else [memory.mask]
        key = ("scores", rows, valid)
        if key not in self.made:
            self.made[key] = f"{self.name}_scores_{rows}x{valid}"
            values = [memory.query, panel, memory.scores, *mask]
            with b.function(
                self.made[key], [*(v.type for v in values), *[INDEX] * 4], private=True
            ) as (*inside, row, line, column, first):
                self._score_tile(rows, valid, inside, (row, line, column, first))
        column = b.mul(panel_index, plan.panel)
        b.call(
            self.made[key],
            [
                memory.query,
                panel,
                memory.scores,
                *mask,
                *at,
                column,
                b.add(first_key, column),
            ],
        )

    def _score_tile(
        self,
        rows: int,
        valid: int,
        memories: Sequence[SSAValue],
        where: tuple[SSAValue, SSAValue, SSAValue, SSAValue],
    ) -> None:
        b, plan = self.builder, self.plan
        query, panel, scores, *mask = memories
        row, line, column, key = where
        shape = TileShape(rows, -(-valid // plan.lanes))
        view = plan.query.inner(2)
        lines = [b.add(row, r) for r in range(rows)]
        tile = accumulate(
            b,
            shape,
            (0, plan.depth),
            lambda r, k: b.load_splat(query, view.indices((lines[r], k)), plan.lanes),
            lambda j, k: b.vload(panel, self.panel_view.indices((k, j * plan.lanes)), plan.lanes),
            b.splat(0, plan.element, plan.lanes),
            plan.element,
            UNROLL,
        )
        loaded: dict[tuple[object, ...], SSAValue] = {}
        for r in range(rows):
            for j in range(shape.vectors):
                value = tile[r * shape.vectors + j]
                first = b.add(key, j * plan.lanes)
                if mask:
                    some = min(plan.lanes, valid - j * plan.lanes)
                    hidden = self._mask(mask[0], (lines[r], first), some, loaded)
                    value = plan.masked(b, value, hidden)
                if plan.causal:
                    value = self._hide_future(value, lines[r], first)
                b.vstore(value, scores, [b.add(line, r), b.add(column, j * plan.lanes)])

    def _mask(
        self,
        memory: SSAValue,
        position: tuple[Index, Index],
        valid: int,
        loaded: dict[tuple[object, ...], SSAValue],
    ) -> SSAValue:
        plan = self.plan
        assert plan.mask is not None
        view = plan.mask.inner(2)
        key = tuple(view.indices(position))
        if key not in loaded:
            some = None if valid >= plan.lanes else valid
            loaded[key] = load_lanes(self.builder, view, memory, position, plan.lanes, some)
        return loaded[key]

    def _hide_future(self, value: SSAValue, row: Index, key: Index) -> SSAValue:
        """-inf added in, or put into, lanes of keys after `row + keys - rows`."""
        b, plan = self.builder, self.plan
        visible = b.sub(b.add(row, plan.keys - plan.rows + 1), key)
        seen = b.mask(b.min(b.max(visible, 0), plan.lanes), plan.lanes)
        assert seen is not None
        return plan.hidden(b, seen, value)

    # ------------------------------------------------------------------ weighted values

    def _weighted(
        self, rows: int, keys: int, memory: BlockMemory, at: tuple[Index, Index], first_key: Index
    ) -> None:
        """Call the tile functions: `rows` rows of weights times the block's values."""
        b, plan = self.builder, self.plan
        width = plan.vectors * plan.lanes
        full, rest = divmod(plan.width, width)
        values = [memory.scores, memory.value, memory.out, memory.factor]

        def columns(start: Index, valid: int) -> None:
            key = ("weighted", rows, keys, valid)
            if key not in self.made:
                self.made[key] = f"{self.name}_weighted_{rows}x{keys}x{valid}"
                with b.function(
                    self.made[key], [*(v.type for v in values), *[INDEX] * 4], private=True
                ) as (*inside, row, line, first, column):
                    self._weighted_tile(rows, keys, valid, inside, (row, line, first, column))
            b.call(self.made[key], [*values, *at, first_key, start])

        b.for_each(0, full, 1, lambda p, _: columns(b.mul(p, width), width))
        if rest:
            columns(full * width, rest)

    def _weighted_tile(
        self,
        rows: int,
        keys: int,
        valid: int,
        memories: Sequence[SSAValue],
        where: tuple[SSAValue, SSAValue, SSAValue, SSAValue],
    ) -> None:
        b, plan = self.builder, self.plan
        scores, value, out, factor = memories
        row, line, first_key, column = where
        lanes = plan.lanes
        shape = TileShape(rows, -(-valid // lanes))
        view, result = plan.value.inner(2), plan.out.inner(2)
        lines = [b.add(line, r) for r in range(rows)]
        some = [
            None if (j + 1) * lanes <= valid else valid - j * lanes for j in range(shape.vectors)
        ]
        places = [b.add(column, j * lanes) for j in range(shape.vectors)]
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
        for r in range(rows):
            scale = b.load_splat(factor, [lines[r]], lanes)
            for j in range(shape.vectors):
                found = tile[r * shape.vectors + j]
                position = (b.add(row, r), places[j])
                if plan.one_block:
                    found = b.mulf(found, scale)
                else:
                    old = load_lanes(b, result, out, position, lanes, some[j])
                    found = b.fma(old, scale, found)
                store_lanes(b, found, result, out, position, lanes, some[j])

    # ------------------------------------------------------------------ several blocks of keys

    def begin(self, memory: BlockMemory, rows: tuple[Index, Index]) -> None:
        """Before the first block of keys: empty statistics, results of zero, for all `rows`."""
        b, plan = self.builder, self.plan
        zero = b.splat(0, plan.element, plan.lanes)

        def line(row: Index) -> None:
            place = b.sub(row, rows[0])
            b.store(b.constant(-inf, plan.element), memory.top, [place])
            b.store(b.constant(0.0, plan.element), memory.total, [place])
            self._each_vector(memory.out, row, lambda _: zero, reads=False)

        b.for_each(*rows, 1, lambda row, _: line(row))

    def finish(self, memory: BlockMemory, rows: tuple[Index, Index]) -> None:
        """After the last block of keys: divide all `rows` by their sums."""
        b = self.builder

        def line(row: Index) -> None:
            inverse = self.softmax.inverse(b.load(memory.total, [b.sub(row, rows[0])]))
            self._each_vector(memory.out, row, lambda v: b.mulf(v, inverse), reads=True)

        b.for_each(*rows, 1, lambda row, _: line(row))

    def _each_vector(
        self, out: SSAValue, row: Index, change: Callable[[SSAValue], SSAValue], *, reads: bool
    ) -> None:
        b, plan = self.builder, self.plan
        view = plan.out.inner(2)
        for start in range(0, plan.width, plan.lanes):
            some = plan.width - start if start + plan.lanes > plan.width else None
            position = (row, start)
            old = b.splat(0, plan.element, plan.lanes)
            if reads:
                old = load_lanes(b, view, out, position, plan.lanes, some)
            store_lanes(b, change(old), view, out, position, plan.lanes, some)
