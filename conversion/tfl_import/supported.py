"""Which operators can be run: those with a meaning, and those that the importer takes apart."""

from __future__ import annotations

from functools import cache


@cache
def supported_operators() -> frozenset[str]:
    """The names of the operators that have semantics, natively or by reference."""
    from ...interpreters.tfl.functions import SEMANTICS

    return frozenset(name.removeprefix("tfl.") for name in SEMANTICS)
