"""Loops: `loop`, and the order in which the operations of nested regions stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IndexType,
    MemRefType,
    StringAttr,
    UnitAttr,
    i1,
    i64,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    opt_operand_def,
    opt_prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, is_zero, named, substituted
from .base import SHAPED, YieldOp, element_of, extents_of, int_array, int_values, tensor
from .control import IfOp, check_types, is_one, yielded_types
from .sizes import ExtentsAttr, extent_array, extent_values


@irdl_op_definition
class LoopOp(IRDLOperation):
    """
    Run the region again and again.

    The region takes the number of the trip, from 0, then the carried values, then one slice of
    each scanned value along its first axis. It yields whether to go on, where there is a `while`,
    then the next carried values, then a row of each stacked result. A trip begins while fewer than
    `limit` have been made, a scanned value has a slice and a stacked result a row left, and the
    condition holds; the first is not made where the one given with `while` does not. Regions may
    use values from outside.

    Results are the last carried values, which are the first ones where no trip was made, then the
    stacked results, and with `counts` the number of trips. Rows of trips that were not made hold
    anything. Scanned values named in `backwards` are read from their last slice on, stacked results
    named in `upwards` are filled from their last row on.

    A carried value may grow: `growing` says for each along which axis, or -1, and `trip` is a name
    for the number of the trip, which the types in the region may mention. Where the region takes
    one of `P + i` rows it yields one of `P + i + 1`; the loop begins with one of `P`, and gives one
    of as many as its result has, of which those that no trip made hold anything.

    ```mlir
    %y, %rows = engine.loop limit(%n : tensor<i64>) while(%go : tensor<i1>) carry(%x : tensor<4xf32>) scan(%xs : tensor<7x4xf32>) -> tensor<4xf32>, tensor<7x4xf32> {
    ^bb0(%i: tensor<i64>, %v: tensor<4xf32>, %row: tensor<4xf32>):
      %next = engine.map ins(%v, %row : tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
      ^bb0(%a: f32, %b: f32):
        %0 = arith.addf %a, %b : f32
        engine.yield %0 : f32
      }
      engine.yield %go, %next, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
    }
    ```

    Here a row is added in every trip, of up to eight:

    ```mlir
    %y, %trips = engine.loop limit(%n : tensor<i64>) while(%go : tensor<i1>) carry(%x : tensor<?x4xf32, #engine.sizes<"P">>) attributes {counts, trip = "i", growing = array<i64: 0>} -> tensor<?x4xf32, #engine.sizes<"P + 8">>, tensor<i64> {
    ^bb0(%i: tensor<i64>, %v: tensor<?x4xf32, #engine.sizes<"P + i">>):
      %next = engine.concat %v, %row {axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"P + i">>, tensor<1x4xf32> -> tensor<?x4xf32, #engine.sizes<"P + i + 1">>
      engine.yield %go, %next : tensor<i1>, tensor<?x4xf32, #engine.sizes<"P + i + 1">>
    }
    ```

    Once planned, the region takes an index and memrefs, and what it yields lies where it belongs:
    row `i` of a stacked result in `outs`, the next carried value where the next trip reads it. That
    is where the first one lies, or, with `turns` bytes that are not 0, in every second trip so many
    bytes behind. The results are views of the last carried values. `counter` is where the loop
    writes the number of the trip, for operations that read it; with `counts` the last of `outs`
    gets how many there were.

    ```mlir
    %y = engine.loop limit(%n : memref<i64>) carry(%x : memref<4xf32>) outs(%rows : memref<7x4xf32>) attributes {turns = array<i64: 64>} -> memref<4xf32> {
    ^bb0(%i: index, %v: memref<4xf32>):
      %next = engine.view %arena[%i] {offset = 64 : i64, steps = array<i64: -64>, turns = array<i64: 2>} : memref<512xi8> -> memref<4xf32>
      %row = engine.view %rows[%i] {offset = 0 : i64, steps = array<i64: 16>, turns = array<i64: 0>} : memref<7x4xf32> -> memref<4xf32>
      engine.relayout %v outs(%row : memref<4xf32>) : memref<4xf32>
      engine.relayout %row outs(%next : memref<4xf32>) : memref<4xf32>
      engine.yield %next, %row : memref<4xf32>, memref<4xf32>
    }
    ```
    """

    name = "engine.loop"
    limit = opt_operand_def(SHAPED)
    condition = opt_operand_def(SHAPED)
    inits = var_operand_def(SHAPED)
    scanned = var_operand_def(SHAPED)
    counter = opt_operand_def(MemRefType)
    outs = var_operand_def(MemRefType)
    backwards = opt_prop_def(DenseArrayBase)
    upwards = opt_prop_def(DenseArrayBase)
    turns = opt_prop_def(DenseArrayBase | ExtentsAttr)
    counts = opt_prop_def(UnitAttr)
    trip = opt_prop_def(StringAttr)
    growing = opt_prop_def(DenseArrayBase)
    res = var_result_def()
    body = region_def("single_block")
    traits = traits_def(RecursiveMemoryEffect())
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "(`limit` `(` $limit^ `:` type($limit) `)`)?"
        " (`while` `(` $condition^ `:` type($condition) `)`)?"
        " (`carry` `(` $inits^ `:` type($inits) `)`)?"
        " (`scan` `(` $scanned^ `:` type($scanned) `)`)?"
        " (`counter` `(` $counter^ `:` type($counter) `)`)?"
        " (`outs` `(` $outs^ `:` type($outs) `)`)?"
        " attr-dict-with-keyword (`->` type($res)^)? $body"
    )

    def __init__(
        self,
        limit: SSAValue | None,
        condition: SSAValue | None,
        inits: Sequence[SSAValue],
        scanned: Sequence[SSAValue],
        body: Region,
        *,
        stacked: Sequence[Attribute] = (),
        backwards: Sequence[int] = (),
        upwards: Sequence[int] = (),
        counts: bool = False,
        counter: SSAValue | None = None,
        outs: Sequence[SSAValue] = (),
        turns: Sequence[Extent] = (),
        trip: str | None = None,
        growing: Sequence[int] = (),
        last: Sequence[Attribute] | None = None,
    ):
        """
        `stacked` are the types of the stacked results; a planned loop has `outs` for them.

        `last` are the types of the last carried values, where some grow.
        """
        counted = [tensor((), i64)] if counts and not outs else []
        super().__init__(
            operands=[limit, condition, inits, scanned, counter, outs],
            properties={
                "backwards": int_array(backwards) if backwards else None,
                "upwards": int_array(upwards) if upwards else None,
                "turns": None if all(map(is_zero, turns)) else extent_array(turns),
                "counts": UnitAttr() if counts else None,
                "trip": None if trip is None else StringAttr(trip),
                "growing": int_array(growing) if growing else None,
            },
            result_types=[[*(last or [v.type for v in inits]), *stacked, *counted]],
            regions=[body],
        )

    # What the region takes and gives.

    @property
    def number(self) -> BlockArgument:
        """The number of the trip in the region."""
        return self.body.block.args[0]

    @property
    def carried(self) -> Sequence[BlockArgument]:
        """The carried values as the region takes them."""
        return self.body.block.args[1 : 1 + len(self.inits)]

    @property
    def slices(self) -> Sequence[BlockArgument]:
        """The slices of the scanned values."""
        return self.body.block.args[1 + len(self.inits) :]

    @property
    def last(self) -> YieldOp:
        """What ends the region."""
        last = self.body.block.last_op
        assert isinstance(last, YieldOp)
        return last

    @property
    def going_on(self) -> SSAValue | None:
        """What the region yields for whether to go on."""
        return None if self.condition is None else self.last.values[0]

    @property
    def next_values(self) -> Sequence[SSAValue]:
        """The carried values that the region yields."""
        first = self.condition is not None
        return self.last.values[first : first + len(self.inits)]

    @property
    def rows(self) -> Sequence[SSAValue]:
        """The rows that the region yields."""
        return self.last.values[(self.condition is not None) + len(self.inits) :]

    @property
    def stacked(self) -> Sequence[SSAValue]:
        """The stacked results, or the memory for them."""
        stacked = self.outs if self.outs else self.res[len(self.inits) :]
        return stacked[: len(stacked) - (self.counts is not None)]

    @property
    def count(self) -> SSAValue | None:
        """The number of trips as a result, or the memory for it."""
        if self.counts is None:
            return None
        return self.outs[-1] if self.outs else self.res[-1]

    @property
    def is_planned(self) -> bool:
        """Whether it works on memory."""
        return any(isinstance(v.type, MemRefType) for v in self.operands)

    @property
    def capacity(self) -> Extent | None:
        """The number of trips that scanned and stacked values allow; None where there are none."""
        lengths = (extents_of(v)[0] for v in (*self.scanned, *self.stacked))
        return next(lengths, None)

    def turn_of(self, number: int) -> Extent:
        """Bytes from the first to the second place of a carried value; 0 where it has one."""
        return 0 if self.turns is None else extent_values(self.turns)[number]

    @property
    def trip_name(self) -> str | None:
        """The name of the number of the trip in sizes."""
        return None if self.trip is None else self.trip.data

    def growth_axis(self, number: int) -> int | None:
        """The axis along which a carried value grows; None where it has one size."""
        axis = -1 if self.growing is None else int_values(self.growing)[number]
        return None if axis < 0 else axis

    def is_backwards(self, number: int) -> bool:
        """Whether a scanned value is read from its last slice on."""
        return self.backwards is not None and number in int_values(self.backwards)

    def is_upwards(self, number: int) -> bool:
        """Whether a stacked result is filled from its last row on."""
        return self.upwards is not None and number in int_values(self.upwards)

    # What must hold.

    def verify_(self) -> None:
        self._verify_end()
        block = self.body.block
        planned = self.is_planned
        number: Attribute = IndexType() if planned else tensor((), i64)
        wanted: list[Attribute] = [number, *(v.type for v in self.inits)]
        takes = [a.type for a in block.args]
        self._verify_growing()
        if len(takes) != len(wanted) + len(self.scanned):
            raise VerifyException(
                f"'{self.name}' region takes {len(takes)} values, expected a number,"
                f" {len(self.inits)} carried ones and {len(self.scanned)} slices"
            )
        kept = [n for n in range(len(self.inits)) if self.growth_axis(n) is None]
        takes = [takes[0], *(takes[1 + n] for n in kept)]
        wanted = [wanted[0], *(wanted[1 + n] for n in kept)]
        check_types(self, "region argument list", takes, wanted)
        for value, piece in zip(self.scanned, self.slices, strict=True):
            self._verify_piece("scanned", value, piece)
        yielded = yielded_types(self, self.body)
        count = (self.condition is not None) + len(self.inits) + len(self.stacked)
        if len(yielded) != count:
            raise VerifyException(
                f"'{self.name}' region yields {len(yielded)} values, expected {count}"
            )
        going_on = self.going_on
        if going_on is not None and not is_one(going_on, i1):
            raise VerifyException(f"'{self.name}' region must first yield whether to go on, an i1")
        carried = [self.inits[n].type for n in kept]
        check_types(self, "region", [self.next_values[n].type for n in kept], carried)
        check_types(self, "result list", [self.res[n].type for n in kept], carried)
        for n in range(len(self.inits)):
            if (axis := self.growth_axis(n)) is not None:
                self._verify_growth(n, axis)
        for value, piece in zip(self.stacked, self.rows, strict=True):
            self._verify_piece("stacked", value, piece)
        self._verify_properties()
        self._verify_level(planned)

    def _verify_end(self) -> None:
        if self.limit is not None and not is_one(self.limit, i64):
            raise VerifyException(f"'{self.name}' limit must be one i64")
        if self.counter is not None and not is_one(self.counter, i64):
            raise VerifyException(f"'{self.name}' counter must be one i64")
        if self.condition is not None and not is_one(self.condition, i1):
            raise VerifyException(f"'{self.name}' condition must be one i1")
        if len(self.res) < len(self.inits) + (self.counts is not None and not self.outs):
            raise VerifyException(f"'{self.name}' has fewer results than carried values")
        shapes = [extents_of(v) for v in (*self.scanned, *self.stacked)]
        extents = {shape[0] if shape else None for shape in shapes}
        if len(extents) > 1 or None in extents or -1 in extents:
            raise VerifyException(
                f"'{self.name}' scanned and stacked values must be equally long along their first"
                " axis"
            )
        if self.limit is None and self.condition is None and not extents:
            raise VerifyException(f"'{self.name}' has nothing that ends it")

    def _verify_piece(self, what: str, whole: SSAValue, piece: SSAValue) -> None:
        if extents_of(piece) != extents_of(whole)[1:] or element_of(piece) != element_of(whole):
            raise VerifyException(
                f"'{self.name}' {what} value of type {whole.type} has no rows of type {piece.type}"
            )

    def _verify_growing(self) -> None:
        if self.growing is None:
            return
        if len(self.growing) != len(self.inits) or self.trip is None:
            raise VerifyException(
                f"'{self.name}' growing is {self.growing}, expected a number for each of"
                f" {len(self.inits)} carried values, and a name of the trip"
            )

    def _verify_growth(self, number: int, axis: int) -> None:
        """Sizes are those of the next trip where the name of the trip is one more."""
        init, here = self.inits[number], self.carried[number]
        following, result = self.next_values[number], self.res[number]
        shapes = [list(extents_of(v)) for v in (init, here, following, result)]
        elements = {element_of(v) for v in (init, here, following, result)}
        if len(elements) > 1 or any(axis >= len(shape) for shape in shapes):
            raise VerifyException(f"'{self.name}' carried value {number} changes its type")
        first, now, then, _ = (shape.pop(axis) for shape in shapes)
        if any(shape != shapes[0] for shape in shapes):
            raise VerifyException(
                f"'{self.name}' carried value {number} changes sizes other than that of axis {axis}"
            )
        name = self.trip_name
        if name is None or isinstance(now, int) or name not in now.names:
            return  # numbers are those of one trip
        trips = [substituted(now, {name: n}) for n in (0, named(name) + 1)]
        if trips != [first, then]:
            raise VerifyException(
                f"'{self.name}' carried value {number} has {now} rows in a trip; expected"
                f" {trips[0]} to begin with, found {first}, and then {trips[1]}, found {then}"
            )

    def _verify_properties(self) -> None:
        for name, attr, count in (
            ("backwards", self.backwards, len(self.scanned)),
            ("upwards", self.upwards, len(self.stacked)),
        ):
            if attr is not None and not all(0 <= n < count for n in int_values(attr)):
                raise VerifyException(f"'{self.name}' {name} is {attr}, there are {count} values")
        if self.turns is not None and len(extent_values(self.turns)) != len(self.inits):
            raise VerifyException(
                f"'{self.name}' turns is {self.turns}, there are {len(self.inits)} carried values"
            )
        count = self.count
        if count is not None and not is_one(count, i64):
            raise VerifyException(f"'{self.name}' counts its trips in one i64")

    def _verify_level(self, planned: bool) -> None:
        values = (*self.operands, *self.res, *self.last.values)
        if any(isinstance(v.type, MemRefType) != planned for v in values):
            raise VerifyException(f"'{self.name}': tensors and memory cannot be mixed")
        if not planned and self.turns is not None:
            raise VerifyException(f"'{self.name}': only planning may say 'turns'")
        if planned and len(self.res) != len(self.inits):
            raise VerifyException(f"'{self.name}': a planned loop has 'outs' for stacked results")


ControlOp = IfOp | LoopOp
"""Operations whose regions are parts of the program."""


def inner_blocks(op: Operation) -> Sequence[Block]:
    """The blocks of the program that stand inside an operation, in order."""
    if not op.regions:  # most: what looks at all operations must not take long over them
        return ()
    if isinstance(op, IfOp):
        return (op.then_region.block, op.else_region.block)
    return (op.body.block,) if isinstance(op, LoopOp) else ()


def in_line(block: Block) -> Iterator[Operation]:
    """
    The operations of a block and of the branches and loops in it, each before what is inside it.

    Scalar regions and those of reference operations are no part of the program. The block may be
    changed meanwhile behind the operation that was given last.
    """
    ahead: list[Operation | None] = [block.first_op]
    while ahead:
        op = ahead.pop()
        if op is None:
            continue
        inner = inner_blocks(op)
        yield op
        ahead.append(op.next_op)
        if inner:
            ahead.extend(b.first_op for b in reversed(inner))


def blocks_in_line(block: Block) -> Iterator[Block]:
    """A block and those of the branches and loops in it."""
    yield block
    for op in in_line(block):
        yield from inner_blocks(op)


def defined_in(block: Block) -> Iterator[SSAValue]:
    """The arguments of a block and the results of its operations, not of those inside them."""
    yield from block.args
    for op in block.ops:
        yield from op.results


def loops_around(op: Operation, block: Block | None = None) -> list[LoopOp]:
    """The loops that an operation stands in, innermost first, up to those around `block`."""
    found: list[LoopOp] = []
    at = op.parent
    while at is not None and at is not block:
        parent = at.parent_op()
        if isinstance(parent, LoopOp):
            found.append(parent)
        at = None if parent is None else parent.parent
    return found
