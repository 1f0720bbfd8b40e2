"""
Causal attention without what lies beyond the diagonal.

A block of query rows meets only as many keys as its last row sees. Hidden keys have no influence as
long as they and their values are finite; NaN and infinity spread from them through sums (0 * inf),
so a head that has such numbers takes all keys.

Reference: T. Dao, FlashAttention-2 (2023), section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder
from ..common.element_access import load_lanes
from ..common.strided_view import StridedView
from .direct import few_rows
from .plan import TILES_IN_BLOCK, AttentionPlan

CHAINS = 4
"""Sums that run side by side while looking for numbers that are not finite."""


@dataclass(frozen=True)
class CausalSkip:
    """How a head leaves out hidden keys; `finite` says whether it may."""

    builder: KernelBuilder
    plan: AttentionPlan
    finite: SSAValue

    @staticmethod
    def of(
        builder: KernelBuilder, plan: AttentionPlan, key: SSAValue, value: SSAValue
    ) -> CausalSkip | None:
        """For the keys and values of a head; None where nothing can be left out."""
        if not plan.causal or plan.direct_keys:
            return None
        tiles = plan.tiles.count
        if plan.one_block and isinstance(tiles, int) and tiles <= 2 * TILES_IN_BLOCK:
            return None  # of two blocks of rows one sees all keys, and the other most of them
        views = (plan.key.inner(2), plan.value.inner(2))
        if any(view.strides[-1] != 1 for view in views):
            return None

        def finite() -> list[SSAValue]:
            found = [
                _finite(builder, plan.lanes, view, memory)
                for view, memory in zip(views, (key, value), strict=True)
            ]
            return [builder.andi(*found)]

        if plan.few_rows is not None:
            return CausalSkip(builder, plan, *finite())
        # A row or two see most keys: to look at them all takes longer than to leave some out.
        no = builder.constant(0, i1)
        few = few_rows(builder, plan)
        return CausalSkip(builder, plan, *builder.if_else(few, lambda: [no], finite, [i1]))

    def seen(self, stop: Index) -> Index:
        """How many of all keys the rows before `stop` see together; some in any case."""
        b, plan = self.builder, self.plan
        seen = b.max(b.add(stop, plan.keys - plan.rows), 1)
        # Whole vectors, all of which the last panel of keys has where it has them at all.
        seen = b.min(b.round_down(b.add(seen, plan.lanes - 1), plan.lanes), plan.keys)
        return b.select(self.finite, b.index(seen), b.index(plan.keys))


def _finite(b: KernelBuilder, lanes: int, view: StridedView, memory: SSAValue) -> SSAValue:
    """Whether all elements of a matrix are finite: x * 0 is 0, or NaN, which stays in a sum."""
    rows, width = view.extents
    zero = b.splat(0, view.element, lanes)
    vectors = -(-width // lanes)
    chains = min(CHAINS, vectors)
    whole = width // (chains * lanes) * (chains * lanes)

    def row(number: Index, sums: Sequence[SSAValue]) -> list[SSAValue]:
        def several(column: Index, sums: Sequence[SSAValue]) -> list[SSAValue]:
            found = list(sums)
            left = b.sub(width, column)
            for i in range(min(chains, -(-(b.number(left) or width) // lanes))):
                start = b.add(column, i * lanes)
                valid = b.number(b.sub(width, start))
                some = valid if valid is not None and valid < lanes else None
                value = load_lanes(b, view, memory, (number, start), lanes, some)
                found[i] = b.fma(value, zero, found[i])
            return found

        sums = b.for_each(0, whole, chains * lanes, several, sums)
        return several(whole, sums) if whole < width else list(sums)

    sums = b.for_each(0, rows, 1, row, [zero] * chains)
    total = sums[0]
    for other in sums[1:]:
        total = b.addf(total, other)
    return b.cmpf("oeq", b.reduce("add", total), 0.0)
