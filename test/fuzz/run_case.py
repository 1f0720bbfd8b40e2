"""
One program of level 2 in an artifact with right digests, as a stranger could send it.

    python run_case.py SEED...      mutations by their seeds
    python run_case.py FILE...      programs

Says a line of JSON for each: `refused` (a `StepwellError`, with its message), `ran`, `differs`
(the interpreters give something else) or `foreign` (any other exception). A program that leaves
its memory ends the process.
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper

import stepwell
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run as interpret
from stepwell.ir.parse_ir import parse_ir
from stepwell.runtime.artifact import write_artifact
from stepwell.runtime.program import CompiledProgram, TensorSignature, numpy_dtype
from stepwell.test.fuzz.guarded_memory import guarded_arrays, guarded_empty
from stepwell.test.fuzz.programs import mutated

MOST_BYTES = 1 << 26
"""Programs with larger inputs are compiled and not run."""

TOLERANCE = {"float16": 2e-2, "bfloat16": 1e-1, "float64": 1e-4}


@cache
def donor() -> CompiledProgram:
    """A program whose artifact the text goes into."""
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "donor",
        [tensor("x", TensorProto.FLOAT, [4])],
        [tensor("y", TensorProto.FLOAT, [4])],
    )
    opset = [helper.make_opsetid("", 21)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    return stepwell.compile(model).program


def feeds_of(inputs: tuple[TensorSignature, ...], at_end: bool) -> dict[str, Any] | None:
    """Small numbers in guarded memory; None where they would be too many."""
    rng = np.random.default_rng(0)
    feeds: dict[str, Any] = {}
    for tensor in inputs:
        shape = tuple(n if isinstance(n, int) else 3 for n in tensor.shape)
        dtype = numpy_dtype(tensor.dtype)
        if np.prod(shape, dtype=float) * dtype.itemsize > MOST_BYTES or dtype.hasobject:
            return None
        array = guarded_empty(shape, dtype, alignment=dtype.itemsize, at_end=at_end)
        if dtype.kind in "iub":
            array[...] = rng.integers(0, 2, shape).astype(dtype)
        else:
            array[...] = rng.standard_normal(shape).astype(dtype)
        feeds[tensor.name] = array
    return feeds


def differ(found: Any, wanted: Any) -> bool:
    """Whether two results are not the same number within what kernels may round."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return True
    if found.dtype.kind in "iub":
        return not np.array_equal(found, wanted)
    a, b = found.astype(np.float64), wanted.astype(np.float64)
    scale = np.abs(np.where(np.isfinite(b), b, 0)).max(initial=1.0)
    close = np.isclose(a, b, rtol=1e-3, atol=TOLERANCE.get(found.dtype.name, 1e-3) * scale)
    return not np.all(close | (np.isnan(a) & np.isnan(b)) | ~np.isfinite(b))


def outcome_of(text: str, *, at_end: bool = True) -> tuple[str, str]:
    """What becomes of a program: its outcome and a word on it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stranger.well"
        write_artifact(replace(donor(), ir=text, constants=()), path)
        with guarded_arrays(at_end=at_end):
            try:
                engine = stepwell.load(path, recompile=True, threads=1)
                feeds = feeds_of(engine.inputs, at_end)
                if feeds is None:
                    return "refused", "more memory than is tried"
                found = list(engine.run(feeds).values())
            except StepwellError as error:
                return "refused", f"{type(error).__name__}: {str(error)[:300]}"
            context = make_context()
            wanted = interpret(context, parse_ir(context, text, "<text>"), list(feeds.values()))
            worst = [n for n, (a, b) in enumerate(zip(found, wanted, strict=True)) if differ(a, b)]
            return ("differs", f"results {worst}") if worst else ("ran", "")


def main() -> None:
    """Say what becomes of each argument."""
    for argument in sys.argv[1:]:
        print(json.dumps({"begin": argument}), flush=True)
        number = argument.isdigit()
        text = mutated(int(argument)) if number else Path(argument).read_text("utf-8")
        try:
            kind, word = outcome_of(text, at_end=not number or int(argument) % 3 != 0)
        except BaseException as error:  # what must not come out
            frames = traceback.extract_tb(error.__traceback__)[-3:]
            where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
            kind, word = "foreign", f"{type(error).__name__}: {str(error)[:200]} at {where}"
        print(json.dumps({"case": argument, "outcome": kind, "word": word}), flush=True)


if __name__ == "__main__":
    main()
