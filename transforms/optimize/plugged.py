"""The rules of plug-ins and of PDL files, beside our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from xdsl.context import Context

from ...errors import StepwellError
from ...plugins import added, leave_out
from .rewrites import REWRITES
from .rewriting import Rule, load_pdl_rules


@cache
def all_rewrites() -> tuple[Rule, ...]:
    """Every rule in the order in which they are tried: our own, then those of plug-ins."""
    own = [rule.name for rule in REWRITES]
    found: list[Rule] = []
    for name, rule in added("rewrites", own).items():
        if not isinstance(rule, Rule):
            leave_out(f"rewrite '{name}' of a plug-in is of class {type(rule).__name__}")
        elif rule.name != name:
            leave_out(f"rewrite '{name}' of a plug-in calls itself '{rule.name}'")
        else:
            found.append(rule)
    return (*REWRITES, *found)


def rules_of_files(
    ctx: Context,
    paths: Sequence[str],
    taken: Sequence[str],
    exactness: str,
    complain: Callable[[str], None],
) -> list[Rule]:
    """
    The rules of PDL files, in the order of the files.

    `complain` is told of each file and pattern that is left out: what does not parse or verify,
    has a name that is `taken`, or says no exactness where not everything may be done.
    """
    rules: list[Rule] = []
    for path in paths:
        try:
            found, complaints = load_pdl_rules(ctx, path)
        except StepwellError as error:
            complain(str(error))
            continue
        for complaint in complaints:
            complain(complaint)
        for rule in found:
            if rule.name in taken or any(rule.name == other.name for other in rules):
                complain(f"{path}: pattern '{rule.name}': there is a rule of this name already")
                continue
            if not rule.says_exactness and exactness != "approximate":
                complain(
                    f"{path}: pattern '{rule.name}' does not say what it does to numbers, so it"
                    f" does not fire at exactness={exactness}; write 'module attributes"
                    ' {exactness = "bitwise"}\' (or rounding) around it'
                )
            rules.append(rule)
    return rules
