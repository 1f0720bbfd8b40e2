"""Level 5 of convolutions by register tiles: the loops over tiles, and each tile's epilogue."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import prod

from xdsl.ir import Attribute, SSAValue

from ...dialects.vector_ext import GROUP
from ...runtime.size import floordiv, is_one, numbers_of, product_of
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import Loaded
from ..common.codes import load_word_splat, signs_of
from ..common.epilogue import INLINE_LIMIT, region_weight
from ..common.register_tile import multiply_add
from ..common.tile_split import of_size
from ..template import Kernel, kernel_function, split_evenly
from .open_map import OpenMap, Reads
from .tiled_plan import TiledConvPlan
from .tiles import LoopOrder

UNROLL_FMAS = 116
"""
Multiply-adds of an innermost loop body: four steps of a tile of 28 accumulators. Less where a
kernel has more than two such loops.
"""


OPEN_FMAS = 20
"""The same of an open map, which has such a loop for each number of pixels of a tile."""

DEEP = 64
"""Products of a sum beside which an epilogue in a loop costs little."""


class TiledConvWriter(ABC):
    """Writes the kernel of one convolution; the kinds differ in `sum` and where operands begin."""

    def __init__(self, plan: TiledConvPlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.signs = signs_of(plan.op)
        self.name = name
        self.b = builder
        self.tiles: dict[tuple[int, int, int], str] = {}
        s = plan.sizes
        self.unroll_fmas = OPEN_FMAS if s.is_open else self._unrolled()
        self.next: SSAValue | None = None
        self.indices: Sequence[SSAValue] = ()
        self.at: dict[str, Index] = {}
        self.line = plan.target.machine.line_bytes // plan.element_bytes
        self.images = 1
        # Lines of the next panel that are asked for in the time of each pixel.
        self.ahead = 0
        if not s.is_open:
            self._look_ahead()

    def _unrolled(self) -> int:
        """Multiply-adds of an innermost loop body of a map whose rows and columns are numbers."""
        plan, s = self.plan, self.plan.sizes
        widths = split_evenly(s.map[1], plan.tiling.columns)
        bodies = len(plan.row_runs) * len(widths) * len(plan.panel_runs)
        width = plan.lanes if s.together == 1 else plan.block_steps
        if not plan.plain and s.steps > width and s.steps % width:
            bodies *= 2
        return 2 * UNROLL_FMAS // max(2, bodies)

    def _look_ahead(self) -> None:
        """Have the tiles of a panel ask for the next one, where weights do not stay in cache."""
        plan, s = self.plan, self.plan.sizes
        # Images for which a panel stays.
        together = plan.order is LoopOrder.PANELS_IMAGES_ROWS
        # Each image asks for the next panel where their number is a value.
        self.images = s.images if together and isinstance(s.images, int) else 1
        bytes_ = prod(plan.weight_shape()) * plan.element_bytes
        outside = plan.order is not LoopOrder.IMAGES_ROWS_PANELS and plan.phases == 1
        if outside and not plan.plain and bytes_ > plan.target.l2_bytes // 2:
            panel = prod(plan.weight_shape()[1:]) // self.line
            self.ahead = -(-panel // (self.images * prod(s.map)))

    def write(self) -> Kernel:
        """Add the kernel and the functions of its tiles to the module."""
        plan, b, operands = self.plan, self.b, self.plan.operands
        extents, chunks = plan.loops, plan.chunks
        units = product_of(extents.values())
        names = ["chunk", "x", "w", *operands.epilogue_names, "y"]
        with kernel_function(b, self.name, plan.op, chunks=chunks, names=names) as arguments:
            chunk, x, w, *rest, y = arguments
            views = [
                operands.input.cast(b, x),
                self.weight_view(w),
                *operands.cast_epilogue(b, rest),
                self.result_view(y),
            ]
            several = not is_one(chunks)
            first = b.floordiv(b.mul(chunk, units), chunks) if several else 0
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks) if several else units
            if plan.sizes.is_open:
                self._open_map(views, first, last)
                return Kernel(chunks)
            with b.loop(first, last) as loop:
                found = b.unflatten(loop.index, list(extents.values()))
                self.at = dict(zip(extents, found, strict=True))
                image = self.at["images"]
                self._choose(
                    plan.panel_runs,
                    self.at["panels"],
                    lambda vectors, at: self._choose(
                        plan.row_runs,
                        self.at["rows"],
                        lambda rows, row: self._row(views, image, at, vectors, b.add(row, 0), rows),
                    ),
                )
        return Kernel(chunks)

    # ------------------------------------------------------------------ what the kinds differ in

    @abstractmethod
    def sum(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        scratch: SSAValue | None,
    ) -> Sequence[SSAValue]:
        """
        The sums of a tile of (vectors, rows, columns), vectors of a pixel side by side.

        `scratch` holds as many vectors where `chain` is not 0.
        """

    def chain(self) -> int:
        """Channel blocks that are summed up before they join the total; 0 when all are."""
        return 0

    def weight_view(self, memory: SSAValue) -> SSAValue:
        """The weight as `weight_tile` reads it."""
        shape = self.plan.weight_shape()
        if self.plan.sizes.together > 1:
            words = prod(shape)
            memory = self.b.words(self.b.reshape(memory, (words * GROUP,)), words)
        return self.b.reshape(memory, shape)

    def result_view(self, memory: SSAValue) -> SSAValue:
        """The result as `result_tile` writes it."""
        return self.plan.operands.result.cast(self.b, memory)

    def source_blocks(self, block: Index) -> tuple[Index, int]:
        """First block of input channels, and number of them, for the output block `block`."""
        s = self.plan.sizes
        blocks = self.plan.operands.input.blocks // s.groups
        if s.groups == 1:
            return 0, blocks
        return self.b.mul(self.b.floordiv(block, s.outputs // self.plan.lanes), blocks), blocks

    def source_start(self, row: Index, column: Index) -> tuple[Index, Index]:
        """First input row and column that a tile at `row`, `column` reads."""
        sh, sw = self.plan.sizes.strides
        return self.b.mul(row, sh), self.b.mul(column, sw)

    def weight_tile(self, w: SSAValue, panel: Index, vectors: int) -> SSAValue:
        """`[channel block, filter row, filter column, channel, lane]` of the first vectors."""
        extents = (1, *self.plan.weight_shape()[1:5], vectors * self.plan.lanes)
        return self.b.subview(w, (panel, 0, 0, 0, 0, 0), extents, drop=(0,))

    def result_tile(
        self, y: SSAValue, position: Sequence[Index], extents: Sequence[Index]
    ) -> SSAValue:
        """The part of the result at `[image, block, row, column, lane]`, without the image."""
        return self.b.subview(y, position, extents, drop=(0,))

    def filter_tap(self, row: Index, column: Index) -> tuple[Index, Index]:
        """Where `weight_tile` has the tap for an input row and column of the window."""
        return row, column

    def tile_indices(self, block: Index) -> list[SSAValue]:
        """What a tile function must know besides memory; it finds them in `self.indices`."""
        return []

    # ------------------------------------------------------------------ tiles

    def _open_map(self, views: Sequence[SSAValue], first: Index, last: Index) -> None:
        """Units number `first` to `last` of a map whose rows or columns are values."""
        plan, b = self.plan, self.b
        panels = {n: e for n, e in plan.loops.items() if n not in ("images", "rows")}
        numbers = numbers_of(panels.values())
        source = plan.operands.input
        image_bytes = product_of(source.extents[1:]) * plan.input_bytes
        reads = Reads(
            plan.sizes.depth * plan.vectors * plan.lanes * plan.element_bytes,
            prod(numbers),
            floordiv(image_bytes, plan.sizes.groups),
            plan.target.l2_bytes,
        )
        extents = (plan.sizes.images, plan.sizes.rows, numbers)
        loops = OpenMap(b, plan.row_split, extents, reads)
        with loops.units(first, last) as unit:
            self.at = dict(zip(panels, (unit.panel, *unit.inner), strict=True))

            def tiles(vectors: int, block: Index) -> None:
                with b.loop(unit.first, unit.last) as loop:
                    column, width = loops.tiles.tile(loop.index)
                    at = (unit.image, block, unit.row, column)
                    arguments = self._boxes(views, at, vectors, 1, width)
                    sizes = plan.row_split.sizes
                    of_size(b, width, sizes, lambda n: self._call((vectors, 1, n), arguments))

            self._choose(plan.panel_runs, unit.panel, tiles)

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
        for width, count in split_evenly(self.plan.sizes.map[1], self.plan.tiling.columns):
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
        image, block, row, column = at
        arguments = self._boxes(views, at, *tile)
        if self.ahead:
            next_ = self._next_weights(views[1], block, image, row, column, tile[1])
            arguments.append(next_)
        self._call(tile, arguments)

    def _boxes(
        self,
        views: Sequence[SSAValue],
        at: tuple[Index, Index, Index, Index],
        vectors: int,
        rows: int,
        columns: Index,
    ) -> list[SSAValue]:
        """The parts of the operands that belong to one tile, and what else it must know."""
        plan, b = self.plan, self.b
        x, w, *epilogue, y = views
        image, block, row, column = at
        s = plan.sizes
        (sh, sw), (dh, dw), (kh, kw) = s.strides, s.dilations, s.kernel
        first, source_blocks = self.source_blocks(block)
        down, across = self.source_start(row, column)
        steps = b.mul(b.sub(columns, 1), sw)
        window = ((rows - 1) * sh + (kh - 1) * dh + 1, b.add(steps, (kw - 1) * dw + 1))
        position, extent = (image, block, row, column, 0), (1, vectors, rows, columns, plan.lanes)
        return [
            b.subview(
                x,
                (image, first, down, across, 0),
                (1, source_blocks, *window, plan.operands.input.lanes),
                drop=(0,),
            ),
            self.weight_tile(w, b.floordiv(block, plan.vectors), vectors),
            *plan.operands.epilogue_boxes(b, epilogue, position, extent),
            self.result_tile(y, position, extent),
            *self.tile_indices(block),
        ]

    def _call(self, tile: tuple[int, int, int], arguments: Sequence[SSAValue]) -> None:
        """Call the function of a tile of (vectors, rows, columns), which is written once."""
        vectors, rows, columns = tile
        if tile not in self.tiles:
            name = f"{self.name}_{rows}x{columns}x{vectors}"
            self.tiles[tile] = name
            self._write_tile(name, [a.type for a in arguments], tile)
        self.b.call(self.tiles[tile], arguments)

    def _next_weights(
        self, w: SSAValue, block: Index, image: Index, row: Index, column: Index, rows: int
    ) -> SSAValue:
        """Where in the panel after this one the tile's share of prefetching starts."""
        plan, b = self.plan, self.b
        size = prod(plan.weight_shape()[1:])
        flat = b.reshape(w, (prod(plan.weight_shape()),))
        last = sum(count for _, count in plan.panel_runs) - 1
        panel = b.min(b.add(b.floordiv(block, plan.vectors), 1), last)
        pixel = b.add(b.mul(row, plan.sizes.columns), b.mul(column, rows))
        if self.images > 1:
            pixel = b.add(b.mul(image, plan.sizes.rows * plan.sizes.columns), pixel)
        start = b.add(b.mul(panel, size), b.mul(pixel, self.ahead * self.line))
        return b.subview(flat, (b.min(start, prod(plan.weight_shape()) - 1),), (1,))

    def _write_tile(
        self, name: str, types: Sequence[Attribute], tile: tuple[int, int, int]
    ) -> None:
        plan, b = self.plan, self.b
        vectors, rows, columns = tile
        epilogue_names = plan.operands.epilogue_names
        names, more = ["x", "w", *epilogue_names, "y"], len(epilogue_names)
        with b.function(name, types, private=True, names=names) as arguments:
            x, w, *rest = arguments
            self.next = rest.pop() if self.ahead else None
            rest, y, self.indices = rest[:more], rest[more], rest[more + 1 :]
            count = rows * columns * vectors
            weight = region_weight(plan.op.epilogue_region)
            heavy = weight * count > INLINE_LIMIT
            if plan.sizes.is_open:
                # There are many tiles, and one loop costs little beside a deep sum.
                heavy |= bool(self.chain()) or (weight > 0 and plan.sizes.depth >= DEEP)
            scratch: SSAValue | None = None
            if heavy or self.chain():
                scratch = b.alloca((count, plan.lanes), plan.op.accumulator_element())
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

                def one(v: Index) -> None:
                    value = b.vload(scratch, (b.add(b.mul(pixel, vectors), v), 0), plan.lanes)
                    self._finish(value, rest, y, (v, down.index, across.index, 0), loaded)

                if plan.sizes.is_open:
                    b.for_each(0, vectors, 1, lambda v, _: one(v))
                else:
                    for v in range(vectors):
                        one(v)

    def _finish(
        self,
        value: SSAValue,
        epilogue: Sequence[SSAValue],
        y: SSAValue,
        at: tuple[Index, ...],
        loaded: Loaded,
    ) -> None:
        """The epilogue on one vector of accumulators, and its store."""
        plan, b = self.plan, self.b
        value = plan.operands.finish(b, plan.op.epilogue_region, value, epilogue, (0, *at), loaded)
        b.vstore(value, y, at)

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
        b, lanes = self.b, self.plan.lanes
        sh, sw = self.plan.sizes.strides
        vectors, rows, columns = tile
        panel = [b.vload(weights, (channel, v * lanes), lanes) for v in range(vectors)]
        if self.signs is not None:
            return self._code_step(pixels, panel, tile, channel, sums)
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

    def _code_step(
        self,
        pixels: SSAValue,
        panel: Sequence[SSAValue],
        tile: tuple[int, int, int],
        word: int,
        sums: Sequence[SSAValue],
    ) -> list[SSAValue]:
        """One word of codes at one filter tap."""
        b, element = self.b, self.plan.op.accumulator_element()
        sh, sw = self.plan.sizes.strides
        _, rows, columns = tile
        found: list[SSAValue] = []
        for pixel in range(rows * columns):
            r, c = divmod(pixel, columns)
            at = (r * sh, c * sw, word * GROUP)
            value = load_word_splat(b, pixels, at, 1, self.plan.lanes)
            for vector in panel:
                old = sums[len(found)]
                found.append(multiply_add(b, value, vector, old, element, self.signs))
        return found


def largest_divisor(extent: int, most: int) -> int:
    """The largest divisor of `extent` up to `most`."""
    return next(d for d in range(min(extent, most), 0, -1) if extent % d == 0)
