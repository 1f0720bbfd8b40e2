"""
Control flow that is known when the model is compiled: the branch that is taken, and steps of loops
that are written out.
"""

from __future__ import annotations

from xdsl.ir import Block, SSAValue

from ....dialects.engine import ConcatOp, WeightStore
from ....dialects.engine.base import shape_of
from ....dialects.engine.constant import constant_of
from ..lowering import Lowering, NoNativeForm, positive

UNROLLED_OPERATIONS = 2048
"""Most operations that a loop is written out to."""


def flag_of(store: WeightStore, value: SSAValue) -> bool | None:
    """Whether a constant holds; None for what is known at run time only."""
    attr = constant_of(value)
    return None if attr is None else bool(store.array(attr).all())


def require_short(count: int, block: Block) -> None:
    """Raise `NoNativeForm` for a loop of too many operations to write out."""
    if count * len(list(block.ops)) > UNROLLED_OPERATIONS:
        raise NoNativeForm(f"has {count} steps, too many to write out")


def taken(lo: Lowering, x: SSAValue, axis: int, at: int) -> SSAValue:
    """What a step reads: the part of `x` at one position along `axis`, without that axis."""
    shape = shape_of(x)
    return lo.reshape(lo.slice_axis(x, axis, at, 1), (*shape[:axis], *shape[axis + 1 :]))


def stacked(lo: Lowering, values: list[SSAValue], axis: int) -> SSAValue:
    """Values of equal shape along a new axis."""
    shape = shape_of(values[0])
    if min(shape, default=0) < 0 or any(shape_of(v) != shape for v in values):
        raise NoNativeForm("gives values of changing shape")
    at = positive(axis, len(shape) + 1)
    parts = [lo.reshape(v, (*shape[:at], 1, *shape[at:])) for v in values]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, at))
