"""Writes attention: the heads and rows of a chunk, and all blocks of keys of a head."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...runtime.size import Size
from ..builder import Index, KernelBuilder
from ..common.chunking import coordinates, each_of, part_range
from ..common.strided_view import StridedView
from ..template import Kernel, kernel_function
from .block import BlockFunctions
from .causal import CausalSkip
from .memory import BlockMemory, KeysPart
from .pack import KeyPack
from .plan import DIRECT_ROWS, TILES_IN_BLOCK, AttentionPlan


class AttentionWriter:
    """The writing of one kernel."""

    def __init__(self, plan: AttentionPlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.builder = plan, name, builder
        self.blocks = BlockFunctions(builder, name, plan)
        self.pack = KeyPack(builder, f"{name}_pack", plan)

    def write(self) -> Kernel:
        """Add the kernel and its private functions."""
        b, plan = self.builder, self.plan
        masks = [] if plan.mask is None else [plan.mask]
        views = [plan.query, plan.key, plan.value, *masks, plan.out]
        names = ["chunk", "query", "key", "value", *(["mask"] if masks else []), "out"]
        chunks = plan.head_parts * plan.row_parts
        opened = kernel_function(b, self.name, plan.op, chunks=chunks, names=names)
        with opened as arguments:
            memories = [
                view.cast(b, memory) for view, memory in zip(views, arguments[1:], strict=True)
            ]
            part = coordinates(b, arguments[0], (plan.head_parts, plan.row_parts))
            scratch = self.blocks.allocate(plan.rows_of_part)
            with each_of(b, plan.outer, part[0], plan.head_parts) as position:
                self._head(views, memories, scratch, position, part[1])
        return Kernel(chunks)

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
        if plan.few_rows is None:
            memory.matrix = key

        tiles = part_range(b, row_part, plan.row_parts, plan.tiles.count)
        rows = (self.blocks.row_of_tile(tiles[0]), self.blocks.row_of_tile(tiles[1]))

        skip = CausalSkip.of(b, plan, key, value)

        def keys_block(first: Index, keys: Index) -> None:
            if plan.few_rows is None:
                with b.if_(b.cmpi("sgt", b.index(plan.rows), DIRECT_ROWS)):
                    self.pack.block(key, memory.keys, first, keys)
            elif not plan.few_rows:
                self.pack.block(key, memory.keys, first, keys)

            def block(start: Index, _: object) -> None:
                stop = b.min(b.add(start, TILES_IN_BLOCK), tiles[1])
                self._against((first, keys), skip, memory, (start, stop), rows[0])

            b.for_each(*tiles, TILES_IN_BLOCK, block)

        if plan.one_block:
            keys_block(0, plan.keys)
            return
        if isinstance(plan.keys, Size):
            with b.loop(0, plan.keys, plan.block_keys) as loop:
                left = b.sub(plan.keys, loop.index)
                keys_block(loop.index, b.min(left, plan.block_keys))
            with b.if_(b.cmpi("eq", b.index(plan.keys), 0)):
                self.blocks.clear(memory.out, rows)
            return
        full, rest = divmod(plan.keys, plan.block_keys)
        b.for_each(
            0,
            full,
            1,
            lambda i, _: keys_block(b.mul(i, plan.block_keys), plan.block_keys),
        )
        if rest:
            keys_block(full * plan.block_keys, rest)

    def _against(
        self,
        block: tuple[Index, Index],
        skip: CausalSkip | None,
        memory: BlockMemory,
        tiles: tuple[Index, Index],
        first_row: Index,
    ) -> None:
        """Some tiles of rows against what they see of a block of keys, its first and how many."""
        b, plan = self.builder, self.plan
        first, keys = block
        seen = plan.keys if skip is None else skip.seen(self.blocks.row_of_tile(tiles[1]))
        last = None if plan.one_block else b.cmpi("sge", b.add(first, keys), seen)
        visible = keys if skip is None else b.min(b.sub(seen, first), keys)
        part = KeysPart(first, visible, last)
        if skip is None or plan.one_block:
            self.blocks.call(part, memory, tiles, first_row)
            return
        with b.if_(b.cmpi("sgt", b.index(visible), 0)):
            self.blocks.call(part, memory, tiles, first_row)
