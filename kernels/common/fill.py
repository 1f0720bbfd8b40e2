"""Constants written into parts of a tensor: the border of a pad."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, stride_extents_of
from ...runtime.size import Extent, maximum, product_of
from ..builder import KernelBuilder
from ..template import storage_type
from .element_copy import physical_position, physical_view
from .elementwise_nest import ElementwiseWriter, Nest
from .physical_boxes import Box
from .strided_view import Axis

UNROLL = 4


Ranges = Sequence[tuple[Extent, Extent]]
"""[first, last) of each dimension."""


def border_ranges(
    shape: Sequence[Extent], amounts: Sequence[tuple[Extent, Extent]]
) -> list[Ranges]:
    """
    Disjoint boxes of a padded `shape` that its operand does not cover, (low, high) around it.

    For each dimension: inside of the dimensions before it, one side of it, all of those behind.
    """
    inside = [
        (maximum(0, low), n - maximum(0, high))
        for n, (low, high) in zip(shape, amounts, strict=True)
    ]
    found: list[Ranges] = []
    for dim, (first, last) in enumerate(inside):
        rest = [(0, n) for n in shape[dim + 1 :]]
        sides = [(0, shape[dim])] if _empty(first, last) else [(0, first), (last, shape[dim])]
        found += [[*inside[:dim], side, *rest] for side in sides]
        if _empty(first, last):
            break
    return [ranges for ranges in found if not any(_empty(a, b) for a, b in ranges)]


def _empty(first: Extent, last: Extent) -> bool:
    """Whether nothing lies between; sizes by name may turn out to leave nothing, which is right."""
    length = last - first
    return isinstance(length, int) and length <= 0


def border_boxes(target: SSAValue, borders: Sequence[Ranges]) -> list[Box] | None:
    """Boxes of blocks of `target`; None where a border parts a blocked dimension."""
    tag, strides = layout_of(target), stride_extents_of(target)
    shape, blocked = extents_of(target), tag.blocked
    extents = tag.physical_extents(shape)
    boxes: list[Box] = []
    for ranges in borders:
        if any(ranges[d] != (0, shape[d]) for d in blocked):
            return None
        axes: list[Axis] = []
        offset: Extent = 0
        for at, dim in enumerate(tag.outer):
            first, last = (0, extents[at]) if dim in blocked else ranges[dim]
            axes.append(Axis(last - first, (strides[at],)))
            offset = offset + strides[at] * first
        for at, (_, block) in enumerate(tag.inner, len(tag.outer)):
            axes.append(Axis(block, (strides[at],)))
        boxes.append(Box(tuple(axes), (offset,)))
    return boxes


def fill(
    b: KernelBuilder,
    memory: SSAValue,
    target: SSAValue,
    boxes: Sequence[Box],
    value: float,
    part: tuple[SSAValue, Extent],
) -> None:
    """Write `value` into the boxes; `part` is (chunk, chunks)."""
    chunk, chunks = part
    element = storage_type(element_of(target))
    lanes = b.target.lanes(element)
    constant = b.splat(value, element, lanes)
    writer = ElementwiseWriter(b, (memory,), (element,), lanes, UNROLL, lambda values: constant)
    for box in boxes:
        nest = Nest.of(box, lanes)
        for part_nest in nest.split(chunks, lanes * UNROLL):
            writer.write(part_nest, chunk, chunks)


def fill_elements(
    b: KernelBuilder,
    memory: SSAValue,
    target: SSAValue,
    borders: Sequence[Ranges],
    value: float,
    part: tuple[SSAValue, Extent],
) -> None:
    """Write `value` into boxes of elements, one by one; `part` is (chunk, chunks)."""
    chunk, chunks = part
    constant = b.constant(value, storage_type(element_of(target)))
    memory = physical_view(b, target, memory)
    for ranges in borders:
        counts = [last - first for first, last in ranges]
        units = product_of(counts)
        start = b.floordiv(b.mul(chunk, units), chunks)
        end = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
        with b.loop(start, end) as loop:
            at = b.unflatten(loop.index, counts)
            position = [b.add(i, first) for i, (first, _) in zip(at, ranges, strict=True)]
            b.store(constant, memory, physical_position(b, layout_of(target), position))
