"""Level 5 of Winograd's convolution: the three phases of `winograd.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import product

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.winograd import FAR, FILTER, NEAR, POINTS, TILE
from ..builder import Index, KernelBuilder
from ..common.chunking import part_range
from ..common.tile_split import EvenTiles, of_size
from ..template import Kernel, kernel_function, split_evenly
from .winograd_plan import WinogradPlan
from .winograd_small_map import SmallMap, SmallMaps

COEFFICIENTS = POINTS * POINTS
UNROLL_FMAS = 116
"""Multiply-adds of an innermost loop body, about."""

OPEN_FMAS = {2: 48, 4: 24}
"""The same where there is a function for each number of tiles, by the vectors of a panel."""

F32_BYTES = 4
Row = Sequence[SSAValue]


def input_row(b: KernelBuilder, d: Row) -> list[SSAValue]:
    """`B^T d` of six vectors: 12 multiply-adds by pairs of points +-p."""
    near, far = NEAR * NEAR, FAR * FAR
    even_far, odd_far = b.fma(d[2], -far, d[4]), b.fma(d[1], -far, d[3])
    even_near, odd_near = b.fma(d[2], -near, d[4]), b.fma(d[1], -near, d[3])
    return [
        b.fma(d[0], near * far, b.fma(d[2], -(near + far), d[4])),
        b.fma(odd_far, NEAR, even_far),
        b.fma(odd_far, -NEAR, even_far),
        b.fma(odd_near, FAR, even_near),
        b.fma(odd_near, -FAR, even_near),
        b.fma(d[1], near * far, b.fma(d[3], -(near + far), d[5])),
    ]


def output_row(b: KernelBuilder, m: Row) -> list[SSAValue]:
    """`A^T m` of six vectors: four results."""
    even_near, odd_near = b.addf(m[1], m[2]), b.subf(m[1], m[2])
    even_far, odd_far = b.addf(m[3], m[4]), b.subf(m[3], m[4])
    return [
        b.addf(b.addf(m[0], even_near), even_far),
        b.fma(odd_far, FAR, b.mulf(odd_near, NEAR)),
        b.fma(even_far, FAR * FAR, b.mulf(even_near, NEAR * NEAR)),
        b.fma(odd_far, FAR**3, b.fma(odd_near, NEAR**3, m[5])),
    ]


class WinogradWriter:
    """Writes the kernel of one operation."""

    def __init__(self, plan: WinogradPlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.b = builder
        self.element = element_of(plan.op.input)
        self.types: dict[str, list[Attribute]] = {}
        self.width = plan.vectors * plan.lanes
        # Planes of a power of two would fall into the same sets of the cache.
        self.tiles = plan.blocking.tiles
        self.count: Index = self.tiles
        # How products take them, where their number is a value.
        self.products: EvenTiles | None = None
        self.v_plane = self.tiles * plan.operands.input.blocks * plan.lanes + plan.lanes
        self.m_plane = self.tiles * self.width + plan.lanes

    def write(self) -> Kernel:
        plan, b, blocking = self.plan, self.b, self.plan.blocking
        operands = plan.operands
        extents = (operands.result.images, blocking.blocks, blocking.groups)
        names = ["chunk", "x", "u", "w", *operands.epilogue_names, "y"]
        opened = kernel_function(b, self.name, plan.op, chunks=plan.chunks, names=names)
        with opened as arguments:
            chunk, x, u, filters, *rest, y = arguments
            x, y = operands.input.cast(b, x), operands.result.cast(b, y)
            rest = operands.cast_epilogue(b, rest)
            shape = (operands.result.blocks, plan.channels, FILTER, FILTER, plan.lanes)
            filters = b.reshape(filters, shape)
            v = b.alloca((COEFFICIENTS, self.v_plane), self.element)
            m = b.alloca((COEFFICIENTS, self.m_plane), self.element)
            image, block, group = b.unflatten(chunk, extents)
            first = self._block(block)
            memories = (x, filters, rest, y)

            def each_panel(body: Callable[[Index], None]) -> None:
                start = b.floordiv(b.mul(group, plan.panels), blocking.groups)
                end = b.floordiv(b.mul(b.add(group, 1), plan.panels), blocking.groups)
                with b.loop(start, end) as panels:
                    body(panels.index)

            def by_transforms() -> None:
                self._transform_input(x, v, image, first)

                def one(panel: Index) -> None:
                    self._products(v, u, m, panel)
                    self._transform_output(m, memories, (image, panel), first)

                each_panel(one)

            if not blocking.is_open:
                by_transforms()
                return Kernel(plan.chunks)
            small = SmallMap(plan, self.name, b, memories, image)
            b.if_else(
                SmallMaps.of(plan, b.target).holds(b, plan),
                lambda: each_panel(lambda panel: small.panel(panel, (first, self.count))),
                by_transforms,
            )
        return Kernel(plan.chunks)

    def _block(self, block: Index) -> Index:
        """The first tile of a block; how many it has is the same for all where that is a number."""
        b, blocking = self.b, self.plan.blocking
        total = blocking.down * blocking.across
        if isinstance(total, int):
            return b.min(b.mul(block, self.tiles), total - self.tiles)
        first, end = part_range(b, block, blocking.blocks, total)
        self.count = b.sub(end, first)
        self.products = EvenTiles(b, self.count, self.plan.product_rows)
        return first

    def _corner(self, tile: Index) -> tuple[Index, Index, Index, Index]:
        """First result row and column of a tile, and the first of each that is its own."""
        b, blocking = self.b, self.plan.blocking
        rows, columns = self.plan.operands.result.rows, self.plan.operands.result.columns
        down, across = b.unflatten(tile, (blocking.down, blocking.across))
        top, left = b.mul(down, TILE), b.mul(across, TILE)
        row, column = b.min(top, b.sub(rows, TILE)), b.min(left, b.sub(columns, TILE))
        return row, column, b.sub(top, row), b.sub(left, column)

    def _call(self, suffix: str, arguments: Sequence[SSAValue], write: Callable[[], None]) -> None:
        """Call a private function, which is written before its first call."""
        if suffix not in self.types:
            self.types[suffix] = [a.type for a in arguments]
            write()
        self.b.call(f"{self.name}_{suffix}", arguments)

    # ------------------------------------------------------------------ phase 1

    def _transform_input(self, x: SSAValue, v: SSAValue, image: Index, first: Index) -> None:
        plan, b = self.plan, self.b
        blocks = plan.operands.input.blocks
        with b.loop(0, self.count) as tiles:
            row, column, _, _ = self._corner(b.add(first, tiles.index))
            with b.loop(0, blocks) as channels:
                window = b.subview(
                    x,
                    (image, channels.index, row, column, 0),
                    (1, 1, POINTS, POINTS, plan.lanes),
                    drop=(0, 1),
                )
                at = b.mul(b.add(b.mul(tiles.index, blocks), channels.index), plan.lanes)
                place = b.subview(v, (0, at), (COEFFICIENTS, plan.lanes))
                self._call("input", (window, place), self._write_input)

    def _write_input(self) -> None:
        b, lanes = self.b, self.plan.lanes
        types = self.types["input"]
        with b.function(f"{self.name}_input", types, private=True, names=["x", "v"]) as (x, v):
            columns = [
                input_row(b, [b.vload(x, (i, j, 0), lanes) for i in range(POINTS)])
                for j in range(POINTS)
            ]
            for i in range(POINTS):
                for j, value in enumerate(input_row(b, [column[i] for column in columns])):
                    b.vstore(value, v, (i * POINTS + j, 0))

    # ------------------------------------------------------------------ phase 2

    def _products(self, v: SSAValue, u: SSAValue, m: SSAValue, panel: Index) -> None:
        """36 products of [tiles, channels] and [channels, panel]."""
        plan, b = self.plan, self.b
        depth = plan.operands.input.blocks * plan.lanes
        pixels = b.reshape(v, (COEFFICIENTS, self.tiles, depth), (self.v_plane, depth, 1))
        sums = b.reshape(m, (COEFFICIENTS, self.tiles, self.width), (self.m_plane, self.width, 1))
        weights = b.reshape(u, (plan.panels, COEFFICIENTS, plan.channels, self.width))
        factors = plan.panels * COEFFICIENTS
        flat = b.reshape(u, (factors * plan.channels * self.width,))
        with b.loop(0, COEFFICIENTS) as points:
            factor = b.subview(
                weights,
                (panel, points.index, 0, 0),
                (1, 1, plan.channels, self.width),
                drop=(0, 1),
            )

            def operands(row: Index, rows: Index) -> tuple[SSAValue, ...]:
                at = (points.index, row, 0)
                a = b.subview(pixels, at, (1, rows, depth), drop=(0,))
                c = b.subview(sums, at, (1, rows, self.width), drop=(0,))
                # The next factor lies behind this one; each tile asks for its share of it.
                behind = b.add(b.mul(panel, COEFFICIENTS), b.add(points.index, 1))
                behind = b.min(behind, factors - 1)
                share = b.floordiv(b.mul(row, plan.channels * self.width), self.count)
                start = b.add(b.mul(behind, plan.channels * self.width), share)
                return a, factor, c, b.subview(flat, (start,), (1,))

            def call(rows: int, given: tuple[SSAValue, ...]) -> None:
                self._call(f"product{rows}", given, partial(self._write_product, rows))

            if self.products is None:
                start = 0
                for rows, count in split_evenly(self.tiles, plan.product_rows):
                    with b.loop(0, count) as loop:
                        row = b.add(b.mul(loop.index, rows), start)
                        call(rows, operands(row, rows))
                    start += rows * count
                return
            with b.loop(0, self.products.count) as loop:
                row, size = self.products.tile(loop.index)
                given = operands(row, size)
                sizes = range(plan.product_rows, 0, -1)
                of_size(b, size, sizes, lambda rows: call(rows, given))

    def _write_product(self, rows: int) -> None:
        plan, b = self.plan, self.b
        name, types = f"product{rows}", self.types[f"product{rows}"]
        is_open = plan.blocking.is_open
        most = (OPEN_FMAS[plan.vectors] if is_open else UNROLL_FMAS) // (rows * plan.vectors)
        unroll = max(n for n in (1, 2, 4, 8)[: 3 if is_open else 4] if n <= max(1, most))
        lanes, vectors = plan.lanes, plan.vectors

        def step(
            a: SSAValue, u: SSAValue, channel: Index, sums: Sequence[SSAValue]
        ) -> list[SSAValue]:
            factors = [b.vload(u, (channel, j * lanes), lanes) for j in range(vectors)]
            found: list[SSAValue] = []
            for r in range(rows):
                value = b.load_splat(a, (r, channel), lanes)
                found += [b.fma(value, f, sums[r * vectors + j]) for j, f in enumerate(factors)]
            return found

        numbers = b.target.machine.line_bytes // F32_BYTES
        # Lines of the next factor for the time of one channel, in units of `unroll` channels.
        lines = -(-rows * self.width * unroll // (self.tiles * numbers))
        names = ["v", "u", "m", "next"]
        with b.function(f"{self.name}_{name}", types, private=True, names=names) as arguments:
            a, u, m, ahead = arguments

            def steps(channel: Index, count: int, sums: Sequence[SSAValue]) -> Sequence[SSAValue]:
                left = b.subview(a, (0, channel), (rows, count))
                right = b.subview(u, (channel, 0), (count, self.width))
                for c in range(count):
                    sums = step(left, right, c, sums)
                if count == unroll and plan.streams:
                    at = b.mul(channel, lines * numbers // unroll)
                    for line in range(lines):
                        b.prefetch(ahead, (b.add(at, line * numbers),))
                return sums

            zero = b.splat(0.0, self.element, lanes)
            full = plan.channels // unroll * unroll
            sums: Sequence[SSAValue] = [zero] * (rows * vectors)
            sums = b.for_each(0, full, unroll, lambda c, s: steps(c, unroll, s), sums)
            sums = b.for_each(full, plan.channels, 1, lambda c, s: steps(c, 1, s), sums)
            for r in range(rows):
                for j in range(vectors):
                    b.vstore(sums[r * vectors + j], m, (r, j * lanes))

    # ------------------------------------------------------------------ phase 3

    def _transform_output(
        self,
        m: SSAValue,
        memories: tuple[SSAValue, SSAValue, Sequence[SSAValue], SSAValue],
        at: tuple[Index, Index],
        first: Index,
    ) -> None:
        plan, b = self.plan, self.b
        image, panel = at
        x, filters, epilogue, y = memories
        channels = plan.operands.input.blocks
        block = b.mul(panel, plan.vectors)
        valid = b.min(b.sub(plan.operands.result.blocks, block), plan.vectors)
        with b.loop(0, self.count) as tiles:
            row, column, own_row, own_column = self._corner(b.add(first, tiles.index))
            with b.loop(0, valid) as vectors:
                output = b.add(block, vectors.index)
                position = (image, output, row, column, 0)
                extent = (1, 1, TILE, TILE, plan.lanes)
                window = (image, 0, row, column, 0)
                start = b.add(b.mul(tiles.index, self.width), b.mul(vectors.index, plan.lanes))
                arguments = [
                    b.subview(m, (0, start), (COEFFICIENTS, plan.lanes)),
                    b.subview(x, window, (1, channels, POINTS, POINTS, plan.lanes), drop=(0,)),
                    b.subview(
                        filters,
                        (output, 0, 0, 0, 0),
                        (1, plan.channels, FILTER, FILTER, plan.lanes),
                        drop=(0,),
                    ),
                    *plan.operands.epilogue_boxes(b, epilogue, position, extent),
                    b.subview(y, position, extent, drop=(0, 1)),
                    b.index(own_row),
                    b.index(own_column),
                ]
                self._call("output", arguments, self._write_output)

    def _write_output(self) -> None:
        plan, b, lanes = self.plan, self.b, self.plan.lanes
        names = ["m", "x", "w", *plan.operands.epilogue_names, "y", "row", "column"]
        with b.function(
            f"{self.name}_output", self.types["output"], private=True, names=names
        ) as arguments:
            m, x, filters, *rest, y, own_row, own_column = arguments
            columns = [
                output_row(b, [b.vload(m, (i * POINTS + j, 0), lanes) for i in range(POINTS)])
                for j in range(POINTS)
            ]
            tile = b.alloca((TILE, TILE, lanes), self.element)
            results = [output_row(b, [column[i] for column in columns]) for i in range(TILE)]
            for i, j in product(range(TILE), repeat=2):
                b.vstore(results[i][j], tile, (i, j, 0))
            # A sum is finite if all that it sums up is.
            total = reduce(b.addf, [value for row in results for value in row])
            spoilt = b.cmpf("uno", b.subf(total, total), 0.0)
            with b.if_(b.reduce("or", spoilt)):
                self._call("direct", (x, filters, tile), self._write_direct)
            with b.loop(own_row, TILE) as rows, b.loop(own_column, TILE) as across:
                i, j = rows.index, across.index
                value = b.vload(tile, (i, j, 0), lanes)
                value = plan.operands.finish(
                    b, plan.op.epilogue_region, value, rest, (0, 0, i, j, 0), {}
                )
                b.vstore(value, y, (i, j, 0))

    def _write_direct(self) -> None:
        """The results of one tile as sums of products, for the sake of what is not finite."""
        plan, b, lanes = self.plan, self.b, self.plan.lanes
        pixels = list(product(range(TILE), repeat=2))
        with b.function(
            f"{self.name}_direct", self.types["direct"], private=True, names=["x", "w", "tile"]
        ) as (x, filters, tile):

            def add_product(at: Index, sums: Row) -> Row:
                channel, row, column = b.unflatten(at, (plan.channels, FILTER, FILTER))
                factor = b.vload(filters, (channel, row, column, 0), lanes)
                block, lane = b.unflatten(channel, (plan.operands.input.blocks, lanes))
                extent = (1, TILE, TILE, 1)
                window = b.subview(x, (block, row, column, lane), extent, drop=(0, 3))
                values = [b.load_splat(window, pixel, lanes) for pixel in pixels]
                return [b.fma(v, factor, s) for v, s in zip(values, sums, strict=True)]

            zero = b.splat(0.0, self.element, lanes)
            terms = plan.channels * FILTER * FILTER
            sums = b.for_each(0, terms, 1, add_product, [zero] * len(pixels))
            for pixel, value in zip(pixels, sums, strict=True):
                b.vstore(value, tile, (*pixel, 0))
