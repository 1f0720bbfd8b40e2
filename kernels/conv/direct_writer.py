"""Level 5 of the direct convolution of `direct.py`: the sum over channels and filter taps."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from xdsl.ir import SSAValue

from ..builder import Index
from .tiled_writer import TiledConvWriter, largest_divisor

CHAIN = 512
"""Products that are summed up one after the other."""


class DirectWriter(TiledConvWriter):
    """Writes the kernel of one direct convolution."""

    def chain(self) -> int:
        """
        Channel blocks that are summed up before they join the total; 0 when all are.

        One long chain of additions has larger rounding errors than a sum of sums.
        """
        plan, (kh, kw) = self.plan, self.plan.sizes.kernel
        full = plan.sizes.channels // plan.lanes
        most = max(1, CHAIN // (plan.lanes * kh * kw))
        # Sums of integers are exact in any order.
        if plan.plain or full <= most or self.signs is not None:
            return 0
        return most if plan.sizes.is_open else largest_divisor(full, most)

    def sum(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        scratch: SSAValue | None,
    ) -> Sequence[SSAValue]:
        """The sum over channel blocks: full ones in loops, then the valid part of the last."""
        plan, b = self.plan, self.b
        vectors, rows, columns = tile
        zero = b.splat(0, plan.op.accumulator_element(), plan.lanes)
        zeros = [zero] * (rows * columns * vectors)
        if plan.plain:
            return self._taps(x, w, tile, (0, plan.sizes.channels, 1), zeros)
        if plan.sizes.is_open:
            return self._open_sum(x, w, tile, scratch, zeros)
        width = plan.block_steps
        full, rest = divmod(plan.sizes.steps, width)
        chain = self.chain()
        if not chain or scratch is None:
            sums = self._taps(x, w, tile, (0, full, width), zeros)
            return self._taps(x, w, tile, (full, full + 1, rest), sums) if rest else sums
        for i in range(len(zeros)):
            b.vstore(zero, scratch, (i, 0))
        with b.loop(0, full, chain) as loop:
            blocks = (loop.index, b.add(loop.index, chain), width)
            for i, value in enumerate(self._taps(x, w, tile, blocks, zeros)):
                total = b.addf(b.vload(scratch, (i, 0), plan.lanes), value)
                b.vstore(total, scratch, (i, 0))
        totals = [b.vload(scratch, (i, 0), plan.lanes) for i in range(len(zeros))]
        if not rest:
            return totals
        last = self._taps(x, w, tile, (full, full + 1, rest), zeros)
        return [b.addf(total, value) for total, value in zip(totals, last, strict=True)]

    def _open_sum(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        scratch: SSAValue | None,
        zeros: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """
        The same in a map of any size: one piece of code for all blocks, as there are many tiles.

        A sum of sums stays in `scratch`, and nothing is given.
        """
        b, lanes, chain = self.b, self.plan.lanes, self.chain()
        width = self.plan.block_steps
        blocks = -(-self.plan.sizes.steps // width)
        if not chain or scratch is None:
            return self._taps(x, w, tile, (0, blocks, width), zeros)
        with b.loop(0, len(zeros)) as loop:
            b.vstore(zeros[0], scratch, (loop.index, 0))
        with b.loop(0, blocks, chain) as loop:
            part = (loop.index, b.min(b.add(loop.index, chain), blocks), width)
            for i, value in enumerate(self._taps(x, w, tile, part, zeros)):
                b.vstore(b.addf(b.vload(scratch, (i, 0), lanes), value), scratch, (i, 0))
        return ()

    def _taps(
        self,
        x: SSAValue,
        w: SSAValue,
        tile: tuple[int, int, int],
        blocks: tuple[Index, Index, int],
        sums: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """Loops over channel blocks, filter rows, filter columns and channels of a block."""
        plan, b, (kh, kw) = self.plan, self.b, self.plan.sizes.kernel
        dh, dw = self.plan.sizes.dilations
        together = self.plan.sizes.together
        first, last, width = blocks
        vectors, rows, columns = tile
        sh, sw = self.plan.sizes.strides
        window = ((rows - 1) * sh + 1, (columns - 1) * sw + 1)
        most = max(1, self.unroll_fmas // (vectors * rows * columns))
        # Unrolled filter columns would share input pixels, and LLVM would keep them in registers.
        rest = 0 if plan.plain or not plan.sizes.is_open else plan.sizes.steps % width
        unroll = largest_divisor(gcd(width, rest), most)

        def valid(block: Index) -> Index:
            """Channels of a block that count; of an open map the last block has no own code."""
            if not rest:
                return width
            return b.min(b.sub(plan.sizes.steps, b.mul(block, width)), width)

        def innermost(
            block: Index, i: Index, j: Index, channel: Index, sums: Sequence[SSAValue]
        ) -> Sequence[SSAValue]:
            at = (block, b.mul(i, dh), b.mul(j, dw), b.mul(channel, together))
            pixels = b.subview(x, at, (1, *window, unroll * together), drop=(0,))
            weights = b.subview(
                w,
                (block, *self.filter_tap(i, j), channel, 0),
                (1, 1, 1, unroll, vectors * self.plan.lanes),
                drop=(0, 1, 2),
            )
            for u in range(unroll):
                sums = self.step(pixels, weights, tile, u, sums)
            if width == plan.block_steps and not (plan.plain or plan.sizes.is_open):
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
                        0, valid(block), unroll,
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
        plan, b = self.plan, self.b
        _, rows, columns = tile
        share = self.ahead * rows * columns
        width = plan.block_steps
        lines = -(-share * steps // (plan.sizes.depth // width * width))
        if lines * self.line % steps:
            return
        at = b.mul(done, lines * self.line // steps)
        for line in range(lines):
            b.prefetch(self.next, (b.add(at, line * self.line),))
