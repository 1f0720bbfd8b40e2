"""How a planned `engine.attention` is cut: views, blocks of query rows, blocks of keys."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, prod

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import AttentionOp
from ...dialects.engine.attention import HIDDEN
from ...dialects.engine.base import element_of, shape_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.chunking import even_parts
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView, is_strided, logical_strides, strides_over
from ..template import Plan, PlanEntry, chunk_count, split_evenly
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


@dataclass(frozen=True)
class AttentionPlan(Plan):
    """
    Views and tiling. `query`, `out` and `mask` are [batch..., heads, rows, ...], `key` and `value`
    [batch..., key heads, keys, ...]. Chunks are `head_parts` of the heads times `row_parts` of the
    query rows.
    """

    op: AttentionOp
    element: Attribute
    outer: tuple[int, ...]
    group: int
    rows: int
    keys: int
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
    tile_rows: int
    block_keys: int
    head_parts: int
    row_parts: int
    seconds: float
    """Estimated time on one thread."""

    @staticmethod
    def of(op: AttentionOp, target: Target) -> AttentionPlan | None:
        """The plan; None for layouts and sizes that the kernel does not take."""
        out = op.outs[0]
        values = [op.query, op.key, op.value, out, *([op.mask] if op.mask is not None else [])]
        if not all(is_strided(value) for value in values):
            return None
        query, key, value = shape_of(op.query), shape_of(op.key), shape_of(op.value)
        element = element_of(op.query)
        depth, keys = query[-1], key[-2]
        cut = cut_keys(op, target)
        if cut is None:
            return None
        vectors, block_keys = cut
        scores = (*query[:-1], keys)
        mask = None
        if op.mask is not None:
            strides = strides_over(op.mask, scores)
            mask = StridedView.of(op.mask, list(zip(scores, strides, strict=True)))
        tile_rows = most_rows(vectors, target)
        seconds = attention_seconds(op, target)
        head_parts, row_parts = _parts(op, tile_rows, seconds, target)
        return AttentionPlan(
            op=op,
            element=element,
            outer=query[:-2],
            group=query[-3] // key[-3],
            rows=query[-2],
            keys=keys,
            depth=depth,
            width=value[-1],
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
            tile_rows=tile_rows,
            block_keys=block_keys,
            head_parts=head_parts,
            row_parts=row_parts,
            seconds=seconds,
        )

    @property
    def products(self) -> int:
        """Number of heads in all."""
        return prod(self.outer)

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
        odd = self.depth % 2 or self.width % self.lanes
        if odd and self.keys > 2 * self.panel and len(self.column_tiles) > 1:
            return self.vectors
        rest = (self.keys % self.block_keys or self.block_keys) % self.panel
        return -(-rest // self.lanes) if rest else self.vectors

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
        return split_evenly(-(-self.width // self.lanes), self.vectors)

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
        return self.block_keys >= self.keys

    @property
    def direct_keys(self) -> bool:
        """Whether scores are dot products with the keys as they lie, for a row or two."""
        return self.rows <= DIRECT_ROWS and self.key.strides[-1] == 1

    @property
    def row_tiles(self) -> list[tuple[int, int]]:
        """Runs of register tiles of query rows: [(rows, count), ...]."""
        return split_evenly(self.rows, self.tile_rows)

    @property
    def rows_of_part(self) -> int:
        """Most query rows of a chunk."""
        count = sum(n for _, n in self.row_tiles)
        return min(self.rows, -(-count // self.row_parts) * self.row_tiles[0][0])

    def describe(self) -> dict[str, PlanEntry]:
        """Tile, block of keys, and parts."""
        return {
            "keys": "where they lie" if self.direct_keys else "packed",
            "tile": f"{self.row_tiles[0][0]}x{self.panel}",
            "block": f"{self.block_keys} of {self.keys} keys",
            "parts": f"{self.head_parts} of heads, {self.row_parts} of rows",
            "estimated_us": round(self.seconds * 1e6),
        }


def cut_keys(op: AttentionOp, target: Target) -> tuple[int, int] | None:
    """Vectors of a panel and keys of a block; None where nothing fits, or nothing is there."""
    lanes = target.lanes(element_of(op.query))
    item = target.vector_bits // 8 // lanes
    if any(0 in shape_of(value) for value in (op.query, op.key, op.value)):
        return None
    depth, keys = shape_of(op.query)[-1], shape_of(op.key)[-2]
    vectors = 4 if target.vector_registers >= 32 else 2
    while vectors > 1 and vectors * lanes * depth * item > PANEL_BYTES:
        vectors //= 2
    panel = vectors * lanes
    if panel * depth * item > MOST_PANEL_BYTES:
        return None
    most = max(min(PANEL_BYTES // (depth * item), MOST_KEYS) // panel * panel, panel)
    blocks = -(-keys // most)
    block_keys = -(-keys // blocks)
    return vectors, block_keys if blocks == 1 else block_keys + -block_keys % panel


def _parts(op: AttentionOp, tile_rows: int, seconds: float, target: Target) -> tuple[int, int]:
    """Parts of the heads and of the query rows that chunks are made of."""
    *outer, rows, _ = shape_of(op.query)
    tiles = sum(count for _, count in split_evenly(rows, tile_rows))
    blocks = -(-tiles // TILES_IN_BLOCK)
    products = prod(outer)
    wanted = chunk_count(products * blocks, seconds, target.machine)
    heads = even_parts(products, wanted)
    # Each part of the rows packs the keys again: not for less than a few blocks.
    parts = min(max(1, wanted // heads), max(1, blocks // 4))
    return heads, max(parts, -(-rows // MOST_ROWS))


def _view(value: SSAValue) -> StridedView:
    """A view over the logical dimensions; single elements count as contiguous."""
    shape = shape_of(value)
    strides = logical_strides(value)
    steps = [
        1 if n == 1 and i >= len(shape) - 2 else s
        for i, (n, s) in enumerate(zip(shape, strides, strict=True))
    ]
    return StridedView.of(value, list(zip(shape, steps, strict=True)))
