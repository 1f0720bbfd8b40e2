"""`--verify-diagnostics`: the errors a test expects, written as comments where they happen.

    // expected-error@+1 {{operand is used with type f32}}
    %1 = "test.op"(%0) : (i32) -> ()

`{{...}}` must be a part of the message. `@+N` and `@-N` count lines from the comment, `@above`
and `@below` are the next ones, `@unknown` is an error without a position; none of them is the
comment's own line. `expected-error-re` takes `{{...}}` as MLIR does: literal text in which a
second pair of braces, as in `{{got {{[0-9]+}} elements}}`, holds a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import InvalidIRError, StepwellError

_COMMENT = re.compile(
    r"//.*?expected-(?P<kind>error|warning|note|remark)(?P<regex>-re)?"
    r"(?:@(?P<where>[+-]\d+|above|below|unknown))?\s*(?P<rest>\{\{.*)?"
)
_WHERE = {"above": -1, "below": 1}


@dataclass(frozen=True)
class Expected:
    """One expected error: a pattern for its message, and its line (None for none)."""

    text: str
    pattern: re.Pattern[str]
    line: int | None
    comment_line: int

    def matches(self, error: StepwellError) -> bool:
        what, line = _message(error)
        return line == self.line and self.pattern.search(what) is not None


def expected_diagnostics(text: str, file: str) -> list[Expected]:
    """The expectations written in `text`.

    Raises:
        StepwellError: for a comment that looks like one and is not.
    """
    expected: list[Expected] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if (match := _COMMENT.search(line)) is None:
            continue
        if match["kind"] != "error":
            raise StepwellError(f"{file}:{number}: only expected-error is supported")
        message = _braced(match["rest"] or "")
        if message is None:
            raise StepwellError(f"{file}:{number}: expected-error needs a {{{{message}}}}")
        pattern = _regex(message) if match["regex"] else re.compile(re.escape(message))
        expected.append(Expected(message, pattern, _line(match["where"], number), number))
    return expected


def check_diagnostics(
    expected: Sequence[Expected], errors: Sequence[StepwellError], file: str
) -> list[str]:
    """What does not fit, in words: errors nobody expected and expectations not met."""
    complaints: list[str] = []
    unmet = list(expected)
    for error in errors:
        met = next((e for e in unmet if e.matches(error)), None)
        if met is None:
            what, line = _message(error)
            position = file if line is None else f"{file}:{line}"
            complaints.append(f"{position}: unexpected error: {what}")
        else:
            unmet.remove(met)
    for e in unmet:
        where = "at an unknown place" if e.line is None else f"on line {e.line}"
        complaints.append(
            f"{file}:{e.comment_line}: expected error '{e.text}' {where} was not produced"
        )
    return complaints


def _message(error: StepwellError) -> tuple[str, int | None]:
    if isinstance(error, InvalidIRError):
        return error.what, error.line
    return str(error), None


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
