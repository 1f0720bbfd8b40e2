"""
Plans for sizes that are open, proven in two parts.

*Structures hold for all sizes*: in each structure, of two places that are used at the same time one
rests on the other, directly or through others, so they share no byte; and every view lies within
its place, or within the input, output or constant that it is a part of. When a place is used is
found here, from the operations that touch it. *Values are where they belong within places*: the
function is bound at the sizes that are planned for, at small and at drawn ones
(`sample_sizes.py`), and each of these plans is checked byte for byte like any other.

A size that the data decides is at most its bound, which the program sees to; places are as large
as it can be. Only what comes behind the operation that finds it may use it
(`dialects/engine/size_definitions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, ViewOp, YieldOp
from ...dialects.engine.base import EngineOp, span_extent_of
from ...dialects.engine.control import fixed_around
from ...dialects.engine.location import range_of_moves, taken_from
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.plan import PlanAttr, place_order
from ...dialects.engine.said_sizes import said_sizes
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.engine.size_facts import facts_of, relations_of
from ...dialects.engine.view import Move
from ...errors import CompileError
from ...ir.bind_sizes import bind_sizes
from ...ir.interface import OUTPUT_DIGESTS
from ...ir.value_digests import ValueDigests
from ...runtime.size import Extent, is_zero, named, substituted
from ...runtime.size_facts import names_of
from ...runtime.size_proofs import SizeProofs
from .buffers import input_count, name_of, problem, written_by
from .moving import fault_of
from .place_uses import PlaceUses
from .regions import check_bound_function, verify_operations
from .sample_sizes import sample_sizes, tells_names_apart, values_in
from .text_meaning import TextMeaning


class _GivenDigests(dict[SSAValue, str]):
    """Digests that are known from elsewhere: noting a value notes the one that is given."""

    def __init__(self, given: Mapping[SSAValue, str]):
        super().__init__()
        self._given = given

    def __setitem__(self, value: SSAValue, digest: str) -> None:
        super().__setitem__(value, self._given.get(value, digest))


class _AllDigests(dict[SSAValue, str]):
    """Digests of which also those are kept that are forgotten behind branches and loops."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: dict[SSAValue, str] = {}

    def __setitem__(self, value: SSAValue, digest: str) -> None:
        super().__setitem__(value, digest)
        self.noted[value] = digest


@dataclass(frozen=True)
class _Inside:
    """Where a memref lies, in whatever trips of the loops around it."""

    root: SSAValue | int
    """A place by number, or an argument or constant."""
    first: Extent
    """The least bytes from the start of it."""
    last: Extent
    """The most."""


@dataclass
class _Places:
    """Which place each memref of a function lies in, and where; and what uses places."""

    plan: PlanAttr
    proofs: SizeProofs
    definitions: SizeDefinitions
    inside: dict[SSAValue, _Inside] = field(default_factory=dict[SSAValue, "_Inside"])
    uses: PlaceUses = field(default_factory=PlaceUses)

    def view(self, op: ViewOp, arena: SSAValue) -> None:
        """Note a view, and prove that it stays where it may be."""
        if op.place is not None:
            if op.base is not arena:
                raise problem(op, f"{name_of(op.base)} is not the arena, and has no places")
            number = op.place.value.data
            base = _Inside(number, 0, 0)
        elif op.base is arena:
            raise problem(op, f"{name_of(op.res)} is of the arena, but of no place")
        else:
            base = self._inside(op, op.base)
        self._put(op, op.res, base, op.byte_extent, op.moves)

    def loop(self, op: LoopOp) -> None:
        """Note where the carried values, slices and results of a loop lie."""
        for argument in op.body.block.args[1:]:
            part = taken_from(op, argument)
            self._put(op, argument, self._inside(op, part.base), part.offset, part.moves)
        for number, (init, result) in enumerate(zip(op.inits, op.res, strict=True)):
            turn = op.turn_of(number)
            moves = [Move(op.number, turn, 2)] if not is_zero(turn) else []
            self._put(op, result, self._inside(op, init), 0, moves)

    def _inside(self, op: Operation, value: SSAValue) -> _Inside:
        found = self.inside.get(value)
        if found is None:
            raise problem(op, f"{name_of(value)} is not memory that was planned")
        return found

    def _put(
        self, op: Operation, value: SSAValue, base: _Inside, offset: Extent, moves: Sequence[Move]
    ) -> None:
        """Note where a value lies, and prove that it stays where it may be in every trip."""
        for move in moves:
            if (fault := fault_of(move)) is not None:
                raise problem(op, f"{name_of(value)} {fault}")
        low, high = range_of_moves(moves)
        first, last = base.first + offset + low, base.last + offset + high
        end = last + span_extent_of(value)
        root = base.root
        room = self.plan.places.data[root].size if isinstance(root, int) else span_extent_of(root)
        here, there = end, room
        if fixed := fixed_around(op):
            here, there = substituted(end, fixed), substituted(room, fixed)
        if not self.proofs.at_least(first, 0) or not self.proofs.at_least(there, here):
            where = f"place {root}" if isinstance(root, int) else name_of(root)
            raise problem(
                op,
                f"bytes {first} to {end} of {name_of(value)} are not proven to lie within the"
                f" {room} bytes of {where}",
            )
        self.inside[value] = _Inside(root, first, last)

    def use(self, op: Operation, position: int) -> None:
        """Note what an operation touches."""
        counter = op.counter if isinstance(op, LoopOp) else None
        for value in op.operands:
            if is_opaque(value):
                continue
            root = self._inside(op, value).root
            if not isinstance(root, int):
                continue
            if not self.definitions.begins_before(op, self.plan.segments[root]):
                raise problem(op, f"uses place {root}, whose segment has not begun")
            if value is counter and isinstance(op, LoopOp):
                self.uses.note_in_trips(root, position, op)
            else:
                self.uses.note(root, position, op)


def check_open_function(function: FuncOp, plan: PlanAttr) -> None:
    """
    Check one planned function with a plan for open sizes.

    Raises:
        CompileError: naming the places that may meet, the view that may leave its place, or what is
            wrong at some sizes, and these sizes.
    """
    if len(function.body.blocks) != 1:
        raise CompileError("check-memory-plan: the function is not one block")
    verify_operations(function)
    relations = [relation.sides for relation in relations_of(function)]
    proofs = SizeProofs(facts_of(function), relations)
    definitions = SizeDefinitions.of(function)
    _check_names(function, plan, definitions)
    places = _located(function, plan, proofs, definitions)
    used = places.uses.spans()
    for structure in range(len(plan.structures)):
        _check_structure(plan, structure, used)
    digests = _digests(function, places)
    points = [_check_near(function, points, digests) for points in sample_sizes(function)]
    if not any(p is not None and tells_names_apart(p, function, proofs) for p in points):
        raise CompileError(
            "check-memory-plan: no sizes were found that the operations of the function take and"
            " that tell its names apart; bind them to some (bind-sizes) and check that"
        )


def _check_names(function: FuncOp, plan: PlanAttr, definitions: SizeDefinitions) -> None:
    """
    Every name of a plan is one of an argument, or found before the segment of the place begins: its
    value is known before the arena is made.
    """
    known = set(names_of(size for a in function.body.block.args for size in said_sizes(a)))
    known -= facts_of(function).decided.keys()
    for number, (size, segment) in enumerate(zip(plan.sizes, plan.segments, strict=True)):
        if segment > len(definitions.segments):
            raise CompileError(
                f"check-memory-plan: place {number} is in segment {segment} of"
                f" {len(definitions.segments)}"
            )
        found = {
            name for name in definitions.at if 0 < definitions.segment_of(named(name)) <= segment
        }
        if left := [name for name in names_of([size]) if name not in known | found]:
            raise CompileError(
                f"check-memory-plan: place {number} has {size} bytes, but no argument says what"
                f" {' and '.join(left)} {'is' if len(left) == 1 else 'are'}"
            )


def _located(
    function: FuncOp, plan: PlanAttr, proofs: SizeProofs, definitions: SizeDefinitions
) -> _Places:
    block = function.body.block
    if not block.args or not isinstance(block.args[0].type, MemRefType):
        raise CompileError("check-memory-plan: the function is not planned (run plan-memory)")
    arena, *others = block.args
    places = _Places(plan, proofs, definitions)
    places.inside.update((value, _Inside(value, 0, 0)) for value in others)
    for position, op in places.uses.each(block):
        if isinstance(op, ConstantOp):
            places.inside[op.res] = _Inside(op.res, 0, 0)
        elif isinstance(op, ViewOp):
            places.view(op, arena)
        elif isinstance(op, EngineOp | ReferenceOp | IfOp | LoopOp | YieldOp):
            places.use(op, position)
            if isinstance(op, IfOp) and op.res:
                raise problem(op, "is not an operation on planned memory")
            if isinstance(op, LoopOp):
                places.loop(op)
        elif op is not block.last_op:
            raise problem(op, "is not an operation on planned memory")
    return places


def _check_structure(plan: PlanAttr, structure: int, used: Mapping[int, tuple[int, int]]) -> None:
    """Of two places that are used at the same time one rests on the other."""
    below, order = plan.structures[structure], place_order(plan, structure)
    reached = [0] * len(below)
    for place in order:
        for other in below[place]:
            reached[place] |= reached[other] | 1 << other
    reaching = [0] * len(below)
    for place in reversed(order):
        for other in below[place]:
            reaching[other] |= reaching[place] | 1 << place
    ends = sorted(used, key=lambda place: used[place][1])
    beside: dict[int, int] = {}
    for place, segment in enumerate(plan.segments):
        beside[segment] = beside.get(segment, 0) | 1 << place
    living, gone = 0, 0
    for place in sorted(used, key=lambda place: used[place][0]):
        while used[ends[gone]][1] < used[place][0]:
            living &= ~(1 << ends[gone])
            gone += 1
        mine = beside[plan.segments[place]]
        if apart := living & mine & ~(reached[place] | reaching[place]):
            other = (apart & -apart).bit_length() - 1
            raise CompileError(
                f"check-memory-plan: places {other} and {place} are used at the same time, and in"
                f" structure {structure} neither rests on the other"
            )
        living |= 1 << place


def _digests(function: FuncOp, places: _Places) -> dict[SSAValue, str]:
    """What each value is computed from, as the text says."""
    block = function.body.block
    known = _AllDigests()
    written = (places.inside[v].root for op in in_line(block) for v in written_by(op))
    roots = {root for root in written if not isinstance(root, int)}
    inputs = block.args[1 : 1 + input_count(function, roots)]
    TextMeaning(block.args, inputs, ValueDigests(known)).block(block)
    return known.noted


def _check_near(
    function: FuncOp, points: Iterator[dict[str, int]], digests: Mapping[SSAValue, str]
) -> dict[str, int] | None:
    """Check a function byte for byte at the first point that it is meant for; None if none is."""
    for point in points:
        bound = function.clone()
        try:
            bind_sizes(bound, point)
            if not _is_meant(bound):
                continue
            pairs = zip(values_in(function), values_in(bound), strict=True)
            given = {new: digests[old] for old, new in pairs if old in digests}
            if (stated := function.attributes.get(OUTPUT_DIGESTS)) is not None:
                bound.attributes[OUTPUT_DIGESTS] = stated
            check_bound_function(bound, ValueDigests(_GivenDigests(given)))
        except CompileError as error:
            sizes = ", ".join(f"{name} = {value}" for name, value in point.items())
            raise CompileError(f"{error} (where {sizes})") from error
        return point
    return None


def _is_meant(function: FuncOp) -> bool:
    """Whether its operations take such sizes: the last row of none is not there."""
    for op in in_line(function.body.block):
        if isinstance(op, EngineOp):
            try:
                op.verify()
            except VerifyException:
                return False
    return True
