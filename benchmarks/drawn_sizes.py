"""
Models whose sizes are open beside onnxruntime, at many drawn sizes: one program, nothing is bound.

    python benchmarks/drawn_sizes.py [--only NAME,NAME] [--points 20] [--after NAME] [--seconds N]

A line for each model has the largest difference of any result from onnxruntime's, in parts of the
largest number beside it, and how many times as fast the program is as onnxruntime: the geometric
mean over the sizes, and the least. Each takes its turn; a call is the fastest of a few. After
`--seconds` no further model is begun, and `--after` goes on behind the last one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

from open_cases import OpenCase, all_cases
from open_sizes import Measured, mean, off

ROUNDS = 2
"""Turns of each program at a point."""


def line_of(case: OpenCase, points: int, threads: int) -> tuple[str, float, list[float]]:
    """A line of the table, the largest difference, and how much faster the program is."""
    measured = Measured(case, threads)
    if measured.why_not:
        return f"| {case.name} | {measured.why_not} |", 0.0, []
    differences: list[float] = []
    faster: list[float] = []
    for seed in range(points):
        feeds = case.feeds(measured.engine, case.drawn(measured.rng), seed)
        ours = list(measured.engine.run(feeds).values())
        theirs = measured.session.run(None, feeds)
        differences.append(off(ours, theirs))
        calls: list[Callable[[], object]] = [
            partial(measured.engine.run, feeds),
            partial(measured.session.run, None, feeds),
        ]
        own, peer = measured.fastest(calls, ROUNDS)
        faster.append(peer / own)
    worst = max(differences)
    return (
        f"| {case.name} | {worst:.0e} | {mean(faster):.2f}× | {min(faster):.2f}× |",
        worst,
        faster,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--after", default="")
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    cases = list(all_cases())
    names = [case.name for case in cases]
    if arguments.after:
        cases = cases[names.index(arguments.after) + 1 :]
    if arguments.only:
        cases = [case for case in cases if case.name in arguments.only.split(",")]
    end = time.monotonic() + arguments.seconds
    worst: list[float] = []
    means: list[float] = []
    print("| model | off theirs | faster | at least |\n| --- | --- | --- | --- |", flush=True)
    for case in cases:
        if time.monotonic() > end:
            print(f"\nthe time is over before {case.name}")
            break
        line, difference, faster = line_of(case, arguments.points, arguments.threads)
        print(line, flush=True)
        if faster:
            worst.append(difference)
            means.append(mean(faster))
    if means:
        print(
            f"\n{len(means)} models: {mean(means):.2f}× as fast as ONNX Runtime in the geometric "
            f"mean, {min(means):.2f}× for the slowest; off by {max(worst):.0e} at most"
        )


if __name__ == "__main__":
    main()
