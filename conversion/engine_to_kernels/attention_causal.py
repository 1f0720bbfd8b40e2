"""
Causal attention without what lies beyond the diagonal.

A block of query rows meets only as many keys as its last row sees, in a few steps: each number of
keys is code of its own. Hidden keys have no influence as long as they and their values are finite;
NaN and infinity spread from them through sums (0 * inf), so a head that has such numbers takes all
keys.

Reference: T. Dao, FlashAttention-2 (2023), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from .attention_plan import AttentionPlan
from .builder import Index, KernelBuilder
from .element_access import load_lanes
from .strided_view import StridedView

STEPS = 2
"""Most numbers of keys that a block of query rows may take of a block of keys; each is code."""

CHAINS = 8
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
        if plan.one_block and len(steps_of(plan.keys, plan.panel)) == 1:
            return None
        views = (plan.key.inner(2), plan.value.inner(2))
        if any(view.strides[-1] != 1 for view in views):
            return None
        found = [
            _finite(builder, plan.lanes, view, memory)
            for view, memory in zip(views, (key, value), strict=True)
        ]
        return CausalSkip(builder, plan, builder.andi(*found))

    def visible(self, stop: Index, first_key: Index) -> SSAValue:
        """How many keys from `first_key` on the rows before `stop` see together."""
        b, plan = self.builder, self.plan
        seen = b.sub(b.add(stop, plan.keys - plan.rows), first_key)
        return b.select(self.finite, b.index(seen), b.index(plan.keys))

    def call(self, visible: SSAValue, keys: int, block: Callable[[int], None]) -> None:
        """`block(n)` for the fewest `n` of `keys` keys that contain the visible ones."""
        b = self.builder
        # Of several blocks of keys, whole ones are left out; steps in each would be much code.
        steps = steps_of(keys, self.plan.panel) if self.plan.one_block else [keys]

        def choose(position: int) -> None:
            if position + 1 == len(steps):
                block(steps[position])
                return
            b.if_else(
                b.cmpi("sle", visible, steps[position]),
                lambda: block(steps[position]),
                lambda: choose(position + 1),
            )

        choose(0)


def steps_of(keys: int, panel: int) -> list[int]:
    """Numbers of keys out of `keys`, whole panels but for the last, which is all of them."""
    step = -(-keys // STEPS)
    step += -step % panel
    return [*range(step, keys, step), keys]


def _finite(b: KernelBuilder, lanes: int, view: StridedView, memory: SSAValue) -> SSAValue:
    """Whether all elements of a matrix are finite: x * 0 is 0, or NaN, which stays in a sum."""
    rows, width = view.extents
    starts = range(0, width, lanes)
    zero = b.splat(0, view.element, lanes)
    sums: Sequence[SSAValue] = [zero] * min(CHAINS, len(starts))

    def row(number: Index, sums: Sequence[SSAValue]) -> list[SSAValue]:
        found = list(sums)
        for i, start in enumerate(starts):
            valid = width - start if start + lanes > width else None
            value = load_lanes(b, view, memory, (number, start), lanes, valid)
            found[i % CHAINS] = b.fma(value, zero, found[i % CHAINS])
        return found

    sums = b.for_each(0, rows, 1, row, sums)
    total = sums[0]
    for other in sums[1:]:
        total = b.addf(total, other)
    return b.cmpf("oeq", b.reduce("add", total), 0.0)
