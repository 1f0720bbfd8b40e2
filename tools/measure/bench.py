"""Times Stepwell and its peers on one model, interleaved in one process.

Runtimes take turns: in each round each of them runs one burst of calls, and the round's figure is
the burst's median. A slow moment of the machine so falls on all of them, and the first call of a
burst, which meets caches full of somebody else's data, is not timed. The figure of a runtime is
the median over rounds; the order of turns rotates.

With `threads=N` the process is bound to N processors while it loads and runs, so that a runtime
which starts more threads than it was told to gains nothing.

The numbers of the first peer are the reference: everybody's outputs are compared with them, and a
runtime that is fast and wrong is reported as wrong.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from .peers import Runtime, Session, Stepwell

AnyArray = npt.NDArray[Any]

TOLERANCE = 1e-4
"""Of the largest magnitude of an output: how far a runtime may be from the reference."""

BURST_SECONDS = 0.05
BURST_CALLS = 50
PAUSE_SECONDS = 0.02  # idle threads of thread pools spin for some milliseconds after a call


class Timing(TypedDict):
    """One runtime on one model. `error` stands alone: no figures for what did not run."""

    version: str
    load_seconds: NotRequired[float]
    median_ms: NotRequired[float]
    best_ms: NotRequired[float]
    rounds_ms: NotRequired[list[float]]
    # from the reference, relative to its largest magnitude; null: not finite, or another shape
    deviation: NotRequired[float | None]
    agrees: NotRequired[bool]
    error: NotRequired[str]


class Comparison(TypedDict):
    """
    All runtimes on one model. `speed_against[peer]` is the peer's median over ours; `sizes` are the
    numbers of the names in its sizes.
    """

    model: str
    sizes: NotRequired[str]
    model_bytes: int
    threads: int
    reference: str
    runtimes: dict[str, Timing]
    speed_against: dict[str, float]


class Machine(TypedDict):
    """Where and when figures were taken."""

    date: str
    processor: str
    cores: int
    system: str
    python: str
    load_average: list[float]


def compare(
    model: str | Path,
    feeds: Mapping[str, AnyArray],
    peers: Sequence[Runtime],
    threads: int = 1,
    rounds: int = 10,
    subject: Runtime | None = None,
) -> Comparison:
    """Times `subject` (by default Stepwell itself) and `peers` on `model`.

    A peer that fails is recorded with its error; what the subject raises is passed on.
    """
    path = Path(model)
    ours = subject or Stepwell()
    timings: dict[str, Timing] = {}
    sessions: dict[str, Session] = {}
    outputs: dict[str, Sequence[AnyArray]] = {}
    with bound_to_processors(threads):
        for runtime in (*peers, ours):
            timing = timings[runtime.name] = Timing(version=runtime.version())
            try:
                start = time.perf_counter()
                session = runtime.load(path, threads)
                timing["load_seconds"] = time.perf_counter() - start
                # copied: a session may hand out the same memory at each call
                outputs[runtime.name] = [np.array(array) for array in session(feeds)]
                sessions[runtime.name] = session
            except Exception as error:  # a peer may raise anything
                if runtime is ours:
                    raise
                timing["error"] = str(error).strip() or type(error).__name__
        for name, samples in _interleaved(sessions, feeds, threads, rounds).items():
            timings[name]["rounds_ms"] = [round(1e3 * sample, 4) for sample in samples]
            timings[name]["median_ms"] = 1e3 * median(samples)
            timings[name]["best_ms"] = 1e3 * min(samples)
    reference = next(iter(outputs))
    for name, arrays in outputs.items():
        moved = deviation(arrays, outputs[reference])
        timings[name]["deviation"] = moved if math.isfinite(moved) else None
        timings[name]["agrees"] = moved <= TOLERANCE
    medians = {
        name: timing["median_ms"] for name, timing in timings.items() if "median_ms" in timing
    }
    return Comparison(
        model=path.stem,
        model_bytes=path.stat().st_size,
        threads=threads,
        reference=reference,
        runtimes=timings,
        speed_against={
            peer.name: medians[peer.name] / medians[ours.name]
            for peer in peers
            if peer.name in medians
        },
    )


def deviation(arrays: Sequence[AnyArray], reference: Sequence[AnyArray]) -> float:
    """The largest `max|a - r| / max|r|` over the outputs; infinite for other shapes or NaNs."""
    if len(arrays) != len(reference):
        return math.inf
    return max(map(_deviation, arrays, reference), default=0.0)


def _deviation(array: AnyArray, reference: AnyArray) -> float:
    if array.shape != reference.shape:
        return math.inf
    if reference.size == 0 or np.array_equal(array, reference, equal_nan=_may_be_nan(reference)):
        return 0.0
    wide, wide_reference = array.astype(np.float64), reference.astype(np.float64)
    difference = float(np.abs(wide - wide_reference).max())
    magnitude = float(np.abs(wide_reference).max())
    if not math.isfinite(difference) or magnitude == 0:
        return math.inf
    return difference / magnitude


def _may_be_nan(array: AnyArray) -> bool:
    return array.dtype.kind in "fc"


def _interleaved(
    sessions: Mapping[str, Session], feeds: Mapping[str, AnyArray], threads: int, rounds: int
) -> dict[str, list[float]]:
    """Seconds per call of each session, one figure per round."""
    samples: dict[str, list[float]] = {name: [] for name in sessions}
    names = list(sessions)
    for turn in range(rounds):
        shift = turn % max(len(names), 1)
        for name in names[shift:] + names[:shift]:
            samples[name].append(_burst(sessions[name], feeds))
            if threads > 1:
                time.sleep(PAUSE_SECONDS)
    return samples


def _burst(session: Session, feeds: Mapping[str, AnyArray]) -> float:
    """The median seconds of a few calls, after one that warms the caches."""
    session(feeds)
    calls: list[float] = []
    while not calls or (sum(calls) < BURST_SECONDS and len(calls) < BURST_CALLS):
        start = time.perf_counter()
        session(feeds)
        calls.append(time.perf_counter() - start)
    return median(calls)


@contextmanager
def bound_to_processors(count: int) -> Generator[None]:
    """Binds the process to `count` of its processors, where the system can; threads inherit it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    # from the end: interrupts and other programs tend to crowd the first processor
    os.sched_setaffinity(0, sorted(before)[-count:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> Machine:
    """The machine as it is now."""
    return Machine(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=platform.platform(),
        python=platform.python_version(),
        load_average=[round(load, 2) for load in os.getloadavg()],
    )


def busy(state: Machine) -> str | None:
    """What to warn of, if other programs were running when `state` was taken."""
    load, cores = state["load_average"][0], state["cores"]
    if load < cores / 2:
        return None
    return (
        f"the machine is busy (load {load} on {cores} processors): "
        "times are too long, and only those of one run can be compared"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def mean_speed(comparisons: Sequence[Comparison], peer: str) -> float | None:
    """The geometric mean of `speed_against[peer]` over the models that both ran."""
    speeds = [c["speed_against"][peer] for c in comparisons if peer in c["speed_against"]]
    return geometric_mean(speeds) if speeds else None
