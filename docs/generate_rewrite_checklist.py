"""Writes docs/rewrite_checklist.md: what becomes of each row of the checklist of rewrites.

python docs/generate_rewrite_checklist.py            writes
python docs/generate_rewrite_checklist.py --check    exits with 1 if what is there is out of date

Rows are in docs/rewrite_checklist.toml, and in the `rows` of the rules that answer them. What does
not fit together is an error: a row that nobody answers, that both a rule and the file answer, or
that a rule names and the file does not have.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import EVIDENCE, Rule

FOLDER = Path(__file__).resolve().parent
CHECKLIST = FOLDER / "rewrite_checklist.toml"
PAGE = FOLDER / "rewrite_checklist.md"

ANSWERS = {
    "by": "another mechanism",
    "left": "left out, with the reason",
    "missing": "missing, with what happens instead",
}
"""What the file may say of a row that no rule answers."""

INTRODUCTION = """\
<!-- Written by docs/generate_rewrite_checklist.py; edit rewrite_checklist.toml and the rules. -->

# The checklist of rewrites

What an optimiser of inference graphs may be expected to do, and what does it here. Rows with a letter or a number are the techniques that courses and textbooks name; rows with the name of a project are passes of that optimiser which have no namesake here. [Rewrites](rewrites.md) tells how rules work, the [reference](reference/rewrites.md) has the equation of each.

"""  # noqa: E501


@dataclass(frozen=True)
class Row:
    """A row of the checklist, without the rules that answer it."""

    section: str
    name: str
    said: Mapping[str, str]


def main(argv: list[str]) -> int:
    rows = read_rows(CHECKLIST.read_text(encoding="utf-8"))
    if found := faults(rows, REWRITES):
        print("\n".join(found), file=sys.stderr)
        return 1
    text = page(rows, REWRITES)
    if argv == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            print(f"docs/{PAGE.name} is out of date: run `make docs`", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    print(counts(rows, REWRITES))
    return 0


def read_rows(text: str) -> list[Row]:
    """The rows of the text of a checklist; a row that stands in it twice comes twice."""
    return [
        Row(section, name, said)
        for section, rows in tomllib.loads(text).items()
        for name, said in rows.items()
    ]


def faults(rows: Collection[Row], rules: Collection[Rule]) -> list[str]:
    """What does not fit together in a checklist and the rules, a line each."""
    found: list[str] = []
    answered = rules_of_rows(rules)
    names = [row.name for row in rows]
    found += [f"row {name} stands in the checklist twice" for name in set(names) - _once(names)]
    for rule in rules:
        found += [
            f"rule {rule.name} names row {r} twice" for r in set(rule.rows) - _once(rule.rows)
        ]
    found += [
        f"rule {rules[0]} answers row {name}, which is not in the checklist"
        for name, rules in answered.items()
        if name not in names
    ]
    for row in rows:
        answers = [key for key in ANSWERS if key in row.said]
        known = {"what", "gap", *ANSWERS}
        if unknown := set(row.said) - known:
            found.append(f"row {row.name} has {', '.join(sorted(unknown))}")
        if not row.said.get("what"):
            found.append(f"row {row.name} does not say what it is")
        if row.name in answered:
            rule = answered[row.name][0]
            found += [
                f"row {row.name}: rule {rule} answers it, and the checklist says '{key}'"
                for key in answers
            ]
        else:
            if len(answers) != 1 or not row.said[answers[0]]:
                said = ", ".join(ANSWERS)
                found.append(f"row {row.name}: no rule answers it, and it says not one of {said}")
            if "gap" in row.said:
                found.append(f"row {row.name} has a gap, and no rule answers it")
    return sorted(found)


def _once(names: Collection[str]) -> set[str]:
    listed = list(names)
    return {name for name in listed if listed.count(name) == 1}


def rules_of_rows(rules: Collection[Rule]) -> dict[str, list[str]]:
    """The names of the rules that answer each row."""
    answered: dict[str, list[str]] = {}
    for rule in rules:
        for row in rule.rows:
            answered.setdefault(row, []).append(rule.name)
    return answered


def page(rows: Collection[Row], rules: Collection[Rule]) -> str:
    """The page of a checklist in which everything fits together."""
    answered = rules_of_rows(rules)
    lines = [INTRODUCTION]
    section = ""
    for row in rows:
        if row.section != section:
            section = row.section
            lines.append(f"\n## {section}\n\n| row | what | answer |\n| --- | --- | --- |\n")
        lines.append(
            f"| {row.name} | {_cell(row.said['what'])} | {_cell(_answer(row, answered))} |\n"
        )
    return "".join(lines)


def counts(rows: Collection[Row], rules: Collection[Rule]) -> str:
    """
    How many rows have which answer, and rules which evidence.

    Not on the page, where every new rule would change the same lines.
    """
    answered = rules_of_rows(rules)
    told = [f"{sum(row.name in answered for row in rows)} by rules"]
    told += [f"{sum(key in row.said for row in rows)} {text}" for key, text in ANSWERS.items()]
    lines = [f"{len(rows)} rows: {'; '.join(told)}"]
    kinds = [f"{sum(rule.evidence == kind for rule in rules)} {kind}" for kind in EVIDENCE]
    lines.append(f"{len(rules)} rules: {', '.join(kinds)}")
    return "\n".join(lines)


def _answer(row: Row, answered: Mapping[str, list[str]]) -> str:
    if row.name in answered:
        told = ", ".join(f"`{name}`" for name in answered[row.name])
        return f"{told}; {row.said['gap']}" if "gap" in row.said else told
    key = next(key for key in ANSWERS if key in row.said)
    return row.said[key] if key == "by" else f"{key}: {row.said[key]}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
