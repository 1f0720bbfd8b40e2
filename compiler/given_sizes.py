"""
Sizes by name in a module that a user gives: every call must bring such as its operations take.

What is converted from a model notes the relations between its sizes on the way. A text may leave
them out, and then machine code for all sizes would read and write beyond what it is given. So each
operation is verified once more, and where neither the names nor the relations of the function say
that sizes fit, that becomes a relation, which a call is refused by. In a branch, what it asks of
the calls that take it counts as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.dialects.builtin import ArrayAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation
from xdsl.utils.exceptions import VerifyException

from ..dialects.engine import IfOp, LoopOp, ViewOp
from ..dialects.engine.base import EngineOp, names_of
from ..dialects.engine.loop import in_line
from ..dialects.engine.size_facts import (
    RELATIONS,
    BroadcastRelationAttr,
    RelationAttr,
    all_relations_of,
    facts_of,
)
from ..dialects.engine.size_questions import judged_by
from ..errors import CompileError
from ..runtime.size import Extent, maximum, single_atom
from ..runtime.size_facts import Facts
from ..runtime.size_facts import names_of as names_in
from ..runtime.size_proofs import SizeProofs

Found = RelationAttr | BroadcastRelationAttr


class _KnownSizes:
    """What is known of sizes in the body of a function, or in a branch."""

    def __init__(self, facts: Facts, relations: tuple[Found, ...]):
        self.facts, self.relations = facts, relations
        equal = [r.sides for r in relations if isinstance(r, RelationAttr)]
        self.proofs = SizeProofs(facts, equal)
        self.equal = {frozenset(sides) for sides in equal}
        self.broadcasts = {
            frozenset(r.sides) for r in relations if isinstance(r, BroadcastRelationAttr)
        }

    def same(self, a: Extent, b: Extent) -> bool:
        """Whether two sizes are proven, or said, to be equal."""
        return self.proofs.same(a, b) or frozenset((a, b)) in self.equal

    def at_least(self, size: Extent, least: Extent) -> bool:
        """The same of one that is at least another."""
        more = size - least
        return self.proofs.at_least(size, least) or self.same(maximum(more, 0), more)

    def with_needs(self, needs: tuple[Found, ...]) -> _KnownSizes:
        """The same where these hold as well."""
        return _KnownSizes(self.facts, (*self.relations, *needs)) if needs else self


@dataclass
class _Relating:
    """A judge that is content with what is known, and where it is not notes what must hold."""

    known: _KnownSizes
    """What holds where the operation at hand runs."""
    names: frozenset[str]
    """Those that are known where a relation is looked at."""
    node: str = ""
    always: bool = True
    """Whether the operation at hand runs in every call."""
    found: dict[tuple[type[Found], Extent, Extent], Found] = field(default_factory=dict)

    def are_same(self, a: Extent, b: Extent) -> bool:
        return self.known.same(a, b) or self._note(RelationAttr, a, b)

    def is_at_least(self, size: Extent, least: Extent) -> bool:
        if self.known.at_least(size, least):
            return True
        more = size - least
        return self._note(RelationAttr, maximum(more, 0), more)

    def are_broadcast(self, a: Extent, b: Extent) -> bool:
        if 1 in (a, b) or self.known.same(a, b):
            return True
        if isinstance(a, int) and isinstance(b, int):
            return False
        if frozenset((a, b)) in self.known.broadcasts or b in _parts(a) or a in _parts(b):
            return True
        return self._note(BroadcastRelationAttr, a, b)

    def _note(self, kind: type[Found], a: Extent, b: Extent) -> bool:
        if not self.always or not self.names.issuperset(names_in((a, b))):
            return False
        self.found.setdefault((kind, a, b), kind.of(a, b, self.node))
        return True


def _parts(size: Extent) -> tuple[Extent, ...]:
    """What a size is left of, where it is the broadcast of others."""
    atom = single_atom(size)
    return atom.operands if atom is not None and atom.kind == "broadcast" else ()


def require_sizes(main: FuncOp) -> None:
    """
    Add the relations to a function that its operations need.

    Raises:
        CompileError: for an operation of a branch or loop whose sizes are not known to fit.
    """
    facts = facts_of(main)
    if not facts.dims:
        return
    known = _KnownSizes(facts, tuple(all_relations_of(main)))
    judge = _Relating(known, frozenset(facts.dims) - {*_trips(main)})
    inside: dict[Block | None, _KnownSizes] = {main.body.block: known}
    with judged_by(judge):
        for op in in_line(main.body.block):
            if not isinstance(op, EngineOp) or isinstance(op, ViewOp):
                continue
            judge.known = _known_in(op.parent, inside)
            judge.node = ", ".join(names_of(op, "nodes")) or op.name
            judge.always = op.parent_op() is main
            try:
                op.verify_()
            except VerifyException as error:
                raise CompileError(
                    f"{judge.node}: not every call has sizes that fit: {error}"
                ) from error
    if judge.found:
        main.attributes[RELATIONS] = ArrayAttr([*all_relations_of(main), *judge.found.values()])


def _known_in(block: Block | None, inside: dict[Block | None, _KnownSizes]) -> _KnownSizes:
    """What is known in a block; blocks around those in `inside` are found there."""
    outwards: list[Block] = []
    while block not in inside:
        assert block is not None
        outwards.append(block)
        block = block.parent_block()
    known = inside[block]
    for inner in reversed(outwards):
        branch, region = inner.parent_op(), inner.parent
        if isinstance(branch, IfOp) and region is not None:
            known = known.with_needs(branch.needs(region))
        inside[inner] = known
    return known


def _trips(main: FuncOp) -> Iterator[str]:
    """The names that stand for the number of a trip."""
    loops: list[Operation] = [op for op in in_line(main.body.block) if isinstance(op, LoopOp)]
    return (op.trip_name for op in loops if isinstance(op, LoopOp) and op.trip_name is not None)
