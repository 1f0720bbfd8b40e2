"""
Where a function finds the sizes that the data decides, and from where on they may be used.

A name is found by one operation (`SizeDefiningOp`), and only what comes behind it in the same block,
and inside of that, may mention the name; of the operation itself what it gives may. A program that
does otherwise would look at memory with a size that is not there yet. In a branch or loop a name is
found anew each time, and has a modest bound: there is memory for that much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import MemRefType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue

from ...errors import CompileError
from ...runtime.abi import INPUT_NAMES
from ...runtime.size import Extent, Size, terms_of
from ...runtime.size_bounds import bounds_without, largest
from ...runtime.size_proofs import SizeProofs
from .base import dense_stride_extents_of, extents_of, layout_attr_of, names_of
from .data_sizes import SizeDefiningOp
from .location import location_of
from .loop import LoopOp
from .mentioned_names import MentionedNames
from .size_facts import facts_of, relations_of
from .view import ViewOp

WIDE = 1 << 24
"""A bound that is a larger number says little."""

HELD = 1 << 40
"""The largest factor of a bound that is computed."""


@dataclass(frozen=True)
class SizeDefinitions:
    """The names of a function that the data decides; nothing in most functions."""

    bounds: Mapping[str, Extent] = field(default_factory=dict[str, Extent])
    """
    The most that each can be, over names of inputs; what nothing bounds is not there. Where those
    say nothing modest of one that is found in a branch or loop, or nothing that 64 bits hold, it is
    over names that are found before that, too.
    """
    at: Mapping[str, int] = field(default_factory=dict[str, int])
    """The position, among all operations of the function, of what finds each."""
    positions: Mapping[Operation, int] = field(default_factory=dict[Operation, int])
    """Those of all operations, if there is a name."""
    homes: Mapping[str, Block] = field(default_factory=dict[str, Block])
    """The block in which each is found, and known from there on."""
    trips: Mapping[str, LoopOp] = field(default_factory=dict[str, LoopOp])
    """The loops whose regions know the number of the trip by a name."""

    @staticmethod
    def of(function: FuncOp) -> SizeDefinitions:
        """
        Those of a function.

        Raises:
            CompileError: for a name that no operation or several define, that is defined in a
                branch or loop without a modest bound, or used where it is not defined.
        """
        decided = facts_of(function).decided
        if not decided:
            return SizeDefinitions()
        top = function.body.block
        positions = {op: position for position, op in enumerate(function.walk())}
        at: dict[str, int] = {}
        homes: dict[str, Block] = {}
        trips: dict[str, LoopOp] = {}
        for op in positions:
            if isinstance(op, LoopOp) and (trip := op.trip_name) in decided and trip is not None:
                if op.parent is not top or trip in at:
                    raise _problem(op, f"names its trips {trip}, in a loop or as another one does")
                at[trip] = positions[op]
                homes[trip] = op.body.block
                trips[trip] = op
            if not isinstance(op, SizeDefiningOp) or op.parent is None:
                continue
            for name in op.defined_names:
                if name not in decided:
                    raise _problem(
                        op, f"finds the size {name}, which its function does not list as one"
                    )
                if name in at:
                    raise _problem(op, f"finds the size {name}, which another operation finds")
                at[name] = positions[op]
                homes[name] = op.parent
        if left := [name for name in decided if name not in at]:
            raise CompileError(f"no operation finds the size {', '.join(left)}")
        bounds = _bounds(decided, {name for name, home in homes.items() if home is not top})
        found = SizeDefinitions(bounds, at, positions, homes, trips)
        found._check_bounds(top)
        found._check(function)
        return found

    @property
    def inner(self) -> set[str]:
        """The names that are found in a branch or loop, or are numbers of trips."""
        return {
            name for name, home in self.homes.items() if not isinstance(home.parent_op(), FuncOp)
        }

    @property
    def wide(self) -> set[str]:
        """The names of which bounds say so little that products of them may leave 64 bits."""
        found: set[str] = set()
        for name, most in self.bounds.items():
            if _largest_factor(most) > WIDE or not found.isdisjoint(_names(most)):
                found.add(name)
        return found

    @property
    def bounded_by_found(self) -> dict[str, Extent]:
        """The bounds of the names that are bounded by others which the data decides."""
        return {
            n: most
            for n, most in self.bounds.items()
            if not self.at.keys().isdisjoint(_names(most))
        }

    def largest(self, size: Extent) -> Extent:
        """What a size is at most, over names of inputs."""
        return largest(largest(size, self.bounded_by_found), self.bounds)

    @property
    def segments(self) -> dict[int, int]:
        """The position that each segment begins behind, by its number from 1 on."""
        return dict(enumerate(sorted(set(self.at.values())), 1))

    def segment_of(self, size: Extent) -> int:
        """The first segment in which all names of a size are known; 0 if none is found."""
        last = max((self.at[name] for name in _names(size) if name in self.at), default=-1)
        return next((n for n, at in self.segments.items() if at == last), 0)

    def begins_before(self, op: Operation, segment: int) -> bool:
        """Whether a segment has begun when an operation runs."""
        return self.segments[segment] < self.positions[op] if segment else True

    def is_written_with_known(
        self, value: SSAValue, op: Operation, offset: Extent, strides: tuple[Extent, ...]
    ) -> bool:
        """
        Whether the operation that writes `value` knows the names in where it lies.

        One that finds a size knows it in the strides of densely stored results.
        """
        used = _names(offset)
        if not isinstance(op, SizeDefiningOp) or strides != dense_stride_extents_of(value):
            used |= {name for stride in strides for name in _names(stride)}
        return all(self._is_known(name, op) for name in used if name in self.at)

    def _is_known(self, name: str, op: Operation) -> bool:
        """Whether a name is found when an operation runs."""
        return self.positions[op] > self.at[name] and _is_within(op, self.homes[name])

    def _check_bounds(self, top: Block) -> None:
        """See that what is found in branches and loops has a modest bound."""
        for op in self.positions:
            if not isinstance(op, SizeDefiningOp) or op.parent is top:
                continue
            for name in op.defined_names:
                if not _is_modest(self.bounds.get(name)):
                    raise _problem(
                        op, f"finds the size {name} in a branch or loop, and nothing bounds it"
                    )

    def _check(self, function: FuncOp) -> None:
        """See that no name is used before it is known."""
        mentioned = MentionedNames()
        for argument in _inputs(function):
            if not self.at.keys().isdisjoint(mentioned(argument.type)):
                raise CompileError(f"the input {argument.type} has a size that the data decides")
        proofs = SizeProofs(facts_of(function), [r.sides for r in relations_of(function)])
        for op in self.positions:
            own: set[str | None] = {op.trip_name} if isinstance(op, LoopOp) else set()
            if isinstance(op, SizeDefiningOp):
                own.update(op.defined_names)
                if any(not own.isdisjoint(mentioned(value.type)) for value in op.sources):
                    raise _problem(op, "reads what has a size that is not found yet")
                self._check_targets(op, proofs)
            if isinstance(op, ViewOp | FuncOp):
                continue
            used = set(mentioned.of_operation(op))
            used |= {name for value in op.operands for name in _names(_place_of(value))}
            unknown = (used & self.at.keys()) - own
            if any(not self._is_known(name, op) for name in unknown):
                raise _problem(op, "uses a size before it is found")

    def _check_targets(self, op: SizeDefiningOp, proofs: SizeProofs) -> None:
        """See that there is room for all that it may find, and that it knows where."""
        own = {n for t in op.target_types() for extent in extents_of(t) for n in _names(extent)}
        for name, most in zip(op.defined_names, op.bounds(), strict=True):
            bound = self.bounds.get(name)
            if len(op.target_types()) > 1 and name not in own:
                raise _problem(op, f"gives as much as if {name} were known before it runs")
            if name in own and (bound is None or not proofs.at_least(bound, most)):
                raise _problem(
                    op, f"may find {most} for the size {name}, whose bound is {bound or 'not said'}"
                )
        for value in op.outs:
            layout = layout_attr_of(value)
            said = None if layout is None else layout.stride_extents
            strides = dense_stride_extents_of(value) if said is None else said
            if not self.is_written_with_known(value, op, _place_of(value), strides):
                raise _problem(op, "writes to where it finds out only then")


def _bounds(decided: Mapping[str, Extent | None], inner: set[str]) -> dict[str, Extent]:
    """What `SizeDefinitions.bounds` says, in the order of the names."""
    bounds, found = bounds_without(decided), dict[str, Extent]()
    for name, most in decided.items():
        bound = bounds.get(name)
        limit = WIDE if name in inner else HELD
        if most is not None and (bound is None or _largest_factor(bound) > limit):
            bound = largest(most, {n: e for n, e in found.items() if n in inner})
        if bound is not None:
            found[name] = bound
    return found


def _largest_factor(bound: Extent) -> int:
    return max(map(abs, terms_of(bound).values()), default=0)


def _is_modest(bound: Extent | None) -> bool:
    return bound is not None and not (isinstance(bound, int) and bound > WIDE)


def _is_within(op: Operation, home: Block) -> bool:
    """Whether an operation is in a block, or in a region of what is."""
    block = op.parent
    while block is not None and block is not home:
        around = block.parent_op()
        block = None if around is None else around.parent
    return block is not None


def _names(size: Extent) -> set[str]:
    return set(size.names) if isinstance(size, Size) else set()


def _inputs(function: FuncOp) -> Sequence[SSAValue]:
    """The arguments that are inputs; once it is planned its outputs are arguments, too."""
    arguments = function.body.block.args
    if not arguments or not isinstance(arguments[0].type, MemRefType):
        return arguments
    return arguments[1 : 1 + len(names_of(function, INPUT_NAMES))]


def _place_of(value: SSAValue) -> Extent:
    """How many bytes behind the start of a place or argument a planned value begins."""
    return location_of(value).offset if isinstance(value.owner, ViewOp) else 0


def _problem(op: Operation, what: str) -> CompileError:
    nodes = ", ".join(names_of(op, "nodes"))
    return CompileError(f"{op.name}{f' of {nodes}' if nodes else ''} {what}")
