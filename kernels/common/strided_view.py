"""
Operands as strided arrays: loop axes that several operands share, and views along them.

A kernel sees an operand as a physical memref. Unless dimensions are blocked it is a plain strided
array, so a template may look at it along any axes it likes: axes over which all operands step
evenly are merged into one (`[1, 128, 768]` times a constant matrix is one matrix of 128 rows,
whatever the buffers lie in), axes of extent one disappear, and broadcasting is a stride of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import memref
from xdsl.dialects.builtin import MemRefType, i8, i32
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, stride_extents_of
from ...dialects.vector_ext import GROUP
from ...runtime.size import Extent, Size, is_one, minimum, numbers_of, sum_of
from ..builder import DYNAMIC, Index, KernelBuilder, element_type, memref_type
from ..template import storage_type


@dataclass(frozen=True)
class Axis:
    """A loop axis: its extent and, for each operand, how far one step moves, in elements."""

    extent: Extent
    strides: tuple[Extent, ...]


def is_strided(value: SSAValue | Attribute) -> bool:
    """Whether no dimension is blocked, so that every logical dimension has one stride."""
    return not layout_of(value).inner


def logical_strides(value: SSAValue | Attribute) -> tuple[Extent, ...]:
    """Stride of each logical dimension, in elements, of a value that is not blocked."""
    outer = layout_of(value).outer
    found: list[Extent] = [0] * len(outer)
    for dim, stride in zip(outer, stride_extents_of(value), strict=True):
        found[dim] = stride
    return tuple(found)


def strides_over(value: SSAValue | Attribute, shape: Sequence[Extent]) -> tuple[Extent, ...]:
    """Strides of a value broadcast to `shape`: 0 along dimensions it does not have."""
    own = extents_of(value)
    lead = len(shape) - len(own)
    strides = [
        broadcast_stride(stride, n, to)
        for stride, n, to in zip(logical_strides(value), own, shape[lead:], strict=True)
    ]
    return (0,) * lead + tuple(strides)


def broadcast_stride(stride: Extent, extent: Extent, to: Extent) -> Extent:
    """The stride of a dimension that is broadcast: 0 for an extent of 1, also of a value."""
    if is_one(extent):
        return 0
    if isinstance(extent, int) or extent == to:
        return stride
    return stride * minimum(1, extent - 1)


def merge_axes(axes: Sequence[Axis]) -> list[Axis]:
    """The same iteration space with as few axes as possible; extents of 1 disappear."""
    merged: list[Axis] = []
    for axis in axes:
        if is_one(axis.extent):
            continue
        last = merged[-1] if merged else None
        if last is not None and all(
            outer == inner * axis.extent
            for outer, inner in zip(last.strides, axis.strides, strict=True)
        ):
            merged[-1] = Axis(last.extent * axis.extent, axis.strides)
        else:
            merged.append(axis)
    return merged


def axes_over(shape: Sequence[Extent], values: Sequence[SSAValue | Attribute]) -> list[Axis]:
    """One axis for each dimension of `shape`, with the strides of each value broadcast to it."""
    strides = [strides_over(value, shape) for value in values]
    return [Axis(n, tuple(s[dim] for s in strides)) for dim, n in enumerate(shape)]


@dataclass(frozen=True)
class StridedView:
    """An operand along `axes` of a loop nest: extents and strides; broadcast axes have stride 0."""

    element: Attribute
    extents: tuple[Extent, ...]
    strides: tuple[Extent, ...]

    @staticmethod
    def of(value: SSAValue | Attribute, axes: Sequence[tuple[Extent, Extent]]) -> StridedView:
        """The view of `value` along (extent, stride) pairs."""
        extents = tuple(extent for extent, _ in axes)
        return StridedView(element_of(value), extents, tuple(stride for _, stride in axes))

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents where they are numbers."""
        return numbers_of(self.extents)

    @property
    def kept(self) -> tuple[int, ...]:
        """Axes along which the operand really moves."""
        return tuple(i for i, stride in enumerate(self.strides) if stride != 0)

    def memref(self, offset: int | None = None) -> MemRefType:
        """The memref over the kept axes; `offset` None for one into a larger buffer."""
        extents = [self.extents[i] for i in self.kept]
        strides = [self.strides[i] for i in self.kept]
        return memref_type(
            [DYNAMIC if isinstance(n, Size) else n for n in extents],
            storage_type(self.element),
            [None if isinstance(stride, Size) else stride for stride in strides],
            offset,
        )

    def cast(self, builder: KernelBuilder, argument: SSAValue) -> SSAValue:
        """
        The kernel's physical argument as the memref of this view, at offset 0.

        Bytes whose view is of 32-bit words become words.
        """
        if self.element == i32 and element_type(argument.type) == i8:
            steps = zip(self.extents, self.strides, strict=True)
            last = sum_of((n - 1) * stride for n, stride in steps)
            argument = builder.words(builder.reshape(argument, [(last + 1) * GROUP]), last + 1)
        return builder.reshape(
            argument,
            [self.extents[i] for i in self.kept],
            [self.strides[i] for i in self.kept],
        )

    def inner(self, count: int) -> StridedView:
        """The view along the last `count` axes only."""
        at = len(self.extents) - count
        return StridedView(self.element, self.extents[at:], self.strides[at:])

    def swapped(self) -> StridedView:
        """The view with its last two axes exchanged."""

        def swap(values: tuple[Extent, ...]) -> tuple[Extent, ...]:
            return (*values[:-2], values[-1], values[-2])

        return StridedView(self.element, swap(self.extents), swap(self.strides))

    def slice(self, builder: KernelBuilder, memory: SSAValue, outer: Sequence[Index]) -> SSAValue:
        """
        The part of `memory` (of this view) at the given indices of the outer axes.

        Its type is that of `inner(...).memref()`, whatever the indices: tile functions take it.
        """
        offsets: list[Index] = []
        sizes: list[Index] = []
        dropped: list[int] = []
        for position, axis in enumerate(self.kept):
            fixed = axis < len(outer)
            offsets.append(outer[axis] if fixed else 0)
            sizes.append(1 if fixed else self.extents[axis])
            if fixed:
                dropped.append(position)
        part = builder.subview(memory, offsets, sizes, drop=dropped) if dropped else memory
        return with_open_offset(builder, part, self.inner(len(self.extents) - len(outer)).memref())

    def indices(self, position: Sequence[Index]) -> list[Index]:
        """Indices into the memref of this view from indices of all axes."""
        return [position[axis] for axis in self.kept]


def joint_axes(
    shape: Sequence[Extent], left: Sequence[Extent], right: Sequence[Extent]
) -> list[tuple[Extent, Extent, Extent]]:
    """Dimensions of `shape` with the strides of two values, merged: (extent, left, right)."""
    axes = [Axis(n, (a, b)) for n, a, b in zip(shape, left, right, strict=True)]
    return [(a.extent, a.strides[0], a.strides[1]) for a in merge_axes(axes)]


def moved_view(value: SSAValue, axes: Sequence[tuple[Extent, Extent]]) -> StridedView:
    """The view of a value along (extent, stride) axes; booleans are the bytes they are."""
    return StridedView(
        storage_type(element_of(value)), tuple(n for n, _ in axes), tuple(s for _, s in axes)
    )


def with_open_offset(builder: KernelBuilder, memory: SSAValue, type: MemRefType) -> SSAValue:
    """`memory` as `type`, which is its own type but for the offset."""
    return memory if memory.type == type else builder.op(memref.CastOp, (memory,), type)
