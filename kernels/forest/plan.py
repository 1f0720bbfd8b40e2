"""How rows and trees are cut into walks that go on side by side."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue

from ...dialects.engine import TreeEnsembleOp
from ...dialects.engine.base import (
    element_of,
    extents_of,
    layout_of,
    rank_of,
    shape_of,
    stride_extents_of,
)
from ...dialects.engine.tree_ensemble import forest_bytes
from ...dialects.engine.weights import dtype_of
from ...runtime.format_tag import row_major_tag
from ...runtime.size import Extent, Size, ceildiv, minimum
from ...targets.target import Target
from ..cost import Cost
from ..template import Plan, PlanEntry, plan_entry
from .cost import forest_seconds

WALKS_BY_CACHE = (16, 16, 32)
"""
Walks side by side, for forests that fit into the first cache, into the second, and into none.

A step waits for two loads, one behind the other, and the walks of other rows or trees go on in the
meantime: the longer the way to the nodes, the more of them. That some indices of nodes then wait
on the stack costs less than it gains.
"""

STEPS_BY_CACHE = (3, 3, 2)
"""Steps between two looks at whether all walks have ended: a look costs as much as a third of a
step of each, and the last steps are often in vain. Fewer where there is more code to a step."""

BLOCK_SHARE = 0.5
"""Part of the first cache for a block of rows, which all trees read; the rest is for a tree."""

MOST_BLOCK_ROWS = 128

ROWS_BY_CACHE = (16, 64, 128)
"""Fewest rows of a chunk, which reads all trees once: for forests that fit into the first cache,
into the second, and into none of them."""


@dataclass(frozen=True)
class ForestPlan(Plan):
    """
    Chunks of groups of `walks` rows, in blocks of `block` rows that stay in the first cache.

    In a block the trees are the outer loop, so that a tree is read once for all rows of it. Rows
    that are no whole group walk `walks` trees at a time instead. After `steps` steps walks look
    whether all have ended.
    """

    op: TreeEnsembleOp
    rows: Extent
    trees: int
    walks: int
    steps: int
    block: int
    cost: Cost
    chunks: Extent

    @staticmethod
    def of(op: TreeEnsembleOp, target: Target) -> ForestPlan | None:
        """None for operands that do not lie row-major, or weights apart from each other."""
        constants = list(op.sources[1:])
        [out] = op.destinations
        if not all(map(_is_row_major, (op.input, *constants, out))):
            return None
        if any(stride_extents_of(v)[-1] != 1 for v in (op.weights, out)):
            return None
        rows, columns = extents_of(op.input)
        assert isinstance(columns, int), "trees look at a number of columns"
        size = columns * dtype_of(element_of(op.thresholds)).itemsize
        size += op.targets.value.data * dtype_of(element_of(op.weights)).itemsize
        cost = Cost.of(op, lambda bound: forest_seconds(bound, target), rows)
        beyond = (forest_bytes(op) > target.l1_bytes) + (forest_bytes(op) > target.l2_bytes)
        walks = WALKS_BY_CACHE[beyond]
        fitting = int(target.l1_bytes * BLOCK_SHARE) // size // walks * walks
        most = ceildiv(rows, ROWS_BY_CACHE[beyond])
        return ForestPlan(
            op=op,
            rows=rows,
            trees=shape_of(op.trees)[0],
            walks=walks,
            steps=STEPS_BY_CACHE[beyond],
            block=min(max(fitting, walks), MOST_BLOCK_ROWS),
            cost=cost,
            chunks=cost.chunks(max(most, 1) if isinstance(most, int) else most, target.machine),
        )

    @property
    def groups(self) -> Extent:
        """Groups of rows, the last one perhaps of fewer."""
        return ceildiv(self.rows, self.walks)

    @property
    def ways(self) -> tuple[str, ...]:
        """What walks side by side: rows, trees, or either where the rows are no number."""
        if isinstance(self.rows, Size):
            return ("rows", "trees")
        return ("rows",) if self.rows >= self.walks else ("trees",)

    def describe(self) -> dict[str, PlanEntry]:
        """Walks side by side, rows of a block."""
        return {
            "walks": self.walks,
            "side_by_side": ", ".join(self.ways),
            "block": plan_entry(minimum(self.block, self.rows)),
            **self.cost.describe(),
        }


def _is_row_major(value: SSAValue) -> bool:
    return str(layout_of(value)) == row_major_tag(rank_of(value))
