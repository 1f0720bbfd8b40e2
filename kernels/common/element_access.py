"""
Vectors of logical elements to and from strided memory.

Booleans are bytes in memory and `i1` in registers. A vector along an axis of stride 1 is one
load or store, along a broadcast axis one scalar in every lane, along any other axis one access
for each lane.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerType, i1, i8
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import scalar_type
from ..builder import Index, KernelBuilder, element_type
from .strided_view import StridedView

_BOOL = IntegerType(1)


def from_storage(builder: KernelBuilder, value: SSAValue, element: Attribute) -> SSAValue:
    """A value as loaded from memory as the type that regions compute with."""
    if element == _BOOL and not _is_bool(value):
        return builder.cmpi("ne", value, 0)
    return value


def to_storage(builder: KernelBuilder, value: SSAValue) -> SSAValue:
    """Inverse of `from_storage`."""
    return builder.cast(value, i8) if _is_bool(value) else value


def _is_bool(value: SSAValue) -> bool:
    return element_type(value.type) == i1


def load_scalar(
    builder: KernelBuilder, view: StridedView, memory: SSAValue, position: Sequence[Index]
) -> SSAValue:
    """One logical element."""
    return from_storage(builder, builder.load(memory, view.indices(position)), view.element)


def load_lanes(
    builder: KernelBuilder,
    view: StridedView,
    memory: SSAValue,
    position: Sequence[Index],
    lanes: int,
    valid: Index | None = None,
) -> SSAValue:
    """
    `lanes` logical elements along the last axis from `position` on.

    Only the first `valid` lanes are read (None: all); the others hold 0, or, where lanes are read
    one by one and `valid` is no number, the last one that exists.
    """
    indices = view.indices(position)
    stride = view.strides[-1]
    if stride == 0:
        value = builder.broadcast(builder.load(memory, indices), lanes)
    elif stride == 1:
        mask = None if valid is None else builder.mask(valid, lanes)
        value = builder.vload(memory, indices, lanes, mask)
    else:
        value = builder.splat(0, memory_element(view), lanes)
        number = lanes if valid is None else builder.number(valid)
        for lane in range(lanes if number is None else min(number, lanes)):
            step = lane if valid is None or number else builder.min(builder.sub(valid, 1), lane)
            at = [*indices[:-1], builder.add(indices[-1], step)]
            value = builder.insert(builder.load(memory, at), value, lane)
    return from_storage(builder, value, view.element)


def store_lanes(
    builder: KernelBuilder,
    value: SSAValue,
    view: StridedView,
    memory: SSAValue,
    position: Sequence[Index],
    lanes: int,
    valid: Index | None = None,
) -> None:
    """Store `lanes` logical elements (the first `valid`) along the last axis."""
    value = builder.broadcast(to_storage(builder, value), lanes)
    indices = view.indices(position)
    stride = view.strides[-1]
    if stride == 1:
        mask = None if valid is None else builder.mask(valid, lanes)
        builder.vstore(value, memory, indices, mask)
        return
    assert stride != 0 or lanes == 1 or valid == 1, "a result does not broadcast"

    def store(lane: int) -> None:
        at = [*indices[:-1], builder.add(indices[-1], lane)] if stride != 0 else indices
        builder.store(builder.extract(value, lane), memory, at)

    number = lanes if valid is None else builder.number(valid)
    for lane in range(lanes if number is None else min(number, lanes)):
        if number is not None or valid is None:
            store(lane)
        else:
            with builder.if_(builder.cmpi("sgt", valid, lane)):
                store(lane)


def memory_element(view: StridedView) -> Attribute:
    """Element type in memory."""
    return i8 if view.element == _BOOL else scalar_type(view.element)
