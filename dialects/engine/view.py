"""Level 4: typed buffers in the arena."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    MemRefType,
    NoneAttr,
    StringAttr,
    i8,
    i64,
)
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, Size, numbers_of, range_of
from ...runtime.size_text import parse_size
from .base import (
    check_layout,
    element_of,
    extents_of,
    int_array,
    int_values,
    rank_of,
    shaped,
    span_extent_of,
)
from .memory_part import Elements
from .plan import plan_around
from .sizes import ExtentsAttr, extent_array, extent_values, verify_size_text


@dataclass(frozen=True)
class Move:
    """A view lies `step` bytes further for each count of `index`, modulo `turns` if that is not 0."""

    index: SSAValue
    step: Extent
    turns: int = 0

    def bytes_at(self, count: int) -> Extent:
        """How far the view has moved when the index is `count`."""
        return self.step * (count % self.turns if self.turns else count)


@irdl_op_definition
class ViewOp(IRDLOperation):
    """
    Level 4: a typed buffer at a byte offset of the arena, or of another buffer.

    Without `elements` it is memory for a value that some operation writes.

    ```mlir
    %b = engine.view %arena {offset = 4096 : i64} : memref<65536xi8> -> memref<1x64x8x8xf32>
    ```

    With `elements` it is another view of the value that lies in the base, and nobody writes it:
    `array<i64: first, steps...>` says that index `i` is element `first + sum(i[d] * steps[d])` of
    that value, counted in row-major order. Here a matrix is transposed:

    ```mlir
    %t = engine.view %b {offset = 0 : i64, elements = array<i64: 0, 1, 3>} : memref<2x3xf32> -> memref<3x2xf32, #engine.layout<"ab", [1, 3]>>
    ```

    In loops, with the number of a trip as an index, the view moves: it lies `steps` bytes further
    for each trip, or, with `turns` that are not 0, for each of so many before it starts again. Here
    the second of two places is taken in odd trips:

    ```mlir
    %v = engine.view %arena[%i] {offset = 0 : i64, steps = array<i64: 64>, turns = array<i64: 2>} : memref<128xi8> -> memref<16xf32>
    ```

    `elements` says what is meant, `offset` and the type say where it lies; `check-memory-plan`
    compares them.

    Where sizes are open, a view of the arena begins in a `place` of the function's plan, `offset`
    bytes behind its start, which may be a size; no offset is 0. `steps` may be sizes as well.

    ```mlir
    func.func @main(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "H * 256" above []>} {
      %a = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>
      %b = engine.view %arena {place = 0 : i64, offset = "H * 128"} : memref<?xi8> -> memref<?x32xf32, #engine.layout<"ab", sizes<"H">>>
      func.return
    }
    ```
    """

    name = "engine.view"
    base = operand_def(MemRefType)
    indices = var_operand_def(IndexType)
    place = opt_prop_def(IntegerAttr)
    offset = opt_prop_def(IntegerAttr | StringAttr)
    elements = opt_prop_def(DenseArrayBase | ExtentsAttr)
    steps = opt_prop_def(DenseArrayBase | ExtentsAttr)
    turns = opt_prop_def(DenseArrayBase)
    res = result_def(MemRefType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$base (`[` $indices^ `]`)? attr-dict `:` type($base) `->` type($res)"

    def __init__(
        self,
        base: SSAValue,
        offset: Extent,
        result_type: MemRefType,
        elements: Elements | None = None,
        place: int | None = None,
        moves: Sequence[Move] = (),
    ):
        numbers = None if elements is None else extent_array((elements.first, *elements.steps))
        bare = place is not None and isinstance(offset, int) and offset == 0
        super().__init__(
            operands=[base, [move.index for move in moves]],
            properties={
                "place": None if place is None else IntegerAttr(place, i64),
                "offset": None if bare else offset_attr(offset),
                "elements": numbers,
                "steps": extent_array([move.step for move in moves]) if moves else None,
                "turns": int_array([move.turns for move in moves]) if moves else None,
            },
            result_types=[result_type],
        )

    @property
    def byte_extent(self) -> Extent:
        """Bytes behind the start of the base, or of the place."""
        match self.offset:
            case IntegerAttr():
                return self.offset.value.data
            case StringAttr():
                return parse_size(self.offset.data)
            case _:
                return 0

    @property
    def byte_offset(self) -> int:
        """
        Bytes behind the start of the base, where sizes are numbers.

        Raises `NeedsNumber` where they are not.
        """
        return numbers_of([self.byte_extent])[0]

    @property
    def selection(self) -> Elements | None:
        """Which elements of the value in the base it has; None for memory of its own."""
        if self.elements is None:
            return None
        first, *steps = extent_values(self.elements)
        return Elements(first, tuple(steps))

    @property
    def moves(self) -> Sequence[Move]:
        """How it moves with the trips of loops."""
        if self.steps is None or self.turns is None:
            return ()
        steps, turns = extent_values(self.steps), int_values(self.turns)
        numbers = zip(self.indices, steps, turns, strict=True)
        return tuple(Move(index, step, turns) for index, step, turns in numbers)

    def verify_(self) -> None:
        for value in (self.base, self.res):
            check_layout(self.name, shaped(value))
        self._verify_elements()
        steps = () if self.steps is None else extent_values(self.steps)
        if {len(steps), len(self.turns or ())} != {len(self.indices)}:
            raise VerifyException(
                f"'{self.name}' has {len(self.indices)} indices, expected as many steps and turns"
            )
        if isinstance(self.offset, StringAttr):
            verify_size_text(self.offset.data)
        if self.place is None and self.offset is None:
            raise VerifyException(f"'{self.name}' has no offset; expected one, or a place")
        if -1 in extents_of(self.res):
            raise VerifyException(f"'{self.name}' gives a {self.res.type}; expected its sizes")
        limit = span_extent_of(self.base) if self.place is None else self._place_bytes()
        if not self.indices:  # else how far it goes is for the loops to say
            self._verify_within(limit)

    def _verify_within(self, limit: Extent | None) -> None:
        """Nothing says that it leaves what it is a view of; `check-memory-plan` proves it."""
        if limit is None:
            return
        what = "base" if self.place is None else "place"
        offset = self.byte_extent
        end = offset + span_extent_of(self.res)
        if isinstance(limit, int) and limit < 0:
            raise VerifyException(
                f"'{self.name}' is of a {self.base.type}, whose bytes are not known; expected a"
                " place"
            )
        if range_of(offset)[1] < 0 or range_of(limit - end)[1] < 0:
            raise VerifyException(
                f"'{self.name}' bytes {offset}..{end} are not within the"
                f" {limit} bytes of its {what}"
            )

    def _place_bytes(self) -> Extent | None:
        """The size of its place; None in no function."""
        assert self.place is not None
        base = shaped(self.base)
        is_arena = extents_of(base) == (-1,) and base.element_type == i8
        if not is_arena or not isinstance(base, MemRefType) or base.layout != NoneAttr():
            raise VerifyException(
                f"'{self.name}' is of a place in {base}; places are of an arena, a memref<?xi8>"
            )
        plan, number = plan_around(self), self.place.value.data
        if plan is None:
            if self.parent is None:
                return None
            raise VerifyException(f"'{self.name}' is of place {number}, but no plan is around it")
        if self.place.type != i64 or not 0 <= number < len(plan.places):
            raise VerifyException(
                f"'{self.name}' is of place {self.place}, expected an i64 from 0 to"
                f" {len(plan.places) - 1}"
            )
        return plan.places.data[number].size

    def _verify_elements(self) -> None:
        if self.elements is None:
            return
        rank = rank_of(self.res)
        foreign = isinstance(self.elements, DenseArrayBase) and self.elements.elt_type != i64
        if foreign or len(extent_values(self.elements)) != rank + 1:
            raise VerifyException(
                f"'{self.name}' elements are {self.elements}, expected a first one and {rank} steps"
                " as i64"
            )
        if element_of(self.res) != element_of(self.base):
            raise VerifyException(
                f"'{self.name}' elements of {element_of(self.base)} are seen as"
                f" {element_of(self.res)}"
            )


def offset_attr(offset: Extent) -> IntegerAttr | StringAttr:
    """An offset as it stands in a view: a number, or the text of a size."""
    return StringAttr(offset.text) if isinstance(offset, Size) else IntegerAttr(offset, i64)
