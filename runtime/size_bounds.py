"""
The most that a size can be, as a size over fewer names.

A name that the data decides has a bound, which may be a size over names before it. What depends on
such a name is at most what it is with bounds in place of names, as far as it grows with them.
"""

from __future__ import annotations

from collections.abc import Mapping

from .size import Atom, Extent, Size, floordiv, maximum, minimum, named, of_terms
from .size_facts import names_of

Bounds = Mapping[str, Extent]
"""The most that names can be, each over names that come before it."""


def bounds_without(decided: Mapping[str, Extent | None]) -> dict[str, Extent]:
    """
    The bounds of names in an order in which each has only names before it, without these.

    What has no bound, or one of names without bounds, is left out.
    """
    found: dict[str, Extent] = {}
    for name, most in decided.items():
        bound = None if most is None else largest(most, found)
        if bound is not None and decided.keys().isdisjoint(names_of([bound])):
            found[name] = bound
    return found


def largest(size: Extent, bounds: Bounds) -> Extent:
    """
    A size without the names of `bounds` that `size` never exceeds, whatever these are from 0 on.

    Names and what is divided are 0 or more; a divisor is 1 or more.
    """
    if isinstance(size, int) or not any(name in bounds for name in size.names):
        return size
    total: Extent = 0
    for monomial, coefficient in size.terms:
        term: Extent = coefficient
        for atom in monomial:
            term = term * _largest_atom(atom, bounds)
        if coefficient < 0 and term != of_terms({monomial: coefficient}):
            continue  # at most 0, where the name is 0
        total = total + term
    return total


def _largest_atom(atom: Atom, bounds: Bounds) -> Extent:
    if atom.kind == "name":
        return bounds.get(atom.name, named(atom.name))
    whole = of_terms({(atom,): 1})
    if not isinstance(whole, Size) or not any(name in bounds for name in whole.names):
        return whole
    operands = [largest(operand, bounds) for operand in atom.operands]
    if atom.kind == "floordiv":
        divisor = atom.operands[1]
        return floordiv(operands[0], divisor) if operands[1] == divisor else operands[0]
    return minimum(*operands) if atom.kind == "min" else maximum(*operands)
