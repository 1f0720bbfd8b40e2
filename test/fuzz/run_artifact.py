"""
Mutated artifacts whose digests are right, through both kinds of load.

    python -m stepwell.test.fuzz.run_artifact SEED...      mutations by their seeds
    python -m stepwell.test.fuzz.run_artifact FILE...      files

Says a line of JSON for each: for plain `load` and for `recompile=True` one of `refused` (a
`StepwellError`), `ran`, `differs` (other numbers, although neither weights nor IR have changed)
or `foreign` (any other exception). What ends the process, or takes longer than `MOST_SECONDS`, is
the last that was begun.
"""

from __future__ import annotations

import faulthandler
import json
import resource
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import stepwell
from stepwell.errors import StepwellError
from stepwell.runtime.engine import Engine
from stepwell.runtime.program import TensorSignature, numpy_dtype
from stepwell.test.fuzz.artifacts import Opened, donor, mutated
from stepwell.test.fuzz.guarded_memory import guarded_arrays
from stepwell.test.fuzz.run_case import MOST_BYTES
from stepwell.tools.inputs.named_arrays import random_opaque

MOST_SECONDS = 60
MOST_MEMORY = 8 << 30


def feed_of(tensor: TensorSignature) -> Any:
    """A small value for an input; None where it would be too large."""
    rng = np.random.default_rng(0)
    if tensor.is_opaque:
        return random_opaque(tensor, rng)
    shape = tuple(n if isinstance(n, int) else 3 for n in tensor.shape)
    dtype = numpy_dtype(tensor.dtype)
    if np.prod(shape, dtype=float) * dtype.itemsize > MOST_BYTES:
        return None
    if dtype.kind in "iub":
        return rng.integers(0, 2, shape).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


def results_of(engine: Engine) -> list[Any] | None:
    """What the engine gives for small inputs; None where they would be too large."""
    feeds = {tensor.name: feed_of(tensor) for tensor in engine.inputs}
    if any(feed is None for feed in feeds.values()):
        return None
    return list(engine.run(feeds).values())


@cache
def wanted_of(number: int) -> list[Any]:
    """What the artifact gives that a mutation began with."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "donor.well"
        path.write_bytes(donor(number))
        results = results_of(stepwell.load(path))
    assert results is not None
    return results


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


def outcome_of(path: Path, wanted: list[Any] | None, *, recompile: bool) -> tuple[str, str]:
    """What becomes of a file: its outcome and a word on it."""
    with guarded_arrays(at_end=True):
        try:
            # On as many threads as the file says: they count, too.
            engine = stepwell.load(path, recompile=recompile)
            repr(engine)
            found = results_of(engine)
        except StepwellError as error:
            return "refused", f"{type(error).__name__}: {str(error)[:300]}"
        if found is None:
            return "refused", "more memory than is tried"
        if wanted is not None and not same(found, wanted):
            return "differs", ""
    return "ran", ""


def keeps_meaning(data: bytes, number: int) -> bool:
    """Whether neither weights nor constants nor IR are others than those of the donor."""
    old, new = Opened(donor(number)), Opened(data)
    return all(
        _content(old, name) == _content(new, name) for name in ("weights", "ir", "constantsSection")
    ) and all(getattr(old.header, n) == getattr(new.header, n) for n in ("model", "exactness"))


def _content(opened: Opened, name: str) -> bytes:
    section = getattr(opened.header, name)
    return bytes(opened.body[section.offset : section.offset + section.size])


def _wanted(seed: int) -> tuple[str, bytes, list[Any] | None]:
    number, what, data = mutated(seed)
    try:
        wanted = wanted_of(number) if keeps_meaning(data, number) else None
    except Exception:  # the header is no header any more
        wanted = None
    return what, data, wanted


def main() -> None:
    """Say what becomes of each argument."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for argument in sys.argv[1:]:
        print(json.dumps({"begin": argument}), flush=True)
        faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
        if argument.isdigit():
            what, data, wanted = _wanted(int(argument))
        else:
            what, data, wanted = "file", Path(argument).read_bytes(), None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stranger.well"
            path.write_bytes(data)
            for recompile in (False, True):
                said = {"case": argument, "what": what, "recompile": recompile}
                try:
                    kind, word = outcome_of(path, wanted, recompile=recompile)
                except BaseException as error:  # what must not come out
                    kind, word = (
                        "foreign",
                        f"{type(error).__name__}: {str(error)[:200]} at {_where(error)}",
                    )
                print(json.dumps({**said, "outcome": kind, "word": word}), flush=True)
        faulthandler.cancel_dump_traceback_later()


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))


if __name__ == "__main__":
    main()
