"""
Plans for sizes that are open, proven in two parts.

*Structures hold for all sizes*: in each structure, of two places that are used at the same time one
rests on the other, directly or through others, so they share no byte; and every view lies within
its place, or within the input, output or constant that it is a part of. When a place is used is
found here, from the operations that touch it. *Values are where they belong within places*: the
function is bound at the sizes that are planned for, at small and at drawn ones
(`sample_sizes.py`), and each of these plans is checked byte for byte like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine import ConstantOp, ReferenceOp, ViewOp
from ...dialects.engine.base import EngineOp, extents_of, span_extent_of
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.plan import PlanAttr, place_order
from ...dialects.engine.size_facts import facts_of, relations_of
from ...errors import CompileError
from ...ir.bind_sizes import bind_sizes
from ...ir.interface import OUTPUT_DIGESTS
from ...ir.value_digests import ValueDigests
from ...runtime.size import Extent
from ...runtime.size_facts import names_of
from ...runtime.size_proofs import SizeProofs
from .buffers import input_count, name_of, problem, read_by, written_by
from .regions import check_bound_function, verify_operations
from .sample_sizes import sample_sizes, tells_names_apart, values_in


class _GivenDigests(dict[SSAValue, str]):
    """Digests that are known from elsewhere: noting a value notes the one that is given."""

    def __init__(self, given: Mapping[SSAValue, str]):
        super().__init__()
        self._given = given

    def __setitem__(self, value: SSAValue, digest: str) -> None:
        super().__setitem__(value, self._given.get(value, digest))


@dataclass
class _Places:
    """Which place each memref of a function lies in, and where; and when places are used."""

    plan: PlanAttr
    proofs: SizeProofs
    inside: dict[SSAValue, tuple[SSAValue | int, Extent]] = field(
        default_factory=dict[SSAValue, "tuple[SSAValue | int, Extent]"]
    )
    """The place, or the argument or constant, that a memref lies in, and bytes from its start."""
    used: dict[int, tuple[int, int]] = field(default_factory=dict[int, "tuple[int, int]"])
    """The first and the last position of what touches a place."""

    def view(self, op: ViewOp, arena: SSAValue) -> None:
        """Note a view, and prove that it stays where it may be."""
        if op.place is not None:
            if op.base is not arena:
                raise problem(op, f"{name_of(op.base)} is not the arena, and has no places")
            number = op.place.value.data
            root, offset, room = number, op.byte_extent, self.plan.places.data[number].size
        elif op.base is arena:
            raise problem(op, f"{name_of(op.res)} is of the arena, but of no place")
        elif op.base not in self.inside:
            raise problem(op, f"{name_of(op.base)} is not memory")
        else:
            root, before = self.inside[op.base]
            offset = before + op.byte_extent
            room = (
                self.plan.places.data[root].size if isinstance(root, int) else span_extent_of(root)
            )
        end = offset + span_extent_of(op.res)
        if not self.proofs.at_least(offset, 0) or not self.proofs.at_least(room, end):
            where = f"place {root}" if isinstance(root, int) else name_of(root)
            raise problem(
                op,
                f"bytes {offset} to {end} of {name_of(op.res)} are not proven to lie within the"
                f" {room} bytes of {where}",
            )
        self.inside[op.res] = root, offset

    def use(self, op: Operation, position: int) -> None:
        """Note what an operation touches."""
        for value in op.operands:
            if is_opaque(value):
                continue
            if value not in self.inside:
                raise problem(op, f"{name_of(value)} is not memory that was planned")
            root = self.inside[value][0]
            if isinstance(root, int):
                self.used[root] = (self.used.get(root, (position, 0))[0], position)


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
    _check_names(function, plan)
    places = _located(function, plan, proofs)
    for structure in range(len(plan.structures)):
        _check_structure(plan, structure, places.used)
    digests = _digests(function, places)
    points = [_check_near(function, points, digests) for points in sample_sizes(function)]
    if not any(p is not None and tells_names_apart(p, function, proofs) for p in points):
        raise CompileError(
            "check-memory-plan: no sizes were found that the operations of the function take and"
            " that tell its names apart; bind them to some (bind-sizes) and check that"
        )


def _check_names(function: FuncOp, plan: PlanAttr) -> None:
    """Every name of a plan is one of an argument: its value is known before the arena is made."""
    arguments = [a for a in function.body.block.args if isinstance(a.type, MemRefType)]
    known = set(names_of(extent for a in arguments for extent in extents_of(a)))
    for number, size in enumerate(plan.sizes):
        if left := [name for name in names_of([size]) if name not in known]:
            raise CompileError(
                f"check-memory-plan: place {number} has {size} bytes, but no argument says what"
                f" {' and '.join(left)} {'is' if len(left) == 1 else 'are'}"
            )


def _located(function: FuncOp, plan: PlanAttr, proofs: SizeProofs) -> _Places:
    block = function.body.block
    if not block.args or not isinstance(block.args[0].type, MemRefType):
        raise CompileError("check-memory-plan: the function is not planned (run plan-memory)")
    arena, *others = block.args
    places = _Places(plan, proofs)
    places.inside.update((value, (value, 0)) for value in others)
    for position, op in enumerate(block.ops):
        if isinstance(op, ConstantOp):
            places.inside[op.res] = op.res, 0
        elif isinstance(op, ViewOp):
            places.view(op, arena)
        elif isinstance(op, EngineOp | ReferenceOp):
            places.use(op, position)
        elif position + 1 < len(block.ops):
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
    living, gone = 0, 0
    for place in sorted(used, key=lambda place: used[place][0]):
        while used[ends[gone]][1] < used[place][0]:
            living &= ~(1 << ends[gone])
            gone += 1
        if apart := living & ~(reached[place] | reaching[place]):
            other = (apart & -apart).bit_length() - 1
            raise CompileError(
                f"check-memory-plan: places {other} and {place} are used at the same time, and in"
                f" structure {structure} neither rests on the other"
            )
        living |= 1 << place


def _digests(function: FuncOp, places: _Places) -> dict[SSAValue, str]:
    """What each value is computed from, as the text says."""
    digests, block = ValueDigests(), function.body.block
    written = [value for op in block.ops for value in written_by(op)]
    roots = {root for v in written for root, _ in [places.inside[v]] if not isinstance(root, int)}
    for number, value in enumerate(block.args[1 : 1 + input_count(function, roots)]):
        digests.input(value, number)
    for op in block.ops:
        if isinstance(op, ConstantOp):
            digests.constant(op)
        elif isinstance(op, ViewOp) and (elements := op.selection) is not None:
            _require_known(op, [op.base], digests)
            digests.selection(op.res, op.base, elements)
        elif isinstance(op, EngineOp | ReferenceOp):
            sources = read_by(op)
            _require_known(op, sources, digests)
            targets = op.targets if isinstance(op, ReferenceOp) else written_by(op)
            digests.operation(op, sources, targets)
    return digests.known


def _require_known(op: Operation, values: list[SSAValue], digests: ValueDigests) -> None:
    for value in values:
        if value not in digests.known:
            raise problem(op, f"{name_of(value)} is not written before")


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
    for op in function.body.block.ops:
        if isinstance(op, EngineOp):
            try:
                op.verify()
            except VerifyException:
                return False
    return True
