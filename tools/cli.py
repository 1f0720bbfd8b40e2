"""`stepwell`: compile, run, verify, measure, profile and describe models.

Progress goes to standard error, results to standard output. Errors are one message on standard
error; the exit code is 1 for a fault in what was given and 2 for wrong usage.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import StepwellError
from ..plugins import be_strict
from ..runtime.version import VERSION
from .command_options import (
    AnyFile,
    CallSizes,
    Disable,
    Enable,
    ExactnessOption,
    Inputs,
    Level,
    Model,
    PrecisionOption,
    Program,
    Seed,
    Shapes,
    Signature,
    Sizes,
    Target,
    Threads,
    Values,
    Variants,
    Weights,
)
from .commands.quiet import set_quiet
from .inputs.choice_option import ChoiceOption
from .inputs.donate_option import parse_donations
from .inputs.memory_option import parse_memory
from .inputs.model_parts import ModelParts
from .inputs.shape_option import (
    parse_bound,
    parse_given,
    parse_shapes,
    parse_sizes,
    parse_variants,
)
from .inputs.value_option import parse_values
from .quantize_command import quantize_command
from .question_commands import add_questions

app = typer.Typer(
    name="stepwell",
    help="A compiler for inference: models in, native code out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _levels(incomplete: str) -> list[str]:
    """The levels that `compile --emit` can print, for shells that complete words."""
    return [level for level in LEVELS if level.startswith(incomplete)]


LEVELS = ("framework", "engine", "layout", "plan", "kernels", "llvm", "asm")
"""As `compiler.compilation` lists them, which takes long to import."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"stepwell {VERSION}")
        raise typer.Exit


@app.callback()
def common_options(
    strict: Annotated[
        bool, typer.Option("--strict", help="a plug-in that does not load is an error")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="no progress; results and errors alone")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="print the version and exit"
        ),
    ] = False,
) -> None:
    """A compiler for inference: models in, native code out."""
    if strict:
        be_strict()
    set_quiet(quiet)


@app.command("compile")
def compile_command(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT.well", help="where to write"),
    ] = None,
    threads: Threads = 1,
    target: Target = None,
    shape: Shapes = None,
    variant: Variants = None,
    size: Sizes = None,
    value: Values = None,
    optimization: Level = None,
    exactness: ExactnessOption = None,
    enable: Enable = None,
    disable: Disable = None,
    precision: PrecisionOption = None,
    weights: Weights = None,
    signature: Signature = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(
            metavar="32MiB",
            help="take no more in all, weights, inputs and outputs included: make the program "
            "smaller and slower, or refuse with the least that it takes",
        ),
    ] = None,
    donate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PAST=PRESENT",
            help="an input whose memory callers give to an output, as that of a cache; "
            "past_*=present_* for all pairs of such names; repeat for more",
        ),
    ] = None,
    emit: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            autocompletion=_levels,
            help="write this level as text, to stdout or -o, and stop there: framework (or the "
            "name of its dialect), engine, layout, plan, kernels, llvm, asm",
        ),
    ] = None,
) -> None:
    """Compile a model to a .well artifact, or print one of its levels."""
    from .commands.compile_model import CompileOptions, compile_to_file, emit_level

    options = CompileOptions(
        threads,
        target,
        parse_shapes(shape or []),
        ChoiceOption.of(optimization, exactness, enable, disable, precision),
        parse_values(value or []),
        parse_variants(variant or []),
        parse_sizes(size or []),
        ModelParts.of(model, weights, signature),
        None if memory_limit is None else parse_memory(memory_limit),
        parse_donations(donate or []),
    )
    if emit is not None:
        emit_level(model, emit, output, options)
    else:
        compile_to_file(model, output or Path(f"{model.stem or 'model'}.well"), options)


@app.command("run")
def run_command(
    model: Program,
    inputs: Inputs = None,
    outputs: Annotated[
        Path | None,
        typer.Option(metavar="OUT.npz", help="where to write results; without it, print them"),
    ] = None,
    threads: Threads = 1,
    shape: Shapes = None,
    size: Sizes = None,
    value: Values = None,
    optimization: Level = None,
    exactness: ExactnessOption = None,
    enable: Enable = None,
    disable: Disable = None,
    precision: PrecisionOption = None,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """Run a model once, compiling it first if it is not compiled yet."""
    from .commands.run_model import run_model

    run_model(
        model,
        inputs or [],
        outputs,
        threads=threads,
        shapes=parse_bound(shape or [], size or []),
        values=parse_values(value or []),
        choice=ChoiceOption.of(optimization, exactness, enable, disable, precision),
        parts=ModelParts.of(model, weights, signature),
    )


@app.command("verify")
def verify_command(
    model: Model,
    inputs: Inputs = None,
    per_op: Annotated[
        bool, typer.Option("--per-op", help="compare every value inside the model, too")
    ] = False,
    threads: Threads = 1,
    shape: Shapes = None,
    size: CallSizes = None,
    value: Values = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="allowed difference, of the largest magnitude")
    ] = 1e-4,
    seed: Seed = 0,
    optimization: Level = None,
    exactness: ExactnessOption = None,
    enable: Enable = None,
    disable: Disable = None,
    precision: PrecisionOption = None,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """Compare the compiled model with the framework's own semantics; exit code 1 if they differ."""
    from .commands.compile_model import CompileOptions
    from .commands.verify_model import verify_model

    options = CompileOptions(
        threads,
        None,
        parse_bound(shape or []),
        ChoiceOption.of(optimization, exactness, enable, disable, precision),
        parse_values(value or []),
        parts=ModelParts.of(model, weights, signature),
    )
    agrees = verify_model(
        model,
        inputs or [],
        options,
        parse_given(size or []),
        per_op=per_op,
        tolerance=tolerance,
        seed=seed,
    )
    raise typer.Exit(0 if agrees else 1)


@app.command("bench")
def bench_command(
    model: Program,
    threads: Threads = 1,
    vs: Annotated[str, typer.Option(metavar="PEER,...", help="onnxruntime, openvino, mnn")] = "",
    inputs: Inputs = None,
    shape: Shapes = None,
    size: CallSizes = None,
    value: Values = None,
    rounds: Annotated[int, typer.Option(min=1, help="how often each takes its turn")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="print all figures as JSON")] = False,
    seed: Seed = 0,
    optimization: Level = None,
    exactness: ExactnessOption = None,
    enable: Enable = None,
    disable: Disable = None,
    precision: PrecisionOption = None,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """Measure the time of a call, and of peers on the same model in the same run."""
    from .commands.bench_model import bench_model

    peers = [name for name in vs.split(",") if name]
    bench_model(
        model,
        inputs or [],
        peers,
        shapes=parse_bound(shape or []),
        sizes=parse_given(size or []),
        values=parse_values(value or []),
        threads=threads,
        rounds=rounds,
        as_json=as_json,
        seed=seed,
        choice=ChoiceOption.of(optimization, exactness, enable, disable, precision),
        parts=ModelParts.of(model, weights, signature),
    )


@app.command("profile")
def profile_command(
    model: Program,
    inputs: Inputs = None,
    threads: Threads = 1,
    runs: Annotated[int, typer.Option(min=1, help="how many calls are measured")] = 20,
    shape: Shapes = None,
    size: CallSizes = None,
    value: Values = None,
    optimization: Level = None,
    exactness: ExactnessOption = None,
    enable: Enable = None,
    disable: Disable = None,
    precision: PrecisionOption = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="print only the steps that take longest")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print all figures as JSON")] = False,
    seed: Seed = 0,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """Say where the time of a call goes, step by step, and how far each is from the ceiling."""
    from .commands.profile_model import profile_model

    profile_model(
        model,
        inputs or [],
        threads=threads,
        runs=runs,
        shapes=parse_bound(shape or []),
        sizes=parse_given(size or []),
        values=parse_values(value or []),
        choice=ChoiceOption.of(optimization, exactness, enable, disable, precision),
        top=top,
        as_json=as_json,
        seed=seed,
        parts=ModelParts.of(model, weights, signature),
    )


@app.command("info")
def info_command(
    file: AnyFile,
    size: CallSizes = None,
    weights: Weights = None,
    signature: Signature = None,
) -> None:
    """
    Say what is in a file: inputs, outputs, operations, sizes, how it was made; with --size, what a
    call of an artifact takes in memory.
    """
    from .commands.describe_file import describe_file

    parts = ModelParts.of(file, weights, signature)
    sys.stdout.write(describe_file(file, parse_given(size or []), parts))


add_questions(app)
app.command("quantize")(quantize_command)


def main() -> None:
    """The entry point of the command."""
    try:
        app()
    except StepwellError as error:
        sys.stdout.flush()
        print(f"stepwell: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
