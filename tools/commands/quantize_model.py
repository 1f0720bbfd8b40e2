"""`stepwell quantize`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...compiler.quantize.judge import metric_in
from ...compiler.quantize.quantize import quantize
from ...compiler.quantize.report import ModelAnswer, OperationAnswer, QuantizeAnswer
from ...conversion.model_files import files_of
from ...errors import UsageError
from ...runtime.output_file import destination, output_file
from ...runtime.value_text import size_text
from .progress import ProgressReport
from .question_input import QuestionInput, put_json
from .quiet import is_quiet


@dataclass(frozen=True)
class QuantizeChoice:
    """What the command line says about how to quantise."""

    scheme: str
    ranges: str
    budget: float
    budget_metric: str | None
    keep: str | None
    equalise: float
    block: int
    microsoft: bool
    threads: int


def quantize_model(
    asked: QuestionInput,
    calibration: Sequence[str],
    output: Path,
    choice: QuantizeChoice,
    *,
    report: Path | None,
    as_json: bool,
) -> None:
    """
    Write a quantised model, its report where that is asked for, and print what came of it.

    Raises:
        StepwellError: as `stepwell.quantize`, and for files that cannot be written.
    """
    keep = [*files_of(asked.model, asked.parts.weights), *map(Path, calibration)]
    if output.suffix != ".onnx":
        raise UsageError(f"{output}: expected a name that ends in .onnx")
    for path in (output, *([] if report is None else [report])):
        destination(path, keep)  # refused before the work
    if report is not None and report.resolve() == output.resolve():
        raise UsageError(f"{report}: is where the model is to be written")
    metric = None if choice.budget_metric is None else metric_in(choice.budget_metric)
    with ProgressReport("quantize") as progress:
        made = quantize(
            str(asked.model),
            list(calibration) or None,
            scheme=choice.scheme,
            ranges=choice.ranges,
            budget=choice.budget,
            metric=metric,
            keep=choice.keep,
            equalise=choice.equalise,
            block=choice.block,
            microsoft=choice.microsoft,
            progress=progress,
            **{**asked.options, "threads": choice.threads},
        )
    made.save(output, keep)
    if report is not None:
        with output_file(report, keep) as part:
            part.write_text(json.dumps(made.answer, indent=2) + "\n", encoding="utf-8")
    if as_json:
        put_json(made.answer)
    elif not is_quiet():
        print(f"{output}: {_summary(made.answer)}")
        for line in _lines(made.answer["operations"]):
            print(f"  {line}")


def _summary(answer: QuantizeAnswer) -> str:
    model: ModelAnswer = answer["model"]
    done = [o for o in answer["operations"] if _done(o)]
    before, after = model["seconds"]
    texts = [
        f"{len(done)} of {len(answer['operations'])} operations as {answer['scheme']}",
        f"weights {size_text(model['bytes'][0])} -> {size_text(model['bytes'][1])}",
        f"about {before / after:.2f} times as fast" if after else "",
    ]
    if (error := model["error"]) is not None:
        decibels = "" if model["sqnr"] is None else f", {model['sqnr']:.1f} dB"
        texts.append(
            f"error {error:.3g} of {model['budget']:g} on {model['held_out']} samples{decibels}"
        )
    return "; ".join(filter(None, texts))


def _lines(operations: Sequence[OperationAnswer]) -> list[str]:
    """The operations that stay, or that cost most."""
    left = [f"{o['precision']}: {o['name']} ({o['why']})" for o in operations if not _done(o)]
    costly = sorted(
        (o for o in operations if _done(o) and o["sqnr"] is not None), key=lambda o: o["sqnr"] or 0
    )
    return [*left, *(f"{o['sqnr']:.1f} dB alone: {o['name']}" for o in costly[:3])]


def _done(operation: OperationAnswer) -> bool:
    return operation["precision"] not in ("f32", "weights-bf16")
