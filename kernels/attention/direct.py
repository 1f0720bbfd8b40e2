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
    b = builder

    def keys_of(rows: Sequence[Index], unroll: int) -> None:
        def several(column: Index, count: int) -> None:
            for offset in range(count):
                at = b.add(column, offset)
                _scores_of_key(b, plan, memory, rows, (at, b.add(first_key, at)))

        whole = b.round_down(keys, unroll)
        b.for_each(0, whole, unroll, lambda column, _: several(column, unroll))
        if unroll > 1:
            b.for_each(whole, keys, 1, lambda column, _: several(column, 1))

    if isinstance(plan.rows, int):
        keys_of(range(plan.rows), UNROLL)
        return
    # Two rows read each key once; their sums alone hide less of the latency, in less code.
    b.if_else(
        b.cmpi("eq", b.index(plan.rows), DIRECT_ROWS),
        lambda: keys_of(range(DIRECT_ROWS), 1),
        lambda: keys_of([0], UNROLL),
    )


def _scores_of_key(
    b: KernelBuilder,
    plan: AttentionPlan,
    memory: BlockMemory,
    rows: Sequence[Index],
    at: tuple[Index, Index],
) -> None:
    """Some query rows times one key, `at[1]`, whose scores are column `at[0]`."""
    lanes = plan.lanes
    column, key = at
    key_view, query_view = plan.key.inner(2), plan.query.inner(2)
    rest = plan.depth % lanes
    matrix = memory.keys if memory.matrix is None else memory.matrix

    def step(k: Index, mask: SSAValue | None, sums: tuple[SSAValue, ...]) -> list[SSAValue]:
        valid = None if mask is None else rest
        right = load_lanes(b, key_view, matrix, (key, k), lanes, valid)
        lefts = [load_lanes(b, query_view, memory.query, (row, k), lanes, valid) for row in rows]
        return [b.fma(left, right, old) for left, old in zip(lefts, sums, strict=True)]

    zero = b.splat(0, plan.element, lanes)
    sums = b.for_vectors(plan.depth, lanes, step, [zero] * len(rows))
    for row, value in zip(rows, sums, strict=True):
        score = b.mulf(b.reduce("add", value), plan.scale)
        b.store(score, memory.scores, [row, column])
