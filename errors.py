"""Every error a user can cause.

Whatever a user did wrong, be it a damaged file, an unsupported operator or a wrong input shape,
reaches them as a `StepwellError`: one message that says what was wrong, where, what was expected
and what to do. The command-line tools print `str(error)` and exit with `error.exit_code`, without
a traceback. Any other exception that leaves the package is a bug in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class StepwellError(Exception):
    """A mistake in what was given to Stepwell; `str(error)` is meant for the person who gave it."""

    exit_code: ClassVar[int] = 1


class UsageError(StepwellError):
    """The request itself is malformed: an unknown pass, a bad option, a missing argument."""

    exit_code = 2


class NoCompilerError(UsageError, AttributeError):
    """
    What only the compiler can do, asked of an installation of the run time alone.

    It is an `AttributeError`, too: `stepwell.compile` is not there then.
    """

    def __init__(self, what: str):
        super().__init__(
            f"{what} needs the compiler, and only the run time is installed: replace it by the "
            "whole package (pip uninstall stepwell-runtime; pip install stepwell)"
        )


class CompileError(StepwellError):
    """A valid program that cannot be compiled as asked (target, exactness, unbound sizes)."""


@dataclass(frozen=True)
class Note:
    """Something more to know about an error, at a place of its own."""

    what: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return f"{_position(self.file, self.line, self.column)}note: {self.what}"


class InvalidIRError(StepwellError):
    """IR that does not parse or verify.

    The message reads `file:line:column: error: what`, where the position is known, then the
    `excerpt`: the source line or the operation, and the function it is in; then the `notes`, each
    on a line. `operation` is the xDSL operation that the error is about, if it is about one.
    """

    what: str
    file: str | None
    line: int | None
    column: int | None
    excerpt: str
    notes: tuple[Note, ...]
    operation: object | None

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        excerpt: str = "",
        notes: Sequence[Note] = (),
        operation: object | None = None,
    ):
        self.what = what
        self.file = file
        self.line = line
        self.column = column
        self.excerpt = excerpt
        self.notes = tuple(notes)
        self.operation = operation
        super().__init__(what)

    def __str__(self) -> str:
        position = _position(self.file, self.line, self.column)
        excerpt = f"\n{self.excerpt}" if self.excerpt else ""
        notes = "".join(f"\n{note}" for note in self.notes)
        return f"{position}error: {self.what}{excerpt}{notes}"


def _position(*parts: str | int | None) -> str:
    """`file:line:column: ` of what is known of it."""
    prefix = "".join(f"{part}:" for part in parts if part is not None)
    return f"{prefix} " if prefix else ""


class InputError(StepwellError):
    """Wrong inputs at run time: name, rank, dtype, shape, or a value out of range."""


class NotEnoughMemoryError(StepwellError):
    """A model that needs more memory than there is; said before any of it is allocated."""

    needed: int
    available: int

    def __init__(self, what: str, *, needed: int = 0, available: int = 0):
        self.needed = needed
        self.available = available
        super().__init__(what)


class InvalidArtifactError(StepwellError):
    """A `.well` file that is damaged, foreign, of another version, or for another machine."""


class ImportModelError(StepwellError):
    """A model file that cannot be imported, with everything that is wrong with it.

    An import never stops at the first problem: `problems` holds one line for each, and the
    message lists them all.
    """

    subject: str
    problems: tuple[str, ...]

    def __init__(self, subject: str, problems: Sequence[str] | str):
        self.subject = subject
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__(subject, self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return f"{self.subject}: {self.problems[0]}"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        return f"{self.subject}: {len(self.problems)} problems{lines}"
