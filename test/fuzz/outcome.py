"""What becomes of one case of a fuzzer."""

from __future__ import annotations

import json
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

FINE = frozenset(("refused", "ran", "undecided"))
"""`undecided`: it ran, and nobody says what is right."""


@dataclass(frozen=True)
class Outcome:
    """
    `refused` (a `StepwellError`), `ran`, `undecided`, or what must not be: `rejected` (a valid
    case was refused), `differs` (another result than the oracles'), `foreign` (an exception that is
    no `StepwellError`), `crashed` or `hung`. `word` says more.
    """

    kind: str
    word: str = ""

    @property
    def fine(self) -> bool:
        return self.kind in FINE

    def json(self) -> str:
        return json.dumps(asdict(self))

    def same_as(self, other: Outcome) -> bool:
        """Whether two failures are one for whoever makes a case smaller."""
        if self.kind != other.kind:
            return False
        return self.kind != "foreign" or _where(self.word) == _where(other.word)

    @staticmethod
    def of_exception(error: BaseException) -> Outcome:
        """`foreign`, with the last places the exception went through."""
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
        return Outcome("foreign", f"{type(error).__name__} at {where}: {str(error)[:300]}")


def _where(word: str) -> str:
    """The exception and the place that raised it."""
    return word.partition(" < ")[0]
