"""How a convolution with groups of any size is run: see `grouped.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...dialects.engine.base import element_of, layout_of, rank_of
from ...dialects.engine.contraction import ConvOp
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands
from ..template import PlanEntry
from .blocked import ConvSizes, panel_vectors, weight_tag
from .tiled_plan import TiledConvPlan
from .tiles import Tiling, choose_tiling

PASS_CYCLES = 1.06
"""What masks and channel numbers cost, as a factor on the cycles of the tiles."""


@dataclass(frozen=True, kw_only=True)
class GroupedPlan(TiledConvPlan):
    """A convolution whose panels may hold results of several groups."""

    @staticmethod
    def of(op: ConvOp, target: Target) -> GroupedPlan | None:
        """None when a supported operation does not fit as it is laid out."""
        rank, lanes = rank_of(op.input), target.lanes(element_of(op.input))
        vectors = panel_vectors(op.weight, lanes)
        if vectors is None:
            return None
        wanted = weight_tag(rank, lanes, vectors * lanes, True)
        operands = BlockedOperands.of(op, rank, lanes)
        if layout_of(op.weight) != parse_format_tag(wanted) or operands is None:
            return None
        plan = GroupedPlan(
            op=op,
            sizes=ConvSizes.of(op),
            operands=operands,
            lanes=lanes,
            vectors=vectors,
            plain=True,
            target=target,
        )
        return plan.flattened() if plan.sizes.pointwise else plan

    def describe(self) -> dict[str, PlanEntry]:
        """As other tiles, and over how many groups all panels go."""
        return {**super().describe(), "passes": passes(self.sizes, self.vectors * self.lanes)}


def passes(sizes: ConvSizes, width: int) -> int:
    """Over how many groups the panels of `width` output channels go, all in all."""
    total = sizes.outputs * sizes.groups
    return sum(
        (min(first + width, total) - 1) // sizes.outputs - first // sizes.outputs + 1
        for first in range(0, total, width)
    )


def choose_panels(sizes: ConvSizes, lanes: int, target: Target) -> Tiling:
    """The tiling with the least cycles; `cycles` counts the panels that are gone over twice."""
    blocks, (rows, columns) = sizes.blocks(lanes), sizes.pixels
    best: Tiling | None = None
    for vectors in (2, 3, 1, 4):
        if vectors > blocks:
            continue
        found = choose_tiling(rows, columns, blocks, sizes.depth, target, vectors)
        more = passes(sizes, vectors * lanes) / -(-blocks // vectors)
        found = replace(found, cycles=found.cycles * more * PASS_CYCLES)
        if best is None or found.cycles < 0.98 * best.cycles:
            best = found
    assert best is not None
    return best
