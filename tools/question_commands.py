"""The commands of `stepwell` that ask what the compiler does with a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .command_options import (
    Disable,
    Enable,
    ExactnessOption,
    Inputs,
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

AsJson = Annotated[bool, typer.Option("--json", help="print the whole answer as JSON")]
Node = Annotated[
    str | None,
    typer.Option("--node", metavar="NAME", help="a node of the model", show_default=False),
]


def add_questions(app: typer.Typer) -> None:
    """Give an application these commands."""
    app.command("explain")(explain_command)
    app.command("why-not")(why_not_command)
    app.command("extract")(extract_command)
    app.command("bisect")(bisect_command)
    app.command("memory")(memory_command)
    app.command("optimize")(optimize_command)


def explain_command(
    model: Model,
    node: Node = None,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="do not measure the share of time of a node")
    ] = False,
    threads: Threads = 1,
    as_json: AsJson = False,
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
    """Say what passes and rules did with a model; with --node, what became of a node."""
    from .commands.explain_model import explain_model
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
    is_here = target is None  # what is for another processor does not run
    explain_model(asked, node, run=is_here and not no_run, threads=threads, as_json=as_json)


def why_not_command(
    model: Model,
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="the name of a rewrite", show_default=False)
    ],
    node: Node = None,
    as_json: AsJson = False,
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
    """Say why a rewrite did not apply: the condition that failed, and its values."""
    from .commands.question_input import QuestionInput
    from .commands.why_not_model import why_not_model

    asked = QuestionInput(
        model,
        parse_shapes(shape or []),
        parse_sizes(size or []),
        parse_values(value or []),
        target,
        ChoiceOption.of(optimization, exactness, enable, disable),
        ModelParts.of(model, weights, signature),
    )
    why_not_model(asked, rule, node, as_json=as_json)


def extract_command(
    model: Model,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="NAME",
            help="a node or value that the part ends with; may be repeated",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="sub.onnx or sub.mlir", show_default=False
        ),
    ],
    from_: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="a node that the part begins with, or a value that is its input; may be repeated",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    shape: Shapes = None,
    size: Sizes = None,
    value: Values = None,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """Write a part of a model, from some nodes or values to others, as a model of its own."""
    from .commands.extract_part import extract_part
    from .commands.question_input import QuestionInput

    asked = QuestionInput(
        model,
        parse_shapes(shape or []),
        parse_sizes(size or []),
        parse_values(value or []),
        parts=ModelParts.of(model, weights, signature),
    )
    extract_part(asked, to, from_ or [], output, as_json=as_json)


def bisect_command(
    model: Model,
    inputs: Inputs = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="CASE.mlir",
            help="where to write what shows the fault; MODEL.bisect.mlir if not given",
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="allowed difference, of the largest magnitude")
    ] = 1e-4,
    as_json: AsJson = False,
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
    """Find the first pass and rewrite that change what a model computes; exit code 1 if any do."""
    from .commands.bisect_model import bisect_model
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
    agrees = bisect_model(asked, inputs or [], output, tolerance=tolerance, as_json=as_json)
    raise typer.Exit(0 if agrees else 1)


def memory_command(
    model: Model,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="draw the arena over time, in a page of its own"),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="draw the arena over time, as a picture")
    ] = None,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="do not measure what onnxruntime takes")
    ] = False,
    as_json: AsJson = False,
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
    """Say what a model takes in memory: weights, arena, what lives at the peak, copies."""
    from .commands.memory_model import memory_of_model
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
    run = not no_run and shape is None and size is None and target is None
    memory_of_model(asked, as_json=as_json, run=run, html=html, svg=svg)


def optimize_command(
    model: Model,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT.onnx", help="the model to write", show_default=False
        ),
    ],
    opset: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="the opset to write; without it the oldest that will do, 23 at most",
            show_default=False,
        ),
    ] = None,
    runtime: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="onnxruntime",
            help="use operators of this runtime's own, too, where nodes are fewer",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
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
    """Rewrite a model and write it as standard ONNX, which any runtime for ONNX reads."""
    from .commands.optimize_model import optimize_model
    from .commands.question_input import QuestionInput

    asked = QuestionInput(
        model,
        parse_shapes(shape or []),
        parse_sizes(size or []),
        parse_values(value or []),
        choice=ChoiceOption.of(optimization, exactness, enable, disable),
        parts=ModelParts.of(model, weights, signature),
    )
    optimize_model(asked, output, as_json=as_json, opset=opset, runtime=runtime)
