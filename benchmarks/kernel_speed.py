"""
Speed of single kernels on one thread, against the multiply-add peak of the same run.

    python benchmarks/kernel_speed.py [--vs onnxruntime] [--only SUBSTRING] [--rounds N]

Each round measures the peak (a loop of independent multiply-adds), the kernel, and the peer if
asked for, one after the other; medians and best times over the rounds are printed. `build`,
`emit` and `code` are what making the kernel costs, in milliseconds.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from kernel_case import LANES, TARGET, Case
from kernel_cases import all_cases
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, f32, i8, i32
from xdsl.ir import SSAValue

from stepwell.conversion.kernels_to_llvm import (
    compile_object,
    count_spills,
    emit_assembly,
    emit_module,
)
from stepwell.dialects.vector_ext import GROUP
from stepwell.kernels.builder import INDEX, KernelBuilder, memref_type
from stepwell.kernels.registry import plan_kernel
from stepwell.kernels.template import Kernel
from stepwell.runtime.size import numbers_of
from stepwell.test.kernels.harness import planned_op
from stepwell.test.kernels.memory import bind_memory
from stepwell.test.kernels.native import NativeKernel, expand_math

ACCUMULATORS = 16


@cache
def _peak_kernel(codes: bool) -> NativeKernel:
    """A loop of independent multiply-adds, or of dot products of bytes."""
    b, element = KernelBuilder(TARGET), i32 if codes else f32

    def step(x: SSAValue, y: SSAValue, total: SSAValue) -> SSAValue:
        if not codes:
            return b.fma(x, y, total)
        return b.dot(total, b.regroup(x, i8), b.regroup(y, i8), "us")

    with b.function("k", [INDEX, memref_type([1024], element)]) as (trips, memory):
        x, y = b.vload(memory, [0]), b.vload(memory, [LANES])
        zero = b.splat(0, element, LANES)
        with b.loop(0, trips, 1, [zero] * ACCUMULATORS) as loop:
            loop.yield_(*(step(x, y, value) for value in loop.carried))
        for i, value in enumerate(loop.results):
            b.vstore(value, memory, [i * LANES])
    return NativeKernel(b.module, Kernel(1), TARGET)


def peak(codes: bool = False) -> float:
    """
    Multiply-adds of full vectors per second, times two: the best of a few short loops. Of `codes`
    each lane has four.
    """
    memory = np.full(1024, 0.5, np.float32)
    trips = 8000
    call = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(_peak_kernel(codes).address)
    best = min(seconds_of(lambda: call(trips, memory.ctypes.data), 1) for _ in range(8))
    return 2 * ACCUMULATORS * LANES * (GROUP if codes else 1) * trips / best


def add_chunk_loop(module: ModuleOp, chunks: int) -> None:
    """`@all`: every chunk of `@k`, one after the other."""
    kernel = next(
        op for op in module.ops if isinstance(op, func.FuncOp) and op.sym_name.data == "k"
    )
    b = KernelBuilder(TARGET, module)
    inputs = list(kernel.function_type.inputs)
    with b.function("all", inputs) as (_, *memories), b.loop(0, chunks) as loop:
        b.call("k", [loop.index, *memories])


@dataclass
class Prepared:
    """A kernel ready to run, and what it took to make."""

    call: Callable[[], None]
    costs: str
    keep: Any


def prepare(case: Case) -> Prepared:
    """Build, compile and load the kernel of a case on fresh memory."""
    op, module_keep = planned_op(case.make, case.operands, case.results)
    planned = plan_kernel(op, TARGET)
    assert planned is not None, f"no template for {case.name}"
    builder = KernelBuilder(TARGET)
    times = [time.perf_counter()]
    kernel = planned.write("k", builder)
    times.append(time.perf_counter())
    expand_math(builder.module)
    text = str(emit_module(builder.module, TARGET))
    times.append(time.perf_counter())
    compile_object(text, TARGET)
    times.append(time.perf_counter())
    count = sum(1 for _ in builder.module.walk())
    spills = count_spills(emit_assembly(text, TARGET))
    build, emit, code = (f"{(b - a) * 1e3:.0f}" for a, b in pairwise(times))

    [chunks] = numbers_of([kernel.chunks])
    add_chunk_loop(builder.module, chunks)
    native = NativeKernel(builder.module, kernel, TARGET)
    sources, destinations = bind_memory(case.operands, case.results)
    pointers = [m.pointer for m in (*sources, *destinations)]
    types = [ctypes.c_int64] + [ctypes.c_void_p] * len(pointers)
    function = ctypes.CFUNCTYPE(None, *types)(native.address_of("all"))
    costs = f"{count} ops, {chunks} chunks, {spills} spills, build {build} emit {emit} code {code}"
    return Prepared(
        lambda: function(0, *pointers), costs, (native, sources, destinations, module_keep)
    )


def seconds_of(call: Callable[[], None], repeats: int) -> float:
    """Mean time of a call."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def peer_call(case: Case) -> Callable[[], None]:
    """The case's model in onnxruntime, one thread, inputs and outputs bound."""
    import onnxruntime

    assert case.model is not None
    ort: Any = onnxruntime  # no type stubs
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session: Any = ort.InferenceSession(case.model().SerializeToString(), options)
    binding = session.io_binding()
    for argument in session.get_inputs():
        shape = [int(n) for n in argument.shape]
        rng, width = np.random.default_rng(0), argument.type.removeprefix("tensor(")[:-1]
        array = rng.standard_normal(shape, np.float32)
        if width != "float":
            array = rng.integers(0, 127, shape).astype(width)
        binding.bind_ortvalue_input(argument.name, ort.OrtValue.ortvalue_from_numpy(array))
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding)


def run(case: Case, rounds: int, with_peer: bool) -> None:
    """Measure a case and print its line."""
    prepared = prepare(case)
    calls = {"ours": prepared.call}
    if with_peer and case.model is not None:
        calls["onnxruntime"] = peer_call(case)
    times: dict[str, list[float]] = {name: [] for name in calls}
    repeats: dict[str, int] = {}
    for name, call in calls.items():
        call()
        repeats[name] = max(1, int(3e-4 / max(1e-7, seconds_of(call, 2))))
    peaks: list[float] = []
    for _ in range(rounds):
        peaks.append(peak(case.codes) * (2 if case.halves else 1))
        for name, call in calls.items():
            call()
            times[name].append(seconds_of(call, repeats[name]))
    ours, best = float(np.median(times["ours"])), min(times["ours"])
    line = f"{case.name:34s} {ours * 1e6:9.1f} us"
    if case.flops:
        share, top = case.flops / ours / np.median(peaks), case.flops / best / max(peaks)
        line += f" {case.flops / ours / 1e9:6.1f} GF/s {share:5.0%} of peak (best {top:4.0%})"
    if case.bytes:
        line += f" {case.bytes / ours / 1e9:6.1f} GB/s"
    if "onnxruntime" in times:
        theirs = times["onnxruntime"]
        ratio = float(np.median(np.array(theirs) / np.array(times["ours"])))
        line += f" | ort {np.median(theirs) * 1e6:8.1f} us {ratio:5.2f}x"
        line += f" (best {min(theirs) / best:4.2f}x)"
    print(f"{line} | {prepared.costs}", flush=True)


def main() -> None:
    """Parse the command line and run the cases."""
    parser = argparse.ArgumentParser(description="Measure single kernels.")
    parser.add_argument("--vs", choices=["onnxruntime"], help="measure a peer as well")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{TARGET.cpu}, {LANES} lanes, peak {max(peak() for _ in range(20)) / 1e9:.0f} GF/s")
    for case in all_cases():
        if options.only in case.name:
            run(case, options.rounds, options.vs is not None)


if __name__ == "__main__":
    main()
