"""How resampling is run: see `resize.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute

from ...dialects.engine import ResizeOp
from ...dialects.engine.base import (
    element_of,
    extents_of,
    layout_of,
    physical_extents_of,
    stride_extents_of,
)
from ...runtime.size import Extent, minimum, product_of
from ...targets.target import Target
from ..cost import Cost
from ..template import Plan, PlanEntry, plan_entry, storage_type
from .resize_cost import resize_seconds

SEGMENT = 256
"""Columns whose positions and weights are kept at a time."""

TAPS = {"nearest": 1, "linear": 2, "cubic": 4}
"""Taps along one dimension."""


def resampled(op: ResizeOp) -> tuple[int, ...]:
    """The dimensions along which anything changes."""
    [target] = op.target_types()
    sizes = zip(extents_of(op.input), extents_of(target), op.factors, strict=True)
    return tuple(
        d for d, (size, resized, scale) in enumerate(sizes) if (size, 1) != (resized, scale)
    )


def taps_of(op: ResizeOp) -> int:
    """Terms of one element: the taps of all dimensions that change."""
    return TAPS[op.mode.data] ** len(resampled(op))


def sum_type(op: ResizeOp) -> Attribute:
    """What elements are summed in."""
    element = element_of(op.input)
    narrow = isinstance(element, Float16Type | BFloat16Type) and op.mode.data != "nearest"
    return f32 if narrow else storage_type(element)


@dataclass(frozen=True)
class ResizePlan(Plan):
    """A planned resize: positions are those of the physical dimensions of the result."""

    op: ResizeOp
    order: tuple[int, ...]
    """The logical dimension of each outer physical one."""
    shape: tuple[Extent, ...]
    axes: tuple[int, ...]
    """Physical dimensions that are resampled; the last one is called columns."""
    vectors: bool
    """Whether dimensions behind the columns run in vectors."""
    lanes: int
    target: Target

    @staticmethod
    def of(op: ResizeOp, target: Target) -> ResizePlan | None:
        """None where operand and result lie differently or a resampled dimension is blocked."""
        [out] = op.destinations
        source, result = layout_of(op.input), layout_of(out)
        same = (source.outer, source.inner) == (result.outer, result.inner)
        if not same or result.blocked.keys() & set(resampled(op)):
            return None
        dims = set(resampled(op)) or {result.outer[-1]}
        strides = (stride_extents_of(op.input)[-1], stride_extents_of(out)[-1])
        return ResizePlan(
            op,
            result.outer,
            physical_extents_of(out),
            tuple(axis for axis, dim in enumerate(result.outer) if dim in dims),
            strides == (1, 1),
            target.lanes(sum_type(op)),
            target,
        )

    @property
    def column(self) -> int:
        """The physical dimension whose taps lie in a table."""
        return self.axes[-1]

    @property
    def before(self) -> tuple[Extent, ...]:
        """Extents of the loops over rows."""
        return self.shape[: self.column]

    @property
    def inner_lanes(self) -> int:
        """Elements that are computed at a time."""
        return self.lanes if self.column < len(self.shape) - 1 and self.vectors else 1

    @cached_property
    def cost(self) -> Cost:
        """The time on one thread, by elements of the result."""
        taps, lanes = taps_of(self.op), self.inner_lanes
        return Cost.of(
            self.op,
            lambda bound: resize_seconds(bound, taps, lanes, self.target),
            product_of(self.shape),
        )

    @cached_property
    def chunks(self) -> Extent:
        """Chunks of the rows; 1 where there is nothing to do."""
        if 0 in self.shape:
            return 1
        units = product_of(self.before)
        return self.cost.chunks(
            max(1, units) if isinstance(units, int) else units, self.target.machine
        )

    def describe(self) -> dict[str, PlanEntry]:
        """Taps of an element, lanes, and columns of a table of taps."""
        return {
            "taps": taps_of(self.op),
            "lanes": self.inner_lanes,
            "segment": plan_entry(minimum(SEGMENT, self.shape[self.column])),
            **self.cost.describe(),
        }
