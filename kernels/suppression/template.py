"""
`engine.suppress`: non-maximum suppression.

One chunk goes over the classes of all images. Scores are looked at in vectors; the boxes whose
score is high enough become a heap with the best on top. Whatever comes off the heap is compared
with a vector of the boxes taken before at a time, whose corners and areas lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...dialects.engine.base import extents_of, nbytes_of, sized
from ...dialects.engine.suppression import SuppressOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.strided_view import StridedView, is_strided, logical_strides, moved_view
from ..template import (
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    kernel_function,
    plan_entry,
)
from .writer import SuppressWriter

SCORE_CYCLES = 2
"""To look at a score, and to take what is high enough off the heap."""


@dataclass(frozen=True)
class SuppressPlan(Plan):
    """Planned suppression: boxes as `[image, box, corner]`, scores as `[image, class, box]`."""

    op: SuppressOp
    boxes: StridedView
    scores: StridedView
    lanes: int

    def describe(self) -> dict[str, PlanEntry]:
        """How many boxes are compared at once, and how many are taken of a class at the most."""
        return {"lanes": self.lanes, "most": plan_entry(self.op.most_of_class)}


class SuppressTemplate(Template[SuppressOp, SuppressPlan]):
    """`engine.suppress`; see the module docstring."""

    OP = SuppressOp
    GENERAL = True

    def supports(self, op: SuppressOp, target: Target) -> bool:
        return sized(extents_of(op.boxes)) and sized(extents_of(op.scores))

    def layouts(self, op: SuppressOp, target: Target) -> Sequence[LayoutChoice]:
        seconds = target.machine.seconds(SCORE_CYCLES * nbytes_of(op.scores) / 4)
        return [LayoutChoice((None,) * 5, (None,) * 4, seconds)]

    def plan(self, op: SuppressOp, target: Target) -> SuppressPlan | None:
        if not is_strided(op.boxes) or not is_strided(op.scores):
            return None
        views = [
            moved_view(v, list(zip(extents_of(v), logical_strides(v), strict=True)))
            for v in (op.boxes, op.scores)
        ]
        if views[1].strides[-1] != 1:
            return None
        return SuppressPlan(op, views[0], views[1], target.lanes(views[1].element))

    def write(self, plan: SuppressPlan, name: str, builder: KernelBuilder) -> Kernel:
        names = ["chunk", "boxes", "scores", "limit", "overlap", "least"]
        names += ["rows", "order", "corners", "counts"]
        with kernel_function(builder, name, plan.op, names=names) as (_, *memories):
            writer = SuppressWriter(builder, plan.op, plan.boxes, plan.scores, plan.lanes)
            writer.write(memories)
        return Kernel(1)
