"""
What can be proven of sizes from what is known of their names, and from relations between them.

`SizeProofs` puts what relations say of single names in place of the names: of `16 * (H floordiv 16)
== H` that `H` is 16 times another size, of `P == S + 1` that `P` is `S + 1`; and what they say of a
floor division in place of that. Of `max(0, S - 1) == S - 1` follows that `S` is at least 1. What is
left is arithmetic of intervals on names from 0 on, in which a maximum is at least each of its
operands, a minimum at most each, and `k * (a floordiv k)` at most `a`. A name that the data decides
is at most its bound, which may be a size. Sizes are integers, of which two that are negative add up
to -2 or less: `max(0, S * 2 - 1)` is at least `S`, though neither of its operands is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import gcd

from .bounding_relations import bound_said, within
from .size import (
    Atom,
    Extent,
    Monomial,
    Size,
    atoms_below,
    evaluated,
    floordiv,
    name_of,
    named,
    of_terms,
    range_of,
    single_atom,
    substituted,
    sum_of,
    terms_of,
)
from .size_facts import Dim, Facts, hidden, names_of

Relations = Sequence[tuple[Extent, Extent]]

MOST_CASES = 64
"""Of minima, maxima and floor divisions that are looked into for one proof."""


class SizeProofs:
    """Proofs about sizes whose names have these facts, and which fulfil these relations."""

    def __init__(self, facts: Facts, relations: Relations = ()):
        self._dims = dict(facts.dims)
        self._values: dict[str, Extent] = {}
        self._divisions: dict[Atom, Extent] = {}
        self._parts: dict[str, tuple[str, int]] = {}
        for left, right in relations:
            if (said := bound_said(left, right)) is not None:
                name, bound = said
                self._dims[name] = within(self._dims.get(name, Dim()), bound) or self._dims[name]
        for learn in (self._learn_name, self._learn_division):
            for _ in range(len(relations)):
                learned = [learn(self.reduced(a), self.reduced(b)) for a, b in relations]
                if not any(learned):
                    break
        self._known: dict[tuple[Extent, Extent], bool] = {}
        self._shifted = {
            name: named(name) + dim.lower for name, dim in self._dims.items() if dim.lower
        }
        self._rest = Facts({name: _rest(dim) for name, dim in self._dims.items()})
        self._most = {
            name: substituted(self.reduced(most), self._shifted) - facts.bounds(name)[0]
            for name, most in facts.decided.items()
            if most is not None
        }

    def reduced(self, size: Extent) -> Extent:
        """
        A size with what relations say of names and divisions put in.

        Sizes that are equal by relations may become one.
        """
        size = substituted(size, self._values) if self._values else size
        return _with_divisions(size, self._divisions) if self._divisions else size

    def fulfilling(self, values: Mapping[str, int]) -> dict[str, int]:
        """Values of names near these that fulfil the relations which say something of a name."""
        free = dict(values)
        for name, (whole, times) in self._parts.items():
            free[name] = max(-(-values.get(whole, 1) // times), self._dims[name].lower)
        sizes = {name: self.reduced(named(name)) for name in values}
        free = {**dict.fromkeys(names_of(sizes.values()), 1), **free}
        return {name: evaluated(size, free) for name, size in sizes.items()}

    def same(self, a: Extent, b: Extent) -> bool:
        """Whether two sizes are proven to be equal."""
        return a == b or self.reduced(a) == self.reduced(b)

    def at_least(self, size: Extent, least: Extent) -> bool:
        """Whether a size is proven to be at least another one."""
        if isinstance(size, int) and isinstance(least, int):
            return size >= least
        found = self._known.get((size, least))
        if found is None:
            difference = substituted(self.reduced(size - least), self._shifted)
            found = self._known[size, least] = self._not_negative(difference, [MOST_CASES])
        return found

    def _learn_name(self, left: Extent, right: Extent) -> bool:
        """Put in what a relation says of a name; whether it says anything."""
        for one, other in ((left, right), (right, left)):
            name = name_of(one)
            if name is None or one == other:
                continue
            if isinstance(other, int) or name not in other.names:
                self._replace(name, other)
                return True
            factor = gcd(*terms_of(other).values())
            if factor > 1:
                whole, times = self._parts.get(name, (name, 1))
                self._parts[f"{name}/{factor}"] = whole, times * factor
                self._dims[f"{name}/{factor}"] = _divided(self._dims.get(name, Dim()), factor)
                self._replace(name, hidden(name, factor))
                return True
        return False

    def _learn_division(self, left: Extent, right: Extent) -> bool:
        """Put in what a relation says of a floor division; whether it says anything."""
        for one, other in ((left, right), (right, left)):
            atom = single_atom(one)
            if atom is None or atom.kind != "floordiv" or atom in atoms_below(other):
                continue
            added = {atom: other}
            known = {key: _with_divisions(n, added) for key, n in self._divisions.items()}
            self._divisions = {**known, **added}
            return True
        return False

    def _replace(self, name: str, size: Extent) -> None:
        one = {name: size}
        self._values = {key: substituted(value, one) for key, value in self._values.items()}
        self._values[name] = size

    def _not_negative(self, size: Extent, cases: list[int]) -> bool:
        """Whether a size is at least 0, whose names are counted from their lower bounds."""
        if isinstance(size, int):
            return size >= 0
        low, high = range_of(size, self._rest.bounds)
        if low >= 0 or high < 0:
            return low >= 0
        for kinds in (("min", "max"), ("floordiv",)):
            found = self._without_atom(size, kinds, cases)
            if found is not None:
                return found
        at_most = self._with_bound(size)
        return at_most is not None and self._not_negative(at_most, cases)

    def _with_bound(self, size: Size) -> Extent | None:
        """A size that is at most this one, without the last name that has a size as its bound."""
        name = next((n for n in reversed(self._most) if n in size.names), None)
        if name is None:
            return None
        least: Extent = 0
        for monomial, coefficient in size.terms:
            term = of_terms({monomial: coefficient})
            if isinstance(term, Size) and name in term.names:
                if any(atom.kind != "name" for atom in monomial):
                    return None
                value = self._most[name] if coefficient < 0 else 0
                term = substituted(term, {name: value})
            least = least + term
        return least

    def _without_atom(self, size: Size, kinds: tuple[str, ...], cases: list[int]) -> bool | None:
        """`_not_negative` by way of the first atom of these kinds; None where there is none."""
        for monomial, coefficient in size.terms:
            for at, atom in enumerate(monomial):
                others = monomial[:at] + monomial[at + 1 :]
                if atom.kind not in kinds or range_of(_product(others), self._rest.bounds)[0] < 0:
                    continue
                cases[0] -= 1
                if cases[0] < 0:
                    return False
                rest = of_terms({**terms_of(size), monomial: 0})
                factor = _product(others) * coefficient
                if atom.kind in ("min", "max"):
                    sizes = [rest + factor * o for o in atom.operands]
                    if (atom.kind == "max") != (coefficient > 0):
                        return all(self._not_negative(n, cases) for n in sizes)
                    one = any(self._not_negative(n, cases) for n in sizes)
                    return one or self._not_both_negative(sizes, cases)
                number, divisor = atom.operands
                if isinstance(divisor, int) and divisor > 0:
                    lost = 0 if coefficient < 0 else 1 - divisor
                    return self._not_negative(rest * divisor + factor * (number + lost), cases)
        return None

    def _not_both_negative(self, sizes: Sequence[Extent], cases: list[int]) -> bool:
        """Whether of two sizes one is at least 0: two that are not add up to -2 or less."""
        common = gcd(*(c for size in sizes for c in terms_of(size).values()))
        if len(sizes) != 2 or common == 0:
            return False
        return self._not_negative(floordiv(sum_of(sizes), common) + 1, cases)


def _with_divisions(size: Extent, values: Mapping[Atom, Extent]) -> Extent:
    """A size with floor divisions replaced that are factors of its terms."""
    if isinstance(size, int):
        return size
    total: Extent = 0
    for monomial, coefficient in size.terms:
        term: Extent = coefficient
        for atom in monomial:
            term = term * values.get(atom, of_terms({(atom,): 1}))
        total = total + term
    return total


def _product(monomial: Monomial) -> Extent:
    return of_terms({monomial: 1})


def _divided(dim: Dim, factor: int) -> Dim:
    """What is known of a size divided by a number that divides it."""
    upper = None if dim.upper is None else max(dim.upper // factor, 0)
    lower = -(-dim.lower // factor)
    return Dim(lower, upper) if upper is None or lower <= upper else Dim()


def _rest(dim: Dim) -> Dim:
    """What is known of a size from its lower bound on."""
    return Dim(0, None if dim.upper is None else dim.upper - dim.lower)
