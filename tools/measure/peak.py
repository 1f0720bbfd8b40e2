"""
What this machine can do at most: multiply-adds, and memory traffic at each level of memory.

The kernels are written with `KernelBuilder` and compiled as all kernels are, so the figures are
the ceiling for generated code, not for somebody's assembly. Each figure is the best of many short
runs: on a shared machine that is what comes closest to an idle one. With several threads each has
memory of its own and all run at once; their rates are added, so that processors which share a unit
or a bus are seen to.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import f32, i8, i32, i64

from ...compiler.linker.link import link
from ...conversion.kernels_to_llvm import compile_object, emit_module
from ...dialects.vector_ext import GROUP
from ...kernels.builder import DYNAMIC, INDEX, KernelBuilder, memref_type
from ...runtime.abi import CLOCK
from ...runtime.code_memory import ExecutableCode
from ...runtime.program import ObjectCode
from ...targets.target import Target

ACCUMULATORS = 16
"""Chains in flight: two units times a latency of four to five cycles need ten."""

STREAMS = 8
"""Vectors loaded in one trip of the bandwidth loops."""

TRIPS = 100_000
PASS_BYTES = 4 << 20
"""Work of one call: long enough that handing over between threads does not show."""

LEVELS = ("l1", "l2", "l3", "dram")

Floats = np.ndarray[tuple[int], np.dtype[np.float32]]


@dataclass(frozen=True)
class Bandwidth:
    """GB/s at one level of memory: reading alone, and copying (read plus written)."""

    read: float
    copy: float


@dataclass(frozen=True)
class Peak:
    """
    Ceilings of `threads` threads together: f32 GFLOP/s, GB/s by level of `LEVELS`, and Gop/s of dot
    products of bytes.
    """

    threads: int
    gflops: float
    bandwidth: dict[str, Bandwidth]
    gops_of_codes: float


def build_kernels(target: Target) -> KernelBuilder:
    """
    `fma(trips, memory)`, `dot` of bytes, `read(times, n, from, sums)`,
    `copy(times, n, from, to)`, `ticks`.
    """
    b = KernelBuilder(target)
    lanes = target.lanes(f32)
    open_memory = memref_type([DYNAMIC], f32)
    with b.function("fma", [INDEX, memref_type([1024], f32)]) as (trips, memory):
        x, y = b.vload(memory, [0]), b.vload(memory, [lanes])
        start = [b.splat(0, f32, lanes)] * ACCUMULATORS
        with b.loop(0, trips, 1, start) as loop:
            loop.yield_(*(b.fma(x, y, value) for value in loop.carried))
        for number, value in enumerate(loop.results):
            b.vstore(value, memory, [number * lanes])
    words = b.target.lanes(i32)
    with b.function("dot", [INDEX, memref_type([1024], i32)]) as (trips, memory):
        x, y = (b.regroup(b.vload(memory, [at]), i8) for at in (0, words))
        start = [b.splat(0, i32, words)] * ACCUMULATORS
        with b.loop(0, trips, 1, start) as loop:
            loop.yield_(*(b.dot(value, x, y, "us") for value in loop.carried))
        for number, value in enumerate(loop.results):
            b.vstore(value, memory, [number * words])
    step = STREAMS * lanes
    with b.function("read", [INDEX, INDEX, open_memory, memref_type([1024], f32)]) as args:
        repeats, n, source, result = args
        start = [b.splat(0, f32, lanes)] * STREAMS
        with b.loop(0, repeats, 1, start) as outer:
            with b.loop(0, n, step, outer.carried) as inner:
                vectors = [b.vload(source, [b.add(inner.index, k * lanes)]) for k in range(STREAMS)]
                pairs = zip(inner.carried, vectors, strict=True)
                inner.yield_(*(b.addf(v, total) for total, v in pairs))
            outer.yield_(*inner.results)
        for number, value in enumerate(outer.results):
            b.vstore(value, result, [number * lanes])
    with b.function("copy", [INDEX, INDEX, open_memory, open_memory]) as args:
        repeats, n, source, destination = args
        with b.loop(0, repeats), b.loop(0, n, step) as inner:
            places = [b.add(inner.index, k * lanes) for k in range(STREAMS)]
            vectors = [b.vload(source, [place]) for place in places]
            for place, value in zip(places, vectors, strict=True):
                b.vstore(value, destination, [place])
    b.module.body.block.add_op(func.FuncOp.external(CLOCK, [], [i64]))
    with b.function("ticks", [memref_type([1], i64)]) as (result,):
        (now,) = b.call(CLOCK, [], [i64])
        b.store(now, result, [0])
    return b


class Meter:
    """The kernels, loaded. Rates are those of `threads` threads together."""

    def __init__(self, target: Target):
        self.target = target
        module = build_kernels(target).module
        code = compile_object(emit_module(module, target), target)
        self._code = ExecutableCode(link([ObjectCode("peak", code)], triple=target.triple))

    def gflops(self, seconds: float, threads: int = 1) -> float:
        """Best f32 GFLOP/s of the multiply-add loop."""
        return self._products("fma", self.target.lanes(f32), seconds, threads)

    def gops_of_codes(self, seconds: float, threads: int = 1) -> float:
        """Best Gop/s of the loop of dot products of bytes, four products and sums in a lane."""
        return self._products("dot", GROUP * self.target.lanes(i32), seconds, threads)

    def _products(self, name: str, lanes: int, seconds: float, threads: int) -> float:
        call = self._function(name, 2)
        work = 2 * ACCUMULATORS * lanes * TRIPS

        def run(_: int) -> float:
            memory = _aligned(1024)
            return work / _best(lambda: call(TRIPS, memory.ctypes.data), seconds) / 1e9

        return _together(run, threads)

    def read(self, size: int, seconds: float, threads: int = 1) -> float:
        """Best GB/s of each thread reading `size` bytes over and over."""
        count, repeats = self._count(size), max(1, PASS_BYTES // size)
        call = self._function("read", 5)

        def run(_: int) -> float:
            source, sums = _aligned(count), _aligned(1024)
            # An open memref travels with its extent behind the pointer.
            arguments = (repeats, count, source.ctypes.data, count, sums.ctypes.data)
            return 4 * count * repeats / _best(lambda: call(*arguments), seconds) / 1e9

        return _together(run, threads)

    def copy(self, size: int, seconds: float, threads: int = 1) -> float:
        """Best GB/s, read plus written, of each thread copying between buffers of `size` bytes."""
        count, repeats = self._count(size), max(1, PASS_BYTES // size)
        call = self._function("copy", 6)

        def run(_: int) -> float:
            source, target = _aligned(count), _aligned(count)
            pointers = (source.ctypes.data, count, target.ctypes.data, count)
            best = _best(lambda: call(repeats, count, *pointers), seconds)
            return 8 * count * repeats / best / 1e9

        return _together(run, threads)

    def ticks_per_second(self, seconds: float = 0.03) -> float:
        """The rate of the clock that timed programs read, against `time.perf_counter_ns`."""
        call, result = self._function("ticks", 1), ctypes.c_int64()

        def pair() -> tuple[int, int]:
            """Both clocks at one moment: the tightest of a few tries."""
            tries: list[tuple[int, int, int]] = []
            for _ in range(20):
                before = time.perf_counter_ns()
                call(ctypes.addressof(result))
                after = time.perf_counter_ns()
                tries.append((after - before, (before + after) // 2, result.value))
            return min(tries)[1:]

        first, ticks = pair()
        time.sleep(seconds)
        last, later = pair()
        return (later - ticks) / (last - first) * 1e9

    def _count(self, size: int) -> int:
        step = STREAMS * self.target.lanes(f32)
        return max(step, size // 4 // step * step)

    def _function(self, name: str, arguments: int) -> Callable[..., None]:
        # Addresses fit into 64-bit integers, and so do extents.
        types = [ctypes.c_int64] * arguments
        return ctypes.CFUNCTYPE(None, *types)(self._code.address_of(name))


@cache
def meter() -> Meter:
    """The one of this process, for this machine."""
    return Meter(Target.host())


def measure_peak(seconds: float = 0.15, threads: int = 1, levels: Sequence[str] = LEVELS) -> Peak:
    """Measure this machine; `seconds` go into each figure. Memory at `levels` only."""
    target, measured = Target.host(), meter()
    # Copies use two buffers. A level is met when they do not fit into the one above it.
    sizes = {
        "l1": target.l1_bytes // 2,
        "l2": target.l2_bytes // 2,
        "l3": min(target.l3_bytes // 2, 8 * target.l2_bytes),
        "dram": max(4 * target.l2_bytes, min(2 * target.l3_bytes, 512 << 20) // threads),
    }
    return Peak(
        threads,
        measured.gflops(seconds, threads),
        {
            level: Bandwidth(
                measured.read(sizes[level], seconds, threads),
                measured.copy(sizes[level] // 2, seconds, threads),
            )
            for level in levels
        },
        measured.gops_of_codes(seconds, threads),
    )


def _together(run: Callable[[int], float], threads: int) -> float:
    """The sum of what `run` gives on each of `threads` threads at once."""
    if threads == 1:
        return run(0)
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(run, range(threads)))


def _aligned(count: int) -> Floats:
    """`count` floats of 0.5 at an address that is a multiple of 64."""
    memory = np.full(count + 16, 0.5, np.float32)
    first = (-memory.ctypes.data // 4) % 16
    return memory[first : first + count]


def _best(call: Callable[[], None], seconds: float) -> float:
    """Shortest time of one call within a time budget, at least three calls."""
    call()
    best, runs, end = float("inf"), 0, time.perf_counter() + seconds
    while runs < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best, runs = min(best, time.perf_counter() - start), runs + 1
    return best
