"""
The softmax of a block of attention scores, row by row, in place.

Reference: M. Milakov, N. Gimelshein, Online normalizer calculation for softmax (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from xdsl.dialects import math
from xdsl.ir import SSAValue

from .attention_memory import BlockMemory
from .attention_plan import AttentionPlan
from .builder import Index, KernelBuilder
from .combine import Combiner, ShiftMaximum

REGISTER_SCORES = 8
"""Vectors of a row of scores that stay in registers during its softmax."""


@dataclass
class ScoreSoftmax:
    """Exponentials and sums of rows of scores, and the factors of their results."""

    builder: KernelBuilder
    plan: AttentionPlan

    def __post_init__(self) -> None:
        self.maximum = ShiftMaximum("max", self.plan.element)
        self.sum = Combiner("sum", self.plan.element)

    def rows(self, rows: Index, keys: int, memory: BlockMemory, local: Index) -> None:
        """Exponentials of the scores in place; statistics and factors of the rows."""
        b, plan = self.builder, self.plan
        lanes = plan.lanes
        scores = memory.scores
        count = -(-keys // lanes)
        rest = keys - (count - 1) * lanes
        tail = b.mask(rest, lanes)

        with b.loop(0, rows) as loop:
            line = loop.index

            def load(vector: int) -> SSAValue:
                value = b.vload(scores, [line, vector * lanes], lanes)
                if vector == count - 1 and tail is not None:
                    value = b.select(tail, value, -inf)
                return value

            values = [load(v) for v in range(count)] if count <= REGISTER_SCORES else None
            if values is not None:
                top = self.maximum.over_lanes(b, self.maximum.all_of(b, list(values)))
            else:
                top = self._row_top(scores, line, count, load)
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
                total = self._row_powers(scores, line, count, load, power)
            spoilt = self._clear_nan(scores, line, count, total) if plan.clears_nan else None
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

    def _clear_nan(self, scores: SSAValue, line: Index, count: int, total: SSAValue) -> SSAValue:
        """
        Zeros for a row of exponentials whose sum is NaN, and whether it is.

        A score of NaN or infinity makes NaN of all probabilities of the row. The NaN stays in the
        sum of the row, so that the blocks of keys before and after do not count either.
        """
        b, lanes = self.builder, self.plan.lanes
        spoilt = b.cmpf("uno", total, total)
        zero = b.splat(0.0, self.plan.element, lanes)
        with b.if_(spoilt), b.loop(0, count * lanes, lanes) as loop:
            b.vstore(zero, scores, [line, loop.index])
        return spoilt

    def _row_top(
        self, scores: SSAValue, line: Index, count: int, load: Callable[[int], SSAValue]
    ) -> SSAValue:
        b, lanes = self.builder, self.plan.lanes
        start = self.maximum.start(b, lanes)
        chains = 4
        whole = (count - 1) // chains * chains
        found = b.for_each(
            0,
            whole,
            chains,
            lambda v, acc: [
                self.maximum.apply(
                    b, acc[c], b.vload(scores, [line, b.mul(b.add(v, c), lanes)], lanes)
                )
                for c in range(chains)
            ],
            [start] * chains,
        )
        rest = [load(v) for v in range(whole, count)]
        return self.maximum.over_lanes(b, self.maximum.all_of(b, [*found, *rest]))

    def _row_powers(
        self,
        scores: SSAValue,
        line: Index,
        count: int,
        load: Callable[[int], SSAValue],
        power: Callable[[SSAValue, Index], SSAValue],
    ) -> SSAValue:
        b, lanes = self.builder, self.plan.lanes
        start = self.sum.start(b, lanes)
        chains = 4
        whole = (count - 1) // chains * chains

        def trip(v: Index, acc: Sequence[SSAValue]) -> list[SSAValue]:
            found: list[SSAValue] = []
            for c in range(chains):
                vector = b.add(v, c)
                value = b.vload(scores, [line, b.mul(vector, lanes)], lanes)
                found.append(b.addf(acc[c], power(value, vector)))
            return found

        sums = b.for_each(0, whole, chains, trip, [start] * chains)
        rest = [power(load(v), v) for v in range(whole, count)]
        return b.reduce("add", self.sum.all_of(b, [*sums, *rest]))

    def inverse(self, total: SSAValue) -> SSAValue:
        """One over the sum of a row; 0 for a hidden row, or for one of NaN, where that is asked."""
        b = self.builder
        inverse = b.divf(b.constant(1.0, total.type), total)
        if self.plan.guarded:
            without = b.cmpf("ule" if self.plan.clears_nan else "oeq", total, 0.0)
            inverse = b.select(without, 0.0, inverse)
        return inverse
