"""How a planned `engine.attention` is cut: views, blocks of query rows, blocks of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import AttentionOp
from ...dialects.engine.attention import HIDDEN
from ...dialects.engine.base import element_of, extents_of
from ...runtime.size import Extent, Size, ceildiv, floordiv, is_one, maximum, minimum, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import even_parts
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView, is_strided, logical_strides, strides_over
from ..common.tile_split import TileSplit
from ..cost import Cost
from ..template import Plan, PlanEntry, split_evenly
from .cost import attention_seconds

PANEL_BYTES = 64 << 10
"""Packed keys kept on the stack."""

MOST_PANEL_BYTES = 256 << 10
"""The same for the narrowest panel of very deep heads."""

MOST_KEYS = 512
"""Most keys of a block: its scores stay in the caches between their uses."""

DIRECT_ROWS = 2
"""Query rows up to which packing the keys costs more than it saves."""

TILES_IN_BLOCK = 4
"""Register tiles of query rows that share one softmax pass."""

MOST_ROWS = 1024
"""Most query rows of a chunk: their statistics live on the stack."""

OPEN_PANEL = 2
"""Vectors of a panel where the number of keys is a value: a last one has few lanes too many."""

ROW_CLASSES = (6, 3, 1)
"""Rows of register tiles where the number of query rows is a value: fewer kinds of code."""

FEW_CLASSES = (6, 1)
"""The same where there are two kinds of tiles of columns, or values are read one by one."""


@dataclass(frozen=True)
class AttentionPlan(Plan):
    """
    Views and tiling. `query`, `out` and `mask` are [batch..., heads, rows, ...], `key` and `value`
    [batch..., key heads, keys, ...]. Chunks are `head_parts` of the heads times `row_parts` of the
    query rows. Batch, heads, rows and keys may be values.
    """

    op: AttentionOp
    element: Attribute
    outer: tuple[Extent, ...]
    group: int
    rows: Extent
    keys: Extent
    depth: int
    width: int
    query: StridedView
    key: StridedView
    value: StridedView
    out: StridedView
    mask: StridedView | None
    scale: float
    causal: bool
    choosing: bool
    guarded: bool
    clears_nan: bool
    lanes: int
    vectors: int
    """Of keys, in a panel."""
    wide: int
    """The same of columns, in a tile of the weighted values."""
    tiles: TileSplit
    block_keys: int
    head_parts: Extent
    row_parts: Extent
    seconds: float
    """Estimated time on one thread."""

    @staticmethod
    def of(op: AttentionOp, target: Target) -> AttentionPlan | None:
        """The plan; None for layouts and sizes that the kernel does not take."""
        out = op.outs[0]
        values = [op.query, op.key, op.value, out, *([op.mask] if op.mask is not None else [])]
        if not all(is_strided(value) for value in values):
            return None
        query, key, value = extents_of(op.query), extents_of(op.key), extents_of(op.value)
        element = element_of(op.query)
        depth, keys = query[-1], key[-2]
        cut = cut_keys(op, target)
        heads = (query[-3], key[-3])
        grouped = 1 if heads[0] == heads[1] else None
        if isinstance(heads[0], int) and isinstance(heads[1], int):
            grouped = heads[0] // heads[1]
        width = value[-1]
        if cut is None or grouped is None or isinstance(depth, Size) or isinstance(width, Size):
            return None
        wide, block_keys = cut
        vectors = min(wide, OPEN_PANEL) if isinstance(keys, Size) else wide
        scores = (*query[:-1], keys)
        mask = None
        if op.mask is not None:
            strides = strides_over(op.mask, scores)
            mask = StridedView.of(op.mask, list(zip(scores, strides, strict=True)))
        kinds = len(split_evenly(-(-width // target.lanes(element)), wide))
        few = kinds > 1 or logical_strides(op.value)[-1] != 1
        classes = FEW_CLASSES if few else ROW_CLASSES
        tiles = _row_tiles(query[-2], most_rows(wide, target), classes)
        head_parts, row_parts, seconds = _parts(op, tiles, target)
        return AttentionPlan(
            op=op,
            element=element,
            outer=query[:-2],
            group=grouped,
            rows=query[-2],
            keys=keys,
            depth=depth,
            width=width,
            query=_view(op.query),
            key=_view(op.key),
            value=_view(op.value),
            out=_view(out),
            mask=mask,
            scale=op.scale.value.data,
            causal=op.causal is not None,
            choosing=op.choosing is not None,
            guarded=op.guarded is not None or op.clears_nan is not None,
            clears_nan=op.clears_nan is not None,
            lanes=target.lanes(element),
            vectors=vectors,
            wide=wide,
            tiles=tiles,
            block_keys=block_keys,
            head_parts=head_parts,
            row_parts=row_parts,
            seconds=seconds,
        )

    @property
    def panel(self) -> int:
        """Keys of a packed panel."""
        return self.vectors * self.lanes

    @property
    def panels(self) -> int:
        """Panels of a block of keys."""
        return -(-self.block_keys // self.panel)

    @property
    def last_vectors(self) -> int:
        """
        Vectors of the last panel of all keys.

        Those of a whole panel where tiles of its own would be one kind of code too many: heads of
        odd sizes have more of everything.
        """
        if isinstance(self.keys, Size):
            return self.vectors
        odd = self.depth % 2 or self.width % self.lanes
        if odd and self.keys > 2 * self.panel and len(self.column_tiles) > 1:
            return self.vectors
        rest = (self.keys % self.block_keys or self.block_keys) % self.panel
        return -(-rest // self.lanes) if rest else self.vectors

    @property
    def single_vectors(self) -> bool:
        """Whether a last panel of few keys, a number that is a value, is gone over by vectors."""
        return isinstance(self.keys, Size) and self.wide > OPEN_PANEL

    def vectors_of(self, b: KernelBuilder, keys: Index) -> tuple[Index, Index]:
        """Whole panels for some keys, and a single vector for what is left of them, or none."""
        count = b.ceildiv(keys, self.lanes)
        return b.floordiv(count, self.vectors), b.mod(count, self.vectors)

    @property
    def panel_view(self) -> StridedView:
        """A packed panel, [depth, panel]; the depth is whole vectors, as keys are transposed."""
        depth = self.depth + -self.depth % self.lanes
        return StridedView(self.element, (depth, self.panel), (self.panel, 1))

    @property
    def keys_view(self) -> StridedView:
        """The packed panels of a block of keys."""
        depth = self.panel_view.extents[0]
        extents = (self.panels, depth, self.panel)
        return StridedView(self.element, extents, (depth * self.panel, self.panel, 1))

    @property
    def column_tiles(self) -> list[tuple[int, int]]:
        """Runs of register tiles of columns of the values: [(vectors, count), ...]."""
        return split_evenly(-(-self.width // self.lanes), self.wide)

    def masked(self, b: KernelBuilder, score: SSAValue, mask: SSAValue) -> SSAValue:
        """Scores with the mask of their keys, scalars or vectors."""
        total = b.addf(score, mask)
        return b.select(b.cmpf("ole", mask, HIDDEN), mask, total) if self.choosing else total

    def hidden(self, b: KernelBuilder, seen: SSAValue, score: SSAValue) -> SSAValue:
        """Scores with -inf where they are not `seen`; NaN stays NaN unless it is a choice."""
        if self.choosing:
            return b.select(seen, score, -inf)
        return b.addf(score, b.select(seen, b.constant(0.0, score.type), -inf))

    @property
    def one_block(self) -> bool:
        """Whether all keys are one block, so that no softmax has to be corrected later."""
        return isinstance(self.keys, int) and self.block_keys >= self.keys

    @property
    def direct_keys(self) -> bool:
        """Whether scores are dot products with the keys as they lie, for a row or two."""
        return self.few_rows is True

    @property
    def few_rows(self) -> bool | None:
        """
        Whether there are too few rows for packing keys; None where the kernel asks that.

        Keys that no vector lies along are always packed.
        """
        if self.key.strides[-1] != 1:
            return False
        return self.rows <= DIRECT_ROWS if isinstance(self.rows, int) else None

    @property
    def rows_of_part(self) -> int:
        """Most query rows of a chunk."""
        if isinstance(self.rows, int) and isinstance(self.row_parts, int):
            count = self.tiles.count
            assert isinstance(count, int)
            return min(self.rows, -(-count // self.row_parts) * self.tiles.most)
        # The smallest tiles come last, and one part may have all of them.
        return (MOST_ROWS // self.tiles.most + len(self.tiles.sizes)) * self.tiles.most

    def describe(self) -> dict[str, PlanEntry]:
        """Tile, block of keys, and parts."""
        return {
            "keys": _KEYS[self.few_rows],
            "tile": f"{self.tiles.most}x{self.panel}",
            "block": f"{self.block_keys} of {self.keys} keys",
            "parts": f"{self.head_parts} of heads, {self.row_parts} of rows",
            "estimated_us": round(self.seconds * 1e6),
        }


_KEYS = {True: "where they lie", False: "packed", None: "packed, of two rows where they lie"}


def cut_keys(op: AttentionOp, target: Target) -> tuple[int, int] | None:
    """Vectors of a panel and keys of a block; None where nothing fits, or nothing is there."""
    lanes = target.lanes(element_of(op.query))
    item = target.vector_bits // 8 // lanes
    if any(0 in extents_of(value) for value in (op.query, op.key, op.value)):
        return None
    depth, keys = extents_of(op.query)[-1], extents_of(op.key)[-2]
    if isinstance(depth, Size):
        return None
    vectors = 4 if target.vector_registers >= 32 else 2
    while vectors > 1 and vectors * lanes * depth * item > PANEL_BYTES:
        vectors //= 2
    panel = vectors * lanes
    if panel * depth * item > MOST_PANEL_BYTES:
        return None
    most = max(min(PANEL_BYTES // (depth * item), MOST_KEYS) // panel * panel, panel)
    if isinstance(keys, Size):
        return vectors, most
    blocks = -(-keys // most)
    block_keys = -(-keys // blocks)
    return vectors, block_keys if blocks == 1 else block_keys + -block_keys % panel


def _row_tiles(rows: Extent, most: int, classes: Sequence[int]) -> TileSplit:
    """Tiles of at most `most` query rows."""
    if isinstance(rows, Size):
        return TileSplit.greedily(rows, [n for n in classes if n <= most])
    return TileSplit.evenly(rows, most)


def _parts(op: AttentionOp, tiles: TileSplit, target: Target) -> tuple[Extent, Extent, float]:
    """Parts of the heads and of the query rows that chunks are made of, and seconds in all."""
    *outer, rows, _ = extents_of(op.query)
    full = ceildiv(rows, tiles.most)
    blocks = ceildiv(full, TILES_IN_BLOCK)
    products = product_of(outer)
    work = product_of((products, rows, extents_of(op.key)[-2]))
    cost = Cost.of(op, lambda o: attention_seconds(o, target), work)
    wanted = maximum(cost.chunks(products * blocks, target.machine), 1)
    heads = maximum(even_parts(products, wanted), 1)
    # Each part of the rows packs the keys again: not for less than a few blocks.
    parts = minimum(maximum(1, floordiv(wanted, heads)), maximum(1, floordiv(blocks, 4)))
    if isinstance(rows, int):
        least: Extent = -(-rows // MOST_ROWS)
    else:
        least = ceildiv(full, MOST_ROWS // tiles.most)
    return heads, maximum(parts, least), cost.seconds


def _view(value: SSAValue) -> StridedView:
    """A view over the logical dimensions; single elements count as contiguous."""
    shape = extents_of(value)
    strides: Sequence[Extent] = logical_strides(value)
    steps = [
        1 if is_one(n) and i >= len(shape) - 2 else s
        for i, (n, s) in enumerate(zip(shape, strides, strict=True))
    ]
    return StridedView.of(value, list(zip(shape, steps, strict=True)))
