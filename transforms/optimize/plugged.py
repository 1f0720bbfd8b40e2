"""The rules of plug-ins and of PDL files, beside our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from xdsl.context import Context
from xdsl.pattern_rewriter import RewritePattern

from ...dialects import make_context
from ...errors import StepwellError, UsageError
from ...plugins import added, leave_out
from .rewrites import REWRITES
from .rewriting import Rule, rule_of_pattern


@cache
def all_rewrites() -> tuple[Rule, ...]:
    """Every rule in the order in which they are tried: our own, then those of plug-ins."""
    own = [rule.name for rule in REWRITES]
    found: list[Rule] = []
    for name, given in added("rewrites", own).items():
        try:
            found.append(_rule_of(name, given))
        except (StepwellError, ValueError) as error:
            leave_out(f"rewrite '{name}' of a plug-in: {error}")
    return (*REWRITES, *found)


def _rule_of(name: str, given: object) -> Rule:
    """A rule of what a plug-in has under a name: a rule, a pattern of xDSL, or the text of PDL."""
    if isinstance(given, RewritePattern):
        exactness = getattr(given, "exactness", "approximate")
        return rule_of_pattern(given, name=name, exactness=exactness)
    if isinstance(given, str):
        # PDL brings all interpreters of xDSL, 0.2 s that nobody waits for who has no such rule.
        from .rewriting.pdl_rules import pdl_rules

        rules, complaints = pdl_rules(make_context(), given, "its PDL text")
        named = [rule for rule in rules if rule.name == name]
        if not named:
            raise UsageError("; ".join(complaints) or f"its PDL text has no pattern @{name}")
        return named[0]
    if not isinstance(given, Rule):
        raise UsageError(
            f"is of class {type(given).__name__}, expected a rule, a RewritePattern or PDL text"
        )
    if given.name != name:
        raise UsageError(f"calls itself '{given.name}'")
    return given


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
        from .rewriting.pdl_rules import load_pdl_rules  # see `_rule_of`

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
