"""
What this machine can do at most: multiply-adds and memory traffic of one thread.

    python benchmarks/peak.py [--json] [--seconds S]

The kernels are written with `KernelBuilder` and compiled as all kernels are, so the figures are
the ceiling for generated code, not for somebody's assembly. Each figure is the best of many short
runs: on a shared machine that is what comes closest to an idle one. `measure_peak` is also what
profiles divide by.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from xdsl.dialects.builtin import f32

from stepwell.conversion.engine_to_kernels.builder import (
    DYNAMIC,
    INDEX,
    KernelBuilder,
    memref_type,
)
from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.conversion.target import Target
from stepwell.runtime.code_memory import ExecutableCode
from stepwell.runtime.linker import link
from stepwell.runtime.program import ObjectCode

ACCUMULATORS = 16
"""Chains in flight: two units times a latency of four to five cycles need ten."""

STREAMS = 8
"""Vectors loaded in one trip of the bandwidth loops."""


@dataclass(frozen=True)
class Peak:
    """Ceilings of one thread: f32 GFLOP/s, and GB/s read from each level of memory, and copied."""

    gflops: float
    l1_read: float
    l2_read: float
    l3_read: float
    dram_read: float
    dram_copy: float


def build_kernels(target: Target) -> KernelBuilder:
    """`fma(trips, memory)`, `read(repeats, n, source, sums)`, `copy(repeats, n, from, to)`."""
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
    return b


class Meter:
    """The kernels, loaded."""

    def __init__(self, target: Target):
        self.target = target
        module = build_kernels(target).module
        code = compile_object(emit_module(module, target), target)
        image = link([ObjectCode("peak", code)], triple=target.triple)
        self._code = ExecutableCode(image)

    def gflops(self, seconds: float) -> float:
        """Best f32 GFLOP/s of the multiply-add loop."""
        memory, trips = _aligned(1024), 20_000
        call = self._function("fma", 1, 1)
        work = 2 * ACCUMULATORS * self.target.lanes(f32) * trips
        return work / _best(lambda: call(trips, memory.ctypes.data), seconds) / 1e9

    def read(self, size: int, seconds: float) -> float:
        """Best GB/s reading `size` bytes over and over."""
        count = self._count(size)
        source, result = _aligned(count), _aligned(1024)
        repeats = max(1, (4 << 20) // size)
        call = self._function("read", 2, 3)
        # An open memref travels with its extent behind the pointer.
        best = _best(
            lambda: call(repeats, count, source.ctypes.data, count, result.ctypes.data), seconds
        )
        return 4 * count * repeats / best / 1e9

    def copy(self, size: int, seconds: float) -> float:
        """Best GB/s, read plus written, copying `size` bytes."""
        count = self._count(size)
        source, target = _aligned(count), _aligned(count)
        call = self._function("copy", 2, 4)
        pointers = (source.ctypes.data, count, target.ctypes.data, count)
        return 8 * count / _best(lambda: call(1, count, *pointers), seconds) / 1e9

    def _count(self, size: int) -> int:
        step = STREAMS * self.target.lanes(f32)
        return max(step, size // 4 // step * step)

    def _function(self, name: str, integers: int, others: int) -> Callable[..., None]:
        types = [ctypes.c_int64] * (integers + others)  # addresses fit, and so do extents
        return ctypes.CFUNCTYPE(None, *types)(self._code.address_of(name))


def measure_peak(target: Target | None = None, seconds: float = 0.15) -> Peak:
    """Measure this machine; `seconds` go into each of the six figures."""
    target = target or Target.host()
    meter = Meter(target)
    beyond = max(4 * target.l2_bytes, min(2 * target.l3_bytes, 512 << 20))
    within = min(target.l3_bytes // 2, 8 * target.l2_bytes)
    return Peak(
        gflops=meter.gflops(seconds),
        l1_read=meter.read(target.l1_bytes // 2, seconds),
        l2_read=meter.read(target.l2_bytes // 2, seconds),
        l3_read=meter.read(within, seconds),
        dram_read=meter.read(beyond, seconds),
        dram_copy=meter.copy(beyond // 2, seconds),
    )


def _aligned(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
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


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="the ceilings of this machine, one thread")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--seconds", type=float, default=0.3, help="time for each figure")
    options = parser.parse_args()
    target = Target.host()
    peak = measure_peak(target, options.seconds)
    if options.json:
        print(json.dumps({"cpu": target.cpu, **asdict(peak)}))
        return
    print(f"{target.cpu}, {target.vector_bits}-bit vectors")
    print(f"multiply-adds  {peak.gflops:7.1f} GFLOP/s (f32)")
    for name in ("l1_read", "l2_read", "l3_read", "dram_read", "dram_copy"):
        print(f"{name.replace('_', ' '):14} {getattr(peak, name):7.1f} GB/s")


if __name__ == "__main__":
    main()
