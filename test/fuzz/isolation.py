"""Cases in a process of their own: one that crashes, hangs or eats memory costs a restart."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from stepwell.compiler.kernel_cache import FOLDER_VARIABLE
from stepwell.test.fuzz.outcome import Outcome

PATIENCE = 60.0
"""Seconds that a case may take; again as many when it is tried alone."""
OTHERS_PATIENCE = 12.0
"""What an oracle, or an interpreter that may run a loop of any length, has."""
CASES_OF_A_PROCESS = 400
"""After so many a new process begins: what a case leaves behind must not gather."""


class Isolated:
    """
    A process that tries the cases of one kind, replaced when it ends.

    The end of the process while an oracle has the case says nothing about us.
    """

    def __init__(self, kind: str, *, patience: float = PATIENCE):
        self.kind = kind
        self.patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._tried = 0
        self._folder = tempfile.TemporaryDirectory()
        self._said = Path(self._folder.name) / "said"
        # Kernels that nobody will want again do not fill the user's cache.
        self._environment = os.environ | {FOLDER_VARIABLE: self._folder.name}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._folder.cleanup()

    def outcome(self, case: str) -> Outcome:
        """What becomes of a seed or of the file at a path."""
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(f"{case}\n".encode())
        process.stdin.flush()
        stage = "making"
        end = time.monotonic() + 2 * self.patience  # the first one waits for imports
        while True:
            line = self._line(end)
            if line is None:
                return self._without_answer(stage)
            said: dict[str, Any] = json.loads(line)
            if "stage" not in said:
                self._tried += 1
                return Outcome(**said)
            stage = said["stage"]
            patience = self.patience if stage not in ("oracle", "slow") else OTHERS_PATIENCE
            end = time.monotonic() + patience

    def _without_answer(self, stage: str) -> Outcome:
        process = self._process
        assert process is not None
        ended = process.poll()
        if ended is None:  # the pipe may close a moment before the process ends
            try:
                ended = process.wait(0.5 if self._pending == b"" else 0)
            except subprocess.TimeoutExpired:
                ended = None
        self._end()
        if stage == "oracle":
            return Outcome("undecided", "an oracle crashed or hung")
        if stage == "slow" and ended is None:
            return Outcome("undecided", "the interpreter takes long")
        if ended is None:
            return Outcome("hung", f"no answer in {self.patience:.0f} s ({stage or 'stepwell'})")
        if ended == 1:  # Python's, for an exception outside of all cases
            raise RuntimeError(self._said_at_last)
        name = signal.Signals(-ended).name if ended < 0 else f"exit code {ended}"
        return Outcome("crashed", f"{name} ({stage or 'stepwell'}): {self._last_words()}")

    @property
    def _said_at_last(self) -> str:
        return self._said.read_bytes()[-3000:].decode("utf-8", "replace")

    def _last_words(self) -> str:
        lines = self._said_at_last.splitlines()
        frames = [line.strip() for line in lines if "most recent call first" not in line]
        return " | ".join(frames[:8])

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._tried >= CASES_OF_A_PROCESS:
            self._end()
        if self._process is None:
            command = [sys.executable, "-m", "stepwell.test.fuzz.case_worker", self.kind]
            pipe = subprocess.PIPE
            with self._said.open("wb") as said:
                self._process = subprocess.Popen(
                    command, stdin=pipe, stdout=pipe, stderr=said, env=self._environment
                )
            self._pending, self._tried = b"", 0
        return self._process

    def _line(self, end: float) -> bytes | None:
        """The next line of the process, None if it ends or says nothing until `end`."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._pending:
            ready, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
            data = os.read(pipe, 1 << 16) if ready else b""
            if not data:
                return None
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _end(self) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            self._process.kill()
            self._process.wait()
            self._process = None


def outcome_alone(kind: str, data: bytes, suffix: str) -> Outcome:
    """What becomes of a case in a new process, with twice the time."""
    with tempfile.TemporaryDirectory() as folder, Isolated(kind, patience=2 * PATIENCE) as alone:
        path = Path(folder) / f"case{suffix}"
        path.write_bytes(data)
        return alone.outcome(str(path))


def outcomes(kind: str, seeds: Iterable[int], seconds: float) -> Iterator[tuple[int, Outcome]]:
    """The outcomes of seeds, until the time is over."""
    end = time.monotonic() + seconds
    with Isolated(kind) as isolated:
        for seed in seeds:
            if time.monotonic() > end:
                return
            yield seed, isolated.outcome(str(seed))
