"""`stepwell quantize` on the command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .command_options import (
    Disable,
    Enable,
    ExactnessOption,
    Level,
    Model,
    Shapes,
    Signature,
    Sizes,
    Target,
    Threads,
    Values,
    Weights,
)
from .inputs.choice_option import ChoiceOption
from .inputs.model_parts import ModelParts
from .inputs.shape_option import parse_shapes, parse_sizes
from .inputs.value_option import parse_values


class Scheme(StrEnum):
    """As `compiler.quantize.schemes` lists them, which takes long to import."""

    INT8 = "int8"
    DYNAMIC = "int8-dynamic"
    WEIGHTS_INT8 = "weights-int8"
    WEIGHTS_INT4 = "weights-int4"


class Ranges(StrEnum):
    """As `compiler.quantize.ranges` lists them."""

    MINMAX = "minmax"
    PERCENTILE = "percentile"
    MSE = "mse"
    ENTROPY = "entropy"


def quantize_command(
    model: Model,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT.onnx", help="the model to write", show_default=False
        ),
    ],
    calibration: Annotated[
        list[str] | None,
        typer.Option(
            "--calibration",
            metavar="DATA.npz",
            help="samples: arrays by the names of inputs, one entry after the other; may be "
            "repeated",
            show_default=False,
        ),
    ] = None,
    scheme: Annotated[
        Scheme,
        typer.Option(
            help="8 bits for tensors and weights, with the ranges of the samples; for matrix "
            "products, with ranges of each call; for weights alone; 4 bits for weights alone"
        ),
    ] = Scheme.INT8,
    ranges: Annotated[
        Ranges, typer.Option(help="how the range of a tensor follows from its histogram")
    ] = Ranges.MSE,
    budget: Annotated[
        float,
        typer.Option(
            min=0,
            help="how far the outputs may be off: the root mean square of the difference over "
            "their deviation, or what --budget-metric gives",
        ),
    ] = 0.05,
    budget_metric: Annotated[
        str | None,
        typer.Option(
            "--budget-metric",
            metavar="SCRIPT.py:FUNCTION",
            help="a function of the held-out samples, the outputs of the original and those of "
            "the quantised model, that gives the loss which the budget is for",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="operations to leave as they are, by node", show_default=False
        ),
    ] = None,
    equalise: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="how much of the range of channels moves from tensors behind normalisations to "
            "weights",
        ),
    ] = 0.5,
    block: Annotated[
        int, typer.Option(help="weights of four bits that share a scale, along the sum")
    ] = 32,
    microsoft: Annotated[
        bool,
        typer.Option(
            "--microsoft",
            help="write products of weights of four bits as MatMulNBits, which onnxruntime has",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="REPORT.json", help="write the whole report", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the whole report as JSON")] = False,
    threads: Threads = 1,
    target: Target = None,
    shape: Shapes = None,
    size: Sizes = None,
    value: Values = None,
    optimization: Level = None,
    exactness: ExactnessOption = None,
    enable: Enable = None,
    disable: Disable = None,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """Write a model with codes of eight or four bits, as standard ONNX, with a bounded error."""
    from .commands.quantize_model import QuantizeChoice, quantize_model
    from .commands.question_input import QuestionInput

    asked = QuestionInput(
        model,
        parse_shapes(shape or []),
        parse_sizes(size or []),
        parse_values(value or []),
        target,
        ChoiceOption.of(optimization, exactness, enable, disable),
        ModelParts.of(model, weights, signature),
    )
    choice = QuantizeChoice(
        scheme.value, ranges.value, budget, budget_metric, keep, equalise, block, microsoft, threads
    )
    quantize_model(asked, calibration or [], output, choice, report=report, as_json=as_json)
