"""
Buffers in `@main`: views of the weights, of the arena and of arguments.

Where all sizes are numbers they lie at constant offsets. Where sizes are open, places and sizes are
read from the table (`size_table.py`). What moves with the trips of a loop is a view at an offset
that is computed there.
"""

from __future__ import annotations

from xdsl.dialects import func, memref
from xdsl.dialects.builtin import (
    MemRefType,
    NoneAttr,
    i8,
)
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import ConstantOp
from ...dialects.engine.base import (
    byte_extent_of,
    element_of,
    span_extent_of,
)
from ...dialects.engine.location import Location, location_of
from ...dialects.engine.plan import plan_of
from ...dialects.engine.weights import dtype_of
from ...errors import CompileError
from ...kernels.builder import DYNAMIC, Index, KernelBuilder, memref_type
from ...kernels.template import (
    physical_memref,
)
from ...runtime.size import Extent, exact_quotient, floordiv
from .size_table import TableReader
from .weights_image import WeightsImage


class MainBuffers:
    """The memrefs that planned values are in `@main`, made where they are first asked for."""

    weights: SSAValue
    arena: SSAValue

    def __init__(self, builder: KernelBuilder, planned: func.FuncOp, image: WeightsImage):
        """Of the planned function; constants are added to `image`."""
        self.builder = builder
        self._planned = planned
        self._image = image
        self.values: dict[SSAValue, SSAValue] = {}
        self.trips: dict[SSAValue, SSAValue] = {}
        """The indices of moves (`Location.moves`)."""
        self.sizes: TableReader | None = None
        self.arenas: dict[int, int] = {}
        """The entry of the table with the address of the arena of each segment that has begun."""
        self.grown: dict[SSAValue, int] = {}
        """The same of outputs that get their memory in the middle of a call."""
        self._segments = () if (plan := plan_of(planned)) is None else plan.segments

    def index(self, size: Extent, place: int | None = None) -> Index:
        """A size, behind the start of a place where one is given, as an index."""
        if isinstance(size, int) and place is None:
            return size
        if self.sizes is None:
            raise CompileError(
                f"the size '{size}' is no number, and the program has no plan for it"
            )
        return self.sizes.index(size, place)

    def of(self, value: SSAValue) -> SSAValue:
        """The physical memref of a planned value: an argument, or a view at an offset."""
        found = self.values.get(value)
        if found is not None:
            return found
        location = location_of(value)
        type_ = physical_memref(value)
        if isinstance(location.base.owner, ConstantOp):
            first = self._image.offset_of(location.base.owner)
            raw, start = self._bytes(self.weights, location, first)
        elif location.base is self._planned.body.block.args[0]:
            raw, start = self._bytes(self._arena_of(location), location, 0)
        elif location.base in self.grown and self.sizes is not None:
            raw, start = self._bytes(self.sizes.arena(self.grown[location.base]), location, 0)
        else:
            return self._remember(value, self._reinterpret(value, location, type_))
        if DYNAMIC in type_.get_shape():
            elements = self.index(_span(value))
            return self._remember(value, self.builder.view(raw, start, type_, [elements]))
        if isinstance(type_.layout, NoneAttr):
            return self._remember(value, self.builder.view(raw, start, type_))
        flat = memref_type([_elements(type_)], type_.element_type)
        view = self.builder.view(raw, start, flat)
        return self._remember(value, _cast(self.builder, view, 0, type_))

    def _arena_of(self, location: Location) -> SSAValue:
        """The arena that a place is in; that of a segment is asked for anew for each use."""
        segment = 0 if location.place is None else self._segments[location.place]
        if not segment:
            return self.arena
        if segment not in self.arenas or self.sizes is None:
            raise CompileError(f"place {location.place} is used before its segment begins")
        return self.sizes.arena(self.arenas[segment])

    def _bytes(self, raw: SSAValue, location: Location, start: int) -> tuple[SSAValue, Index]:
        """
        Memory, and where in it what lies somewhere behind `start` begins.

        Of what moves, all bytes of its base are viewed first: so it is seen how far it goes.
        """
        offset = self._moved(self.index(location.offset, location.place), location, 1)
        size = byte_extent_of(location.base) if location.place is None else None
        if location.moves and isinstance(size, int):
            whole = memref_type([size], i8)
            return self.builder.view(raw, start, whole), offset
        return raw, self.builder.add(offset, start)

    def _moved(self, offset: Index, location: Location, unit: int) -> Index:
        """An offset in units of so many bytes, as it is in this trip."""
        for move in location.moves:
            count: Index = self.trips[move.index]
            if move.turns:
                count = self.builder.mod(count, move.turns)
            step = exact_quotient(move.step, unit)
            assert step is not None  # seen before
            offset = self.builder.add(offset, self.builder.mul(count, self.index(step)))
        return offset

    def _reinterpret(self, value: SSAValue, location: Location, type_: MemRefType) -> SSAValue:
        """A view into an argument, which has the same element type."""
        argument = self.values[location.base]
        assert isinstance(argument.type, MemRefType)
        size = storage_bytes(type_.element_type)
        first = exact_quotient(location.offset, size)
        same = argument.type.element_type == type_.element_type
        whole = all(exact_quotient(move.step, size) is not None for move in location.moves)
        if not same or first is None or not whole:
            raise CompileError(
                f"a view of {location.base.type} as {value.type} changes the element type"
            )
        start = self._moved(self.index(first), location, size)
        if DYNAMIC not in type_.get_shape():
            return _cast(self.builder, argument, start, type_)
        if argument.type == type_ and start == 0:
            return argument
        elements = self.builder.index(self.index(_span(value)))
        number = self.builder.number(start)
        first_index = self.builder.index(start) if number is None else number
        cast = memref.ReinterpretCastOp.from_dynamic(
            argument, [first_index], [elements], [1], type_
        )
        return self.builder.add_op(cast)[0]

    def _remember(self, value: SSAValue, built: SSAValue) -> SSAValue:
        built.name_hint = value.name_hint
        self.values[value] = built
        return built


def storage_bytes(element: Attribute) -> int:
    """Bytes of one stored element."""
    return dtype_of(element).itemsize


def _elements(type_: MemRefType) -> int:
    """Elements from the first to past the last of a strided memref."""
    shape = type_.get_shape()
    if 0 in shape:
        return 0
    strides = type_.get_strides() or ()
    return 1 + sum((n - 1) * (s or 0) for n, s in zip(shape, strides, strict=True))


def _span(value: SSAValue) -> Extent:
    """Elements from the first of a buffer to past its last."""
    return floordiv(span_extent_of(value), dtype_of(element_of(value)).itemsize)


def _cast(builder: KernelBuilder, base: SSAValue, offset: Index, type_: MemRefType) -> SSAValue:
    """`memref.reinterpret_cast` to a static shape and strides; the base itself where equal."""
    start = builder.number(offset)
    if base.type == type_ and start == 0:
        return base
    strides = [s or 0 for s in (type_.get_strides() or ())]
    cast = memref.ReinterpretCastOp.from_dynamic(
        base,
        [builder.index(offset) if start is None else start],
        list(type_.get_shape()),
        strides,
        type_,
    )
    return builder.add_op(cast)[0]
