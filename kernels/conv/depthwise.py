"""
Depthwise convolution in blocks or with channels last, register-tiled; small groups likewise.

Each channel has a filter of its own, so W channels are W independent lanes: input and result
`aBcd16b` or, where channels fill vectors, both `acdb`; weight `Abcd16a`, pads zero (the buffer
holds them). A tile of R x T pixels loads each
input pixel once and adds it to every result it reaches:

    acc[r, t] += x[r * stride + i, t * stride + j] * w[i, j]

Small filters stay in registers whole; of larger ones the taps of one row at a time do.

Groups with as many results as channels, a number that divides W, lie whole in a vector. Channel c
of every group is then brought to all lanes of its group by one shuffle of the pixel, which all
results that the pixel reaches share:

    acc[r, t] += shuffle_c(x[r * stride + i, t * stride + j]) * w[c, i, j]      for each channel c
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import EngineOp, element_of, layout_of, shape_of
from ...dialects.engine.contraction import ConvOp
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import (
    BroadcastOperand,
    ChannelBlocks,
    Loaded,
    channel_blocks,
    to_storage,
)
from ..common.inline_region import inline_region
from ..template import (
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
    split_evenly,
    storage_type,
)
from .depthwise_tiles import SHUFFLED_COST, DepthwiseTile, choose_tile
from .direct_plan import ConvSizes, blocked_tag, direct_element, extra_tag, is_dense
from .initial_sum import initial_sum
from .tiles import CLOCK_HZ, registers_of

CHANNELS_LAST_COST = 1.25
"""
Time with channels last against that of blocks: 1.06 to 1.5. Pixels whole vectors apart share few
sets of the first-level cache, so rows that several bands read come from the second level again.
"""

MAX_FILTER = 80
"""Taps times channels of a group, at the most: a tile has several results."""


def depthwise_tag(rank: int, lanes: int) -> str:
    """`Abcd16a`."""
    return blocked_tag(rank, 0, lanes)


def channels_last_tag(rank: int, own: int | None = None) -> str:
    """`acdb`; of an operand with `own` dimensions that broadcasts to `rank`, what is left of it."""
    lead = rank - (rank if own is None else own)
    dims = [0, *range(2, rank), 1]
    return "".join("abcd"[dim - lead] for dim in dims if dim >= lead)


def is_depthwise(op: ConvOp) -> bool:
    """One filter for each channel, one result from each."""
    w = shape_of(op.weight)
    return op.group_count > 1 and w[1] == 1 and w[0] == op.group_count


def packed_channels(op: ConvOp, lanes: int) -> int:
    """Channels of a group where the groups lie whole in vectors, 1 for depthwise; 0 otherwise."""
    if is_depthwise(op):
        return 1
    w, groups, (sh, sw) = shape_of(op.weight), op.group_count, ConvSizes.of(op).strides
    channels, (kh, kw) = w[1], ConvSizes.of(op).kernel
    fits = groups > 1 and w[0] == groups * channels and lanes % channels == 0
    if not fits or 2 * channels > lanes or channels * kh * kw > MAX_FILTER:
        return 0
    # Against one pass for each group over the vector (`grouped_conv.py`), for 2 x 6 results.
    shuffles = (sh + kh) * (5 * sw + kw) / 12
    return channels if SHUFFLED_COST * channels * (kh * kw + shuffles) < lanes * kh * kw else 0


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
    channels: int
    """Channels of a group."""

    @staticmethod
    def of(op: EngineOp, target: Target) -> Depthwise | None:
        """None when the operation is another or lies differently."""
        if not isinstance(op, ConvOp) or not direct_element(op, target):
            return None
        rank, lanes = len(shape_of(op.input)), target.lanes(element_of(op.input))
        channels = packed_channels(op, lanes)
        if not channels or layout_of(op.weight) != parse_format_tag(depthwise_tag(rank, lanes)):
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
            sizes.rows, sizes.columns, sizes.kernel, sizes.strides, registers_of(target), channels
        )
        return Depthwise(op, sizes, lanes, source, result, found, tile, channels)


class DepthwiseTemplate(AnyTemplate):
    """`engine.conv` with groups of one channel or of a few; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ConvOp) or not direct_element(op, target):
            return []
        rank, lanes = len(shape_of(op.input)), target.lanes(element_of(op.input))
        if not packed_channels(op, lanes):
            return []
        data = blocked_tag(rank, 1, lanes)
        extras = [extra_tag(v, rank, lanes) for v in op.epilogue_operands]
        sources = (data, depthwise_tag(rank, lanes), *extras)
        seconds = _seconds(op, target)
        blocked = LayoutChoice(sources, (data,), seconds)
        last = channels_last_tag(rank)
        if shape_of(op.weight)[0] % lanes:
            return [blocked]
        extras = [channels_last_tag(rank, len(shape_of(v))) for v in op.epilogue_operands]
        sources = (last, depthwise_tag(rank, lanes), *extras)
        return [blocked, LayoutChoice(sources, (last,), CHANNELS_LAST_COST * seconds)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return Depthwise.of(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        conv = Depthwise.of(op, builder.target)
        assert conv is not None
        return _DepthwiseWriter(conv, name, builder).write()


def _seconds(op: ConvOp, target: Target) -> float:
    sizes, lanes = ConvSizes.of(op), target.lanes(element_of(op.input))
    channels = packed_channels(op, lanes)
    tile = choose_tile(
        sizes.rows, sizes.columns, sizes.kernel, sizes.strides, registers_of(target), channels
    )
    blocks = -(-sizes.groups * channels // lanes)
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
        bands = sum(count for _, count in runs)
        # The innermost loop is over neighbours in memory.
        inner = conv.input.strides[1] < conv.input.strides[2]
        extents = (s.images, bands, blocks) if inner else (s.images, blocks, bands)
        units = extents[0] * extents[1] * extents[2]
        chunks = chunk_count(units, _seconds(conv.op, b.target))
        extras = [f"extra{i}" for i in range(len(conv.extras))]
        names = ["chunk", "x", "w", *extras, "y"]
        with b.function(self.name, kernel_arguments(conv.op), names=names) as arguments:
            chunk, x, w, *rest, y = arguments
            views = [
                conv.input.cast(b, x),
                b.reshape(w, (blocks, conv.channels, *s.kernel, conv.lanes)),
                *(e.view.cast(b, v) for e, v in zip(conv.extras, rest, strict=True)),
                conv.result.cast(b, y),
            ]
            first = b.floordiv(b.mul(chunk, units), chunks) if chunks > 1 else 0
            last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks) if chunks > 1 else units
            with b.loop(first, last) as loop:
                image, block, index = b.unflatten(loop.index, extents)
                if inner:
                    block, index = index, block
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
            b.subview(w, (block, 0, 0, 0, 0), (1, conv.channels, *s.kernel, lanes), drop=(0,)),
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
        names = ["x", "w", *(f"extra{i}" for i in range(len(conv.extras))), "y"]
        with b.function(self.functions[rows], types, private=True, names=names) as arguments:
            x, w, *extras, y = arguments
            taps: dict[tuple[int, int], SSAValue] = {}
            if conv.tile.whole and conv.channels == 1:
                taps = self._taps(w, 0, range(conv.sizes.kernel[0]))
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

    def _taps(
        self, w: SSAValue, channel: int, rows: Sequence[int]
    ) -> dict[tuple[int, int], SSAValue]:
        """Filter rows of one channel of each group."""
        b, (_, kw) = self.b, self.conv.sizes.kernel
        places = [(i, j) for i in rows for j in range(kw)]
        return {(i, j): b.vload(w, (channel, i, j, 0), self.conv.lanes) for i, j in places}

    def _pixel(self, pixels: SSAValue, row: int, column: int, channel: int) -> SSAValue:
        """A pixel; of groups of several channels one of them, in all lanes of its group."""
        b, lanes, channels = self.b, self.conv.lanes, self.conv.channels
        value = b.vload(pixels, (row, column, 0), lanes)
        if channels == 1:
            return value
        return b.shuffle(value, value, [i - i % channels + channel for i in range(lanes)])

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
        for channel, group in product(range(conv.channels), groups):
            if not conv.tile.whole or conv.channels > 1:
                taps = self._taps(w, channel, group)
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
                    value = self._pixel(pixels, row, at, channel)
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
