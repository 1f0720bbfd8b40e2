"""Progress of long work: a bar on a terminal, plain lines in a pipe, always on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class ProgressReport:
    """Called with (stage, done, total) as work goes on; a stage ends when the next one begins.

    `total` is 0 where nobody knows how much there is to do.
    """

    def __init__(self, title: str):
        self._title = title
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._stage_start = time.perf_counter()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description:<12}"),
                BarColumn(),
                TextColumn("{task.fields[stage]}"),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=None, stage="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif kind is None:
            self._finish_stage()

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        if stage != self._stage:
            if self._bar is None:
                self._finish_stage()
            self._stage, self._stage_start = stage, time.perf_counter()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total or None, stage=stage)

    def _finish_stage(self) -> None:
        if self._stage:
            seconds = time.perf_counter() - self._stage_start
            print(f"{self._title}: {self._stage} {seconds:.2f} s", file=sys.stderr)


def size_text(nbytes: int) -> str:
    """A number of bytes for a person: `46.8 MB`."""
    size = float(nbytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
