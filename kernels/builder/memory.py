"""Memory access and views of `KernelBuilder`: `memref` and the memory ops of `vector`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import memref, vector
from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, MemRefType, i32, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.memref_prefetch import PrefetchOp
from .core import Index
from .types import DYNAMIC, INDEX, index_array, memref_type, vector_type
from .values import BuilderValues


class BuilderMemory(BuilderValues):
    """Loads, stores, and views of memrefs; an index list has one entry for each dimension."""

    def load(self, source: SSAValue, indices: Sequence[Index]) -> SSAValue:
        """One element."""
        operands = (source, *map(self.index, indices))
        return self.op(memref.LoadOp, operands, memref_of(source).element_type)

    def store(self, value: SSAValue, target: SSAValue, indices: Sequence[Index]) -> None:
        """One element."""
        operands = (value, target, *map(self.index, indices))
        self.add_op(memref.StoreOp.create(operands=operands))

    def prefetch(self, source: SSAValue, indices: Sequence[Index], locality: int = 2) -> None:
        """Ask for the cache line of an element (3: first cache, 2: second, 1: last)."""
        position = [self.index(index) for index in indices]
        self.add_op(PrefetchOp(source, position, locality))

    def load_splat(self, source: SSAValue, indices: Sequence[Index], lanes: int) -> SSAValue:
        """One element in every lane."""
        return self.broadcast(self.load(source, indices), lanes)

    def vload(
        self,
        source: SSAValue,
        indices: Sequence[Index],
        lanes: int | None = None,
        mask: SSAValue | None = None,
        fill: float = 0,
    ) -> SSAValue:
        """
        `lanes` elements (default: a full register) from `indices` on along the last dimension,
        whose stride must be 1. Lanes outside `mask` are not read and hold `fill`.
        """
        element = memref_of(source).element_type
        type = vector_type(element, lanes or self.target.lanes(element))
        position = map(self.index, indices)
        if mask is None:
            return self.op(vector.LoadOp, (source, *position), type)
        other = self.constant(fill, type)
        return self.op(vector.MaskedLoadOp, (source, *position, mask, other), type)

    def vstore(
        self,
        value: SSAValue,
        target: SSAValue,
        indices: Sequence[Index],
        mask: SSAValue | None = None,
    ) -> None:
        """Store a vector along the last dimension (stride 1), only lanes inside `mask`."""
        position = map(self.index, indices)
        if mask is None:
            self.add_op(vector.StoreOp.create(operands=(value, target, *position)))
        else:
            self.add_op(vector.MaskedStoreOp.create(operands=(target, *position, mask, value)))

    def gather(
        self, source: SSAValue, positions: Sequence[Sequence[Index]], fill: float = 0
    ) -> SSAValue:
        """A vector of elements from unrelated positions: one scalar load for each lane."""
        element = memref_of(source).element_type
        value = self.splat(fill, element, len(positions))
        for lane, position in enumerate(positions):
            value = self.insert(self.load(source, position), value, lane)
        return value

    def scatter(
        self, value: SSAValue, target: SSAValue, positions: Sequence[Sequence[Index]]
    ) -> None:
        """Store lane `i` at `positions[i]`, one after the other."""
        for lane, position in enumerate(positions):
            self.store(self.extract(value, lane), target, position)

    # ------------------------------------------------------------------ views

    def dim(self, source: SSAValue, axis: int) -> Index:
        """Extent of an axis: a number if the type says it."""
        size = memref_of(source).get_shape()[axis]
        if size != DYNAMIC:
            return size
        return self.op(memref.DimOp, (source, self.index(axis)), INDEX)

    def view(
        self, source: SSAValue, byte_offset: Index, type: MemRefType, sizes: Sequence[Index] = ()
    ) -> SSAValue:
        """`memref.view` of a byte buffer: row-major `type` at `byte_offset`, its open `sizes`."""
        operands = (source, self.index(byte_offset), *map(self.index, sizes))
        return self.op(memref.ViewOp, operands, type)

    def words(self, source: SSAValue, count: Index) -> SSAValue:
        """Flat memory of bytes as `count` words of 32 bits."""
        number = self.number(count)
        type = memref_type([_static(number)], i32)
        return self.view(source, 0, type, [] if number is not None else [count])

    def subview(
        self,
        source: SSAValue,
        offsets: Sequence[Index],
        sizes: Sequence[Index],
        *,
        drop: Sequence[int] = (),
    ) -> SSAValue:
        """
        The box `offsets .. offsets + sizes` of `source`; axes in `drop` (of size 1) disappear.
        """
        type = memref_of(source)
        strides = type.get_strides()
        assert strides is not None, f"{type} has no strides"
        kept = [axis for axis in range(len(sizes)) if axis not in drop]
        numbers = [self.number(size) for size in sizes]
        result = memref_type(
            [_static(numbers[axis]) for axis in kept],
            type.element_type,
            [strides[axis] for axis in kept],
            self._subview_offset(type, offsets, strides),
        )
        dynamic_offsets, static_offsets = self._split(offsets)
        dynamic_sizes, static_sizes = self._split(sizes)
        op = memref.SubviewOp.create(
            operands=(source, *dynamic_offsets, *dynamic_sizes),
            result_types=(result,),
            properties={
                "static_offsets": static_offsets,
                "static_sizes": static_sizes,
                "static_strides": index_array((1,) * len(sizes)),
                "operandSegmentSizes": _segments(1, len(dynamic_offsets), len(dynamic_sizes), 0),
            },
        )
        return self.add_op(op)[0]

    def _subview_offset(
        self, type: MemRefType, offsets: Sequence[Index], strides: Sequence[int | None]
    ) -> int | None:
        total = type.get_offset()
        for offset, stride in zip(offsets, strides, strict=True):
            number = self.number(offset)
            if total is None or (number != 0 and (number is None or stride is None)):
                return None
            total += (number or 0) * (stride or 0)
        return total

    def reshape(
        self,
        source: SSAValue,
        shape: Sequence[Index],
        strides: Sequence[Index] | None = None,
        offset: Index = 0,
    ) -> SSAValue:
        """
        `memref.reinterpret_cast` of memory at a static offset: any shape, strides and offset.

        Without strides it is row-major.
        """
        if strides is None:
            strides = self._row_major(shape)
        result = memref_type(
            [_static(self.number(n)) for n in shape],
            memref_of(source).element_type,
            [self.number(n) for n in strides],
            self.number(offset),
        )
        dynamic_offsets, static_offsets = self._split([offset])
        dynamic_sizes, static_sizes = self._split(shape)
        dynamic_strides, static_strides = self._split(strides)
        op = memref.ReinterpretCastOp.create(
            operands=(source, *dynamic_offsets, *dynamic_sizes, *dynamic_strides),
            result_types=(result,),
            properties={
                "static_offsets": static_offsets,
                "static_sizes": static_sizes,
                "static_strides": static_strides,
                "operandSegmentSizes": _segments(
                    1, len(dynamic_offsets), len(dynamic_sizes), len(dynamic_strides)
                ),
            },
        )
        return self.add_op(op)[0]

    def _row_major(self, shape: Sequence[Index]) -> list[Index]:
        strides: list[Index] = [1] * len(shape)
        for axis in range(len(shape) - 2, -1, -1):
            strides[axis] = self.mul(strides[axis + 1], shape[axis + 1])
        return strides

    def alloca(self, shape: Sequence[int], element: Attribute, alignment: int = 64) -> SSAValue:
        """A small buffer on the stack, alive until the function returns; static shapes only."""
        op = memref.AllocaOp.create(
            result_types=(memref_type(shape, element),),
            properties={
                "alignment": IntegerAttr(alignment, i64),
                "operandSegmentSizes": _segments(0, 0),
            },
        )
        return self.add_op(op)[0]

    def _split(self, values: Sequence[Index]) -> tuple[list[SSAValue], DenseArrayBase]:
        dynamic: list[SSAValue] = []
        static: list[int] = []
        for value in values:
            number = self.number(value)
            static.append(_static(number))
            if number is None:
                dynamic.append(self.index(value))
        return dynamic, index_array(tuple(static))


def memref_of(value: SSAValue) -> MemRefType:
    """The memref type of a value."""
    assert isinstance(value.type, MemRefType), f"{value.type} is not a memref"
    return value.type


def _static(number: int | None) -> int:
    return DYNAMIC if number is None else number


def _segments(*sizes: int) -> DenseArrayBase:
    return DenseArrayBase.from_list(i32, sizes)
