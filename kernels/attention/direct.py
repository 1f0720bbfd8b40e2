"""
Scores of one or two query rows: dot products with the keys where they lie.

Generating text one token at a time asks for one row against all keys. Packing the keys would then
move each of them twice as often as it is used.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder
from ..common.element_access import load_lanes
from .memory import BlockMemory
from .plan import DIRECT_ROWS, AttentionPlan

UNROLL = 4
"""Keys side by side: their sums over lanes hide each other's latency."""


def few_rows(builder: KernelBuilder, plan: AttentionPlan) -> SSAValue:
    """Whether there are so few query rows, a number that is known when the kernel runs."""
    return builder.cmpi("sle", builder.index(plan.rows), DIRECT_ROWS)


def direct_scores(
    builder: KernelBuilder, plan: AttentionPlan, keys: Index, memory: BlockMemory, first_key: Index
) -> None:
    """Products of all query rows with keys `first_key ... first_key + keys`."""
    whole = builder.round_down(keys, UNROLL)

    def several(column: Index, count: int) -> None:
        for offset in range(count):
            at = builder.add(column, offset)
            _scores_of_key(builder, plan, memory, at, builder.add(first_key, at))

    builder.for_each(0, whole, UNROLL, lambda column, _: several(column, UNROLL))
    builder.for_each(whole, keys, 1, lambda column, _: several(column, 1))


def _scores_of_key(
    b: KernelBuilder, plan: AttentionPlan, memory: BlockMemory, column: Index, key: Index
) -> None:
    """Every query row times one key."""
    lanes = plan.lanes
    key_view, query_view = plan.key.inner(2), plan.query.inner(2)
    rest = plan.depth % lanes
    matrix = memory.keys if memory.matrix is None else memory.matrix

    def scores(rows: Sequence[Index]) -> None:
        def step(k: Index, mask: SSAValue | None, sums: tuple[SSAValue, ...]) -> list[SSAValue]:
            valid = None if mask is None else rest
            right = load_lanes(b, key_view, matrix, (key, k), lanes, valid)
            lefts = [
                load_lanes(b, query_view, memory.query, (row, k), lanes, valid) for row in rows
            ]
            return [b.fma(left, right, old) for left, old in zip(lefts, sums, strict=True)]

        zero = b.splat(0, plan.element, lanes)
        sums = b.for_vectors(plan.depth, lanes, step, [zero] * len(rows))
        for row, value in zip(rows, sums, strict=True):
            score = b.mulf(b.reduce("add", value), plan.scale)
            b.store(score, memory.scores, [row, column])

    if isinstance(plan.rows, int):
        scores(range(plan.rows))
        return
    b.for_each(0, plan.rows, 1, lambda row, _: scores([row]))
