"""
The command `stepwell` where the compiler is not installed: it runs and describes artifacts.

    stepwell run model.well --inputs in.npz --outputs out.npz
    stepwell info model.well

These are the commands of `stepwell.tools.cli`, with the same options as far as they are about
artifacts. Errors are one message on standard error; the exit code is 1 for a fault in what was
given and 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..errors import NoCompilerError, StepwellError, UsageError
from .array_files import engine_feeds, paths_in, read_array_file, write_arrays
from .describe import artifact_rows, reference_text, rows_text
from .engine import Engine
from .load import load
from .output_file import destination
from .pool import MOST_THREADS
from .value_text import value_text
from .version import VERSION

COMPILER_COMMANDS = ("compile", "verify", "bench", "profile")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` or the process's arguments; gives the exit code."""
    try:
        _run(sys.argv[1:] if argv is None else list(argv))
    except StepwellError as error:
        sys.stdout.flush()
        print(f"stepwell: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _run(argv: Sequence[str]) -> None:
    if argv and argv[0] in COMPILER_COMMANDS:
        raise NoCompilerError(f"stepwell {argv[0]}")
    args = _parser().parse_args(argv)
    if args.command == "info":
        sys.stdout.write(rows_text(artifact_rows(args.file)))
    elif args.command == "run":
        _run_artifact(args)
    else:
        _parser().print_help()


def _run_artifact(args: argparse.Namespace) -> None:
    check_files(args.inputs, args.outputs, [args.model])
    engine = load(args.model, threads=args.threads)
    _require_native(engine, args.model)
    results = engine.run(engine_feeds(args.inputs, engine.inputs))
    put_results(results, args.outputs, [args.model, *paths_in(args.inputs)])


def check_files(inputs: Sequence[str], outputs: Path | None, model: Sequence[Path]) -> None:
    """
    Say before the work what could not be read or written after it.

    Raises:
        UsageError: for no inputs, or outputs that would replace an input or a file of `model`.
        InputError: for inputs that cannot be read.
    """
    if not inputs:
        raise UsageError("give the inputs of the model with --inputs IN.npz")
    read = paths_in(inputs)
    if outputs is not None:
        destination(outputs, [*model, *read])
    for path in read:
        read_array_file(str(path))


def put_results(results: Mapping[str, Any], outputs: Path | None, keep: Sequence[Path]) -> None:
    """Write results to `outputs`, or print them; none of the files `keep` is replaced."""
    if outputs is not None:
        write_arrays(outputs, results, keep)
        return
    for name, value in results.items():
        sys.stdout.write(value_text(name, value))


def _require_native(engine: Engine, model: Path) -> None:
    ops = engine.program.reference_ops
    if ops:
        steps = ", ".join(map(reference_text, ops))
        raise NoCompilerError(f"{model}: what runs by its reference semantics ({steps})")


class _Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="stepwell",
        description="Runs and describes compiled models. The compiler is not installed: "
        "pip install stepwell has it.",
    )
    parser.add_argument("--version", action="version", version=f"stepwell {VERSION}")
    parser.add_argument("-q", "--quiet", action="store_true", help="results and errors alone")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="run a compiled model once")
    run.add_argument("model", metavar="MODEL.well", type=Path)
    run.add_argument(
        "--inputs",
        action="append",
        default=[],
        metavar="FILE",
        help="inputs by name, IN.npz, or one of them, [NAME=]X.npy; may be repeated",
    )
    run.add_argument(
        "--outputs",
        type=Path,
        metavar="OUT.npz",
        help="where to write results; without it, print them",
    )
    run.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar=f"1..{MOST_THREADS}",
        help="threads that the call may use",
    )
    info = commands.add_parser("info", help="say what is in a compiled model")
    info.add_argument("file", metavar="FILE.well", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
