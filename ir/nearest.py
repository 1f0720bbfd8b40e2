"""Messages for a name that does not exist: what it might have been."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def unknown_name(kind: str, name: str, known: Iterable[str], *, listing: str = "") -> str:
    """`unknown KIND 'NAME'` and either its nearest neighbours or all there is.

    Args:
        kind: what the name should have been a name of, as in `pass`.
        name: the name that is not known.
        known: all names that are.
        listing: where to find all of them, said when there are many.
    """
    return f"unknown {kind} '{name}'{suggestion(name, known, listing=listing)}"


def suggestion(name: str, known: Iterable[str], *, listing: str = "") -> str:
    """`; did you mean ...?`, to be put after a message about an unknown name."""
    known = sorted(known)
    if near := get_close_matches(name, known, n=3, cutoff=0.5):
        return f"; did you mean {' or '.join(repr(n) for n in near)}?"
    if not known:
        return "; there are none"
    if len(known) <= 8:
        return f"; known are {', '.join(known)}"
    return f"; {listing}" if listing else ""
