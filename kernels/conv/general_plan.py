"""How a convolution of any kind is run row by row: see `general.py`."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute

from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.contraction import ConvolutionOp
from ...runtime.size import numbers_of
from ...targets.target import Target
from ..common.strided_view import StridedView, is_strided, logical_strides, strides_over
from ..template import Plan, PlanEntry, chunk_count, storage_type
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
    target: Target

    @staticmethod
    def of(op: ConvolutionOp, target: Target) -> GeneralPlan | None:
        """None where a dimension of a supported operation is blocked."""
        if not all(is_strided(v) for v in (*op.sources, *op.destinations)):
            return None
        element = element_of(op.operands[0])
        narrow = isinstance(element, Float16Type | BFloat16Type)
        sum_type: Attribute = f32 if narrow else storage_type(element)
        shape = numbers_of(op.inferred_shapes()[0])
        data = [
            StridedView(element_of(v), shape_of(v), logical_strides(v)) for v in op.operands[:2]
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
            general_seconds(op, target),
            target,
        )

    @property
    def extents(self) -> tuple[int, ...]:
        """The loops: images, groups, blocks of channels, and rows."""
        g = self.geometry
        return (g.images, g.groups, g.outputs // g.together, *g.extents[:-1])

    @property
    def chunks(self) -> int:
        """Chunks of the loops."""
        return chunk_count(max(1, prod(self.extents)), self.seconds, self.target.machine)

    def describe(self) -> dict[str, PlanEntry]:
        """Channels that share a load, accumulators of a row, and lanes of the sums."""
        return {
            "channels": self.geometry.together,
            "segment": min(SEGMENT, self.geometry.extents[-1]),
            "lanes": self.lanes,
            "estimated_us": round(self.seconds * 1e6),
        }
