"""
What the steps of a compiled model cost, and how far each is from what the machine can do.

The program runs with a clock (`timed_program.py`): after each step machine code stores the ticks of
the processor's counter, so nothing of Python lies between two steps, and the kernels are those of
any other run. `accounted` is the part of a call, Python's share included, that the steps explain.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from ...compiler.finish import CLOCK
from ...runtime.describe import reference_text
from ...targets.target import Target
from .bench import Machine, bound_to_processors, machine
from .peak import Peak, meter
from .peak_record import recorded_peak
from .roofline import Work, ceiling_of
from .timed_program import TimedProgram

Array = npt.NDArray[Any]

WARM_UP = 3
"""Calls that are not measured: pages and caches are cold, helpers asleep."""

NO_WORK = Work(0, 0, 0, 0, 0)


class Figures(TypedDict):
    """
    Of a step or of several: time, work, and distance to the ceiling.

    `definition_gflops` counts the operations of the definition, `gflops` those executed.
    `percent_of_ceiling` is null where no work is declared (reference operations, branches, loops).
    `bound` says what the ceiling is: `compute`, or the level of memory, `l1`, `l2`, `l3`, `dram`.
    """

    median_us: float
    share: float
    flops: int
    definition_flops: int
    bytes: int
    gflops: float
    definition_gflops: float
    gbs: float
    intensity: float
    ceiling_us: float | None
    percent_of_ceiling: float | None


class StepFigures(Figures):
    """One step of the program, in order."""

    index: int
    op: str
    kernel: str
    template: str
    best_us: float
    bytes_read: int
    bytes_written: int
    bytes_of_weights: int
    bound: str | None
    chunks: int
    threads: int
    operands: list[str]
    results: list[str]
    nodes: list[str]
    rewrites: list[str]


class GroupFigures(Figures):
    """All steps with the same kernel, or of the same operation."""

    name: str
    count: int


class LevelFigures(TypedDict):
    """GB/s at one level of memory."""

    read: float
    copy: float


class PeakFigures(TypedDict):
    """The ceilings of that many threads together."""

    threads: int
    gflops: float
    gops_of_codes: float
    bandwidth: dict[str, LevelFigures]


class Profile(TypedDict):
    """
    A model's profile; times are medians over `runs`.

    `wall_us` is a whole call, `steps_us` the sum of its steps, `accounted` the median over the
    runs of the one divided by the other. `reference_ops` are the steps that run by their reference
    semantics, each with the reason. Of a model that leaves sizes open, `sizes` are those of the
    calls (`N = 1, S = 128`), and `program` says whether it is one for all sizes.
    """

    model: str
    sizes: str
    program: str
    machine: Machine
    threads: int
    runs: int
    wall_us: float
    best_wall_us: float
    steps_us: float
    accounted: float
    ceiling_us: float
    weight_bytes: int
    arena_bytes: int
    reference_ops: list[str]
    ceilings: list[PeakFigures]
    steps: list[StepFigures]
    by_kernel: list[GroupFigures]
    by_op: list[GroupFigures]


def profile_program(
    program: TimedProgram,
    feeds: Mapping[str, Array],
    *,
    model: Path,
    threads: int,
    runs: int,
    sizes: str = "",
) -> Profile:
    """
    Measure `runs` calls after a few that warm up, and the ceilings before them.

    `sizes` says the values of the names at which `program` is looked at.

    Raises:
        InputError: for wrong inputs.
    """
    state = machine()  # before we are the load ourselves
    with bound_to_processors(threads):
        peaks = {count: recorded_peak(count) for count in sorted({1, threads})}
        walls, ticks = _measure(program, feeds, runs)
        rate = meter().ticks_per_second()
    seconds = np.diff(ticks, axis=1) / rate
    steps = _steps(program, seconds, peaks, threads)
    return Profile(
        model=model.name,
        sizes=sizes,
        program=program.kind,
        machine=state,
        threads=threads,
        runs=runs,
        wall_us=1e6 * median(walls),
        best_wall_us=1e6 * min(walls),
        steps_us=1e6 * float(np.median(seconds.sum(axis=1))),
        accounted=float(np.median(seconds.sum(axis=1) / walls)),
        ceiling_us=sum(step["ceiling_us"] or 0.0 for step in steps),
        weight_bytes=program.engine.weight_bytes,
        arena_bytes=program.engine.arena_bytes,
        reference_ops=[reference_text(op) for op in program.engine.reference_steps],
        ceilings=[_peak_figures(peak) for peak in peaks.values()],
        steps=steps,
        by_kernel=_groups(steps, lambda step: step["kernel"] or f"{step['op']} (reference)"),
        by_op=_groups(steps, lambda step: step["op"]),
    )


def _measure(
    program: TimedProgram, feeds: Mapping[str, Array], runs: int
) -> tuple[list[float], npt.NDArray[np.int64]]:
    """Seconds of each call, and the ticks inside of it."""
    walls: list[float] = []
    ticks: list[Array] = []
    for number in range(WARM_UP + runs):
        start = time.perf_counter()
        results = program.engine.run(feeds)
        end = time.perf_counter()
        if number >= WARM_UP:
            walls.append(end - start)
            ticks.append(results[CLOCK])
    return walls, np.stack(ticks)


def _steps(
    program: TimedProgram,
    seconds: npt.NDArray[np.float64],
    peaks: Mapping[int, Peak],
    threads: int,
) -> list[StepFigures]:
    target = Target.host()
    medians, bests = np.median(seconds, axis=0), seconds.min(axis=0)
    total = float(medians.sum())
    found: list[StepFigures] = []
    for index, step in enumerate(program.steps):
        used = threads if step.chunks > 1 else 1
        ceiling = None
        if step.work is not None:
            ceiling = ceiling_of(step.work, peaks[used], target, program.bytes)
        work = step.work or NO_WORK
        found.append(
            StepFigures(
                **_figures(
                    1e6 * float(medians[index]),
                    1e6 * total,
                    (work.flops, work.definition_flops, work.moved),
                    None if ceiling is None else 1e6 * ceiling.seconds,
                ),
                index=index,
                op=step.op,
                kernel=step.kernel,
                template=step.template,
                best_us=1e6 * float(bests[index]),
                bytes_read=work.read,
                bytes_written=work.written,
                bytes_of_weights=work.weights,
                bound=None if ceiling is None else ceiling.bound,
                chunks=step.chunks,
                threads=min(threads, max(step.chunks, 1)),
                operands=list(step.operands),
                results=list(step.results),
                nodes=list(step.nodes),
                rewrites=list(step.rewrites),
            )
        )
    return found


def _groups(
    steps: Sequence[StepFigures], name_of: Callable[[StepFigures], str]
) -> list[GroupFigures]:
    """The steps of equal name as one, the longest first."""
    members: dict[str, list[StepFigures]] = {}
    for step in steps:
        members.setdefault(name_of(step), []).append(step)
    total = sum(step["median_us"] for step in steps)
    found: list[GroupFigures] = []
    for name, group in members.items():
        ceilings = [step["ceiling_us"] for step in group if step["ceiling_us"] is not None]
        work = (
            sum(step["flops"] for step in group),
            sum(step["definition_flops"] for step in group),
            sum(step["bytes"] for step in group),
        )
        taken = sum(step["median_us"] for step in group)
        ceiling = sum(ceilings) if len(ceilings) == len(group) else None
        figures = _figures(taken, total, work, ceiling)
        found.append(GroupFigures(**figures, name=name, count=len(group)))
    return sorted(found, key=lambda group: -group["median_us"])


def _figures(
    taken: float, total: float, work: tuple[int, int, int], ceiling: float | None
) -> Figures:
    """Times are in microseconds; `work` is flops, those of the definition, and bytes."""
    flops, definition, moved = work
    seconds = max(taken, 1e-3) * 1e-6  # the clock may stand still over a step without work
    return Figures(
        median_us=taken,
        share=taken / max(total, 1e-3),
        flops=flops,
        definition_flops=definition,
        bytes=moved,
        gflops=flops / seconds / 1e9,
        definition_gflops=definition / seconds / 1e9,
        gbs=moved / seconds / 1e9,
        intensity=flops / moved if moved else 0.0,
        ceiling_us=ceiling,
        percent_of_ceiling=None if not ceiling else 100e-6 * ceiling / seconds,
    )


def _peak_figures(peak: Peak) -> PeakFigures:
    levels = {
        level: LevelFigures(read=rate.read, copy=rate.copy)
        for level, rate in peak.bandwidth.items()
    }
    return PeakFigures(
        threads=peak.threads,
        gflops=peak.gflops,
        bandwidth=levels,
        gops_of_codes=peak.gops_of_codes,
    )
