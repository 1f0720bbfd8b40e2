"""
Depthwise convolution in blocked layout, register-tiled.

Each channel has a filter of its own, so W channels are W independent lanes: input and result
`aBcd16b`, weight `Abcd16a`, pads zero (the buffer holds them). A tile of R x T pixels loads each
input pixel once and adds it to every result it reaches:

    acc[r, t] += x[r * stride + i, t * stride + j] * w[i, j]

Small filters stay in registers whole; of larger ones the taps of one row at a time do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import EngineOp, element_of, layout_of, shape_of
from ...dialects.engine.contraction import ConvOp
from ...dialects.engine.layout import parse_format_tag
from ..target import Target
from .builder import Index, KernelBuilder
from .channel_blocks import (
    BroadcastOperand,
    ChannelBlocks,
    Loaded,
    channel_blocks,
    to_storage,
)
from .conv_tiles import CLOCK_HZ, FMA_PORTS, LOAD_PORTS, registers_of
from .direct_conv import ConvSizes, blocked_tag, direct_element, extra_tag, is_dense
from .initial_sum import initial_sum
from .inline_region import inline_region
from .template import (
    Kernel,
    LayoutChoice,
    Template,
    chunk_count,
    kernel_arguments,
    split_evenly,
    storage_type,
)

TILE_CYCLES = 16
"""Addresses and stores of one tile."""

SPARE_REGISTERS = 3
"""The pixel, and what the epilogue needs."""

MAX_TILE_ROWS = 2
"""Rows of a tile: more are more code and no faster (measured)."""

MAX_TILE_FMAS = 420
"""Multiply-adds of a tile, all of which are written out."""


def depthwise_tag(rank: int, lanes: int) -> str:
    """`Abcd16a`."""
    return blocked_tag(rank, 0, lanes)


def is_depthwise(op: ConvOp) -> bool:
    """One filter for each channel, one result from each."""
    w = shape_of(op.weight)
    return op.group_count > 1 and w[1] == 1 and w[0] == op.group_count


@dataclass(frozen=True)
class DepthwiseTile:
    """R x T pixels; `whole` when all taps stay in registers. `cycles` for a map of W channels."""

    rows: int
    columns: int
    whole: bool
    cycles: float


@lru_cache(maxsize=1024)
def choose_tile(
    rows: int,
    columns: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    registers: int,
) -> DepthwiseTile:
    """The tile with the least cycles by the ports it uses."""
    taps = kernel[0] * kernel[1]
    whole = registers - taps - SPARE_REGISTERS >= 8
    room = max(1, registers - SPARE_REGISTERS - (taps if whole else kernel[1]))
    best: DepthwiseTile | None = None
    for r in range(1, min(rows, MAX_TILE_ROWS) + 1):
        for c in range(1, min(columns, room // r) + 1):
            if r * c > 1 and r * c * taps > MAX_TILE_FMAS:
                break
            # Tiles of one size are half the code.
            cycles = 0.0 if columns % c == 0 else 0.03 * rows * columns * taps / FMA_PORTS
            for height, down in split_evenly(rows, r):
                for width, across in split_evenly(columns, c):
                    one = _tile_cycles(height, width, kernel, strides, whole)
                    cycles += one * down * across
            if best is None or cycles < best.cycles * 0.98:
                best = DepthwiseTile(r, c, whole, cycles)
    assert best is not None
    return best


def _tile_cycles(
    rows: int, columns: int, kernel: tuple[int, int], strides: tuple[int, int], whole: bool
) -> float:
    (kh, kw), (sh, sw) = kernel, strides
    across = (columns - 1) * sw + kw
    loads = ((rows - 1) * sh + kh) * across if whole else rows * kh * across + kh * kw
    fmas = rows * columns * kh * kw
    latency = 4 * kh * kw if rows * columns < 8 else 0
    return max(fmas / FMA_PORTS, loads / LOAD_PORTS, latency) + TILE_CYCLES


@dataclass(frozen=True)
class Depthwise:
    """A planned depthwise convolution that fits."""

    op: ConvOp
    sizes: ConvSizes
    lanes: int
    input: ChannelBlocks
    result: ChannelBlocks
    extras: tuple[BroadcastOperand, ...]
    tile: DepthwiseTile

    @staticmethod
    def of(op: EngineOp, target: Target) -> Depthwise | None:
        """None when the operation is another or lies differently."""
        if not isinstance(op, ConvOp) or not is_depthwise(op) or not direct_element(op, target):
            return None
        rank, lanes = len(shape_of(op.input)), target.lanes(element_of(op.input))
        if layout_of(op.weight) != parse_format_tag(depthwise_tag(rank, lanes)):
            return None
        source = channel_blocks(op.input, rank, lanes)
        [target_type] = op.target_types()
        result = channel_blocks(target_type, rank, lanes)
        extras = [BroadcastOperand.of(v, rank, lanes) for v in op.epilogue_operands]
        found = tuple(e for e in extras if e is not None)
        if source is None or result is None or len(found) < len(extras):
            return None
        if not is_dense(op.weight):
            return None
        sizes = ConvSizes.of(op)
        tile = choose_tile(
            sizes.rows, sizes.columns, sizes.kernel, sizes.strides, registers_of(target)
        )
        return Depthwise(op, sizes, lanes, source, result, found, tile)


class DepthwiseTemplate(Template):
    """`engine.conv` with one filter for each channel; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ConvOp) or not is_depthwise(op) or not direct_element(op, target):
            return []
        rank, lanes = len(shape_of(op.input)), target.lanes(element_of(op.input))
        data = blocked_tag(rank, 1, lanes)
        extras = [extra_tag(v, rank, lanes) for v in op.epilogue_operands]
        sources = (data, depthwise_tag(rank, lanes), *extras)
        return [LayoutChoice(sources, (data,), _seconds(op, target))]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return Depthwise.of(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        conv = Depthwise.of(op, builder.target)
        assert conv is not None
        return _DepthwiseWriter(conv, name, builder).write()


def _seconds(op: ConvOp, target: Target) -> float:
    sizes, lanes = ConvSizes.of(op), target.lanes(element_of(op.input))
    tile = choose_tile(sizes.rows, sizes.columns, sizes.kernel, sizes.strides, registers_of(target))
    blocks = -(-sizes.groups // lanes)
    return sizes.images * blocks * tile.cycles / CLOCK_HZ


class _DepthwiseWriter:
    """Writes the kernel of one depthwise convolution."""

    def __init__(self, conv: Depthwise, name: str, builder: KernelBuilder):
        self.conv = conv
        self.name = name
        self.b = builder
        self.functions: dict[int, str] = {}
        self.bias, self.epilogue = initial_sum(conv.op, conv.extras)

    def write(self) -> Kernel:
        conv, b = self.conv, self.b
        s, runs = conv.sizes, split_evenly(conv.sizes.rows, conv.tile.rows)
        blocks = conv.result.shape[1]
        extents = (s.images, blocks, sum(count for _, count in runs))
        units = extents[0] * extents[1] * extents[2]
        chunks = chunk_count(units, _seconds(conv.op, b.target))
        extras = [f"extra{i}" for i in range(len(conv.extras))]
        names = ["chunk", "x", "w", *extras, "y"]
        with b.function(self.name, kernel_arguments(conv.op), names=names) as arguments:
            chunk, x, w, *rest, y = arguments
            views = [
                conv.input.cast(b, x),
                b.reshape(w, (blocks, *s.kernel, conv.lanes)),
                *(e.view.cast(b, v) for e, v in zip(conv.extras, rest, strict=True)),
                conv.result.cast(b, y),
            ]
            first = b.floordiv(b.mul(chunk, units), chunks) if chunks > 1 else 0
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks) if chunks > 1 else units
            with b.loop(first, last) as loop:
                image, block, index = b.unflatten(loop.index, extents)
                (rows, count), *more = runs
                if not more:
                    self._call(views, image, block, b.mul(index, rows), rows)
                else:
                    [(other, _)] = more
                    after = b.add(b.mul(b.sub(index, count), other), rows * count)
                    b.if_else(
                        b.cmpi("slt", index, count),
                        lambda: self._call(views, image, block, b.mul(index, rows), rows),
                        lambda: self._call(views, image, block, after, other),
                    )
        return Kernel(chunks)

    def _call(
        self, views: Sequence[SSAValue], image: Index, block: Index, row: Index, rows: int
    ) -> None:
        """Run the function for `rows` rows of one channel block."""
        conv, b = self.conv, self.b
        x, w, *extras, y = views
        s, (_, _, _, width, lanes) = conv.sizes, conv.input.shape
        span = (rows - 1) * s.strides[0] + (s.kernel[0] - 1) * s.dilations[0] + 1
        arguments = [
            b.subview(
                x,
                (image, block, b.mul(row, s.strides[0]), 0, 0),
                (1, 1, span, width, lanes),
                drop=(0, 1),
            ),
            b.subview(w, (block, 0, 0, 0), (1, *s.kernel, lanes), drop=(0,)),
        ]
        at, extent = (image, block, row, 0, 0), (1, 1, rows, s.columns, lanes)
        for operand, memory in zip(conv.extras, extras, strict=True):
            arguments.append(operand.view.box(b, memory, at, extent))
        arguments.append(b.subview(y, at, extent, drop=(0, 1)))
        if rows not in self.functions:
            self.functions[rows] = f"{self.name}_{rows}"
            self._write_rows(rows, [a.type for a in arguments])
        b.call(self.functions[rows], arguments)

    def _write_rows(self, rows: int, types: Sequence[Attribute]) -> None:
        """The function that computes `rows` rows, tile by tile."""
        conv, b = self.conv, self.b
        kh, kw = conv.sizes.kernel
        names = ["x", "w", *(f"extra{i}" for i in range(len(conv.extras))), "y"]
        with b.function(self.functions[rows], types, private=True, names=names) as arguments:
            x, w, *extras, y = arguments
            taps: dict[tuple[int, int], SSAValue] = {}
            if conv.tile.whole:
                taps = {
                    (i, j): b.vload(w, (i, j, 0), conv.lanes) for i in range(kh) for j in range(kw)
                }
            loaded: Loaded = {}
            for operand, memory in zip(conv.extras, extras, strict=True):
                if operand.view.shape[2:4] == (1, 1):
                    operand.load(b, memory, (0, 0, 0, 0, 0), conv.lanes, loaded)
            start = 0
            for width, count in split_evenly(conv.sizes.columns, conv.tile.columns):
                with b.loop(0, count) as loop:
                    column = b.add(b.mul(loop.index, width), start)
                    start_with = b.splat(0.0, element_of(conv.op.input), conv.lanes)
                    if self.bias is not None:
                        bias = conv.extras[self.bias]
                        at = (0,) * 5
                        start_with = bias.load(b, extras[self.bias], at, conv.lanes, loaded)
                    sums = self._sums(x, w, taps, column, (rows, width), start_with)
                    self._store(sums, extras, y, column, dict(loaded))
                start += width * count

    def _sums(
        self,
        x: SSAValue,
        w: SSAValue,
        taps: dict[tuple[int, int], SSAValue],
        column: Index,
        tile: tuple[int, int],
        start_with: SSAValue,
    ) -> dict[tuple[int, int], SSAValue]:
        conv, b, (rows, columns) = self.conv, self.b, tile
        s = conv.sizes
        (kh, kw), (sh, sw), (dh, dw) = s.kernel, s.strides, s.dilations
        span = (columns - 1) * sw + (kw - 1) * dw + 1
        pixels = b.subview(
            x,
            (0, b.mul(column, sw), 0),
            ((rows - 1) * sh + (kh - 1) * dh + 1, span, conv.lanes),
        )
        sums = {(r, c): start_with for r in range(rows) for c in range(columns)}
        # Filter rows one by one, so that the taps of one are enough; input rows that several
        # result rows share are loaded once where all taps are at hand.
        groups = [[i] for i in range(kh)] if not conv.tile.whole else [list(range(kh))]
        for group in groups:
            if not conv.tile.whole:
                [i] = group
                taps = {(i, j): b.vload(w, (i, j, 0), conv.lanes) for j in range(kw)}
            for row in sorted({r * sh + i * dh for r in range(rows) for i in group}):
                for at in range(span):
                    uses = [
                        (r, c, i, j)
                        for r in range(rows)
                        for i in group
                        if r * sh + i * dh == row
                        for c in range(columns)
                        for j in range(kw)
                        if c * sw + j * dw == at
                    ]
                    if not uses:
                        continue
                    value = b.vload(pixels, (row, at, 0), conv.lanes)
                    for r, c, i, j in uses:
                        sums[r, c] = b.fma(value, taps[i, j], sums[r, c])
        return sums

    def _store(
        self,
        sums: dict[tuple[int, int], SSAValue],
        extras: Sequence[SSAValue],
        y: SSAValue,
        column: Index,
        loaded: Loaded,
    ) -> None:
        """The epilogue on the results of a tile."""
        conv, b, region = self.conv, self.b, self.epilogue
        [result] = conv.op.target_types()
        for (r, c), value in sums.items():
            at = b.add(column, c)
            if region is not None:
                operands = [
                    operand.load(b, memory, (0, 0, r, at, 0), conv.lanes, loaded)
                    for operand, memory in zip(conv.extras, extras, strict=True)
                ]
                [value] = inline_region(b, region.block, [value, *operands])
                value = to_storage(b, value, result.element_type, storage_type(result.element_type))
            b.vstore(value, y, (r, at, 0))
