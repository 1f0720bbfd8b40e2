"""
The softmax of a block of attention scores, row by row, in place.

Reference: M. Milakov, N. Gimelshein, Online normalizer calculation for softmax (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from xdsl.dialects import math
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder
from ..common.combine import Combiner, ShiftMaximum
from ..common.element_access import load_lanes
from .memory import BlockMemory
from .plan import AttentionPlan

REGISTER_SCORES = 8
"""Vectors of a row of scores that stay in registers during its softmax."""


CHAINS = 4
"""Vectors in one trip over a longer row; half as many of f64, whose exponential is longer."""


@dataclass
class ScoreSoftmax:
    """Exponentials and sums of rows of scores, and the factors of their results."""

    builder: KernelBuilder
    plan: AttentionPlan

    def __post_init__(self) -> None:
        self.maximum = ShiftMaximum("max", self.plan.element)
        self.sum = Combiner("sum", self.plan.element)
        self.chains = CHAINS if self.plan.element == f32 else CHAINS // 2

    def rows(
        self,
        rows: tuple[Index, Index],
        keys: Index,
        memory: BlockMemory,
        local: Index,
        first_key: Index,
    ) -> None:
        """
        Exponentials of the scores in place; statistics and factors of the rows.

        `rows` are the first query row and how many there are, `local` the number of the first in
        the statistics, and `first_key` is the key of the first score.
        """
        b, plan = self.builder, self.plan
        lanes = plan.lanes
        scores = memory.scores
        known = b.number(keys)
        count = None if known is None else -(-known // lanes)

        with b.loop(0, rows[1]) as loop:
            line = loop.index

            def load(vector: Index, *, last: bool = True) -> SSAValue:
                """Scores as they count; the last vector may have some of its lanes only."""
                column = b.mul(vector, lanes)
                value = b.vload(scores, [line, column], lanes)
                some = b.sub(keys, column) if last else None
                at = (b.add(rows[0], line), b.add(first_key, column))
                value = self._shown(memory.mask, value, at, some)
                tail = None if some is None else b.mask(some, lanes)
                return value if tail is None else b.select(tail, value, -inf)

            values = None
            if count is not None and count <= REGISTER_SCORES:
                values = [load(v, last=v == count - 1) for v in range(count)]
                top = self.maximum.over_lanes(b, self.maximum.all_of(b, list(values)))
            else:
                top = self._row_top(scores, line, keys, load)
            place = b.add(local, line)
            before = None
            if not plan.one_block:
                before = b.load(memory.top, [place])
                top = self.maximum.apply(b, before, top)
            highest = top
            if plan.guarded or not plan.one_block:
                # A row that is hidden so far: exponentials of -inf, not of -inf + inf.
                top = b.select(b.cmpf("oeq", top, -inf), 0.0, top)

            def power(value: SSAValue, vector: Index) -> SSAValue:
                found = b.apply(math.ExpOp, b.subf(value, top))
                b.vstore(found, scores, [line, b.mul(vector, lanes)])
                return found

            if values is not None:
                powers = [power(value, v) for v, value in enumerate(values)]
                total = b.reduce("add", self.sum.all_of(b, powers))
            else:
                total = self._row_powers(scores, line, keys, power)
            spoilt = self._clear_nan(scores, line, keys, total) if plan.clears_nan else None
            if before is None:
                b.store(self.inverse(total), memory.factor, [line])
            else:
                correction = b.apply(math.ExpOp, b.subf(before, top))
                if spoilt is not None:
                    highest = b.select(spoilt, before, highest)
                    correction = b.select(spoilt, 1.0, correction)
                b.store(highest, memory.top, [place])
                b.store(correction, memory.factor, [line])
                running = b.load(memory.total, [place])
                b.store(b.fma(running, correction, total), memory.total, [place])

    def _shown(
        self,
        mask: SSAValue | None,
        value: SSAValue,
        at: tuple[Index, Index],
        some: Index | None,
    ) -> SSAValue:
        """Scores of a query row from a key on, with their mask and without what comes later."""
        b, plan = self.builder, self.plan
        row, key = at
        if mask is not None:
            assert plan.mask is not None
            view = plan.mask.inner(2)
            hidden = load_lanes(b, view, mask, (row, key), plan.lanes, some)
            value = plan.masked(b, value, hidden)
        if plan.causal:
            visible = b.sub(b.add(row, plan.keys - plan.rows + 1), key)
            seen = b.mask(b.min(b.max(visible, 0), plan.lanes), plan.lanes)
            assert seen is not None
            value = plan.hidden(b, seen, value)
        return value

    def _clear_nan(self, scores: SSAValue, line: Index, keys: Index, total: SSAValue) -> SSAValue:
        """
        Zeros for a row of exponentials whose sum is NaN, and whether it is.

        A score of NaN or infinity makes NaN of all probabilities of the row. The NaN stays in the
        sum of the row, so that the blocks of keys before and after do not count either.
        """
        b, lanes = self.builder, self.plan.lanes
        spoilt = b.cmpf("uno", total, total)
        zero = b.splat(0.0, self.plan.element, lanes)
        with b.if_(spoilt), b.loop(0, keys, lanes) as loop:
            b.vstore(zero, scores, [line, loop.index])
        return spoilt

    def _runs(self, keys: Index) -> tuple[Index, Index]:
        """Vectors that are gone over `self.chains` at a time, and all vectors."""
        b, lanes = self.builder, self.plan.lanes
        return b.mul(b.floordiv(keys, self.chains * lanes), self.chains), b.ceildiv(keys, lanes)

    def _row_top(
        self, scores: SSAValue, line: Index, keys: Index, load: Callable[..., SSAValue]
    ) -> SSAValue:
        """The largest score; scores are stored as they count."""
        b, lanes = self.builder, self.plan.lanes
        changed = self.plan.causal or self.plan.mask is not None
        whole, count = self._runs(keys)

        def value(vector: Index, *, last: bool) -> SSAValue:
            found = load(vector, last=last)
            if changed or last:
                b.vstore(found, scores, [line, b.mul(vector, lanes)])
            return found

        def trip(v: Index, tops: Sequence[SSAValue]) -> list[SSAValue]:
            found = [value(b.add(v, c), last=False) for c in range(self.chains)]
            return [self.maximum.apply(b, *both) for both in zip(tops, found, strict=True)]

        start = self.maximum.start(b, lanes)
        tops = b.for_each(0, whole, self.chains, trip, [start] * self.chains)
        rest = b.for_each(
            whole,
            count,
            1,
            lambda v, top: [self.maximum.apply(b, top[0], value(v, last=True))],
            [self.maximum.all_of(b, list(tops))],
        )
        return self.maximum.over_lanes(b, rest[0])

    def _row_powers(
        self,
        scores: SSAValue,
        line: Index,
        keys: Index,
        power: Callable[[SSAValue, Index], SSAValue],
    ) -> SSAValue:
        b, lanes = self.builder, self.plan.lanes
        whole, count = self._runs(keys)

        def one(vector: Index, total: SSAValue) -> SSAValue:
            value = b.vload(scores, [line, b.mul(vector, lanes)], lanes)
            return b.addf(total, power(value, vector))

        def trip(v: Index, totals: Sequence[SSAValue]) -> list[SSAValue]:
            return [one(b.add(v, c), total) for c, total in enumerate(totals)]

        totals = b.for_each(0, whole, self.chains, trip, [self.sum.start(b, lanes)] * self.chains)
        rest = b.for_each(
            whole,
            count,
            1,
            lambda v, total: [one(v, total[0])],
            [self.sum.all_of(b, list(totals))],
        )
        return b.reduce("add", rest[0])

    def inverse(self, total: SSAValue) -> SSAValue:
        """One over the sum of a row; 0 for a hidden row, or for one of NaN, where that is asked."""
        b = self.builder
        inverse = b.divf(b.constant(1.0, total.type), total)
        if self.plan.guarded:
            without = b.cmpf("ule" if self.plan.clears_nan else "oeq", total, 0.0)
            inverse = b.select(without, 0.0, inverse)
        return inverse
