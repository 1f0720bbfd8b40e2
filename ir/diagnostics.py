"""What a pass says without failing: warnings and remarks about operations.

    warning("@f has no results and is not checked", function)
    remark("tiled by 4", op)

Unless somebody listens they go to standard error, as `file:line:col: warning: what`;
`opt-tool --verify-diagnostics` listens and compares them with what a test expects.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from xdsl.dialects.builtin import FileLineColLoc, ModuleOp
from xdsl.ir import Operation

from ..errors import InvalidIRError


@dataclass(frozen=True)
class Diagnostic:
    """One thing said about the IR; `kind` is `error`, `warning`, `remark` or `note`."""

    kind: str
    what: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        position = (self.file, self.line, self.column)
        prefix = "".join(f"{part}:" for part in position if part is not None)
        return f"{prefix}{' ' if prefix else ''}{self.kind}: {self.what}"


Listener = Callable[[Diagnostic], None]


def _print(diagnostic: Diagnostic) -> None:
    print(diagnostic, file=sys.stderr)


_LISTENER: ContextVar[Listener] = ContextVar("listener", default=_print)


@contextmanager
def listening(listener: Listener) -> Generator[None]:
    """What is said within goes to `listener` instead of standard error."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def warning(what: str, op: Operation | None = None) -> None:
    """Say that something is probably not as meant, at the place of `op`."""
    _say("warning", what, op)


def remark(what: str, op: Operation | None = None) -> None:
    """Say something worth knowing, at the place of `op`."""
    _say("remark", what, op)


def _say(kind: str, what: str, op: Operation | None) -> None:
    position = (None, None, None) if op is None else source_position(op)
    _LISTENER.get()(Diagnostic(kind, what, *position))


def source_position(op: Operation) -> tuple[str | None, int | None, int | None]:
    """File, line and column of an operation read by `parse_ir`, else of the nearest around it."""
    around: Operation | None = op
    while around is not None:
        if isinstance(location := around.location, FileLineColLoc):
            if around is not op and isinstance(around, ModuleOp):
                break
            return location.filename.data, location.line.data, location.column.data
        around = around.parent_op()
    return None, None, None


def diagnostics_of(error: Exception) -> list[Diagnostic]:
    """An error and its notes; one that is not about a place in the IR has no position."""
    if not isinstance(error, InvalidIRError):
        return [Diagnostic("error", str(error))]
    notes = [Diagnostic("note", n.what, n.file, n.line, n.column) for n in error.notes]
    return [Diagnostic("error", error.what, error.file, error.line, error.column), *notes]
