"""What became of a test case, and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

SIZED = "sized"
"""Of a case with hidden sizes: right, by a program that was made for the sizes of the call."""

PASSED = ("native", "partly", "reference", SIZED)
"""Cases that passed: all of it native; parts of it; nothing but copies."""

STATUSES = (*PASSED, "refused", "failed", "crashed")
"""From best to worst: `refused` raised a `StepwellError`, `failed` gave a wrong result or another
exception, `crashed` ended or hung its process."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one case.

    `reason` says why it did not pass, `reference` which operators ran by their reference
    semantics and why each.
    """

    status: str
    reason: str = ""
    reference: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.status in PASSED


def lost(before: Mapping[str, Outcome], now: Mapping[str, Outcome]) -> list[str]:
    """One line for each case of `now` that passed before and does not, or was native and is not."""
    lines: list[str] = []
    for name, outcome in sorted(now.items()):
        old = before.get(name)
        if old is None or not old.passed:
            continue
        if not outcome.passed:
            lines.append(f"{name} passed before, now it is {outcome.status}: {outcome.reason}")
        elif old.status == "native" and outcome.status != "native":
            references = "; ".join(outcome.reference)
            lines.append(f"{name} was fully native, now it is not: {references}")
    return lines


def read_outcomes(path: Path) -> dict[str, Outcome]:
    """The outcomes that a file keeps, none if there is no such file."""
    if not path.exists():
        return {}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Outcome(row[0], row[1], tuple(cast("Sequence[str]", row[2])))
        for name, row in kept["cases"].items()
    }


def write_outcomes(
    path: Path, outcomes: Mapping[str, Outcome], versions: Mapping[str, str]
) -> None:
    """Write outcomes, one case a line, in the order of their names."""

    def lines() -> Iterable[str]:
        for name, outcome in sorted(outcomes.items()):
            row = [outcome.status, outcome.reason, list(outcome.reference)]
            yield f"    {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}"

    cases = ",\n".join(lines())
    text = f'{{\n  "versions": {json.dumps(dict(versions))},\n  "cases": {{\n{cases}\n  }}\n}}\n'
    path.write_text(text, encoding="utf-8")
