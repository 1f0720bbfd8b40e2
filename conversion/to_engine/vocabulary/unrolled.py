"""
Control flow that is known when the model is compiled: the branch that is taken, and steps of loops
that are written out.
"""

from __future__ import annotations

from xdsl.ir import Block, SSAValue

from ....dialects.engine import ConcatOp, WeightStore
from ....dialects.engine.base import extents_of
from ....dialects.engine.constant import constant_of
from ..lowering import Lowering, NoNativeForm, positive

UNROLLED_OPERATIONS = 2048
"""Most operations that a loop is written out to."""

SHORT_TRIPS = 16
"""A loop of fewer trips is written out, unless that is too many operations."""

SHORT_OPERATIONS = 200
"""Most operations that a loop of more trips is written out to."""


def flag_of(store: WeightStore, value: SSAValue) -> bool | None:
    """Whether a constant holds; None for what is known at run time only."""
    attr = constant_of(value)
    return None if attr is None else bool(store.array(attr).all())


def is_short(count: int, block: Block) -> bool:
    """Whether a loop is to be written out."""
    operations = count * len(list(block.ops))
    return operations <= (UNROLLED_OPERATIONS if count < SHORT_TRIPS else SHORT_OPERATIONS)


def fits_unrolled(count: int, block: Block) -> bool:
    """Whether a loop that has no other form can be written out."""
    return count * len(list(block.ops)) <= UNROLLED_OPERATIONS


def taken(lo: Lowering, x: SSAValue, axis: int, at: int) -> SSAValue:
    """What a step reads: the part of `x` at one position along `axis`, without that axis."""
    shape = extents_of(x)
    return lo.reshape(lo.slice_axis(x, axis, at, 1), (*shape[:axis], *shape[axis + 1 :]))


def stacked(lo: Lowering, values: list[SSAValue], axis: int) -> SSAValue:
    """Values of equal shape along a new axis."""
    shape = extents_of(values[0])
    if -1 in shape or any(extents_of(v) != shape for v in values):
        raise NoNativeForm("gives values of changing shape")
    at = positive(axis, len(shape) + 1)
    parts = [lo.reshape(v, (*shape[:at], 1, *shape[at:])) for v in values]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, at))
