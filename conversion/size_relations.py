"""
What must hold of the sizes of a call, found while the types of a model are inferred.

Two sizes that an operator needs to be equal, and that cannot be proven equal, become a relation
with the name of the node. Where an operator repeats a size of 1, the result is the size that can
not be 1, else `broadcast(a, b)`.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Iterable
from contextlib import contextmanager
from functools import reduce
from math import gcd, lcm

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute

from ..dialects.engine.size_facts import (
    BroadcastRelationAttr,
    NamesAttr,
    RelationAttr,
    name_attr,
)
from ..dialects.framework import Dim
from ..runtime.bounding_relations import bound_said, within
from ..runtime.size import (
    FUNCTIONS,
    Extent,
    Functions,
    Monomial,
    Size,
    floordiv,
    maximum,
    minimum,
    name_of,
    of_terms,
    same,
    single_atom,
    terms_of,
)
from ..runtime.size import broadcast as broadcast_sizes
from ..runtime.size_facts import Facts
from .shape_arithmetic import Symbols, never_one


class Relations:
    """Collects the relations of one model; `node` is where the next ones come from."""

    def __init__(
        self,
        names: Container[str] = (),
        facts: Facts | None = None,
        given: Iterable[RelationAttr | BroadcastRelationAttr] = (),
    ):
        """
        `names` are those that a call knows; nothing is recorded of others, and nothing that is
        `given` again.
        """
        self.names = names
        self._given = frozenset((type(relation), relation.sides) for relation in given)
        self.facts = facts or Facts()
        self._slack = [size for relation in given for size in not_negative_by(relation)]
        """What is 0 or more as one of the given says."""
        self.node = ""
        self.in_branches: list[RelationAttr | BroadcastRelationAttr] = []
        """Those of branches, which a call may take or not."""
        self._found: dict[tuple[str, Extent, Extent], RelationAttr | BroadcastRelationAttr] = {}
        self.inner: Container[str] = ()
        """Names that are found in a branch or loop; what must hold of them is looked at there."""
        self._of_inner = dict(self._found)

    def of_branch(self) -> Relations:
        """An empty collection about the same names, for a branch that may not be taken."""
        branch = Relations(self.names, self.facts)
        branch._slack = self._slack
        branch._given = self._given | {(type(r), r.sides) for r in self.found}
        branch.in_branches = self.in_branches
        branch.inner, branch._of_inner = self.inner, self._of_inner
        return branch

    def take(self, relations: Iterable[RelationAttr | BroadcastRelationAttr]) -> None:
        """Note relations that were found before."""
        for relation in relations:
            kind = "equal" if isinstance(relation, RelationAttr) else "broadcast"
            if (type(relation), relation.sides) not in self._given:
                self._found.setdefault((kind, *relation.sides), relation)

    def add(self, others: Relations) -> None:
        """Take over the relations of a branch that is taken."""
        for key, relation in others._found.items():
            self._found.setdefault(key, relation)

    @contextmanager
    def kept_if_done(self) -> Generator[None]:
        """What is noted inside is forgotten where it ends by an exception."""
        before, inner = dict(self._found), dict(self._of_inner)
        try:
            yield
        except Exception:
            self._found = before
            self._of_inner.clear()  # branches share it
            self._of_inner.update(inner)
            raise

    @property
    def found(self) -> tuple[RelationAttr | BroadcastRelationAttr, ...]:
        """The relations, in the order in which they were found."""
        return tuple(self._found.values())

    @property
    def where_found(self) -> tuple[RelationAttr | BroadcastRelationAttr, ...]:
        """Those of `inner` names, in branches as well: each is looked at when its name is found."""
        return tuple(self._of_inner.values())

    @property
    def count(self) -> int:
        """How many there are of names that a call, or the whole function, knows."""
        return len(self._found)

    @property
    def numbers(self) -> dict[str, int]:
        """Names that must have a number, as an operator fixes what the model left open."""
        found: dict[str, int] = {}
        for relation in self.found:
            left, right = relation.sides
            name = name_of(left)
            if isinstance(relation, RelationAttr) and name and isinstance(right, int):
                found.setdefault(name, right)
        return found

    @property
    def limits(self) -> dict[str, int]:
        """The most that names can be, as a part of a table must be all of what meets it."""
        found: dict[str, int] = {}
        for relation in self.found:
            left, right = relation.sides
            for size, other in ((left, right), (right, left)):
                name, limit = name_of(size), _limit(size, other)
                if isinstance(relation, RelationAttr) and name and limit is not None:
                    found[name] = min(limit, found.get(name, limit))
        return found

    def equal(self, a: Dim, b: Dim) -> Dim:
        """The size that two sizes are, which must be equal."""
        if a is None or b is None or a == b:
            return b if a is None else a
        if isinstance(a, int) and isinstance(b, int):
            return a  # what contradicts is for the rules of the operator to report
        self._note("equal", a, b)
        return min((a, b), key=_order)

    def all_equal(self, dims: Iterable[Dim]) -> Dim:
        """The size that all of some sizes are."""
        found: Dim = None
        for dim in dims:
            found = self.equal(found, dim)
        return found

    def not_negative(self, size: Dim) -> Dim:
        """A size that must not be negative: that of windows that fit into what they move over."""
        if isinstance(size, Size) and not self.at_least(size, 0):
            self._note("equal", maximum(size, 0), size)
        return size

    def broadcast(self, *shapes: Symbols) -> Symbols:
        """The dimensions of shapes broadcast together."""
        rank = max(map(len, shapes), default=0)
        found: list[Dim] = [1] * rank
        for shape in shapes:
            for at, dim in enumerate(shape, rank - len(shape)):
                found[at] = self.broadcast_dim(found[at], dim)
        return tuple(found)

    def broadcast_dim(self, a: Dim, b: Dim) -> Dim:
        """The size that is left of two of which each is 1 or that size."""
        if a == b or b == 1:
            return a
        if a == 1:
            return b
        if a is None or b is None:
            known = b if a is None else a
            # A size that is never one decides, whatever the other is.
            return known if known is not None and self._never_one(known) else None
        one, other = self._never_one(a), self._never_one(b)
        # A size and what is left of it under a limit of two or more are 1 together alone.
        if (one and other) or _limit(a, b) is not None or _limit(b, a) is not None:
            return self.equal(a, b)
        self._note("broadcast", a, b)
        return a if one else b if other else broadcast_sizes(a, b)

    def minimum(self, a: Extent, b: Extent) -> Extent:
        """The smaller size, by what is known of the names."""
        if self.at_least(b, a):
            return a
        return b if self.at_least(a, b) else minimum(a, b)

    def maximum(self, a: Extent, b: Extent) -> Extent:
        """The larger size, by what is known of the names."""
        if self.at_least(a, b):
            return a
        return b if self.at_least(b, a) else maximum(a, b)

    @property
    def functions(self) -> Functions:
        """What minima and maxima are by what is known of the names, for `substituted`."""

        def least(*operands: Extent) -> Extent:
            return reduce(self.minimum, operands)

        def most(*operands: Extent) -> Extent:
            return reduce(self.maximum, operands)

        return {**FUNCTIONS, "min": least, "max": most}

    def at_least(self, a: Extent, b: Extent) -> bool:
        """Whether a size is known to be at least another one."""
        difference = a - b
        if self._is_positive(difference):
            return True
        return any(self._is_positive(difference - slack) for slack in self._slack[:_SLACKS])

    def _is_positive(self, difference: Extent) -> bool:
        for _ in range(_RELAXED):
            if self.facts.at_least(difference, 0):
                return True
            if (weaker := _relaxed(difference)) == difference:
                return False
            difference = weaker
        return False

    def _never_one(self, size: Extent) -> bool:
        return never_one(size) or self.facts.same(size, 1) is False

    def _note(self, kind: str, a: Extent, b: Extent) -> None:
        sizes = [size for size in (a, b) if isinstance(size, Size)]
        if same(a, b) is True or not all(n in self.names for s in sizes for n in s.names):
            return
        left, right = sorted((a, b), key=_order, reverse=True)
        if kind == "equal":
            left, right = _reduced(left, right)
        cls = RelationAttr if kind == "equal" else BroadcastRelationAttr
        if (cls, (left, right)) in self._given:
            return
        inner = any(name in self.inner for size in sizes for name in size.names)
        found = self._of_inner if inner else self._found
        found.setdefault((kind, left, right), cls.of(left, right, self.node))


def not_negative_by(relation: RelationAttr | BroadcastRelationAttr) -> list[Extent]:
    """
    Sizes that are 0 or more where a relation holds: of `min(96, P + S)` that is `P + S`, the size
    `96 - P - S`.
    """
    found: list[Extent] = []
    if not isinstance(relation, RelationAttr):
        return found
    for one, other in (relation.sides, relation.sides[::-1]):
        atom = None if isinstance(other, int) else single_atom(other)
        if atom is None or atom.kind not in ("min", "max") or one not in atom.operands:
            continue
        rest = [operand for operand in atom.operands if operand != one]
        found += [size - one if atom.kind == "min" else one - size for size in rest]
    return found


def with_bounds(names: NamesAttr, relations: Iterable[Attribute]) -> NamesAttr:
    """
    Names with the bounds that relations say of them; those of names that the data decides stay.

    The relations know the nodes that need them, for the message of a call.
    """
    entries = {entry.name_.data: entry for entry in names.names}
    for relation in relations:
        said = bound_said(*relation.sides) if isinstance(relation, RelationAttr) else None
        entry = None if said is None else entries.get(said[0])
        if said is not None and entry is not None and not entry.data.data:
            dim = within(entry.dim, said[1])
            if dim is not None:
                entries[said[0]] = name_attr(said[0], dim)
    return NamesAttr(ArrayAttr(entries.values()))


def _limit(size: Extent, other: Extent) -> int | None:
    """The number of two or more that `other` is the minimum of, and `size`."""
    if not isinstance(other, Size) or len(other.terms) != 1:
        return None
    ((monomial, coefficient),) = other.terms
    if coefficient != 1 or len(monomial) != 1 or monomial[0].kind != "min":
        return None
    rest = [operand for operand in monomial[0].operands if operand != size]
    if len(rest) != 1 or len(monomial[0].operands) != 2:
        return None
    return rest[0] if isinstance(rest[0], int) and rest[0] >= 2 else None


_SLACKS = 8
"""Sizes that relations say are 0 or more, which a comparison tries."""

_RELAXED = 4
"""Floor divisions within each other that a comparison looks through."""


def _relaxed(size: Extent) -> Extent:
    """
    A size that is not negative only where `size` is not, without its outermost floor divisions by
    numbers: `x floordiv k` is at most `x / k` and at least `(x - k + 1) / k`.
    """
    parts = [(m, c, *_division(m)) for m, c in terms_of(size).items()]
    scale = lcm(*(divisor for _, _, _, divisor in parts))
    total: Extent = 0
    for monomial, coefficient, dividend, divisor in parts:
        if dividend is None:
            total = total + of_terms({monomial: coefficient * scale})
        else:
            bound = dividend if coefficient < 0 else dividend - (divisor - 1)
            total = total + bound * (coefficient * (scale // divisor))
    return total


def _division(monomial: Monomial) -> tuple[Extent | None, int]:
    """What is divided by which number, where a product is a floor division alone; else None, 1."""
    if len(monomial) == 1 and monomial[0].kind == "floordiv":
        dividend, divisor = monomial[0].operands
        if isinstance(divisor, int) and divisor > 0:
            return dividend, divisor
    return None, 1


def _reduced(left: Extent, right: Extent) -> tuple[Extent, Extent]:
    """Both sides without the largest number that divides them."""
    factors = [factor for side in (left, right) for factor in terms_of(side).values()]
    common = gcd(*factors)
    return (floordiv(left, common), floordiv(right, common)) if common > 1 else (left, right)


def _order(size: Extent) -> tuple[bool, int, str]:
    """Numbers first, then short texts."""
    text = str(size)
    return isinstance(size, Size), len(text), text
