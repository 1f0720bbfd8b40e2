"""
The softmax of a block of attention scores, row by row, in place.

Reference: M. Milakov, N. Gimelshein, Online normalizer calculation for softmax (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from xdsl.dialects import math
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ...runtime.size import Size
from ..builder import Index, KernelBuilder
from ..common.combine import Combiner, ShiftMaximum
from ..common.element_access import load_lanes
from .memory import BlockMemory, KeysPart
from .plan import AttentionPlan

REGISTER_SCORES = 8
"""Vectors of a row of scores that stay in registers during its softmax."""

FEW_KEYS = 64
"""Keys up to which that is so where their number is a value."""

WAYS = (1, 2, 4, 8)
"""Numbers of vectors that are code of their own for that; others take the next larger one."""

CHAINS = 4
"""Vectors in one trip over a longer row; half as many of f64, whose exponential is longer."""


@dataclass(frozen=True)
class _Row:
    """A row of scores: line `at[1]` of those from query row `at[0]` on."""

    at: tuple[Index, Index]
    part: KeysPart
    """The keys of its scores."""
    memory: BlockMemory


@dataclass(frozen=True)
class _Reduced:
    """What the scores of a row in a block of keys come to, once exponentials are in their place."""

    place: Index
    """Of the row in the statistics."""
    before: SSAValue | None
    """Its maximum before this block of keys."""
    highest: SSAValue
    top: SSAValue
    """What was subtracted from the scores."""
    total: SSAValue


_Begin = Callable[[], tuple[Index, SSAValue | None]]
"""Gives the place of a row, and its maximum before this block of keys."""


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
        part: KeysPart,
        memory: BlockMemory,
        local: Index,
    ) -> None:
        """
        Exponentials of the scores in place; statistics and factors of the rows.

        `rows` are the first query row and how many there are, `local` the number of the first in
        the statistics.
        """
        b, plan, keys = self.builder, self.plan, part.count
        known = b.number(keys)
        count = None if known is None else -(-known // plan.lanes)
        with b.loop(0, rows[1]) as loop:
            line = loop.index

            def begin() -> tuple[Index, SSAValue | None]:
                place = b.add(local, line)
                if plan.one_block:
                    return place, None
                before = b.load(memory.top, [place])
                return place, b.select(part.begins(b), -inf, before)

            row = _Row((rows[0], line), part, memory)
            if isinstance(plan.keys, Size):
                found = self._few_or_any(row, keys, begin())
            elif count is not None and count <= REGISTER_SCORES:
                found = self._in_registers(row, keys, count, count - 1, begin)
            else:
                found = self._of_any(row, keys, begin)
            self._store(row, keys, found)

    def _store(self, row: _Row, keys: Index, found: _Reduced) -> None:
        """The statistics of a row, and the factor of its results."""
        b, plan, memory, line = self.builder, self.plan, row.memory, row.at[1]
        highest, total = found.highest, found.total
        scores = memory.scores
        spoilt = self._clear_nan(scores, line, keys, total) if plan.clears_nan else None
        if found.before is None:
            b.store(self.inverse(total), memory.factor, [line])
            return
        before, top = found.before, found.top
        begins, zero = row.part.begins(b), b.constant(0.0, plan.element)
        correction, running = b.if_else(
            begins,
            lambda: [zero, zero],
            lambda: [
                b.apply(math.ExpOp, b.subf(before, top)),
                b.load(memory.total, [found.place]),
            ],
            [plan.element] * 2,
        )
        if spoilt is not None:
            highest = b.select(spoilt, before, highest)
            correction = b.select(spoilt, 1.0, correction)
        total = b.fma(running, correction, total)
        b.store(highest, memory.top, [found.place])
        b.store(total, memory.total, [found.place])
        b.store(correction, memory.factor, [line])
        assert row.part.last is not None
        assert memory.inverse is not None
        closing = b.select(row.part.last, self.inverse(total), 1.0)
        b.store(closing, memory.inverse, [line])

    def _few_or_any(self, row: _Row, keys: Index, begun: tuple[Index, SSAValue | None]) -> _Reduced:
        """A row of which the kernel asks whether it is a few vectors."""
        b, plan = self.builder, self.plan

        def way(number: int) -> tuple[SSAValue, ...]:
            if number == len(self._ways):
                found = self._of_any(row, keys, lambda: begun)
                return found.highest, found.total
            return b.if_else(
                b.cmpi("sle", keys, self._ways[number] * plan.lanes),
                lambda: registers(number),
                lambda: way(number + 1),
                [plan.element, plan.element],
            )

        def registers(number: int) -> tuple[SSAValue, ...]:
            whole = self._ways[number - 1] if number else 0
            found = self._in_registers(row, keys, self._ways[number], whole, lambda: begun)
            return found.highest, found.total

        highest, total = way(0)
        return _Reduced(*begun, highest, self._subtracted(highest), total)

    @property
    def _ways(self) -> Sequence[int]:
        """The numbers of vectors with code of their own: fewer where other code is longer."""
        plan = self.plan
        if plan.value.strides[-1] != 1:  # read one by one
            return ()
        longer = (plan.mask is not None) + (plan.causal) + (plan.element != f32)
        longer += len(plan.column_tiles) > 1
        ways = [count for count in WAYS if count * plan.lanes <= FEW_KEYS]
        return ways[: max(len(ways) - longer, 0)]

    def _in_registers(
        self, row: _Row, keys: Index, count: int, whole: int, begin: _Begin
    ) -> _Reduced:
        """A row of at most `count` vectors, of which `whole` have all lanes."""
        b = self.builder
        values = [self._load(row, keys, v, last=v >= whole) for v in range(count)]
        top = self.maximum.over_lanes(b, self.maximum.all_of(b, list(values)))
        place, before = begin()
        highest = top if before is None else self.maximum.apply(b, before, top)
        top = self._subtracted(highest)
        power = self._power(row, top)
        powers = [power(value, v) for v, value in enumerate(values)]
        total = b.reduce("add", self.sum.all_of(b, powers))
        return _Reduced(place, before, highest, top, total)

    def _of_any(self, row: _Row, keys: Index, begin: _Begin) -> _Reduced:
        b, scores, line = self.builder, row.memory.scores, row.at[1]
        top = self._row_top(scores, line, keys, partial(self._load, row, keys))
        place, before = begin()
        highest = top if before is None else self.maximum.apply(b, before, top)
        top = self._subtracted(highest)
        total = self._row_powers(scores, line, keys, self._power(row, top))
        return _Reduced(place, before, highest, top, total)

    def _load(self, row: _Row, keys: Index, vector: Index, *, last: bool) -> SSAValue:
        """Scores as they count; a last vector may have some of its lanes only, or none."""
        b, lanes = self.builder, self.plan.lanes
        first_row, line = row.at
        column = b.mul(vector, lanes)
        value = b.vload(row.memory.scores, [line, column], lanes)
        some = b.sub(keys, column) if last else None
        at = (b.add(first_row, line), b.add(row.part.first, column))
        value = self._shown(row.memory.mask, value, at, some)
        tail = None if some is None else b.mask(some, lanes)
        return value if tail is None else b.select(tail, value, -inf)

    def _subtracted(self, highest: SSAValue) -> SSAValue:
        """What is subtracted from scores: 0 of a row that is hidden so far, not -inf."""
        if self.plan.one_block and not self.plan.guarded:
            return highest
        return self.builder.select(self.builder.cmpf("oeq", highest, -inf), 0.0, highest)

    def _power(self, row: _Row, top: SSAValue) -> Callable[[SSAValue, Index], SSAValue]:
        """The exponentials of a vector of scores, stored in their place."""
        b, lanes = self.builder, self.plan.lanes

        def power(value: SSAValue, vector: Index) -> SSAValue:
            found = b.apply(math.ExpOp, b.subf(value, top))
            b.vstore(found, row.memory.scores, [row.at[1], b.mul(vector, lanes)])
            return found

        return power

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
