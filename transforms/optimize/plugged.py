"""The rules of plug-ins, beside our own."""

from __future__ import annotations

from functools import cache

from ...plugins import added, leave_out
from .rewrites import REWRITES
from .rewriting import Rewrite


@cache
def all_rewrites() -> tuple[Rewrite, ...]:
    """Every rule in the order in which they are tried: our own, then those of plug-ins."""
    own = [rule.name for rule in REWRITES]
    found: list[Rewrite] = []
    for name, rule in added("rewrites", own).items():
        if not isinstance(rule, Rewrite):
            leave_out(f"rewrite '{name}' of a plug-in is of class {type(rule).__name__}")
        elif rule.name != name:
            leave_out(f"rewrite '{name}' of a plug-in calls itself '{rule.name}'")
        else:
            found.append(rule)
    return (*REWRITES, *found)
