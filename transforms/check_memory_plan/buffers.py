"""The buffers of a planned function: what they are part of, and which bytes of it they take."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, ViewOp, YieldOp
from ...dialects.engine.base import (
    EngineOp,
    element_of,
    names_of,
    physical_shape_of,
    physical_strides_of,
    span_bytes_of,
)
from ...dialects.engine.location import Location, is_idle, range_of_moves, taken_from
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.view import Move
from ...dialects.engine.weights import dtype_of
from ...errors import CompileError
from ...runtime.abi import INPUT_NAMES
from ...runtime.size import numbers_of
from .byte_cells import ByteSet, Cells
from .moving import fault_of, moved_by, places_of

MOST_PLACES = 1 << 18
"""Of what moves in loops, as many as are looked at."""


def problem(op: Operation, what: str) -> CompileError:
    """What is wrong with a plan, at one of its operations."""
    nodes = ", ".join(names_of(op, "nodes"))
    where = f" of {nodes}" if nodes else ""
    return CompileError(f"check-memory-plan: {op.name}{where}: {what}")


def name_of(value: SSAValue) -> str:
    """What a message calls a value."""
    if value.name_hint:
        return f"%{value.name_hint}"
    if isinstance(value, BlockArgument):
        return f"argument {value.index}"
    return f"the {value.type} at {value.owner.name}" if isinstance(value.owner, Operation) else "?"


def written_by(op: Operation) -> list[SSAValue]:
    """The memrefs that an operation writes."""
    if isinstance(op, EngineOp | ReferenceOp):
        return list(op.destinations)
    if isinstance(op, LoopOp):
        return [*op.outs, *([] if op.counter is None else [op.counter])]
    return list(op.outs) if isinstance(op, IfOp) else []


def read_by(op: EngineOp | ReferenceOp) -> list[SSAValue]:
    """The values that an operation reads, in order."""
    return list(op.sources if isinstance(op, EngineOp) else op.inputs)


def input_count(function: func.FuncOp, roots: Container[SSAValue]) -> int:
    """How many arguments behind the arena are inputs, of those that are written in `roots`."""
    if INPUT_NAMES in function.attributes:
        return len(names_of(function, INPUT_NAMES))
    rest = function.body.block.args[1:]
    return next((n for n, a in enumerate(rest) if a in roots), len(rest))


@dataclass
class Buffers:
    """Where the memrefs of one function lie."""

    arguments: list[BlockArgument]
    """The arena, then the inputs, then the outputs."""
    inputs: list[BlockArgument]
    outputs: list[BlockArgument]
    writers: dict[SSAValue, Operation]
    starts: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """The first byte of each memref in the arena or in an output, which lie one after another."""
    offsets: dict[SSAValue, tuple[SSAValue, int]] = field(
        default_factory=dict[SSAValue, tuple[SSAValue, int]]
    )
    """What each memref is a part of, and how many bytes behind its first."""
    moves: dict[SSAValue, tuple[Move, ...]] = field(
        default_factory=dict[SSAValue, "tuple[Move, ...]"]
    )
    """How those move that do; `offsets`, `starts` and `sets` are those of the current trips."""
    moving: dict[SSAValue, list[SSAValue]] = field(default_factory=dict[SSAValue, list[SSAValue]])
    """What moves with each number of a trip."""
    turned: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Results of loops that lie in one of two places, so many bytes apart; their sets are both."""
    trips: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    bases: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Where the arena and the outputs begin when they lie one after another."""
    _first: dict[SSAValue, tuple[SSAValue, int]] = field(
        default_factory=dict[SSAValue, "tuple[SSAValue, int]"]
    )
    sets: dict[SSAValue, ByteSet] = field(default_factory=dict[SSAValue, ByteSet])
    cells: Cells = field(default_factory=lambda: Cells(()))

    @staticmethod
    def of(function: func.FuncOp) -> Buffers:
        """
        Find the buffers of a function.

        Raises:
            CompileError: for one that is not planned, or in which a view leaves its base, an
                operation is not of level 4, or memory is written that may not be.
        """
        block = function.body.block
        arguments = list(block.args)
        if not arguments or not isinstance(arguments[0].type, MemRefType):
            raise CompileError("check-memory-plan: the function is not planned (run plan-memory)")
        writers: dict[SSAValue, Operation] = {}
        for op in in_line(block):
            for value in written_by(op):
                if value in writers:
                    raise problem(op, f"{name_of(value)} is written a second time")
                writers[value] = op
        found = Buffers(arguments, [], [], writers)
        found._locate(function)
        found._separate(function)
        found._lay_out(arguments[0])
        return found

    def _locate(self, function: func.FuncOp) -> None:
        """Follow views to what they are a part of."""
        block = function.body.block
        self.offsets.update((a, (a, 0)) for a in block.args)
        for op in in_line(block):
            if isinstance(op, ConstantOp):
                self.offsets[op.res] = (op.res, 0)
            elif isinstance(op, ViewOp):
                self._locate_view(op)
            elif isinstance(op, LoopOp):
                self._locate_loop(op)
            elif isinstance(op, IfOp):
                if op.res:
                    raise problem(op, "is not an operation on planned memory")
            elif not isinstance(op, EngineOp | ReferenceOp | YieldOp | func.ReturnOp):
                raise problem(op, "is not an operation on planned memory")

    def _locate_view(self, op: ViewOp) -> None:
        low, high = numbers_of(range_of_moves(op.moves))
        offset, idle = op.byte_offset, is_idle(op.moves)
        if op.base not in self.offsets:
            raise problem(op, f"{name_of(op.base)} is not memory")
        outside = offset + low < 0 or offset + high + span_bytes_of(op.res) > span_bytes_of(op.base)
        if outside and not idle:
            raise problem(op, f"{name_of(op.res)} leaves {name_of(op.base)}")
        if op.moves and op.elements is not None:
            raise problem(op, "is a view of elements, which do not move")
        self._place(op, op.res, Location(op.base, offset, tuple(op.moves)))

    def _place(self, op: Operation, value: SSAValue, part: Location) -> None:
        """Note that a value is a part of another one."""
        if part.base not in self.offsets:
            raise problem(op, f"{name_of(part.base)} is not memory")
        if part.base in self.turned:
            raise problem(
                op,
                f"where {name_of(part.base)} lies depends on how many trips there were; only an"
                " operation reads it",
            )
        for move in part.moves:
            if (fault := fault_of(move)) is not None:
                raise problem(op, f"{name_of(value)} {fault}")
        root, before = self.offsets[part.base]
        moves = (*self.moves.get(part.base, ()), *part.moves)
        [offset] = numbers_of([part.offset])
        self.offsets[value] = (root, before + offset)
        if moves:
            low, high = numbers_of(range_of_moves(moves))
            start = before + offset
            outside = start + low < 0 or start + high + span_bytes_of(value) > span_bytes_of(root)
            if outside and not is_idle(moves):
                raise problem(op, f"{name_of(value)} leaves {name_of(root)}")
            self.moves[value] = moves
            for index in dict.fromkeys(move.index for move in moves):
                self.moving.setdefault(index, []).append(value)

    def _locate_loop(self, op: LoopOp) -> None:
        """Where carried values, slices and results lie."""
        if not op.is_planned:
            raise problem(op, "is not an operation on planned memory")
        for argument in op.body.block.args[1:]:
            self._place(op, argument, taken_from(op, argument))
        for number, (init, result) in enumerate(zip(op.inits, op.res, strict=True)):
            [turn] = numbers_of([op.turn_of(number)])
            self._place(op, result, Location(init, 0))
            if turn:
                self._check_turn(op, result, turn)
                self.turned[result] = turn

    def _check_turn(self, op: LoopOp, value: SSAValue, turn: int) -> None:
        size = dtype_of(element_of(value)).itemsize
        if turn < span_bytes_of(value) or turn % size:
            raise problem(op, f"the two places of {name_of(value)} lie upon each other")

    def _separate(self, function: func.FuncOp) -> None:
        """Tell inputs from outputs: by name, else outputs begin at the first that is written."""
        roots = {self.offsets[v][0] for v in self.writers if v in self.offsets}
        arena, *rest = self.arguments
        count = input_count(function, roots)
        self.inputs, self.outputs = rest[:count], rest[count:]
        writable = {arena, *self.outputs}
        for value, op in self.writers.items():
            root = self.offsets[value][0] if value in self.offsets else value
            if root not in writable:
                raise problem(
                    op, f"{name_of(value)} is part of {name_of(root)}, which is only read"
                )

    def _lay_out(self, arena: SSAValue) -> None:
        at = 0
        for root in (arena, *self.outputs):
            if not is_opaque(root):
                self.bases[root] = at
                at += span_bytes_of(root) + 1
        self._first = dict(self.offsets)
        places = set[ByteSet]()
        for value, (root, offset) in self.offsets.items():
            if root not in self.bases:
                continue
            self.starts[value] = self.bases[root] + offset
            if value is arena and value not in self.writers:
                continue
            moves = self.moves.get(value)
            if moves is None:
                self.sets[value] = self._bytes(value, self.starts[value])
                continue
            for trips in places_of(moves):
                places.add(self._bytes(value, self.starts[value] + moved_by(moves, trips)))
                if len(places) > MOST_PLACES:
                    raise CompileError(
                        f"check-memory-plan: what moves in loops has more than {MOST_PLACES} places"
                    )
        self.cells = Cells((*self.sets.values(), *places))

    def move_to(self, index: SSAValue, trip: int) -> None:
        """Begin a trip of a loop: `offsets`, `starts` and `sets` are those in it."""
        self.trips[index] = trip
        for value in self.moving.get(index, ()):
            root, offset = self.offset_of(value)
            self.offsets[value] = root, offset
            if root in self.bases:
                self.starts[value] = self.bases[root] + offset
                self.sets[value] = self._bytes(value, self.starts[value])

    def offset_of(self, value: SSAValue) -> tuple[SSAValue, int]:
        """What a memref is a part of, and how many bytes behind its first, in the current trips."""
        root, offset = self._first[value]
        moves = self.moves.get(value, ())
        return root, offset + sum(numbers_of(m.bytes_at(self.trips.get(m.index, 0)) for m in moves))

    def _bytes(self, value: SSAValue, start: int) -> ByteSet:
        shape, strides = physical_shape_of(value), physical_strides_of(value)
        size = dtype_of(element_of(value)).itemsize
        if turn := self.turned.get(value):
            shape, strides = (2, *shape), (turn // size, *strides)
        found = ByteSet.of(start, shape, strides, size)
        if found is None:
            owner = value.owner if isinstance(value.owner, Operation) else self.writers.get(value)
            if owner is None and isinstance(value.owner, Block):
                owner = value.owner.parent_op()
            assert owner is not None
            raise problem(owner, f"elements of {name_of(value)} lie upon each other")
        return found

    def apart(self, one: SSAValue, other: SSAValue) -> bool:
        """Whether two memrefs lie in different stretches of memory, of which one is written."""
        if one not in self.sets or other not in self.sets:
            return True
        return self.sets[one].apart_from(self.sets[other])
