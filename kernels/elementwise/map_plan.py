"""How a map is run: see `map.py`."""

from __future__ import annotations

from dataclasses import dataclass

from ...dialects.engine.base import element_of, layout_of
from ...dialects.engine.elementwise import MapOp
from ...dialects.engine.integer_division import may_divide_by_zero
from ...runtime.size import Extent, Size, sum_of
from ...targets.target import Target
from ..common.elementwise_nest import Nest
from ..common.physical_boxes import physical_boxes
from ..cost import Cost
from ..template import Plan, PlanEntry
from .map_cost import map_seconds, region_lanes, region_weight


def unroll_of(weight: int) -> int:
    """Vectors computed side by side: more for short regions, which wait for each other."""
    return 4 if weight <= 8 else 2 if weight <= 64 else 1


@dataclass(frozen=True)
class MapPlan(Plan):
    """A planned map: its loop nests, and its vectors."""

    op: MapOp
    nests: tuple[Nest, ...]
    lanes: int
    unroll: int
    chunks: Extent
    cost: Cost
    fails: bool
    """Whether a division by zero must be found, one element at a time."""

    @staticmethod
    def of(op: MapOp, target: Target) -> MapPlan | None:
        """None where the operands have blocks that do not go together."""
        fails = may_divide_by_zero(op.body)
        if fails and not all(layout_of(v).row_major for v in op.operands):
            return None
        boxes = physical_boxes(op.destinations[0], op.sources)
        if boxes is None:
            return None
        elements = [element_of(v) for v in (*op.sources, *op.destinations)]
        lanes = 1 if fails else region_lanes(op.body, elements, target)
        unroll = 1 if fails else unroll_of(region_weight(op.body))
        elements_ = sum_of(box.elements for box in boxes)
        cost = Cost.of(op, lambda bound: map_seconds(bound, target), elements_)
        pieces = elements_ if isinstance(elements_, Size) else max(1, elements_)
        chunks = cost.chunks(pieces, target.machine)
        nests = [
            part for box in boxes for part in Nest.of(box, lanes).split(chunks, lanes * unroll)
        ]
        return MapPlan(op, tuple(nests), lanes, unroll, chunks, cost, fails)

    def describe(self) -> dict[str, PlanEntry]:
        """Lanes, vectors side by side, and the loop nests with their extents."""
        nests = ["x".join(str(axis.extent) for axis in nest.axes) for nest in self.nests]
        return {
            "lanes": self.lanes,
            "unroll": self.unroll,
            "nests": ", ".join(nests),
            **self.cost.describe(),
        }
