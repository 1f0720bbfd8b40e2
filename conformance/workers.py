"""
Cases in worker processes that may crash or hang.

Each worker runs one case at a time. One that ends before it answers has crashed on its case, one
that does not answer in time hangs and is killed; a new one takes its place.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from .case import Case
from .cases import all_cases
from .outcome import Outcome
from .run_case import run_case

# A fork has the cases already; making them takes 10 s.
_METHOD = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"

Runner = Callable[[Case], Outcome]


class _Worker:
    """A process and the case it works on."""

    def __init__(self, kinds: tuple[str, ...], runner: Runner):
        context: Any = multiprocessing.get_context(_METHOD)
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, kinds, runner), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self.case = -1
        self.since = 0.0

    def begin(self, case: int) -> None:
        self.case, self.since = case, time.monotonic()
        self.connection.send(case)

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


def _serve(connection: Connection, kinds: tuple[str, ...], runner: Runner) -> None:
    cases = all_cases(kinds)
    while True:
        try:
            at: int = connection.recv()
            connection.send(runner(cases[at]))
        except (EOFError, OSError):  # nobody listens any more
            return


def run_in_workers(
    kinds: tuple[str, ...],
    chosen: Sequence[int],
    *,
    jobs: int,
    timeout: float = 120.0,
    runner: Runner = run_case,
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes of the cases at `chosen` in `all_cases(kinds)`, as they come."""
    waiting = list(reversed(chosen))
    workers = [_Worker(kinds, runner) for _ in range(min(jobs, len(chosen)))]
    try:
        for worker in workers:
            worker.begin(waiting.pop())
        busy = {worker.connection: worker for worker in workers}
        while busy:
            ready = wait(list(busy), 1.0)
            for connection, worker in list(busy.items()):
                outcome = _outcome(worker, connection in ready, timeout)
                if outcome is None:
                    continue
                yield worker.case, outcome
                del busy[connection]
                if outcome.status == "crashed":
                    worker.end()
                    workers.remove(worker)
                if waiting:
                    if outcome.status == "crashed":
                        worker = _Worker(kinds, runner)
                        workers.append(worker)
                    worker.begin(waiting.pop())
                    busy[worker.connection] = worker
    finally:
        for worker in workers:
            worker.end()


def _outcome(worker: _Worker, ready: bool, timeout: float) -> Outcome | None:
    """What a worker answered, None while it works."""
    if ready:
        try:
            return worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            return Outcome("crashed", f"the process ended with {_ending(worker.process.exitcode)}")
    if time.monotonic() - worker.since > timeout:
        return Outcome("crashed", f"no answer in {timeout:.0f} s")
    return None


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
