"""
`engine.tree_ensemble`: many walks through decision trees side by side.

A step of a walk is a comparison without a branch, as no processor can guess which way it goes:
the next node is the child, or the one behind it. Its loads depend on one another, so that one
walk alone mostly waits; sixteen of them keep the processor busy, or 32 where nodes come from
beyond the second cache. They are those of as many rows in one tree, which then stays in the first
cache, or, for single rows, of one row in as many trees.
Loads of vectors from unrelated places (gathers) were measured and are slower: they do the same
loads one by one. Results are added in the order of the trees, whatever walks with what, so that a
row has the same result in every batch, on every number of threads and on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dialects.engine import TreeEnsembleOp
from ...dialects.engine.base import extents_of, sized
from ...targets.target import Target
from ..builder import KernelBuilder
from ..template import Kernel, LayoutChoice, Template
from .cost import forest_seconds
from .plan import ForestPlan
from .writer import ForestWriter


class ForestTemplate(Template[TreeEnsembleOp, ForestPlan]):
    """Forests for rows of f32 or f64."""

    OP = TreeEnsembleOp
    GENERAL = True

    def supports(self, op: TreeEnsembleOp, target: Target) -> bool:
        """Forests and columns that are numbers."""
        rows, *columns = extents_of(op.input)
        constants = [n for value in op.sources[1:] for n in extents_of(value)]
        return sized([rows]) and all(isinstance(n, int) for n in (*columns, *constants))

    def layouts(self, op: TreeEnsembleOp, target: Target) -> Sequence[LayoutChoice]:
        """Row-major."""
        seconds = forest_seconds(op, target)
        return [LayoutChoice((None,) * len(op.sources), (None,), seconds)]

    def plan(self, op: TreeEnsembleOp, target: Target) -> ForestPlan | None:
        """Blocks of rows."""
        return ForestPlan.of(op, target)

    def write(self, plan: ForestPlan, name: str, builder: KernelBuilder) -> Kernel:
        """The walks of a chunk."""
        return ForestWriter(plan, name, builder).write()
