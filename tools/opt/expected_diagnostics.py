"""`--verify-diagnostics`: what a test expects to be said, written as comments where it happens.

    // expected-error@+1 {{operand is used with type f32}}
    // expected-note @below {{defined here}}
    // expected-warning@-2 2 {{said twice}}
    %1 = "test.op"(%0) : (i32) -> ()

The kinds are `error`, `warning`, `remark` and `note`. `{{...}}` must be a part of the message.
`@+N` and `@-N` count lines from the comment, `@above` and `@below` are the next ones, `@unknown`
is a message without a position; none of them is the comment's own line. A number before the
message says how often. `expected-error-re` takes `{{...}}` as MLIR does: literal text in which a
second pair of braces, as in `{{got {{[0-9]+}} elements}}`, holds a regular expression.

Every error and warning has to be expected; notes and remarks that are not are passed over, as
long as the piece expects none of their kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import StepwellError
from ...ir.diagnostics import Diagnostic

_COMMENT = re.compile(
    r"expected-(?P<kind>error|warning|note|remark)(?P<regex>-re)?"
    r"\s*(?:@\s*(?P<where>[+-]\d+|above|below|unknown))?\s*(?P<times>\d+\s*)?(?P<rest>\{\{.*)?"
)
_WHERE = {"above": -1, "below": 1}
_MAY_BE_UNEXPECTED = ("note", "remark")


@dataclass(frozen=True)
class Expected:
    """One expected message: its kind, a pattern for it, and its line (None for none)."""

    kind: str
    text: str
    pattern: re.Pattern[str]
    line: int | None
    comment_line: int

    def matches(self, said: Diagnostic) -> bool:
        return (
            said.kind == self.kind
            and said.line == self.line
            and self.pattern.search(said.what) is not None
        )


def has_expectations(text: str) -> bool:
    """Whether a text has any comment of this kind."""
    return any(_COMMENT.search(comment) for comment in map(_comment, text.splitlines()))


def expected_diagnostics(text: str, file: str) -> list[Expected]:
    """The expectations written in `text`.

    Raises:
        StepwellError: for a comment that looks like one and is not.
    """
    expected: list[Expected] = []
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _comment(line)
        at = 0
        while (match := _COMMENT.search(comment, at)) is not None:
            message = _braced(match["rest"] or "")
            if message is None:
                kind = match["kind"]
                raise StepwellError(f"{file}:{number}: expected-{kind} needs a {{{{message}}}}")
            pattern = _regex(message) if match["regex"] else re.compile(re.escape(message))
            where = _line(match["where"], number)
            one = Expected(match["kind"], message, pattern, where, number)
            expected += [one] * int(match["times"] or 1)
            at = match.start("rest") + len(message)
    return expected


def check_diagnostics(
    expected: Sequence[Expected], said: Sequence[Diagnostic], file: str
) -> list[str]:
    """What does not fit, in words: messages nobody expected and expectations not met."""
    complaints: list[str] = []
    unmet = list(expected)
    kinds = {e.kind for e in expected}
    for diagnostic in said:
        met = next((e for e in unmet if e.matches(diagnostic)), None)
        if met is not None:
            unmet.remove(met)
        elif diagnostic.kind not in _MAY_BE_UNEXPECTED or diagnostic.kind in kinds:
            line = diagnostic.line
            position = file if line is None else f"{file}:{line}"
            complaints.append(f"{position}: unexpected {diagnostic.kind}: {diagnostic.what}")
    for e in unmet:
        where = "at an unknown place" if e.line is None else f"on line {e.line}"
        complaints.append(
            f"{file}:{e.comment_line}: expected {e.kind} '{e.text}' {where} was not produced"
        )
    return complaints


def _comment(line: str) -> str:
    """The comment of a line, empty if it has none."""
    return line.partition("//")[2]


def _line(where: str | None, number: int) -> int | None:
    if where is None:
        return number
    if where == "unknown":
        return None
    return number + (_WHERE[where] if where in _WHERE else int(where))


def _braced(text: str) -> str | None:
    """What stands between the outer `{{` and its `}}`."""
    depth = 0
    for match in re.finditer(r"\{\{|\}\}", text):
        depth += 1 if match[0] == "{{" else -1
        if depth == 0:
            return text[2 : match.start()]
    return None


def _regex(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{\{(.*?)\}\}", message)
    return re.compile("".join(re.escape(p) if i % 2 == 0 else p for i, p in enumerate(parts)))
