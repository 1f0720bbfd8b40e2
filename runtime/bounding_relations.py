"""What relations between sizes say: bounds of one name, and how messages put them."""

from __future__ import annotations

from dataclasses import replace

from .size import Extent, single_atom, terms_of
from .size_facts import LARGEST_SIZE, Dim


def bound_said(left: Extent, right: Extent) -> tuple[str, Dim] | None:
    """
    The name, and its bound, where two sizes are equal just within that bound: `S` of at least 1 for
    `max(0, S - 1)` and `S - 1`, `S` of at most 512 for `max(0, 512 - S)` and `512 - S`.
    """
    for largest, size in ((left, right), (right, left)):
        atom = single_atom(largest)
        if atom is None or atom.kind != "max" or size not in atom.operands:
            continue
        others = [operand for operand in atom.operands if operand != size]
        if len(others) == 1 and (found := _not_negative(size - others[0])) is not None:
            return found
    return None


def node_text(node: str) -> str:
    """A node as messages call it: `Gather '/last'` as it is, a name alone in quotes."""
    return node if "'" in node else f"'{node}'"


def relation_text(left: Extent, right: Extent, *, or_one: bool = False) -> str:
    """
    What two equal sizes say: `S is at least 1`, else `H is 2 * 'H/2'`; with `or_one`, one of them
    may be 1 instead.
    """
    if or_one:
        return f"{left} is {right}, or one is 1"
    said = bound_said(left, right)
    if said is None:
        return f"{left} is {right}"
    name, bound = said
    return (
        f"{name} is at least {bound.lower}"
        if bound.upper is None
        else (f"{name} is at most {bound.upper}")
    )


def _not_negative(size: Extent) -> tuple[str, Dim] | None:
    """The name and its bound, where a size is a name times a number, and a number."""
    terms = dict(terms_of(size))
    constant = terms.pop((), 0)
    if len(terms) != 1:
        return None
    [(monomial, factor)] = terms.items()
    if len(monomial) != 1 or monomial[0].kind != "name":
        return None
    name = monomial[0].name
    if factor > 0:
        least = max(-(constant // factor), 0)
        return (name, Dim(least)) if least <= LARGEST_SIZE else None
    most = constant // -factor
    return (name, Dim(0, most)) if 0 <= most <= LARGEST_SIZE else None


def within(dim: Dim, bound: Dim) -> Dim | None:
    """What is known of a name that is within a bound as well; None where no size is within both."""
    lower = max(dim.lower, bound.lower)
    uppers = [upper for upper in (dim.upper, bound.upper) if upper is not None]
    upper = min(uppers, default=None)
    if upper is not None and lower > upper:
        return None
    hint = dim.hint
    if hint is not None:
        hint = max(hint if upper is None else min(hint, upper), lower)
    return replace(dim, lower=lower, upper=upper, hint=hint)
