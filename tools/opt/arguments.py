"""The command line of `opt-tool`: its options, in the spellings of MLIR's and xDSL's tools.

Most options have several names, of which the first is ours. A pass is an option too, as in MLIR:
`--cse`, `--optimize=only=fuse-map-into-map` or `--optimize="only=a exactness=bitwise"`; the passes
run in the order in which they stand. A single dash serves for two.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from importlib.metadata import version
from typing import NoReturn

from ...errors import UsageError
from ...ir.nearest import unknown_name
from ..inputs.ir_file import SEPARATOR
from .targets import TARGETS

Add = Callable[..., argparse.Action]

_TRUE = ("", "1", "true")
_FALSE = ("0", "false")

# What an option with a value means without one.
_ALONE = {"--verify-each": "true"}


def parse_arguments(argv: Sequence[str], passes: Collection[str]) -> argparse.Namespace:
    """The options in `argv`; `passes` are the names that are options too.

    Raises:
        UsageError: for an unknown option, with the nearest known ones, or a wrong value.
    """
    parser = argument_parser()
    args, unknown = parser.parse_known_args(plain_spelling(argv, parser, passes))
    if not unknown:
        return args
    name = unknown[0].partition("=")[0]
    if not name.startswith("-"):
        raise UsageError(f"one file at a time, got also '{name}'")
    options = {option for action in option_actions(parser) for option in action.option_strings}
    known = {*options, *(f"--{name}" for name in passes)}
    raise UsageError(unknown_name("option", name, known, listing="see opt-tool --help"))


def plain_spelling(
    argv: Sequence[str], parser: argparse.ArgumentParser, passes: Collection[str]
) -> list[str]:
    """`argv` with two dashes before long names, and passes as `-p`."""
    options = {option for action in option_actions(parser) for option in action.option_strings}
    spelled: list[str] = []
    for at, argument in enumerate(argv):
        if argument == "--":
            return [*spelled, *argv[at:]]
        name, equals, value = argument.partition("=")
        long = f"--{name.lstrip('-')}"
        if argument in _ALONE or f"-{argument}" in _ALONE:
            spelled.append(f"{long}={_ALONE[long]}")  # or it would take the file's name for its own
        elif not name.startswith("-") or name in options:
            spelled.append(argument)
        elif long in options:
            spelled.append(f"{long}{equals}{value}")
        elif long[2:] in passes:
            spelled.append(f"-p={long[2:]}" + (f"{{{value}}}" if value else ""))
        else:
            spelled.append(argument)
    return spelled


def option_actions(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """All options of a parser, which argparse keeps to itself."""
    return parser._actions  # pyright: ignore[reportPrivateUsage]


class _Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see opt-tool --help")


def argument_parser() -> argparse.ArgumentParser:
    """All options of the tool."""
    parser = _Parser(
        prog="opt-tool",
        description="Reads IR of any level, runs passes on it and prints it.",
        epilog="A pass is an option too: --cse, or --NAME='a=1 b=2' with options. "
        "A single dash serves for two. docs/opt_tool.md tells it with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", default="-", help="a .mlir file or a model, - for stdin")
    parser.add_argument("-v", "--version", action="version", version=_versions())
    _add_input(parser.add_argument_group("input").add_argument)
    _add_passes(parser.add_argument_group("passes").add_argument)
    _add_checks(parser.add_argument_group("checks").add_argument)
    _add_output(parser.add_argument_group("output").add_argument)
    _add_watching(parser.add_argument_group("watching the passes").add_argument)
    _add_running(parser.add_argument_group("running").add_argument)
    return parser


def _versions() -> str:
    return f"opt-tool of Stepwell {version('stepwell')}, built on xDSL version {version('xdsl')}"


def _flag(add: Add, *names: str, help: str) -> None:
    add(*names, action="store_true", help=help)


def _add_input(add: Add) -> None:
    _flag(
        add,
        "--split-input-file",
        help=f"treat the pieces between lines of '{SEPARATOR}' as files of their own",
    )
    add(
        "--shape",
        action="append",
        default=[],
        metavar="NAME=1,3,...",
        help="the shape of an input of a model, or the size of a named dimension",
    )
    add(
        "--size",
        action="append",
        default=[],
        metavar="NAME=1..2048/8@128",
        help="bounds of a size of a model that stays open, what divides it, and the size to plan"
        " for",
    )
    add(
        "--weights",
        metavar="FILE",
        help="the second file of a model of two; the one beside it if not given",
    )
    add("--signature", metavar="NAME", help="which of several functions of a model")
    _flag(
        add,
        "--allow-unregistered-dialect",
        help="accept operations, attributes and types that no dialect has, in generic form",
    )
    _flag(add, "--no-implicit-module", help="the file has to be one builtin.module, written out")
    _flag(add, "--syntax-only", help="read and verify the input, run and print nothing")


def _add_passes(add: Add) -> None:
    add(
        "-p",
        "--pass-pipeline",
        "--passes",
        action="append",
        default=[],
        metavar="PIPELINE",
        help="as in 'a,b{opt=1}' or 'builtin.module(a,func.func(b))'; may be given several times",
    )
    _flag(add, "--list-passes", help="print all passes with their options and exit")
    _flag(add, "--list-dialects", help="print all dialects with what they hold and exit")
    _flag(add, "--show-dialects", help="print the names of all dialects and exit")
    _flag(add, "--strict", help="a plug-in that does not load is an error")
    _flag(add, "--dump-pass-pipeline", help="print the pipeline that runs, on stderr")


def _add_checks(add: Add) -> None:
    _flag(
        add,
        "--verify-diagnostics",
        help="check what is said against '// expected-error@+1 {{...}}' comments; in a file "
        "without any, print the error and end well",
    )
    _flag(add, "--parsing-diagnostics", help="print the errors of the parser and end well")
    add(
        "--verify-each",
        type=_boolean,
        default=True,
        metavar="BOOL",
        help="verify after every pass (the default); else after the last one",
    )
    add("--no-verify-each", dest="verify_each", action="store_false", help=argparse.SUPPRESS)
    _flag(add, "--disable-verify", help="verify neither the input nor what passes make")
    _flag(
        add,
        "--check-numerics",
        help="run every function before and after each pass and compare the results",
    )
    for name in ("--mlir-disable-threading", "--mlir-print-ir-module-scope"):
        add(name, action="store_true", help=argparse.SUPPRESS)  # always so


def _add_output(add: Add) -> None:
    add("-o", "--output", "--output-file", metavar="FILE", help="write here instead of stdout")
    add(
        "-t",
        "--target",
        choices=sorted(TARGETS),
        default="mlir",
        help="the form of the output (default: mlir); llvm and asm are code, of level 5",
    )
    add(
        "--processor",
        default="native",
        metavar="NAME",
        help="for which processor -t llvm and -t asm print code (default: this one)",
    )
    _flag(add, "--print-op-generic", "--mlir-print-op-generic", help="print the generic form")
    _flag(
        add,
        "--print-debuginfo",
        "--mlir-print-debuginfo",
        help="print where each operation came from, as loc(...)",
    )
    _flag(add, "--print-no-properties", help="print properties as attributes")
    _flag(add, "--syntax-highlight", help="print in colours")


def _add_watching(add: Add) -> None:
    for when in ("before", "after"):
        names = [f"--print-ir-{when}", f"--mlir-print-ir-{when}"]
        add(
            *names,
            type=_names,
            default=(),
            metavar="PASS,...",
            help=f"print the module {when} these passes, on stderr",
        )
        _flag(
            add,
            *(f"{name}-all" for name in names),
            help=f"print the module {when} every pass, on stderr",
        )
    _flag(add, "--print-between-passes", help="print the module between passes, on stdout")
    _flag(
        add,
        "--timing",
        "--mlir-timing",
        "--time-passes",
        help="print what took how long, on stderr",
    )


def _add_running(add: Add) -> None:
    _flag(add, "--run", help="run @main and print its results instead of the module")
    add(
        "--inputs",
        action="append",
        default=[],
        metavar="FILE",
        help="inputs of @main, for --run and --check-numerics: a .npz of named arrays, or "
        "[NAME=]FILE.npy; may be repeated",
    )
    add(
        "--seed", type=_seed, default=0, help="seed of the random inputs of --run, --check-numerics"
    )


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected an integer from 0 on, got '{text}'")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _boolean(text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise argparse.ArgumentTypeError(f"expected true or false, got '{text}'")
    return text.lower() in _TRUE
