"""
Mutated artifacts whose digests are right, through `load(path)` and `load(path, recompile=True)`.

Both refuse a file with a reason, or what is loaded runs within its memory; where neither weights
nor IR are others it gives what it gave before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import stepwell
from stepwell.errors import StepwellError
from stepwell.runtime.engine import Engine
from stepwell.test.fuzz.artifact_mutations import mutated
from stepwell.test.fuzz.artifacts import MAKERS, OTHER, Opened, donor
from stepwell.test.fuzz.guarded_memory import guarded_arrays
from stepwell.test.fuzz.judge_model import TooLargeError, feeds_for
from stepwell.test.fuzz.kind import Announce
from stepwell.test.fuzz.outcome import Outcome


class MutatedArtifacts:
    """Artifacts of small models with other headers, sections and texts."""

    suffix = ".well"

    def __init__(self) -> None:
        self._made: dict[bytes, int] = {}
        """Which model the last case was made of."""

    def made(self, seed: int) -> bytes:
        number, data = mutated(seed)
        self._made = {data: number}
        return data

    def judged(self, data: bytes, announce: Announce) -> Outcome:
        number = self._made.get(data)
        wanted = _wanted(data, range(len(MAKERS)) if number is None else {number} - {OTHER})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stranger.well"
            path.write_bytes(data)
            plain = _loaded(path, wanted, recompile=False)
            again = _loaded(path, wanted, recompile=True)
        for outcome, how in ((plain, "load"), (again, "load(recompile=True)")):
            if not outcome.fine:
                return Outcome(outcome.kind, f"{how}: {outcome.word}")
        ran = "ran" in (plain.kind, again.kind)
        words = f"load: {plain.kind} {plain.word}; recompiled: {again.kind} {again.word}"
        return Outcome("ran" if ran else "refused", words)


def _loaded(path: Path, wanted: list[Any] | None, *, recompile: bool) -> Outcome:
    with guarded_arrays(at_end=True):
        try:
            # On as many threads as the file says: they count, too.
            engine = stepwell.load(path, recompile=recompile)
            repr(engine)
            found = _results(engine)
        except StepwellError as error:
            return Outcome("refused", f"{type(error).__name__}: {str(error)[:300]}")
        except TooLargeError:
            return Outcome("undecided", "more memory than is tried")
        except Exception as error:  # what must not come out
            return Outcome.of_exception(error)
        if wanted is not None and not same(found, wanted):
            return Outcome("differs", "neither weights nor IR are others")
        return Outcome("ran")


def _results(engine: Engine) -> list[Any]:
    return list(engine.run(feeds_for(engine.inputs, 0)).values())


@cache
def _results_of(number: int) -> list[Any]:
    """What the artifact of a model gives."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "donor.well"
        path.write_bytes(donor(number))
        return _results(stepwell.load(path))


def _wanted(data: bytes, numbers: Iterable[int]) -> list[Any] | None:
    """What a file must give that says what one of the models does, with the same numbers."""
    try:
        meaning = _meaning(data)
    except Exception:  # the header is none any more
        return None
    for number in numbers:
        if meaning == _meaning(donor(number)):
            return _results_of(number)
    return None


def _meaning(data: bytes) -> tuple[object, ...]:
    """Weights, IR and constants, where each of them lies, and how it is compiled."""
    opened = Opened(data)
    header = opened.header
    sections = (header.weights, header.ir, header.constantsSection)
    parts = [bytes(opened.body[s.offset : s.offset + s.size]) for s in sections]
    tables = [vars(table) for table in (header.segments, header.constants)]
    places = [np.asarray(column).tolist() for table in tables for column in table.values()]
    return (*parts, *map(str, places), bytes(header.exactness or b""))


def same(found: Any, wanted: Any) -> bool:
    """Whether two results are equal, but for rounding where numbers are floats."""
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return False
    if found.dtype.kind in "iubOU":
        return bool(np.array_equal(found, wanted))
    a, b = found.astype(np.float64), wanted.astype(np.float64)
    return bool(np.allclose(a, b, rtol=1e-3, atol=1e-3, equal_nan=True))
