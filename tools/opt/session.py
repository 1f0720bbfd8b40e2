"""One run of `opt-tool`: all pieces of its input, each read, sent through the passes and printed.

A piece in which something is wrong is reported on standard error, and the others are printed all
the same. With `--verify-diagnostics` what is wrong is compared with what the piece expects; where
a file expects nothing, the error takes the piece's place in the output, as in xDSL's tool.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import ParseError

from ...dialects.resources import clear_resources
from ...errors import InvalidIRError, StepwellError, UsageError
from ...ir.diagnostics import Diagnostic, diagnostics_of, listening
from ...ir.module_file import display_name, load_weights, read_text
from ...ir.nearest import unknown_name
from ...ir.parse_ir import parse_ir
from ...ir.verify_ir import verify_ir
from ..inputs.ir_file import SEPARATOR, chunks, import_file, is_model, save_modules
from ..inputs.model_parts import NO_PARTS, ModelParts
from ..inputs.shape_option import parse_shapes, parse_sizes
from .expected_diagnostics import check_diagnostics, expected_diagnostics, has_expectations
from .pass_runner import Instrument, PrintBetween, PrintIR, Timing, VerifyEach, run_passes
from .targets import TARGETS, Style


class Session:
    """One run of the tool over all pieces of its input."""

    def __init__(self, args: argparse.Namespace, ctx: Context, passes: tuple[ModulePass, ...]):
        """Raises `UsageError` for a pass to print around that is not in the pipeline."""
        self.args = args
        self.ctx = ctx
        self.passes = passes
        self.timing = Timing()
        self.style = Style(
            generic=args.print_op_generic,
            locations=args.print_debuginfo,
            properties_as_attributes=args.print_no_properties,
            colours=args.syntax_highlight,
            processor=args.processor,
        )
        self._modules: list[ModuleOp] = []
        self._said: list[Diagnostic] = []
        self._expects = False
        self._parts = ModelParts(args.weights, args.signature)
        self._check_pass_names([*args.print_ir_before, *args.print_ir_after])

    def run(self) -> int:
        """Gives the exit code, 1 if anything is wrong with the input."""
        pieces = self._pieces()
        checked = self.args.verify_diagnostics
        self._expects = checked and any(has_expectations(piece or "") for piece in pieces)
        outputs: list[str] = []
        complaints: list[str] = []
        for piece in pieces:
            text, wrong = self._piece(piece)
            outputs.append(text)
            complaints += wrong
        written = any(outputs) and not (complaints and self.args.output not in (None, "-"))
        if written:
            self._write(f"{SEPARATOR}\n".join(outputs))
        if complaints:
            print("\n".join(complaints), file=sys.stderr)
        if self.args.timing:
            self.timing.report(sys.stderr)
        return int(bool(complaints))

    def _pieces(self) -> list[str | None]:
        """The texts to process; None stands for a model."""
        if is_model(self.args.file):
            return [None]
        if self._parts != NO_PARTS:
            raise UsageError(
                f"{display_name(self.args.file)}: --weights and --signature are for models"
            )
        load_weights(self.ctx, self.args.file)
        text = read_text(self.args.file)
        return [*chunks(text)] if self.args.split_input_file else [text]

    def _piece(self, text: str | None) -> tuple[str, list[str]]:
        """What a piece gives, and what is wrong with it."""
        self._said.clear()
        output, errors = "", list[StepwellError]()
        try:
            with self._listening():
                module = self._process(text)
                output = self._output(module)
        except StepwellError as error:
            if error.exit_code != 1:
                raise
            errors.append(error)
        if self._expects:
            return output, self._check(text or "", errors)
        if errors and self._is_meant(errors[0]):
            from .xdsl_diagnostics import diagnostic_text

            return diagnostic_text(errors[0], colours=self.style.colours), []
        return output, [message(error) for error in errors]

    @contextmanager
    def _listening(self) -> Generator[None]:
        """Keep what is said, if it is to be checked; warnings of Python are said too."""

        def show(message: Warning | str, *_: object, **__: object) -> None:
            said = Diagnostic("warning", str(message))
            self._said.append(said) if self._expects else print(said, file=sys.stderr)

        with warnings.catch_warnings():
            warnings.showwarning = show
            if self._expects:
                with listening(self._said.append):
                    yield
            else:
                yield

    def _check(self, text: str, errors: list[StepwellError]) -> list[str]:
        """Where what was said is not what the comments of a piece expect."""
        file = display_name(self.args.file)
        said = [*self._said, *(d for error in errors for d in diagnostics_of(error))]
        return check_diagnostics(expected_diagnostics(text, file), said, file)

    def _is_meant(self, error: StepwellError) -> bool:
        """Whether an error is what the user wants to see, by an option of xDSL's tool."""
        if isinstance(error.__cause__, ParseError):
            return self.args.parsing_diagnostics
        return self.args.verify_diagnostics and isinstance(error, InvalidIRError)

    def _process(self, text: str | None) -> ModuleOp:
        args = self.args
        self.timing.begin()
        if text is None:
            shapes, sizes = parse_shapes(args.shape), parse_sizes(args.size)
            module = import_file(self.ctx, args.file, shapes, sizes=sizes, parts=self._parts)
        else:
            clear_resources(self.ctx)
            implicit = not args.no_implicit_module
            name = display_name(args.file)
            module = parse_ir(self.ctx, text, name, allow_implicit_module=implicit)
        self.timing.end("import" if text is None else "parse")
        verifies = not args.disable_verify
        if verifies:
            verify_ir(module)
        if args.syntax_only:
            return module
        run_passes(self.ctx, module, self.passes, self._instruments())
        if self.passes and verifies and not args.verify_each:
            verify_ir(module, after=self.passes[-1].name)
        return module

    def _output(self, module: ModuleOp) -> str:
        if self.args.syntax_only:
            return ""
        self._modules.append(module)
        if not self.args.run:
            return TARGETS[self.args.target](self.ctx, module, self.style)
        from .run_module import results_text

        return results_text(self.ctx, module, self.args.inputs, self.args.seed)

    def _instruments(self) -> list[Instrument]:
        """What goes on around each pass; the last one listed is closest to it."""
        args = self.args
        instruments: list[Instrument] = []
        if args.check_numerics:
            from .check_numerics import CheckNumerics

            instruments.append(CheckNumerics(self.ctx, args.seed, args.inputs, self.passes))
        if args.print_between_passes:
            instruments.append(PrintBetween(self.ctx, self.style))
        if args.verify_each and not args.disable_verify:
            instruments.append(VerifyEach())
        before = None if _all(args, "before") else args.print_ir_before
        after = None if _all(args, "after") else args.print_ir_after
        if before != () or after != ():
            instruments.append(PrintIR(before, after, self.ctx, self.style))
        return [*instruments, self.timing]

    def _check_pass_names(self, names: list[str]) -> None:
        known = {pass_.name for pass_ in self.passes}
        for name in names:
            if name not in known:
                raise UsageError(unknown_name("pass of this pipeline", name, known))

    def _write(self, text: str) -> None:
        if self.args.output in (None, "-"):
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            save_modules(self.ctx, self._modules, text, self.args.output, self._read())

    def _read(self) -> list[Path]:
        """The files that are read, which must not be replaced."""
        from ...conversion.model_files import files_of

        files = [*files_of(self.args.file, self._parts.weights)]
        if self.args.inputs:
            from ...runtime.array_files import paths_in  # numpy, for those who have inputs

            files += paths_in(self.args.inputs)
        return files


def message(error: StepwellError) -> str:
    """An error as it is shown, with the word in front if the message does not say it itself."""
    text = str(error)
    says_so = ": error: " in text.partition("\n")[0] or text.startswith("error: ")
    return text if says_so else f"error: {text}"


def _all(args: argparse.Namespace, when: str) -> bool:
    return getattr(args, f"print_ir_{when}_all")
