"""How a convolution of any kind is run row by row: see `general.py`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute

from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.contraction import ConvolutionOp
from ...runtime.size import Extent, product_of
from ...targets.target import Target
from ..common.strided_view import StridedView, is_strided, logical_strides, strides_over
from ..cost import Cost, at_typical_sizes
from ..template import Plan, PlanEntry, storage_type
from .general_cost import general_seconds
from .general_geometry import Geometry

SEGMENT = 512
"""Accumulators of a row that are kept at a time."""


@dataclass(frozen=True)
class GeneralPlan(Plan):
    """A planned convolution or transposed convolution on operands without blocks."""

    op: ConvolutionOp
    geometry: Geometry
    sum_type: Attribute
    """Element type of the accumulators."""
    lanes: int
    views: tuple[StridedView, ...]
    """Input, weight, epilogue operands, result; all but the first two over the result's shape."""
    seconds: float
    """Estimated time on one thread; where sizes are values, of typical ones."""
    target: Target

    @staticmethod
    def of(op: ConvolutionOp, target: Target) -> GeneralPlan | None:
        """None where a dimension of a supported operation is blocked."""
        if not all(is_strided(v) for v in (*op.sources, *op.destinations)):
            return None
        element = element_of(op.operands[0])
        narrow = isinstance(element, Float16Type | BFloat16Type)
        sum_type: Attribute = f32 if narrow else storage_type(element)
        shape = extents_of(op.target_types()[0])
        data = [
            StridedView(element_of(v), extents_of(v), logical_strides(v)) for v in op.operands[:2]
        ]
        others = [
            StridedView(element_of(v), shape, strides_over(v, shape))
            for v in (*op.epilogue_operands, op.destinations[0])
        ]
        return GeneralPlan(
            op,
            Geometry.of(op),
            sum_type,
            target.lanes(sum_type),
            (*data, *others),
            general_seconds(at_typical_sizes(op), target),
            target,
        )

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The loops: images, groups, blocks of channels, and rows."""
        g = self.geometry
        return (g.images, g.groups, g.outputs // g.together, *g.extents[:-1])

    @property
    def segment(self) -> int:
        """Accumulators of a row that are kept at a time, at most."""
        columns = self.geometry.extents[-1]
        return min(SEGMENT, max(1, columns)) if isinstance(columns, int) else SEGMENT

    @property
    def chunks(self) -> Extent:
        """Chunks of the loops."""
        pieces = product_of(self.extents)
        pieces = max(1, pieces) if isinstance(pieces, int) else pieces
        work = pieces * self.geometry.extents[-1]
        cost = Cost(self.seconds, pieces if isinstance(work, int) else work)
        return cost.chunks(pieces, self.target.machine)

    def describe(self) -> dict[str, PlanEntry]:
        """Channels that share a load, accumulators of a row, and lanes of the sums."""
        return {
            "channels": self.geometry.together,
            "segment": self.segment,
            "lanes": self.lanes,
            **Cost(self.seconds, product_of(self.geometry.extents)).describe(),
        }
