"""
Models whose sizes are open: one program for all sizes beside a program for each, and onnxruntime.

    python benchmarks/open_sizes.py [--only SUBSTRING] [--points N] [--rounds N] [--sizes N=1,S=7]

At each point, sizes are drawn (or those of `--sizes` taken), and the three take turns. The table
has the fastest call of each, in processor time where there is one thread, the ratio of the general
program to the bound one, how much faster it is than onnxruntime, the largest difference of its
results from both in parts of the largest number, and its arena in parts of that of the bound
program. Behind it stands what compiling costs beside one set of sizes, and what sizes cost that
were never seen, over `--unseen` of them.

Short calls are made some times in a turn, one after the other. With `--alone` a turn is one call:
code that others have run before is no longer in the caches, and a general program has more of it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from math import exp, log
from typing import Any

import numpy as np
from open_cases import OpenCase, all_cases

import stepwell
from stepwell.compiler.open_model import PER_SIZES

# What onnxruntime says of its types is in part unknown.
onnxruntime: Any = import_module("onnxruntime")

HEAD = """\
| model | sizes | general | bound | ratio | ONNX Runtime | faster | off bound | off theirs | arena |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""

SHORT = 0.002
"""Seconds of a call up to which several are made in a turn."""

IN_A_TURN = 8
"""How many."""

SLACK = 8192
"""Bytes of an arena: of tiny sizes, what layouts take that were chosen for larger ones."""


def off(ours: list[Any], other: list[Any]) -> float:
    """The largest difference, in parts of the largest number beside it."""
    pairs = [(np.asarray(a, float), np.asarray(b, float)) for a, b in zip(ours, other, strict=True)]
    return max(
        float(abs(a - b).max(initial=0) / max(abs(b).max(initial=0), 1e-30)) for a, b in pairs
    )


def milliseconds(seconds: float) -> str:
    """`1.23 ms`."""
    return f"{seconds * 1e3:.3f} ms"


class Measured:
    """One model, compiled for all sizes."""

    def __init__(self, case: OpenCase, threads: int, *, alone: bool = False):
        self.case, self.threads, self.alone = case, threads, alone
        self.clock = time.thread_time if threads == 1 else time.perf_counter
        self.model = case.source()
        start = time.process_time()
        self.engine = stepwell.compile(self.model, threads=threads)
        self.seconds = time.process_time() - start
        self.bound_seconds: list[float] = []
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        given = self.model if not hasattr(self.model, "graph") else self.model.SerializeToString()
        given = given if isinstance(given, bytes) else str(given)
        self.session = onnxruntime.InferenceSession(given, options)
        self.rng = np.random.default_rng(0)

    @property
    def why_not(self) -> str:
        """What stands against one program for all sizes; empty where there is one."""
        program = self.engine.program
        return program.provenance.options.get(PER_SIZES, "") if program.is_open else ""

    def point(self, sizes: Mapping[str, int], rounds: int) -> tuple[str, float, float]:
        """A line of the table, the ratio to the bound program, and how much faster than theirs."""
        start = time.process_time()
        bound = stepwell.compile(self.model, threads=self.threads, shapes=dict(sizes))
        self.bound_seconds.append(time.process_time() - start)
        feeds = self.case.feeds(self.engine, sizes, len(self.bound_seconds))
        ours, other = (list(e.run(feeds).values()) for e in (self.engine, bound))
        theirs = self.session.run(None, feeds)
        general, numbers, peer = self.fastest(
            [
                lambda: self.engine.run(feeds),
                lambda: bound.run(feeds),
                lambda: self.session.run(None, feeds),
            ],
            rounds,
        )
        arenas = self.engine.memory(**sizes).intermediate, bound.arena_bytes
        arena = "small" if max(arenas) < SLACK else f"{arenas[0] / arenas[1]:.2f}"
        said = ", ".join(f"{n} = {size}" for n, size in sizes.items())
        times = f"{milliseconds(general)} | {milliseconds(numbers)} | {general / numbers:.2f}"
        differences = f"{off(ours, other):.0e} | {off(ours, theirs):.0e}"
        line = (
            f"| {self.case.name} | {said} | {times} | {milliseconds(peer)} | {peer / general:.2f}× "
            f"| {differences} | {arena} |"
        )
        return line, general / numbers, peer / general

    def fastest(self, calls: list[Callable[[], object]], rounds: int) -> list[float]:
        """The seconds of the fastest call of each, which take turns; short ones get more rounds."""
        best = [float("inf")] * len(calls)
        for at in range(10 * rounds):
            for number, call in enumerate(calls):
                left = 1 if self.alone or best[number] > SHORT else IN_A_TURN
                while left:
                    start = self.clock()
                    call()
                    best[number] = min(best[number], self.clock() - start)
                    left -= 1
            if at >= rounds and at * sum(best) > 0.2:
                break
        return best

    def unseen(self, count: int) -> tuple[float, float]:
        """The median seconds that sizes cost which were never seen, beyond a call that follows."""
        costs: list[float] = []
        for seed in range(count):
            feeds = self.case.feeds(self.engine, self.case.drawn(self.rng), seed)
            times: list[float] = []
            for _ in range(3):
                start = self.clock()
                self.engine.run(feeds)
                times.append(self.clock() - start)
            costs.append(times[0] - min(times[1:]))
        return float(np.median(costs)), float(np.quantile(costs, 0.95))

    def cost(self, unseen: int) -> tuple[str, float]:
        """What compiling costs beside one set of sizes, and what new sizes do; and the ratio."""
        bound = float(np.median(self.bound_seconds))
        median, most = self.unseen(unseen)
        said = (
            f"{self.case.name}: compiled in {self.seconds:.1f} s, for one set of sizes "
            f"{bound:.1f} s ({self.seconds / bound:.1f} times); new sizes cost "
            f"{median * 1e3:.3f} ms (median of {unseen}), {most * 1e3:.2f} ms at the 95th "
            "percentile"
        )
        return said, self.seconds / bound


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return exp(sum(map(log, ratios)) / len(ratios))


def parsed(text: str) -> dict[str, int]:
    """Sizes as in `N=1,S=7`."""
    return {name: int(size) for name, _, size in (part.partition("=") for part in text.split(","))}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--points", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--unseen", type=int, default=40)
    parser.add_argument("--alone", action="store_true", help="one call in a turn")
    parser.add_argument("--sizes", type=parsed, action="append", default=[])
    arguments = parser.parse_args()
    general: list[float] = []
    faster: list[float] = []
    compiling: list[float] = []
    costs: list[str] = []
    print(HEAD)
    for case in all_cases():
        if arguments.only not in case.name:
            continue
        measured = Measured(case, arguments.threads, alone=arguments.alone)
        if measured.why_not:
            print(f"| {case.name} | {measured.why_not} |", flush=True)
            continue
        for sizes in arguments.sizes or [case.drawn(measured.rng) for _ in range(arguments.points)]:
            line, ratio, speed = measured.point(sizes, arguments.rounds)
            general.append(ratio)
            faster.append(speed)
            print(line, flush=True)
        said, ratio = measured.cost(arguments.unseen)
        compiling.append(ratio)
        costs.append(said)
    if general:
        print(
            f"\ngeneral / bound {mean(general):.2f} in the geometric mean, {max(general):.2f} at "
            f"worst; {mean(faster):.2f}× as fast as ONNX Runtime, {min(faster):.2f}× at worst; "
            f"compiled in {mean(compiling):.1f} times the time of one set of sizes\n"
        )
    print("\n".join(costs))


if __name__ == "__main__":
    main()
