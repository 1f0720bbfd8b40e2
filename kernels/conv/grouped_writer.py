"""Level 5 of convolutions with groups of any size: a pass over each group of a panel."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ..builder import Index
from .tiled_writer import TiledConvWriter, largest_divisor


class GroupedWriter(TiledConvWriter):
    """Writes the kernel of one convolution; only the sum differs from the direct one."""

    def source_blocks(self, block: Index) -> tuple[Index, int]:
        return 0, self.plan.operands.input.blocks

    def tile_indices(self, block: Index) -> list[SSAValue]:
        return [self.b.index(self.b.mul(block, self.plan.lanes))]

    def sum(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        scratch: SSAValue | None,
    ) -> Sequence[SSAValue]:
        b, s, lanes = self.b, self.plan.sizes, self.plan.lanes
        [channel] = self.indices
        vectors, rows, columns = tile
        zero = b.splat(0.0, element_of(self.plan.op.input), lanes)
        zeros = [zero] * (rows * columns * vectors)
        first = b.floordiv(channel, s.outputs)
        if s.outputs % (self.plan.vectors * lanes) == 0:
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
        b, s, lanes = self.b, self.plan.sizes, self.plan.lanes
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
