"""
`engine.attention`: softmax(scale * query . key^T + mask) . value, without the matrix of scores.

For each head, blocks of keys are packed into transposed panels (with the scale), and blocks of
query rows run against them: see `attention_block.py`. Operands may be any strided views, such as
[1, H, S, D] inside [1, S, H*D].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import SSAValue

from ...dialects.engine import AttentionOp
from ...dialects.engine.base import EngineOp, element_of, shape_of, static
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.chunking import each_of, even_parts, part_range
from ..common.strided_view import StridedView
from ..template import (
    ANY,
    STRIDED,
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
)
from .block import BlockFunctions
from .causal import CausalSkip
from .memory import BlockMemory
from .pack import KeyPack
from .plan import TILES_IN_BLOCK, AttentionPlan, cut_keys, plan_attention

FLOPS_PER_SECOND = 8e10
"""Of one core, products and softmax together; only to estimate the time."""

BYTES_PER_SECOND = 2e10
"""What one core streams through the packing of keys."""

MOST_ROWS = 1024
"""Most query rows of a chunk: their statistics live on the stack."""


class AttentionTemplate(AnyTemplate):
    """Attention of f32 and f64, with mask, causal, grouped heads."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, AttentionOp) or not _has_kernel(op, target):
            return ()
        return [LayoutChoice((STRIDED,) * len(op.sources), (ANY,), _seconds(op))]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not isinstance(op, AttentionOp) or not op.outs or not _has_kernel(op, target):
            return False
        return plan_attention(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, AttentionOp)
        plan = plan_attention(op, builder.target)
        assert plan is not None
        return _Build(op, plan, name, builder).run()


def _seconds(op: AttentionOp) -> float:
    """Estimated time on one core; a single query row waits for keys and values."""
    return max(op.flops() / FLOPS_PER_SECOND, op.bytes_moved() / BYTES_PER_SECOND)


def _has_kernel(op: AttentionOp, target: Target) -> bool:
    if not all(static(shape_of(value)) for value in op.operands):
        return False
    elements = {element_of(value) for value in op.operands}
    if len(elements) != 1 or not isinstance(elements.pop(), Float32Type | Float64Type):
        return False
    return cut_keys(op, target) is not None


@dataclass
class _Build:
    """The building of one kernel."""

    op: AttentionOp
    plan: AttentionPlan
    name: str
    builder: KernelBuilder

    def run(self) -> Kernel:
        """Add the kernel and its private functions."""
        b, plan = self.builder, self.plan
        self.blocks = BlockFunctions(b, self.name, plan)
        self.pack = KeyPack(b, f"{self.name}_pack", plan)
        parts, self.row_parts = self._parts()
        masks = [] if plan.mask is None else [plan.mask]
        views = [plan.query, plan.key, plan.value, *masks, plan.out]
        names = ["chunk", "query", "key", "value", *(["mask"] if masks else []), "out"]
        with b.function(self.name, kernel_arguments(self.op), names=names) as arguments:
            memories = [
                view.cast(b, memory) for view, memory in zip(views, arguments[1:], strict=True)
            ]
            part = b.unflatten(arguments[0], (parts, self.row_parts))
            scratch = self.blocks.allocate(self._most_rows_of_part())
            with each_of(b, plan.outer, part[0], parts) as position:
                self._head(views, memories, scratch, position, part[1])
        return Kernel(parts * self.row_parts)

    def _parts(self) -> tuple[int, int]:
        """Parts of the heads and of the query rows that chunks are made of."""
        plan = self.plan
        tiles = sum(count for _, count in plan.row_tiles)
        blocks = -(-tiles // TILES_IN_BLOCK)
        wanted = chunk_count(plan.products * blocks, _seconds(self.op))
        heads = even_parts(plan.products, wanted)
        # Each part of the rows packs the keys again: not for less than a few blocks.
        rows = min(max(1, wanted // heads), max(1, blocks // 4))
        return heads, max(rows, -(-plan.rows // MOST_ROWS))

    def _most_rows_of_part(self) -> int:
        tiles = self.plan.row_tiles
        count = sum(n for _, n in tiles)
        return min(self.plan.rows, (-(-count // self.row_parts)) * tiles[0][0])

    def _head(
        self,
        views: Sequence[StridedView],
        memories: Sequence[SSAValue],
        scratch: Sequence[SSAValue],
        position: Sequence[Index],
        row_part: Index,
    ) -> None:
        """One head: all blocks of keys, and for each the part's blocks of rows."""
        b, plan = self.builder, self.plan
        *batch, head = position
        shared = (*batch, b.floordiv(head, plan.group))
        at = {id(plan.key): shared, id(plan.value): shared}
        query, key, value, *mask, out = (
            view.slice(b, memory, at.get(id(view), position))
            for view, memory in zip(views, memories, strict=True)
        )
        packed, *statistics = scratch
        keys = key if plan.direct_keys else packed
        memory = BlockMemory(query, value, out, mask[0] if mask else None, keys, *statistics)

        count = sum(n for _, n in plan.row_tiles)
        tiles = part_range(b, row_part, self.row_parts, count)
        rows = (self.blocks.row_of_tile(tiles[0]), self.blocks.row_of_tile(tiles[1]))

        skip = CausalSkip.of(b, plan, key, value)

        def keys_block(first: Index, keys: int) -> None:
            if not plan.direct_keys:
                self.pack.block(key, memory.keys, first, keys)

            def block(start: Index, _: object) -> None:
                stop = b.min(b.add(start, TILES_IN_BLOCK), tiles[1])

                def against(count: Index) -> None:
                    self.blocks.call(count, memory, (start, stop), rows[0], first)

                if skip is None:
                    against(keys)
                    return
                visible = skip.visible(self.blocks.row_of_tile(stop), first, keys)
                if plan.one_block:
                    against(b.max(visible, min(plan.lanes, keys)))
                    return
                with b.if_(b.cmpi("sgt", b.index(visible), 0)):
                    against(visible)

            b.for_each(*tiles, TILES_IN_BLOCK, block)

        if plan.one_block:
            keys_block(0, plan.keys)
            return
        self.blocks.begin(memory, rows)
        full, rest = divmod(plan.keys, plan.block_keys)
        b.for_each(
            0,
            full,
            1,
            lambda i, _: keys_block(b.mul(i, plan.block_keys), plan.block_keys),
        )
        if rest:
            keys_block(full * plan.block_keys, rest)
        self.blocks.finish(memory, rows)
