"""Level 5 of the direct convolution of `conv.py`: loops, tiles and the epilogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from xdsl.dialects.builtin import Float64Type
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import Loaded, to_storage
from ..common.epilogue import INLINE_LIMIT, region_weight
from ..common.inline_region import inline_region
from ..template import Kernel, chunk_count, kernel_arguments, split_evenly, storage_type
from .direct_plan import DirectConv
from .tiles import LoopOrder

UNROLL_FMAS = 116
"""
Multiply-adds of an innermost loop body: four steps of a tile of 28 accumulators. Less where a
kernel has more than two such loops.
"""

CACHE_LINE = 64

CHAIN = 512
"""Products that are summed up one after the other."""


class ConvWriter:
    """Writes the kernel of one convolution."""

    def __init__(self, conv: DirectConv, name: str, builder: KernelBuilder):
        self.conv = conv
        self.name = name
        self.b = builder
        self.row_runs = split_evenly(conv.sizes.rows, conv.tiling.rows)
        full, rest = divmod(conv.blocks, conv.vectors)
        self.panel_runs = [(v, n) for v, n in ((conv.vectors, full), (rest, 1)) if v and n]
        self.tiles: dict[tuple[int, int, int], str] = {}
        widths = split_evenly(conv.sizes.columns, conv.tiling.columns)
        bodies = len(self.row_runs) * len(widths) * len(self.panel_runs)
        if not conv.plain and conv.sizes.channels > conv.lanes and conv.sizes.channels % conv.lanes:
            bodies *= 2
        self.unroll_fmas = 2 * UNROLL_FMAS // max(2, bodies)
        self.next: SSAValue | None = None
        self.indices: Sequence[SSAValue] = ()
        self.at: dict[str, Index] = {}
        size = 8 if isinstance(element_of(conv.op.input), Float64Type) else 4
        self.line = CACHE_LINE // size
        # Images for which a panel stays.
        together = conv.order is LoopOrder.PANELS_IMAGES_ROWS
        self.images = conv.sizes.images if together else 1
        # Lines of the next panel that are asked for in the time of each pixel.
        self.ahead = 0
        bytes_ = prod(conv.weight_shape()) * size
        outside = conv.order is not LoopOrder.IMAGES_ROWS_PANELS and conv.phases == 1
        if outside and not conv.plain and bytes_ > conv.l2_bytes // 2:
            panel = prod(conv.weight_shape()[1:]) // self.line
            self.ahead = -(-panel // (self.images * conv.sizes.rows * conv.sizes.columns))

    def write(self) -> Kernel:
        conv, b = self.conv, self.b
        row_tiles = sum(count for _, count in self.row_runs)
        panels = sum(count for _, count in self.panel_runs)
        extents = {"images": conv.sizes.images, "rows": row_tiles, "panels": panels}
        extents = self.loops({name: extents[name] for name in conv.order.value})
        units = prod(extents.values())
        chunks = chunk_count(units, conv.seconds)
        extras = [f"extra{i}" for i in range(len(conv.extras))]
        names = ["chunk", "x", "w", *extras, "y"]
        with b.function(self.name, kernel_arguments(conv.op), names=names) as arguments:
            chunk, x, w, *rest, y = arguments
            views = [
                conv.input.cast(b, x),
                self.weight_view(w),
                *(e.view.cast(b, v) for e, v in zip(conv.extras, rest, strict=True)),
                self.result_view(y),
            ]
            first = b.floordiv(b.mul(chunk, units), chunks) if chunks > 1 else 0
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks) if chunks > 1 else units
            with b.loop(first, last) as loop:
                found = b.unflatten(loop.index, list(extents.values()))
                self.at = dict(zip(extents, found, strict=True))
                image = self.at["images"]
                self._choose(
                    self.panel_runs,
                    self.at["panels"],
                    lambda vectors, at: self._choose(
                        self.row_runs,
                        self.at["rows"],
                        lambda rows, row: self._row(views, image, at, vectors, b.add(row, 0), rows),
                    ),
                )
        return Kernel(chunks)

    def loops(self, extents: dict[str, int]) -> dict[str, int]:
        """The loops over tiles from the outermost on; `self.at` says where each one is."""
        return extents

    def weight_view(self, memory: SSAValue) -> SSAValue:
        """The weight as `weight_tile` reads it."""
        return self.b.reshape(memory, self.conv.weight_shape())

    def result_view(self, memory: SSAValue) -> SSAValue:
        """The result as `result_tile` writes it."""
        return self.conv.result.cast(self.b, memory)

    def _choose(
        self,
        runs: Sequence[tuple[int, int]],
        index: Index,
        body: Callable[[int, Index], None],
    ) -> None:
        """`body(size, start)` for piece `index` of one or two runs of equal pieces."""
        b = self.b
        (size, count), *more = runs
        if not more:
            body(size, b.mul(index, size))
            return
        [(other, _)] = more

        def second() -> None:
            start = b.add(b.mul(b.sub(index, count), other), size * count)
            body(other, start)

        b.if_else(b.cmpi("slt", index, count), lambda: body(size, b.mul(index, size)), second)

    def _row(
        self,
        views: Sequence[SSAValue],
        image: Index,
        block: Index,
        vectors: int,
        row: Index,
        rows: int,
    ) -> None:
        """All tiles of `rows` rows for the `vectors` channel blocks from `block` on."""
        start = 0
        for width, count in split_evenly(self.conv.sizes.columns, self.conv.tiling.columns):
            with self.b.loop(0, count) as loop:
                column = self.b.add(self.b.mul(loop.index, width), start)
                self._tile(views, (image, block, row, column), (vectors, rows, width))
            start += width * count

    def _tile(
        self,
        views: Sequence[SSAValue],
        at: tuple[Index, Index, Index, Index],
        tile: tuple[int, int, int],
    ) -> None:
        """Cut the operands of one tile out and call its function."""
        conv, b = self.conv, self.b
        x, w, *extras, y = views
        image, block, row, column = at
        vectors, rows, columns = tile
        s = conv.sizes
        (sh, sw), (dh, dw), (kh, kw) = s.strides, s.dilations, s.kernel
        first, source_blocks = self.source_blocks(block)
        down, across = self.source_start(row, column)
        window = ((rows - 1) * sh + (kh - 1) * dh + 1, (columns - 1) * sw + (kw - 1) * dw + 1)
        arguments = [
            b.subview(
                x,
                (image, first, down, across, 0),
                (1, source_blocks, *window, conv.input.lanes),
                drop=(0,),
            ),
            self.weight_tile(w, b.floordiv(block, conv.vectors), vectors),
        ]
        position, extent = (image, block, row, column, 0), (1, vectors, rows, columns, conv.lanes)
        for operand, memory in zip(conv.extras, extras, strict=True):
            arguments.append(operand.view.box(b, memory, position, extent))
        arguments.append(self.result_tile(y, position, extent))
        arguments += self.tile_indices(block)
        if self.ahead:
            arguments.append(self._next_weights(w, block, image, row, column, rows))
        if tile not in self.tiles:
            name = f"{self.name}_{rows}x{columns}x{vectors}"
            self.tiles[tile] = name
            self._write_tile(name, [a.type for a in arguments], tile)
        b.call(self.tiles[tile], arguments)

    def source_blocks(self, block: Index) -> tuple[Index, int]:
        """First block of input channels, and number of them, for the output block `block`."""
        s, blocks = self.conv.sizes, self.conv.input.shape[1] // self.conv.sizes.groups
        if s.groups == 1:
            return 0, blocks
        return self.b.mul(self.b.floordiv(block, s.outputs // self.conv.lanes), blocks), blocks

    def source_start(self, row: Index, column: Index) -> tuple[Index, Index]:
        """First input row and column that a tile at `row`, `column` reads."""
        sh, sw = self.conv.sizes.strides
        return self.b.mul(row, sh), self.b.mul(column, sw)

    def weight_tile(self, w: SSAValue, panel: Index, vectors: int) -> SSAValue:
        """`[channel block, filter row, filter column, channel, lane]` of the first vectors."""
        conv = self.conv
        extents = (1, *conv.weight_shape()[1:5], vectors * conv.lanes)
        return self.b.subview(w, (panel, 0, 0, 0, 0, 0), extents, drop=(0,))

    def result_tile(
        self, y: SSAValue, position: Sequence[Index], extents: Sequence[int]
    ) -> SSAValue:
        """The part of the result at `[image, block, row, column, lane]`, without the image."""
        return self.b.subview(y, position, extents, drop=(0,))

    def filter_tap(self, row: Index, column: Index) -> tuple[Index, Index]:
        """Where `weight_tile` has the tap for an input row and column of the window."""
        return row, column

    def tile_indices(self, block: Index) -> list[SSAValue]:
        """What a tile function must know besides memory; it finds them in `self.indices`."""
        return []

    def _next_weights(
        self, w: SSAValue, block: Index, image: Index, row: Index, column: Index, rows: int
    ) -> SSAValue:
        """Where in the panel after this one the tile's share of prefetching starts."""
        conv, b = self.conv, self.b
        size = prod(conv.weight_shape()[1:])
        flat = b.reshape(w, (prod(conv.weight_shape()),))
        last = sum(count for _, count in self.panel_runs) - 1
        panel = b.min(b.add(b.floordiv(block, conv.vectors), 1), last)
        pixel = b.add(b.mul(row, conv.sizes.columns), b.mul(column, rows))
        if self.images > 1:
            pixel = b.add(b.mul(image, conv.sizes.rows * conv.sizes.columns), pixel)
        start = b.add(b.mul(panel, size), b.mul(pixel, self.ahead * self.line))
        return b.subview(flat, (b.min(start, prod(conv.weight_shape()) - 1),), (1,))

    def _write_tile(
        self, name: str, types: Sequence[Attribute], tile: tuple[int, int, int]
    ) -> None:
        conv, b = self.conv, self.b
        vectors, rows, columns = tile
        extras = [f"extra{i}" for i in range(len(conv.extras))]
        names = ["x", "w", *extras, "y"]
        with b.function(name, types, private=True, names=names) as arguments:
            x, w, *rest = arguments
            self.next = rest.pop() if self.ahead else None
            rest, y, self.indices = rest[: len(extras)], rest[len(extras)], rest[len(extras) + 1 :]
            count = rows * columns * vectors
            heavy = region_weight(conv.op.epilogue_region) * count > INLINE_LIMIT
            scratch: SSAValue | None = None
            if heavy or self.chain():
                scratch = b.alloca((count, conv.lanes), element_of(conv.op.input))
            sums = self.sum(x, w, tile, scratch)
            if scratch is None or not heavy:
                loaded: Loaded = {}
                for pixel in range(rows * columns):
                    r, c = divmod(pixel, columns)
                    for v in range(vectors):
                        at = (v, r, c, 0)
                        self._finish(sums[pixel * vectors + v], rest, y, at, loaded)
                return
            # A long epilogue is written once and runs over the pixels.
            for i, value in enumerate(sums):
                b.vstore(value, scratch, (i, 0))
            with b.loop(0, rows) as down, b.loop(0, columns) as across:
                pixel = b.add(b.mul(down.index, columns), across.index)
                loaded = {}
                for v in range(vectors):
                    value = b.vload(scratch, (b.add(b.mul(pixel, vectors), v), 0), conv.lanes)
                    at = (v, down.index, across.index, 0)
                    self._finish(value, rest, y, at, loaded)

    def _finish(
        self,
        value: SSAValue,
        extras: Sequence[SSAValue],
        y: SSAValue,
        at: tuple[Index, ...],
        loaded: Loaded,
    ) -> None:
        """The epilogue on one vector of accumulators, and its store."""
        conv, b = self.conv, self.b
        region = conv.op.epilogue_region
        if region is not None:
            operands = [
                e.load(b, m, (0, *at), conv.lanes, loaded)
                for e, m in zip(conv.extras, extras, strict=True)
            ]
            [value] = inline_region(b, region.block, [value, *operands])
            [result] = conv.op.target_types()
            element = result.element_type
            value = to_storage(b, value, element, storage_type(element))
        b.vstore(value, y, at)

    def chain(self) -> int:
        """
        Channel blocks that are summed up before they join the total; 0 when all are.

        One long chain of additions has larger rounding errors than a sum of sums.
        """
        conv, (kh, kw) = self.conv, self.conv.sizes.kernel
        full = conv.sizes.channels // conv.lanes
        most = max(1, CHAIN // (conv.lanes * kh * kw))
        return 0 if conv.plain or full <= most else largest_divisor(full, most)

    def sum(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        scratch: SSAValue | None,
    ) -> Sequence[SSAValue]:
        """The sum over channel blocks: full ones in loops, then the valid part of the last."""
        conv, b = self.conv, self.b
        vectors, rows, columns = tile
        zero = b.splat(0.0, element_of(conv.op.input), conv.lanes)
        zeros = [zero] * (rows * columns * vectors)
        if conv.plain:
            return self._taps(x, w, tile, (0, conv.sizes.channels, 1), zeros)
        full, rest = divmod(conv.sizes.channels, conv.lanes)
        chain = self.chain()
        if not chain or scratch is None:
            sums = self._taps(x, w, tile, (0, full, conv.lanes), zeros)
            return self._taps(x, w, tile, (full, full + 1, rest), sums) if rest else sums
        for i in range(len(zeros)):
            b.vstore(zero, scratch, (i, 0))
        with b.loop(0, full, chain) as loop:
            blocks = (loop.index, b.add(loop.index, chain), conv.lanes)
            for i, value in enumerate(self._taps(x, w, tile, blocks, zeros)):
                total = b.addf(b.vload(scratch, (i, 0), conv.lanes), value)
                b.vstore(total, scratch, (i, 0))
        totals = [b.vload(scratch, (i, 0), conv.lanes) for i in range(len(zeros))]
        if not rest:
            return totals
        last = self._taps(x, w, tile, (full, full + 1, rest), zeros)
        return [b.addf(total, value) for total, value in zip(totals, last, strict=True)]

    def _taps(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        blocks: tuple[Index, Index, int],
        sums: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """Loops over channel blocks, filter rows, filter columns and channels of a block."""
        b, (kh, kw) = self.b, self.conv.sizes.kernel
        dh, dw = self.conv.sizes.dilations
        first, last, width = blocks
        vectors, rows, columns = tile
        sh, sw = self.conv.sizes.strides
        window = ((rows - 1) * sh + 1, (columns - 1) * sw + 1)
        most = max(1, self.unroll_fmas // (vectors * rows * columns))
        # Unrolled filter columns would share input pixels, and LLVM would keep them in registers.
        unroll = largest_divisor(width, most)

        def innermost(
            block: Index, i: Index, j: Index, channel: Index, sums: Sequence[SSAValue]
        ) -> Sequence[SSAValue]:
            at = (block, b.mul(i, dh), b.mul(j, dw), channel)
            pixels = b.subview(x, at, (1, *window, unroll), drop=(0,))
            weights = b.subview(
                w,
                (block, *self.filter_tap(i, j), channel, 0),
                (1, 1, 1, unroll, vectors * self.conv.lanes),
                drop=(0, 1, 2),
            )
            for u in range(unroll):
                sums = self.step(pixels, weights, tile, u, sums)
            if width == self.conv.lanes:
                done = b.add(b.mul(block, kh), i)
                done = b.add(b.mul(b.add(b.mul(done, kw), j), width), channel)
                self._prefetch(done, unroll, tile)
            return sums

        return b.for_each(
            first, last, 1,
            lambda block, sums: b.for_each(
                0, kh, 1,
                lambda i, sums: b.for_each(
                    0, kw, 1,
                    lambda j, sums: b.for_each(
                        0, width, unroll,
                        lambda channel, sums: innermost(block, i, j, channel, sums),
                        sums,
                    ),
                    sums,
                ),
                sums,
            ),
            sums,
        )  # fmt: skip

    def _prefetch(self, done: Index, steps: int, tile: tuple[int, int, int]) -> None:
        """Ask for a tile's share of the next panel, a few lines for `steps` of its products."""
        if self.next is None:
            return
        conv, b = self.conv, self.b
        _, rows, columns = tile
        share = self.ahead * rows * columns
        lines = -(-share * steps // (conv.sizes.depth // conv.lanes * conv.lanes))
        if lines * self.line % steps:
            return
        at = b.mul(done, lines * self.line // steps)
        for line in range(lines):
            b.prefetch(self.next, (b.add(at, line * self.line),))

    def step(
        self,
        pixels: SSAValue,
        weights: SSAValue,
        tile: tuple[int, int, int],
        channel: int,
        sums: Sequence[SSAValue],
        masks: Sequence[SSAValue | None] = (),
    ) -> list[SSAValue]:
        """One input channel at one filter tap; lanes outside of a vector's mask stay."""
        b, lanes = self.b, self.conv.lanes
        sh, sw = self.conv.sizes.strides
        vectors, rows, columns = tile
        panel = [b.vload(weights, (channel, v * lanes), lanes) for v in range(vectors)]
        found: list[SSAValue] = []
        for pixel in range(rows * columns):
            r, c = divmod(pixel, columns)
            value = b.load_splat(pixels, (r * sh, c * sw, channel), lanes)
            for v in range(vectors):
                old = sums[pixel * vectors + v]
                new = b.fma(value, panel[v], old)
                mask = masks[v] if masks else None
                found.append(new if mask is None else b.select(mask, new, old))
        return found


def largest_divisor(extent: int, most: int) -> int:
    """The largest divisor of `extent` up to `most`."""
    return next(d for d in range(min(extent, most), 0, -1) if extent % d == 0)
