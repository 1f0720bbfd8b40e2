"""
`docs/operators.md`: what is supported of every operator, from the outcomes of the test cases.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..conversion.onnx_import.microsoft.expansion import (
    FOREIGN_DOMAIN,
    definition_of,
    foreign_operators,
)
from ..conversion.onnx_import.opset_upgrade.upgrade import (
    STEPS,
    all_operators,
    is_compatible,
    versions,
)
from ..dialects.onnx import op_class
from .case import Case
from .outcome import PASSED, SIZED, STATUSES, Outcome

HEADER = """\
<!-- Written by `make conformance` from docs/conformance.json. -->

# Operators

What runs of the ONNX standard, and how: as native code, or by its reference semantics in Python \
(*reference*). Everything here is measured: it is the outcome of [the test cases](conformance.md) \
that the `onnx` package ships, at one operator and one element type a time.
"""

Key = tuple[str, str]
"""Domain and name of an operator."""


@dataclass
class _Row:
    """What the cases say of one operator."""

    counts: Counter[str] = field(default_factory=Counter[str])
    types: dict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))
    reasons: Counter[str] = field(default_factory=Counter[str])


def operators_page(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> str:
    """The whole document. Cases without an outcome are left out."""
    known = [case for case in cases if str(case) in outcomes]
    rows = _rows(known, outcomes)
    parts = [HEADER, _summary(known, outcomes)]
    domains = dict.fromkeys(domain for domain, _ in all_operators())
    for domain in domains:
        names = [name for of, name in all_operators() if of == domain]
        parts.append(_domain_section(domain, names, rows))
    parts.append(_foreign_section())
    parts.append(_not_passed(known, outcomes))
    return "\n".join(parts)


def _rows(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> dict[Key, _Row]:
    rows: dict[Key, _Row] = defaultdict(_Row)
    for case in cases:
        if case.operator is None:
            continue
        outcome, row = outcomes[str(case)], rows[case.operator]
        if case.kind == "type":
            row.types[outcome.status].append(case.name.split(" ")[-1])
        else:
            row.counts[outcome.status] += 1
        if outcome.status == "native":
            continue
        row.reasons.update([outcome.reason] if outcome.reason else outcome.reference)
    return rows


def _summary(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> str:
    lines = [
        "| cases | all | passed | fully native | partly native | by reference | refused | failed "
        "| crashed |",
        "|---|---" + "|---" * 7 + "|",
    ]
    for kind in dict.fromkeys(case.kind for case in cases):
        found = Counter(outcomes[str(case)].status for case in cases if case.kind == kind)
        passed = sum(found[status] for status in PASSED)
        numbers = [
            found.total(),
            passed,
            *(found[status] for status in STATUSES if status != SIZED),
        ]
        lines.append(f"| {kind} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines) + "\n"


def _domain_section(domain: str, names: Sequence[str], rows: Mapping[Key, _Row]) -> str:
    lines = [
        f"## {domain or 'ai.onnx'}\n",
        "| operator | versions | native | reference | not supported | cases passed "
        "| why not native |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        row = rows.get((domain, name), _Row())
        bad = [t for status in ("refused", "failed", "crashed") for t in row.types[status]]
        cells = (
            f"`{name}`",
            versions_text(domain, name),
            _types(row.types["native"]),
            _types([*row.types["partly"], *row.types["reference"]]),
            _types(bad),
            _cases_text(row.counts),
            _reasons(row.reasons),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _foreign_section() -> str:
    """Operators that are not part of the standard, and become operators of it."""
    lines = [
        f"## {FOREIGN_DOMAIN}\n",
        "Operators that optimisers and quantisers around onnxruntime emit. Each is imported as "
        "what it means in operators of the standard, and is native where these are; the tests "
        "compare with onnxruntime.\n",
        "| operator | operands | means |",
        "|---|---|---|",
    ]
    for name in foreign_operators():
        definition = definition_of(name)
        meaning = " ".join((definition.meaning.__doc__ or "").strip().split("\n\n")[0].split())
        operands = _cell(" ".join(definition.operands))
        meaning = meaning.replace("|", "/")
        lines.append(f"| `{name}` | {operands} | {meaning} |")
    return "\n".join(lines) + "\n"


def versions_text(domain: str, name: str) -> str:
    """The versions of an operator that are imported: `1-13`, or `9-25, not 8`."""
    known = list(versions(domain, name))
    if op_class(name, domain) is None and not _ends_elsewhere(domain, name):
        return "none"
    good = [v for v in known if _reaches_newest(domain, name, v)]
    bad = [str(v) for v in known if v not in good]
    text = f"{good[0]}-{good[-1]}" if len(good) > 1 else "".join(map(str, good))
    return f"{text}, not {', '.join(bad)}" if bad and good else text or "none"


def _ends_elsewhere(domain: str, name: str) -> bool:
    """Whether a deprecated operator becomes another one on import."""
    return any((domain, name, version) in STEPS for version in versions(domain, name))


def _reaches_newest(domain: str, name: str, version: int) -> bool:
    known = list(versions(domain, name))
    steps = known[known.index(version) :]
    return all(
        (domain, name, new) in STEPS or is_compatible(domain, name, old, new)
        for old, new in itertools.pairwise(steps)
    )


def _types(names: Iterable[str]) -> str:
    return " ".join(sorted(set(names))) or "-"


def _cases_text(counts: Counter[str]) -> str:
    if not counts:
        return "no cases"
    passed = sum(counts[status] for status in PASSED)
    return f"{passed} of {counts.total()}, {counts['native']} native"


def _reasons(reasons: Counter[str]) -> str:
    """The three most frequent reasons."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    shown = "; ".join(_cell(text) for text, _ in ordered[:3])
    return f"{shown}; and {len(ordered) - 3} more" if len(ordered) > 3 else shown


def _cell(text: str) -> str:
    """Text in a cell of a table."""
    for special in "\\|*_<>`[]":
        text = text.replace(special, f"\\{special}")
    return text if len(text) <= 160 else text[:159] + "…"


def _not_passed(cases: Sequence[Case], outcomes: Mapping[str, Outcome]) -> str:
    lines = ["## Cases that do not pass\n", "| case | outcome | reason |", "|---|---|---|"]
    for case in cases:
        outcome = outcomes[str(case)]
        if not outcome.passed:
            lines.append(f"| {_cell(str(case))} | {outcome.status} | {_cell(outcome.reason)} |")
    return "\n".join(lines) + "\n"
