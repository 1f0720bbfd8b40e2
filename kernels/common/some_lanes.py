"""Vectors of which some lanes exist, how many being known at run time."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder
from .element_access import from_storage, load_lanes, memory_element, store_lanes, to_storage
from .strided_view import StridedView


def load_some_lanes(
    b: KernelBuilder,
    view: StridedView,
    memory: SSAValue,
    position: Sequence[Index],
    lanes: int,
    some: Index | None,
) -> SSAValue:
    """
    `load_lanes` of the first `some` lanes (None or more than `lanes`: all).

    The others hold 0, or, where lanes are read one by one, the last one that exists.
    """
    number = None if some is None else b.number(some)
    if some is None or number is not None or view.strides[-1] == 0:
        return load_lanes(b, view, memory, position, lanes, _fewer(number, lanes))
    if view.strides[-1] == 1:
        value = b.vload(memory, view.indices(position), lanes, b.mask(some, lanes))
        return from_storage(b, value, view.element)
    value = b.splat(0, memory_element(view), lanes)
    for lane in range(lanes):
        at = (*position[:-1], b.add(position[-1], b.min(b.sub(some, 1), lane)))
        value = b.insert(b.load(memory, view.indices(at)), value, lane)
    return from_storage(b, value, view.element)


def store_some_lanes(
    b: KernelBuilder,
    value: SSAValue,
    view: StridedView,
    memory: SSAValue,
    position: Sequence[Index],
    lanes: int,
    some: Index | None,
) -> None:
    """`store_lanes` of the first `some` lanes (None or more than `lanes`: all)."""
    number = None if some is None else b.number(some)
    if some is None or number is not None:
        store_lanes(b, value, view, memory, position, lanes, _fewer(number, lanes))
        return
    value = to_storage(b, value)
    if view.strides[-1] == 1:
        b.vstore(value, memory, view.indices(position), b.mask(some, lanes))
        return
    for lane in range(lanes):
        with b.if_(b.cmpi("sgt", b.index(some), lane)):
            at = (*position[:-1], b.add(position[-1], lane))
            b.store(b.extract(value, lane), memory, view.indices(at))


def _fewer(some: int | None, lanes: int) -> int | None:
    return None if some is None or some >= lanes else some
