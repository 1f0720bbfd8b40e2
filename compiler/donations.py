"""What a caller of `compile` gives away, by name, as an attribute of `@main`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from xdsl.dialects.builtin import ArrayAttr
from xdsl.dialects.func import FuncOp

from ..dialects.engine.base import names_of
from ..dialects.framework import DonationAttr, state_of, why_not_donated
from ..errors import UsageError
from ..ir.nearest import unknown_name
from ..runtime.abi import DONATED, INPUT_NAMES, OUTPUT_NAMES
from ..runtime.arguments import text

ANY = "*"
"""Stands for a part of both names of a pair, the same one."""


def checked_pairs(donate: Any) -> dict[str, str]:
    """
    `donate` as a caller gave it.

    Raises:
        UsageError: for anything that is no mapping from names to names, or has a pair with a `*`
            in one name alone.
    """
    if not isinstance(donate, Mapping):
        raise UsageError(
            f"donate is {donate!r:.60}, expected a mapping from inputs to outputs as in "
            "{'past': 'present'} or {'past_*': 'present_*'}"
        )
    found: dict[str, str] = {}
    for given, wanted in cast("Mapping[Any, Any]", donate).items():
        one, other = text("a name in donate", given), text("a name in donate", wanted)
        if one.count(ANY) != other.count(ANY) or one.count(ANY) > 1:
            raise UsageError(f"donate has {one} for {other}, expected one * in both or in neither")
        found[one] = other
    return found


def donate_inputs(main: FuncOp, donate: Mapping[str, str]) -> None:
    """
    Say in `main`, a function on tensors, which inputs callers give away for which outputs.

    Raises:
        UsageError: with every name that is not there, and every pair of types that do not fit.
    """
    if not donate:
        return
    inputs, outputs = names_of(main, INPUT_NAMES), names_of(main, OUTPUT_NAMES)
    kept = state_of(main)
    own = [name for at, name in enumerate(inputs) if at not in {s.argument.data for s in kept}]
    given = [name for at, name in enumerate(outputs) if at not in {s.result.data for s in kept}]
    problems: list[str] = []
    pairs: dict[tuple[str, str], None] = {}
    for one, other in donate.items():
        matched = _matched(one, own)
        if not matched:
            problems.append(f"donate: {unknown_name('input', one, own)}")
        for name in matched:
            output = other.replace(ANY, _part(name, one))
            if output in given:
                pairs[name, output] = None
            else:
                problems.append(f"donate: {unknown_name('output', output, given)}")
    for at, names in enumerate((own, given)):
        used = [pair[at] for pair in pairs]
        twice = [f"'{name}'" for name in names if used.count(name) > 1]
        if twice:
            problems.append(f"donate: {', '.join(twice)} stands in two pairs")
    types = main.function_type.inputs.data, main.function_type.outputs.data
    donations: list[DonationAttr] = []
    for name, output in pairs:
        argument, result = inputs.index(name), outputs.index(output)
        donations.append(DonationAttr.of(argument, result))
        if (problem := why_not_donated(types[0][argument], types[1][result])) is not None:
            problems.append(f"donate: '{name}' for '{output}': {problem}")
    if problems:
        raise UsageError("\n".join(problems))
    main.attributes[DONATED] = ArrayAttr(donations)


def _matched(pattern: str, names: Sequence[str]) -> list[str]:
    """Those of the names that a pattern with at most one `*` is for."""
    if ANY not in pattern:
        return [pattern] if pattern in names else []
    before, _, behind = pattern.partition(ANY)
    least = len(before) + len(behind)
    return [
        name
        for name in names
        if len(name) >= least and name.startswith(before) and name.endswith(behind)
    ]


def _part(name: str, pattern: str) -> str:
    """What the `*` of a pattern stands for in a name."""
    before, _, behind = pattern.partition(ANY)
    return name[len(before) : len(name) - len(behind)]
