"""Errors as `xdsl-opt` prints them for `--verify-diagnostics` and `--parsing-diagnostics`.

The message, then the whole module in the generic form with the operation underlined. Tests of
xDSL and its users look for either.
"""

from __future__ import annotations

from io import StringIO

from xdsl.ir import Operation
from xdsl.printer import Printer
from xdsl.syntax_printer import SyntaxPrinter
from xdsl.utils.diagnostic import Diagnostic
from xdsl.utils.exceptions import VerifyException

from ...errors import InvalidIRError, StepwellError


def diagnostic_text(error: StepwellError, *, colours: bool = False) -> str:
    """What to print about `error`, ending in a newline."""
    cause = error.__cause__
    text = f"{error if cause is None else cause}\n"
    if isinstance(error, InvalidIRError) and isinstance(op := error.operation, Operation):
        said = f"Operation does not verify: {cause}"
        text += _annotated(op, said if isinstance(cause, VerifyException) else str(cause), colours)
    return text


def _annotated(op: Operation, what: str, colours: bool) -> str:
    """The module around `op`, with `what` below it."""
    stream = StringIO()
    diagnostic = Diagnostic({op: [what]})
    printer_type = SyntaxPrinter if colours else Printer
    printer = printer_type(stream=stream, print_generic_format=True, diagnostic=diagnostic)
    around = op.get_toplevel_object()
    if isinstance(around, Operation):
        printer.print_op(around)
    return f"{stream.getvalue()}\n"
