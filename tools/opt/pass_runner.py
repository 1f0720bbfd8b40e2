"""Running passes with something before and after each: verification, printing, timing.

An instrument sees the module before the first pass, and before and after every pass. A mistake of
the user found by a pass leaves as an `InvalidIRError` that names the pass. Whatever else goes wrong
in a pass of xDSL is told in one line; in any other pass it is a bug and leaves with its traceback
and the pass's name on it.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TextIO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import DiagnosticException

from ...errors import InvalidIRError, StepwellError
from ...ir.verify_ir import invalid, quiet_diagnostics, verify_ir
from .targets import Style, mlir_text


class Instrument(Protocol):
    """Something that watches the passes."""

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        """Called before each pass."""

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        """Called after each pass that succeeded."""


def run_passes(
    ctx: Context,
    module: ModuleOp,
    passes: Sequence[ModulePass],
    instruments: Sequence[Instrument] = (),
) -> None:
    """Apply `passes` to `module` in order, in place.

    Raises:
        StepwellError: if a pass finds fault with the module.
    """
    for pass_ in passes:
        for instrument in instruments:
            instrument.before(pass_, module)
        _apply(ctx, module, pass_)
        for instrument in reversed(instruments):
            instrument.after(pass_, module)


def _apply(ctx: Context, module: ModuleOp, pass_: ModulePass) -> None:
    with quiet_diagnostics() as culprits:
        try:
            pass_.apply(ctx, module)
        except DiagnosticException as error:
            what = f"pass '{pass_.name}': {error}"
            if (op := culprits.get(id(error))) is not None:
                raise invalid(op, what) from error
            raise InvalidIRError(what) from error
        except StepwellError:
            raise
        except Exception as error:
            if type(pass_).__module__.startswith("xdsl."):
                what = f"pass '{pass_.name}' of xDSL failed: {_brief(error)}"
                raise StepwellError(what) from error
            error.add_note(f"while running pass '{pass_}'")
            raise


def _brief(error: Exception) -> str:
    """What went wrong and where in the code, in one line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    return f"{what} (in {Path(frame.filename).name}:{frame.lineno}: {frame.line})"


class VerifyEach:
    """Verifies the module after each pass."""

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        pass

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        verify_ir(module, after=pass_.name)


class PrintIR:
    """Prints the module before and after the passes asked for."""

    def __init__(
        self,
        before: Sequence[str] | None,
        after: Sequence[str] | None,
        ctx: Context,
        style: Style,
    ):
        """None stands for all passes."""
        self._names = {"Before": before, "After": after}
        self._ctx = ctx
        self._style = style

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        self._print("Before", pass_, module)

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        self._print("After", pass_, module)

    def _print(self, when: str, pass_: ModulePass, module: ModuleOp) -> None:
        names = self._names[when]
        if names is not None and pass_.name not in names:
            return
        header = f"// -----// IR Dump {when} {pass_} //----- //\n"
        sys.stderr.write(header + mlir_text(self._ctx, module, self._style) + "\n")


class PrintBetween:
    """Prints the module between passes on standard output, as xDSL's tool does."""

    def __init__(self, ctx: Context, style: Style):
        self._ctx = ctx
        self._style = style
        self._last: str | None = None

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        if self._last is not None:
            text = mlir_text(self._ctx, module, self._style)
            print(f"IR after {self._last}:\n{text}\n\n")

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        self._last = pass_.name


class Timing:
    """Measures each pass; `report` prints what took how long."""

    def __init__(self) -> None:
        self._sections: list[tuple[str, float]] = []
        self._start = self._begin = time.perf_counter()

    def before(self, pass_: ModulePass, module: ModuleOp) -> None:
        self.begin()

    def after(self, pass_: ModulePass, module: ModuleOp) -> None:
        self.end(str(pass_))

    def begin(self) -> None:
        self._begin = time.perf_counter()

    def end(self, name: str) -> None:
        self._sections.append((name, time.perf_counter() - self._begin))

    def report(self, stream: TextIO) -> None:
        total = time.perf_counter() - self._start
        measured = sum(seconds for _, seconds in self._sections)
        rows = [*self._sections, ("everything else", total - measured), ("total", total)]
        stream.write("===- Execution time -===\n")
        for name, seconds in rows:
            stream.write(f"{seconds:10.4f} s {seconds / total:7.1%}  {name}\n")
