"""
Mutated texts of levels 1 to 5, the way `opt-tool` takes: read, verified, printed, run, lowered.

What is printed reads back as the same. Levels 1 to 3 also run natively, within their memory, and
give what the interpreter gives.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import stepwell
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run as interpret
from stepwell.ir.module_file import read_module
from stepwell.test.fuzz.guarded_memory import guarded_arrays
from stepwell.test.fuzz.ir_texts import LEVELS, written
from stepwell.test.fuzz.judge_model import TooLargeError, difference, feeds_for, results_of
from stepwell.test.fuzz.kind import Announce
from stepwell.test.fuzz.outcome import Outcome
from stepwell.test.fuzz.text_mutations import mutated
from stepwell.tools import opt_tool

LOWERED = "lower-to-engine,lower-to-layout,lower-to-plan,lower-to-kernels"
NATIVE = ("onnx.", "engine.")
"""What a text that may run natively is made of; planned ones say where memory lies."""


def opt_tool_says(*arguments: str) -> tuple[int, str]:
    """Exit code and standard output of `opt-tool`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = opt_tool.main(arguments)
    if code and not err.getvalue():
        raise AssertionError(f"exit code {code} without a word")
    return code, out.getvalue() if code == 0 else err.getvalue()


def _steps(text: str) -> Sequence[str]:
    """The pipelines from the level of a text on."""
    stages = LOWERED.split(",")
    if "func.func private" in text or "vector." in text or "scf." in text:
        return ()
    if re.search(r"memref<", text):
        return stages[3:]
    if "engine.layout" in text:
        return stages[2:]
    return stages[1:] if "engine." in text and "onnx." not in text else stages


class MutatedTexts:
    """The kind of cases; a file is a text."""

    suffix = ".mlir"

    def made(self, seed: int) -> bytes:
        rng = random.Random(seed)
        text = written(LEVELS[seed % len(LEVELS)], seed // len(LEVELS))
        return mutated(rng, text).encode("utf-8", "surrogatepass")

    def judged(self, data: bytes, announce: Announce) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "case.mlir"
            path.write_bytes(data)
            code, said = opt_tool_says(str(path))
            if code:
                return Outcome("refused", said[:300])
            again = Path(folder) / "again.mlir"
            again.write_text(said, "utf-8")
            code, twice = opt_tool_says(str(again))
            if code or twice != said:
                return Outcome("differs", f"what is printed reads as something else: {twice[:300]}")
            announce("slow")
            opt_tool_says(str(path), "--run")
            announce("")
            text = data.decode("utf-8")
            refused = ""
            if steps := _steps(text):
                code, said = opt_tool_says(str(path), "-p", ",".join(steps))
                refused = said if code else ""
            if "memref" in text or not any(word in text for word in NATIVE):
                return Outcome("refused" if refused else "ran", refused[:300])
            return _natively(path, announce)


def _natively(path: Path, announce: Announce) -> Outcome:
    """A text compiled and run within its memory, against the interpreter."""
    with guarded_arrays(at_end=True):
        try:
            engine = stepwell.compile(path, threads=1)
            feeds = feeds_for(engine.inputs, 0)
            found = results_of(engine, feeds)
        except TooLargeError:
            return Outcome("undecided", "large inputs")
        except StepwellError as error:
            return Outcome("refused", str(error)[:300])
        announce("slow")
        context = make_context()
        try:
            with np.errstate(all="ignore"):
                wanted = interpret(context, read_module(context, str(path)), list(feeds.values()))
        except StepwellError as error:
            return Outcome("undecided", f"by the interpreter: {str(error)[:200]}")
        return _compared(found, wanted, path.read_text("utf-8"))


def _compared(found: Sequence[Any], wanted: Sequence[Any], text: str) -> Outcome:
    for at, (one, other) in enumerate(zip(found, wanted, strict=True)):
        spread = None if isinstance(other, list | dict) else _unsure(np.asarray(other), text)
        wrong = difference(one, other, spread)
        if wrong is not None:
            return Outcome("differs", f"natively, output {at}: {wrong}")
    return Outcome("ran")


def _unsure(array: Any, text: str) -> Any:
    """
    How far each number may be off.

    Nothing is asked where the interpreter has no number, nor of an integer where a text has a NaN
    or an infinity, of which no integer is right. Values of 16 bits may be kept in 32.
    """
    if array.dtype.kind != "f" and not array.dtype.name.startswith(("bfloat", "float")):
        return np.full(array.shape, np.inf) if "0x" in text else None
    wide = array.astype(np.float64)
    finite = np.isfinite(wide)
    largest = np.abs(np.where(finite, wide, 0.0)).max(initial=1.0)
    return np.where(finite, 1e-3 * largest if "f16" in text else 0.0, np.inf)
