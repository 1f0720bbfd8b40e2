"""
Progress of compiling: a bar on a terminal, plain lines in a pipe, always on standard error.

What calls compile later, for sizes that have no program yet, is said in lines.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from .quiet import is_quiet

if TYPE_CHECKING:
    from ...compiler.options import Step


class ProgressReport:
    """Called with each `Step`; in a pipe, a step that has ended is a line with its seconds."""

    def __init__(self, title: str):
        self._title = title
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._seconds = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal and not is_quiet():
            columns = (
                TextColumn("{task.description:<12}"),
                BarColumn(),
                TextColumn("{task.fields[step]}"),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=None, step="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, step: Step) -> None:
        if self._bar is not None and self._task is not None:
            text = f"{step.name} " + ("done" if step.total == 1 else f"{step.done}/{step.total}")
            total = None if step.total == 1 else step.total
            self._bar.update(self._task, completed=step.done, total=total, step=text)
            return
        self._seconds += step.seconds
        if step.done >= step.total and not is_quiet():
            print(f"{self._title}: {step.name} {self._seconds:.2f} s", file=sys.stderr, flush=True)
            self._seconds = 0.0
