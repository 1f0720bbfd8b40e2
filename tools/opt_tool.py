"""`opt-tool`: any level in, passes, any level out.

    opt-tool model.onnx -p 'convert-onnx-to-engine,canonicalize' -o model.mlir
    opt-tool model.mlir --run --inputs inputs.npz

Reads a `.mlir` file (with its weights in the `.safetensors` beside it), an `.onnx` model or
standard input (`-`), runs a pipeline of passes and prints the result. Errors are one message on
standard error; the exit code is 1 for a fault in the input and 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..compiler.passes import get_all_passes
from ..dialects import make_context
from ..errors import StepwellError, UsageError
from ..ir.module_file import display_name, load_weights, read_text
from ..ir.nearest import unknown_name
from ..ir.parse_ir import parse_ir
from ..ir.verify_ir import verify_ir
from .inputs.ir_file import (
    SEPARATOR,
    chunks,
    import_file,
    is_model,
    module_text,
    save_modules,
)
from .inputs.shape_option import parse_shapes
from .opt.expected_diagnostics import check_diagnostics, expected_diagnostics
from .opt.pass_pipeline import parse_pass_pipeline
from .opt.pass_runner import Instrument, PrintIR, Timing, VerifyEach, run_passes


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool with `argv` or the process's arguments; gives the exit code."""
    args = argument_parser().parse_args(argv)
    try:
        return _run(args)
    except StepwellError as error:
        sys.stdout.flush()
        print(message(error), file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader, as in `opt-tool ... | head`, has seen enough
        sys.stderr.close()
        return 0


def argument_parser() -> argparse.ArgumentParser:
    """All options of the tool."""
    parser = argparse.ArgumentParser(
        prog="opt-tool", description="Reads IR of any level, runs passes on it and prints it."
    )
    parser.add_argument("file", nargs="?", default="-", help="a .mlir or .onnx file, - for stdin")
    parser.add_argument("-o", "--output", metavar="FILE", help="write here instead of stdout")
    parser.add_argument(
        "-p",
        "--pass-pipeline",
        "--passes",
        default="",
        metavar="PIPELINE",
        help="as in 'a,b{opt=1}' or 'builtin.module(a,func.func(b))'",
    )
    parser.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="NAME=1,3,...",
        help="the shape of an input of an .onnx model, or the size of a named dimension",
    )
    parser.add_argument("--list-passes", action="store_true", help="print all passes and exit")
    parser.add_argument("--list-dialects", action="store_true", help="print all dialects and exit")
    parser.add_argument(
        "--split-input-file",
        action="store_true",
        help=f"treat the pieces between lines of '{SEPARATOR}' as files of their own",
    )
    parser.add_argument(
        "--verify-diagnostics",
        action="store_true",
        help="check errors against '// expected-error@+1 {{...}}' comments",
    )
    parser.add_argument(
        "--verify-each",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="verify after every pass",
    )
    parser.add_argument(
        "--allow-unregistered-dialect",
        action="store_true",
        help="accept operations, attributes and types that no dialect has, in generic form",
    )
    for when in ("before", "after"):
        parser.add_argument(
            f"--print-ir-{when}",
            type=_names,
            default=(),
            metavar="PASS,...",
            help=f"print the module {when} these passes, on stderr",
        )
        parser.add_argument(
            f"--print-ir-{when}-all",
            action="store_true",
            help=f"print the module {when} every pass, on stderr",
        )
    parser.add_argument("--print-op-generic", action="store_true", help="print the generic form")
    parser.add_argument("--timing", action="store_true", help="print what took how long, on stderr")
    parser.add_argument(
        "--check-numerics",
        action="store_true",
        help="run every function before and after each pass and compare the results",
    )
    parser.add_argument("--run", action="store_true", help="run @main and print its results")
    parser.add_argument(
        "--inputs",
        metavar="FILE.npz",
        help="inputs of @main by name, for --run and --check-numerics",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the random inputs of --run, --check-numerics"
    )
    return parser


def _run(args: argparse.Namespace) -> int:
    passes = get_all_passes()
    ctx = make_context(allow_unregistered=args.allow_unregistered_dialect)
    if args.list_passes or args.list_dialects:
        from .opt.listing import list_dialects, list_passes

        sys.stdout.write(list_passes(passes) if args.list_passes else list_dialects(ctx))
        return 0
    if args.inputs and not (args.run or args.check_numerics):
        raise UsageError("--inputs is for --run and --check-numerics")
    tool = _OptTool(args, ctx, parse_pass_pipeline(args.pass_pipeline, passes))
    return tool.run()


class _OptTool:
    """One run of the tool over all pieces of its input."""

    def __init__(self, args: argparse.Namespace, ctx: Context, passes: tuple[ModulePass, ...]):
        self.args = args
        self.ctx = ctx
        self.passes = passes
        self.timing = Timing()
        self._check_pass_names([*args.print_ir_before, *args.print_ir_after])

    def run(self) -> int:
        modules: list[ModuleOp] = []
        outputs: list[str] = []
        complaints: list[str] = []
        for text in self._pieces():
            try:
                module = self._process(text)
            except StepwellError as error:
                if error.exit_code != 1:
                    raise
                complaints += self._complaints(text, error)
                continue
            if self.args.verify_diagnostics:
                complaints += self._check_diagnostics(text, [])
            modules.append(module)
            outputs.append(self._results(module) if self.args.run else self._text(module))
        if complaints:
            print("\n".join(complaints), file=sys.stderr)
            return 1
        self._write(modules, f"{SEPARATOR}\n".join(outputs))
        if self.args.timing:
            self.timing.report(sys.stderr)
        return 0

    def _pieces(self) -> list[str | None]:
        """The texts to process; None stands for an ONNX model."""
        if is_model(self.args.file):
            return [None]
        load_weights(self.ctx, self.args.file)
        text = read_text(self.args.file)
        return [*chunks(text)] if self.args.split_input_file else [text]

    def _process(self, text: str | None) -> ModuleOp:
        self.timing.begin()
        if text is None:
            module = import_file(self.ctx, self.args.file, parse_shapes(self.args.shape))
        else:
            module = parse_ir(self.ctx, text, display_name(self.args.file))
        self.timing.end("import" if text is None else "parse")
        verify_ir(module)
        run_passes(self.ctx, module, self.passes, self._instruments())
        if self.passes and not self.args.verify_each:
            verify_ir(module, after=self.passes[-1].name)
        return module

    def _instruments(self) -> list[Instrument]:
        """What goes on around each pass; the last one listed is closest to it."""
        args = self.args
        instruments: list[Instrument] = []
        if args.check_numerics:
            from .opt.check_numerics import CheckNumerics

            instruments.append(CheckNumerics(self.ctx, args.seed, args.inputs))
        if args.verify_each:
            instruments.append(VerifyEach())
        before = None if args.print_ir_before_all else args.print_ir_before
        after = None if args.print_ir_after_all else args.print_ir_after
        if before != () or after != ():
            instruments.append(PrintIR(before, after, generic=args.print_op_generic))
        return [*instruments, self.timing]

    def _check_pass_names(self, names: list[str]) -> None:
        known = {pass_.name for pass_ in self.passes}
        for name in names:
            if name not in known:
                raise UsageError(unknown_name("pass of this pipeline", name, known))

    def _complaints(self, text: str | None, error: StepwellError) -> list[str]:
        """What to tell about an error: itself, or where it differs from what was expected."""
        if self.args.verify_diagnostics:
            return self._check_diagnostics(text, [error])
        return [message(error)]

    def _check_diagnostics(self, text: str | None, errors: list[StepwellError]) -> list[str]:
        file = display_name(self.args.file)
        return check_diagnostics(expected_diagnostics(text or "", file), errors, file)

    def _results(self, module: ModuleOp) -> str:
        from .opt.run_module import results_text

        return results_text(self.ctx, module, self.args.inputs, self.args.seed)

    def _text(self, module: ModuleOp) -> str:
        return module_text(module, generic=self.args.print_op_generic)

    def _write(self, modules: list[ModuleOp], text: str) -> None:
        if self.args.output in (None, "-"):
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            save_modules(self.ctx, modules, text, self.args.output)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def message(error: StepwellError) -> str:
    """An error as it is shown, with the word in front if the message does not say it itself."""
    text = str(error)
    says_so = ": error: " in text.partition("\n")[0] or text.startswith("error: ")
    return text if says_so else f"error: {text}"


if __name__ == "__main__":
    sys.exit(main())
