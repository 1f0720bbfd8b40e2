"""
Forests of scikit-learn, side by side with onnxruntime.

    python benchmarks/forests.py [--threads 1,2] [--rounds N] [--only SUBSTRING]

Rounds take turns: some calls of ours, some of the peer, each with other rows. The table it prints
has the fastest call of both, which other work on the machine disturbs least, how much faster ours
is, and how far the results of both are from scikit-learn's, in parts of the largest.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from forest_models import CASES, Array, ForestCase

import stepwell

# What onnxruntime says of its types is in part unknown.
onnxruntime: Any = import_module("onnxruntime")

CALLS = {1: 200, 1000: 8}
"""Calls of each side in a round, by the rows of a batch."""

SETTLING = 0.02
"""Seconds between the turns of both sides, in which threads of the one that still look for work
go to sleep, so that they take no processor from the other."""


@dataclass(frozen=True)
class Row:
    """A line of the table; times in seconds."""

    case: ForestCase
    threads: int
    batch: int
    ours: float
    theirs: float
    our_error: float
    their_error: float

    def text(self) -> str:
        """The line."""
        times = f"{_time(self.ours)} | {_time(self.theirs)} | {self.theirs / self.ours:.2f}×"
        errors = f"{self.our_error:.0e} | {self.their_error:.0e}"
        return f"| {self.case.what} | {self.batch} | {self.threads} | {times} | {errors} |"


HEAD = """\
| 100 trees | rows | threads | Stepwell | ONNX Runtime | faster | error | its error |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def measure(case: ForestCase, threads: int, batch: int, rounds: int) -> Row:
    """One line, of `rounds` rounds."""
    engine = stepwell.compile(
        case.model, threads=threads, shapes={"x": [batch, case.rows.shape[1]]}
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(case.model.SerializeToString(), options)
    batches = [case.rows[at : at + batch] for at in range(0, len(case.rows) - batch + 1, batch)]

    def ours(x: Array) -> Array:
        return engine.run({"x": x})["y"]

    def theirs(x: Array) -> Array:
        return np.asarray(session.run(["y"], {"x": x})[0])

    errors = [_error(side, case, batches[:100], batch) for side in (ours, theirs)]
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side, found in zip((ours, theirs), times, strict=True):
            time.sleep(SETTLING)
            found.append(_call_time(side, batches, number * CALLS[batch], CALLS[batch]))
    return Row(case, threads, batch, min(times[0]), min(times[1]), errors[0], errors[1])


def _call_time(
    side: Callable[[Array], Array], batches: list[Array], first: int, count: int
) -> float:
    """The fastest of calls with different rows."""
    found: list[float] = []
    for at in range(first, first + count):
        x = batches[at % len(batches)]
        start = time.perf_counter()
        side(x)
        found.append(time.perf_counter() - start)
    return min(found)


def _error(
    side: Callable[[Array], Array], case: ForestCase, batches: list[Array], batch: int
) -> float:
    worst = 0.0
    for at, x in enumerate(batches):
        wanted = case.expected[at * batch : at * batch + len(x)]
        worst = max(worst, float(np.abs(side(x) - wanted).max()))
    return worst / float(np.abs(case.expected).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    print(f"One-minute load before the run: {os.getloadavg()[0]:.1f}.\n")
    print(HEAD, flush=True)
    for make in CASES:
        if arguments.only not in make.__name__:
            continue
        case = make()
        for batch in CALLS:
            for threads in map(int, arguments.threads.split(",")):
                print(measure(case, threads, batch, arguments.rounds).text(), flush=True)


if __name__ == "__main__":
    main()
