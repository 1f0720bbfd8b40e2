"""
Direct convolution with groups whose channels do not fill whole vectors.

Operands lie in blocks of W channels as for `conv.py`, whatever the groups are: input and result
`aBcd16b`, weight `Abcd16a` (panels of V*W output channels). A panel may so hold the end of one
group and the beginning of the next, and passes over its groups one by one:

    for panels of V*W output channels, for tiles of R x T pixels:      (or the other way round)
        acc[R, T, V] = 0
        for groups with results in the panel:
            for channels of the group, filter rows, filter columns:
                acc[r, t, v] += x[r, t] * w[v]    in the lanes of the group
        store epilogue(acc)

Lanes of other groups keep what they have: an infinity of one group reaches no other. The channels
of a group are found by number, so they may begin in the middle of a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.ir import SSAValue

from ...dialects.engine.base import EngineOp, element_of, layout_of, shape_of
from ...dialects.engine.contraction import ConvOp
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.channel_blocks import BroadcastOperand, channel_blocks
from ..template import AnyTemplate, Kernel, LayoutChoice
from .depthwise import is_depthwise
from .direct_plan import (
    ConvSizes,
    DirectConv,
    blocked_tag,
    direct_element,
    extra_tag,
    is_dense,
    weight_tag,
)
from .direct_writer import ConvWriter, largest_divisor
from .tiles import CLOCK_HZ, Tiling, choose_tiling, registers_of

PASS_CYCLES = 1.06
"""What masks and channel numbers cost, as a factor on the cycles of the tiles."""


class GroupedConvTemplate(AnyTemplate):
    """`engine.conv` with groups of any size; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ConvOp) or not _is_suitable(op, target):
            return []
        sizes, lanes = ConvSizes.of(op), target.lanes(element_of(op.input))
        rank, tiling = len(shape_of(op.input)), choose_panels(ConvSizes.of(op), lanes, target)
        data = blocked_tag(rank, 1, lanes)
        weight = weight_tag(rank, lanes, tiling.vectors * lanes, True)
        extras = (extra_tag(v, rank, lanes) for v in op.epilogue_operands)
        seconds = sizes.images * tiling.cycles / CLOCK_HZ
        return [LayoutChoice((data, weight, *extras), (data,), seconds)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return grouped_conv(op, target) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        conv = grouped_conv(op, builder.target)
        assert conv is not None
        return GroupedConvWriter(conv, name, builder).write()


def _is_suitable(op: ConvOp, target: Target) -> bool:
    return op.group_count > 1 and not is_depthwise(op) and direct_element(op, target)


def passes(sizes: ConvSizes, width: int) -> int:
    """Over how many groups the panels of `width` output channels go, all in all."""
    total = sizes.outputs * sizes.groups
    return sum(
        (min(first + width, total) - 1) // sizes.outputs - first // sizes.outputs + 1
        for first in range(0, total, width)
    )


def choose_panels(sizes: ConvSizes, lanes: int, target: Target) -> Tiling:
    """The tiling with the least cycles; `cycles` counts the panels that are gone over twice."""
    blocks = -(-sizes.outputs * sizes.groups // lanes)
    rows, columns = sizes.rows, sizes.columns
    if sizes.pointwise:
        rows, columns = 1, rows * columns
    best: Tiling | None = None
    for vectors in (2, 3, 1, 4):
        if vectors > blocks:
            continue
        found = choose_tiling(rows, columns, blocks, sizes.depth, registers_of(target), vectors)
        more = passes(sizes, vectors * lanes) / -(-blocks // vectors)
        found = replace(found, cycles=found.cycles * more * PASS_CYCLES)
        if best is None or found.cycles < 0.98 * best.cycles:
            best = found
    assert best is not None
    return best


def grouped_conv(op: EngineOp, target: Target) -> DirectConv | None:
    """The planned convolution; None when this template cannot run it as it is laid out."""
    if not isinstance(op, ConvOp) or not _is_suitable(op, target):
        return None
    rank, lanes = len(shape_of(op.input)), target.lanes(element_of(op.input))
    tag = layout_of(op.weight)
    panel = tag.inner[-1][1] if tag.inner else 0
    if not panel or panel % lanes or panel // lanes > 8 or not is_dense(op.weight):
        return None
    if tag != parse_format_tag(weight_tag(rank, lanes, panel, True)):
        return None
    [target_type] = op.target_types()
    source, result = channel_blocks(op.input, rank, lanes), channel_blocks(target_type, rank, lanes)
    extras = [BroadcastOperand.of(v, rank, lanes) for v in op.epilogue_operands]
    found = tuple(e for e in extras if e is not None)
    if source is None or result is None or len(found) < len(extras):
        return None
    sizes, registers = ConvSizes.of(op), registers_of(target)
    made = DirectConv(
        op,
        sizes,
        lanes,
        panel // lanes,
        True,
        source,
        result,
        found,
        registers,
        target.l2_bytes,
    )
    return made.flattened() if sizes.pointwise else made


class GroupedConvWriter(ConvWriter):
    """Writes the kernel of one convolution; only the sum differs from the direct one."""

    def source_blocks(self, block: Index) -> tuple[Index, int]:
        return 0, self.conv.input.shape[1]

    def tile_indices(self, block: Index) -> list[SSAValue]:
        return [self.b.index(self.b.mul(block, self.conv.lanes))]

    def chain(self) -> int:
        return 0

    def sum(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        scratch: SSAValue | None,
    ) -> Sequence[SSAValue]:
        b, s, lanes = self.b, self.conv.sizes, self.conv.lanes
        [channel] = self.indices
        vectors, rows, columns = tile
        zero = b.splat(0.0, element_of(self.conv.op.input), lanes)
        zeros = [zero] * (rows * columns * vectors)
        first = b.floordiv(channel, s.outputs)
        if s.outputs % (self.conv.vectors * lanes) == 0:
            return self._group(x, w, tile, first, [None] * vectors, zeros)
        end = b.add(b.floordiv(b.add(channel, vectors * lanes - 1), s.outputs), 1)

        def one(group: Index, sums: Sequence[SSAValue]) -> Sequence[SSAValue]:
            low = b.max(b.sub(b.mul(group, s.outputs), channel), 0)
            high = b.sub(b.mul(b.add(group, 1), s.outputs), channel)
            masks: list[SSAValue | None] = []
            for v in range(vectors):
                below = b.mask(b.max(b.sub(low, v * lanes), 0), lanes)
                up_to = b.mask(b.max(b.sub(high, v * lanes), 0), lanes)
                assert below is not None
                assert up_to is not None
                masks.append(b.xori(below, up_to))
            return self._group(x, w, tile, group, masks, sums)

        return b.for_each(first, b.min(end, s.groups), 1, one, zeros)

    def _group(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        group: Index,
        masks: Sequence[SSAValue | None],
        sums: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """Add what one group gives; a lane outside of its mask keeps its sum."""
        b, s, lanes = self.b, self.conv.sizes, self.conv.lanes
        (kh, kw), (dh, dw), (sh, sw) = s.kernel, s.dilations, s.strides
        vectors, rows, columns = tile
        window = ((rows - 1) * sh + 1, (columns - 1) * sw + 1)
        first = b.mul(group, s.channels)
        unroll = 1
        if s.kernel == (1, 1):
            unroll = largest_divisor(
                s.channels, max(1, self.unroll_fmas // (rows * columns * vectors))
            )

        def tap(channel: Index, i: Index, j: Index, sums: Sequence[SSAValue]) -> Sequence[SSAValue]:
            for u in range(unroll):
                at = b.add(channel, u)
                place = b.add(first, at)
                source = (b.floordiv(place, lanes), b.mul(i, dh), b.mul(j, dw), b.mod(place, lanes))
                pixels = b.subview(x, source, (1, *window, 1), drop=(0,))
                weights = b.subview(
                    w, (at, i, j, 0, 0), (1, 1, 1, 1, vectors * lanes), drop=(0, 1, 2)
                )
                sums = self.step(pixels, weights, tile, 0, sums, masks)
            return sums

        return b.for_each(
            0, s.channels, unroll,
            lambda channel, sums: b.for_each(
                0, kh, 1,
                lambda i, sums: b.for_each(
                    0, kw, 1, lambda j, sums: tap(channel, i, j, sums), sums
                ),
                sums,
            ),
            sums,
        )  # fmt: skip
