"""
What branches and loops do to memory.

A loop is written out for no, one, two and three trips. That is enough: what is in one of two places
is there in every second trip, and what moves on with every trip lies in rows of a stacked result
that nobody else may touch. Behind a loop, and behind the branches of an `if`, a byte belongs to a
value only if it does whatever happened; so the work grows with the program, not with its courses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from xdsl.dialects import func
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import IfOp, LoopOp, YieldOp
from ...dialects.engine.base import shape_of
from ...dialects.engine.location import loop_of, taken_from
from ...dialects.engine.loop import inner_blocks
from ...dialects.engine.memory_part import Elements
from ...dialects.engine.view import Move
from ...errors import CompileError
from ...ir.value_digests import ValueDigests
from ...runtime.format_tag import dense_strides
from ...runtime.size import numbers_of
from .buffers import Buffers, name_of, problem
from .dataflow import Checker
from .element_addresses import addresses_of, lies_as
from .moving import TRIPS, linear, trips_of
from .text_meaning import TextMeaning

MOST_STEPS = 1 << 18
"""Operations that are gone over, those in loops once for each trip that is written out."""

Owners = npt.NDArray[np.int32]


class ProgramChecker(Checker):
    """A checker that goes into branches and loops."""

    def block(self, block: Block) -> None:
        """Go over the operations of a block."""
        for op in block.ops:
            self.step(op)

    def step(self, op: Operation) -> None:
        if isinstance(op, IfOp):
            self._if(op)
        elif isinstance(op, LoopOp):
            self._loop(op)
        else:
            super().step(op)

    def write(self, value: SSAValue) -> None:
        if linear(self.buffers.moves.get(value, ())):
            self._check_in_row(value)
        super().write(value)

    # Branches.

    def _if(self, op: IfOp) -> None:
        self.read(op, op.condition)
        before, ends = self.owner, list[Owners]()
        for region, block in zip(op.regions, inner_blocks(op), strict=True):
            if not op.is_possible(region):
                continue
            self.owner = before.copy()
            written = len(self.values)
            self.block(block)
            last = block.last_op
            assert isinstance(last, YieldOp)
            for value, out in zip(last.values, op.outs, strict=True):
                self.read(last, value)
                if self._spot(value) != self._spot(out) or value in self.buffers.turned:
                    raise problem(last, f"{name_of(value)} does not lie at {name_of(out)}")
            self._forget(written)
            ends.append(self.owner)
        self.owner = self._agreed(ends)
        for out in op.outs:
            self.write(out)

    # Loops.

    def _loop(self, op: LoopOp) -> None:
        ends = [v for v in (op.limit, op.condition) if v is not None]
        for value in (*ends, *op.inits, *op.scanned):
            self.read(op, value)
        for value, argument in zip(op.scanned, op.slices, strict=True):
            self._check_slices(op, value, argument)
        for whole in op.stacked:
            self.write(whole)
        carried = [self._instance(v) for v in op.inits]
        exits, courses = [self.owner.copy()], [carried]
        for trip in range(trips_of(op)):
            carried = self._trip(op, trip, carried)
            exits.append(self.owner.copy())
            courses.append(carried)
        self.owner = self._agreed(exits)
        for number, result in enumerate(op.res):
            self._result(op, result, [course[number] for course in courses])
        if (count := op.count) is not None:
            self.write(count)

    def _result(self, op: LoopOp, result: SSAValue, instances: Sequence[int | None]) -> None:
        """A carried value behind the loop, of the last trip whichever that was."""
        if all(instance is None for instance in instances):
            self.numbers.pop(result, None)  # it never leaves memory that is only read
        elif any(instance is None for instance in instances):
            raise problem(op, f"{name_of(result)} is memory that is only read in some trips")
        else:
            super().write(result)

    def _trip(self, op: LoopOp, trip: int, carried: Sequence[int | None]) -> list[int | None]:
        """One trip, from the carried values of these numbers to those of the next one."""
        self.buffers.move_to(op.number, trip)
        written = len(self.values)
        for argument, instance in zip(op.carried, carried, strict=True):
            if instance is None:
                self.numbers.pop(argument, None)
            else:
                self.numbers[argument] = instance
        if trip == 0:
            self._grown_before(op, carried)
        if op.counter is not None:
            self.write(op.counter)
        self.block(op.body.block)
        for value in op.last.values:
            self.read(op.last, value)
        for number, (value, whole) in enumerate(zip(op.rows, op.stacked, strict=True)):
            self._check_row(op, number, value, whole, trip)
        following = [self._instance(value) for value in op.next_values]
        belong = self._next_spots(op, trip)
        for value, argument, spot in zip(op.next_values, op.carried, belong, strict=True):
            if self._spot(value) != spot or value in self.buffers.turned:
                where = f"where the next {name_of(argument)} does"
                raise problem(op.last, f"{name_of(value)} does not lie {where}")
        for value, whole in zip(op.rows, op.stacked, strict=True):
            self.owner[self._cells(value)] = self.numbers[whole]
        for value in op.scanned:
            self.read(op, value)
        self._forget(written)
        for argument in op.carried:
            self.numbers.pop(argument, None)
        return following

    def _grown_before(self, op: LoopOp, carried: Sequence[int | None]) -> None:
        """
        What grows has the rows that trips before gave it, where it is looked at in a later one.

        All trips that are written out have the same sizes then: those of one trip, whichever.
        """
        for number, (argument, instance) in enumerate(zip(op.carried, carried, strict=True)):
            if op.growth_axis(number) is not None and instance is not None:
                self.owner[self._cells(argument)] = instance

    def _next_spots(self, op: LoopOp, trip: int) -> list[tuple[SSAValue, int]]:
        """Where the carried values lie in the next trip."""
        trips = self.buffers.trips
        trips[op.number] = trip + 1
        found = [self.buffers.offset_of(argument) for argument in op.carried]
        trips[op.number] = trip
        return found

    def _check_slices(self, op: LoopOp, whole: SSAValue, argument: BlockArgument) -> None:
        """The slices are the rows of what is scanned."""
        self.origins[argument] = self.origin(whole)
        part = taken_from(op, argument)
        [offset] = numbers_of([part.offset])
        [step] = numbers_of([part.moves[0].step])
        if not _is_row(argument, whole, offset, step):
            raise problem(op, f"{name_of(argument)} does not lie as the rows of {name_of(whole)}")

    def _check_row(
        self, op: LoopOp, number: int, row: SSAValue, whole: SSAValue, trip: int
    ) -> None:
        """A row lies where it belongs in the stacked result."""
        rows = shape_of(whole)[0]
        root, start = self._spot(whole)
        step = _row_bytes(whole)
        at = rows - 1 - trip if op.is_upwards(number) else trip
        if (
            step is None
            or self._spot(row) != (root, start + at * step)
            or row in self.buffers.turned
            or not _is_row(row, whole, 0, step)
        ):
            raise problem(
                op.last, f"{name_of(row)} does not lie where its row of {name_of(whole)} does"
            )

    def _check_in_row(self, value: SSAValue) -> None:
        """What goes on with every trip is written within the row of that trip alone."""
        moves = self.buffers.moves[value]
        innermost = linear(moves)[-1]
        loop = loop_of(innermost.index)
        op = self.buffers.writers.get(value)
        assert loop is not None
        assert op is not None
        mine = _in_order(moves)
        for row in loop.rows:
            if row not in self.buffers.sets or _in_order(self.buffers.moves.get(row, ())) != mine:
                continue
            self.marks[self._cells(row)] = True
            inside = bool(self.marks[self._cells(value)].all())
            self.marks[self._cells(row)] = False
            if inside:
                return
        raise problem(op, f"{name_of(value)} moves with trips, but lies in no row of a result")

    # Memory.

    def _instance(self, value: SSAValue) -> int | None:
        """The number of the value that lies there; None for one in memory that is only read."""
        return self.numbers.get(self.origin(value))

    def _spot(self, value: SSAValue) -> tuple[SSAValue, int]:
        return self.buffers.offsets[value]

    def _cells(self, value: SSAValue) -> slice | npt.NDArray[np.int64]:
        return self.buffers.cells.of(self.buffers.sets[value])

    def _forget(self, written: int) -> None:
        """What was written in a region is there in it alone."""
        for value in self.values[written:]:
            self.numbers.pop(value, None)

    def _agreed(self, ends: Sequence[Owners]) -> Owners:
        """Whom each byte belongs to at all ends; nobody where they differ."""
        agreed = ends[0].copy()
        for other in ends[1:]:
            unlike = np.flatnonzero(agreed != other)
            pairs = np.stack((agreed[unlike], other[unlike]), axis=1)
            distinct, which = np.unique(pairs, axis=0, return_inverse=True)
            same = [self.find(int(one)) == self.find(int(another)) for one, another in distinct]
            agreed[unlike[~np.array(same, np.bool_)[which.reshape(-1)]]] = 0
        return agreed


def _in_order(moves: Sequence[Move]) -> list[tuple[int, ...]]:
    return sorted((id(move.index), *numbers_of([move.step, move.turns])) for move in moves)


def _row_bytes(whole: SSAValue) -> int | None:
    """Bytes from row to row; None where rows do not follow each other in equal steps."""
    [walk, *_] = addresses_of(whole.type).walks
    return walk.digits[0][1] if len(walk.digits) == 1 else None


def _is_row(row: SSAValue, whole: SSAValue, offset: int, step: int) -> bool:
    """
    Whether `row` lies as one of `whole` does, which begins `offset` bytes behind it.

    `step` is how far it moves with each trip.
    """
    shape, bytes_ = shape_of(whole), _row_bytes(whole)
    if 0 in shape:
        return True
    if bytes_ is None:
        return False
    if shape[0] > 1 and abs(step) != bytes_:
        return False
    at = offset // bytes_ if bytes_ else 0
    elements = Elements(at * dense_strides(shape)[0], tuple(dense_strides(shape)[1:]))
    return lies_as(addresses_of(row.type), addresses_of(whole.type), elements, offset)


def verify_operations(function: func.FuncOp) -> None:
    """
    Verify the operations of a function.

    Raises:
        CompileError: naming the first that is wrong.
    """
    for op in function.body.block.ops:
        try:
            op.verify()
        except VerifyException as error:
            raise problem(op, str(error).splitlines()[0]) from error


def _check_length(function: func.FuncOp) -> None:
    """There are not too many operations to go over."""
    steps = 0
    ahead = [(function.body.block, 1)]
    while ahead:
        block, times = ahead.pop()
        for op in block.ops:
            steps += times
            if steps > MOST_STEPS:
                raise problem(
                    op, f"is one of more than {MOST_STEPS} operations when loops are written out"
                )
            trips = TRIPS if isinstance(op, LoopOp) else 1
            ahead.extend((inner, times * trips) for inner in inner_blocks(op))


def check_bound_function(function: func.FuncOp, digests: ValueDigests | None = None) -> None:
    """
    Check one planned function whose sizes are numbers, with the digests of its values if given.

    Raises:
        CompileError: naming the operation, the operand that is not what was written for it, and
            what was written there instead.
    """
    if len(function.body.blocks) != 1:
        raise CompileError("check-memory-plan: the function is not one block")
    verify_operations(function)
    _check_length(function)
    checker = ProgramChecker(Buffers.of(function), digests or ValueDigests())
    buffers = checker.buffers
    TextMeaning(buffers.arguments, buffers.inputs, checker.digests).block(function.body.block)
    checker.block(function.body.block)
    checker.outputs(function)
