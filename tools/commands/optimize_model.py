"""`stepwell optimize`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...compiler.questions.optimize import optimize
from ...conversion.model_files import files_of
from ...runtime.output_file import destination
from .question_input import QuestionInput, put_json
from .quiet import is_quiet


def optimize_model(
    asked: QuestionInput,
    output: Path,
    *,
    as_json: bool,
    opset: int | None = None,
    runtime: str | None = None,
) -> None:
    """
    Write an optimised model as ONNX, and print its nodes by operator.

    Raises:
        StepwellError: for a model that cannot be read or has no form in ONNX, or an output that
            cannot be written.
    """
    keep = files_of(asked.model, asked.parts.weights)
    destination(output, keep)  # refused before the work
    optimized = optimize(str(asked.model), opset=opset, runtime=runtime, **asked.options)
    written = optimized.save(output, keep)
    sizes = [_bytes_of(keep), _bytes_of(written)]
    if as_json:
        put_json({**optimized.answer, "output": str(output), "bytes": sizes})
    elif not is_quiet():
        before, after = optimized.answer["before"], optimized.answer["after"]
        print(f"{output}: {before['count']} -> {after['count']} nodes, {sizes[1]} bytes")
        old, new = before["by_operator"], after["by_operator"]
        for name in sorted({*old, *new}):
            print(f"  {name}: {old.get(name, 0)} -> {new.get(name, 0)}")


def _bytes_of(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
