"""How a direct convolution is run: see `direct.py`."""

from __future__ import annotations

from dataclasses import dataclass

from ...dialects.engine.base import layout_of, rank_of
from ...dialects.engine.contraction import ConvOp
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..common.blocked_operands import BlockedOperands
from .blocked import ConvSizes, code_block, code_weight_tag, panel_vectors, weight_tag
from .tiled_plan import TiledConvPlan
from .tiles import Tiling, choose_vectors


@dataclass(frozen=True, kw_only=True)
class DirectPlan(TiledConvPlan):
    """A direct convolution; groups, if any, fill whole vectors."""

    @staticmethod
    def of(op: ConvOp, target: Target) -> DirectPlan | None:
        """None when a supported operation does not fit as it is laid out."""
        rank, lanes = rank_of(op.input), target.lanes(op.accumulator_element())
        sizes, tag = ConvSizes.of(op), layout_of(op.weight)
        vectors = panel_vectors(op.weight, lanes)
        if vectors is None:
            return None
        panel = vectors * lanes
        if op.sums_codes:
            return DirectPlan._of_codes(op, sizes, vectors, target)
        plain = tag == parse_format_tag(weight_tag(rank, lanes, panel, True))
        if not plain and tag != parse_format_tag(weight_tag(rank, lanes, panel, False)):
            return None
        if sizes.groups > 1 and (sizes.outputs % panel or plain):
            return None
        operands = BlockedOperands.of(op, rank, lanes, 1 if plain else lanes)
        if operands is None:
            return None
        plan = DirectPlan(
            op=op,
            sizes=sizes,
            operands=operands,
            lanes=lanes,
            vectors=vectors,
            plain=plain,
            target=target,
        )
        return plan.flattened() if sizes.pointwise else plan

    @staticmethod
    def _of_codes(op: ConvOp, sizes: ConvSizes, vectors: int, target: Target) -> DirectPlan | None:
        """The plan of a convolution of codes, whose sums are of words."""
        rank, lanes = rank_of(op.input), target.lanes(op.accumulator_element())
        block = code_block(sizes.channels, lanes)
        wanted = code_weight_tag(rank, block, vectors * lanes)
        operands = BlockedOperands.of(op, rank, lanes, block)
        if layout_of(op.weight) != parse_format_tag(wanted) or operands is None:
            return None
        plan = DirectPlan(
            op=op,
            sizes=sizes,
            operands=operands,
            lanes=lanes,
            vectors=vectors,
            plain=False,
            target=target,
        )
        return plan.flattened() if sizes.pointwise else plan


def best_tiling(sizes: ConvSizes, lanes: int, target: Target) -> Tiling:
    """The tiling that a direct convolution would like, and so the panel of its weight."""
    rows, columns = sizes.pixels
    divides = sizes.outputs // lanes if sizes.groups > 1 else 0
    return choose_vectors(rows, columns, sizes.blocks(lanes), sizes.depth, target, divides)
