"""
Machine models: how fast the processors of a family are at what kernels do.

A kernel template says how much work there is: instructions, cycles of them that do not overlap,
bytes that it moves and in what manner. The machine model says how long that takes. Nothing in
`kernels/` or `transforms/` knows a clock, a port, a latency or a bandwidth of its own.

    machine = target.machine
    machine.seconds(cycles)                               cycles of work, as time
    machine.seconds(cycles, size, machine.rates.stream)   or that of the memory, if it is longer
    machine.step_cycles(fmas, loads)                      the busiest port of an innermost loop

Estimates choose between layouts, algorithms and tiles, and say what is worth a chunk of its own;
results differ by rounding at most, as sums are added up in another order. A model is a frozen
value: `dataclasses.replace` of one with measured figures is a model of the processor that was
measured.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import lru_cache
from math import gcd


@dataclass(frozen=True)
class Bandwidths:
    """
    Bytes that one core moves in a second, read and written together, by how it walks memory.

    These are rates of kernels where they run in models, with operands in the caches where the
    kernels before left them. They are not peaks: `stepwell profile` measures those.
    """

    dots: float = 30e9
    """Two operands read side by side, both contiguous: dot products."""

    reads: float = 20e9
    """Operands read and folded or packed; little is written."""

    panels: float = 17e9
    """Packed panels of a constant, each read once, from far away."""

    stream: float = 12e9
    """As many elements written as read, both in order."""

    weights: float = 30e9
    """Constants from main memory, read in order: what one core reads there."""

    copies: float = 10e9
    """Copies into another order, or of rows by index."""

    scatters: float = 8e9
    """Rows written by index."""

    relayouts: float = 8e9
    """Copies from one layout to another."""


@dataclass(frozen=True)
class MachineModel:
    """
    One family of processors: a core's ports and memory, and what calls cost.

    `fma_ports` vector multiply-adds and `load_ports` vector loads start in each cycle; a
    multiply-add takes `fma_latency` cycles. Memory comes in lines of `line_bytes`.
    """

    family: str
    clock_hz: float = 2.5e9
    fma_ports: int = 2
    load_ports: int = 2
    fma_latency: int = 4
    line_bytes: int = 64

    way_bytes: int = 4096
    """
    Addresses this far apart share a set of the first-level cache: its sets times a line. Where the
    index is taken before the address is translated, that is a page, whatever the cache's size.
    """

    conflict_factor: float = 1.25
    """How much longer a tile takes whose rows are more than one set of that cache holds."""

    load_cycles: float = 0.05
    """What a vector load or a broadcast costs beside the multiply-adds that it feeds."""

    line_cycles: float = 0.1
    """What a line from the second-level cache costs beside the multiply-adds."""

    l2_bytes_per_cycle: float = 48
    """What one core reads from its second-level cache."""

    far_bytes_per_cycle: float = 12
    """What one core reads from beyond its second-level cache, asked for early."""

    again_bytes_per_cycle: float = 9
    """The same where nothing is asked for early: weights that did not stay in the cache."""

    prefetch_bytes: int = 4096
    """How far ahead of its own loads a stream asks for memory."""

    call_seconds: float = 0.5e-6
    """What one more call of a kernel costs."""

    chunk_seconds: float = 20e-6
    """A chunk of work below this time costs more to hand out than it gains."""

    rates: Bandwidths = Bandwidths()

    @property
    def fmas_in_flight(self) -> int:
        """Independent multiply-adds that keep all ports busy."""
        return self.fma_ports * self.fma_latency

    def conflicts(self, rows: int, row_bytes: int, l1_bytes: int) -> bool:
        """
        Whether rows that are read side by side, `row_bytes` apart, push each other's lines out of
        a first-level cache of `l1_bytes`. One row more than a set has ways cost nothing (Zen 4).
        """
        sets = self.way_bytes // gcd(row_bytes, self.way_bytes)
        return -(-rows // sets) > l1_bytes // self.way_bytes + 1

    def step_cycles(self, fmas: float, loads: float) -> float:
        """Cycles of the busiest ports in one step of a loop of `fmas` and `loads` vectors."""
        return max(fmas / self.fma_ports, loads / self.load_ports)

    def seconds(self, cycles: float, size: int = 0, rate: float = 1.0) -> float:
        """The time of `cycles`, or of moving `size` bytes at `rate`, whichever is longer."""
        return max(cycles / self.clock_hz, size / rate)

    def text(self) -> str:
        """Everything in it, as one line: choices that depend on it are part of generated code."""
        return _text(self)


@lru_cache(maxsize=16)
def _text(model: MachineModel) -> str:
    # Part of the digest of every kernel of a program.
    return " ".join(str(part) for part in astuple(model))


X86_64 = MachineModel("x86-64")
"""Measured in kernels and whole models, on server processors with two multiply-add units."""

AARCH64 = MachineModel("aarch64", way_bytes=16384)
"""Ports, latency, line and ways of Neoverse N1; rates those of `X86_64` until they are measured."""

WASM32 = MachineModel("wasm32")
"""What runs WebAssembly is not known: as `X86_64`."""

MACHINES = {model.family: model for model in (X86_64, AARCH64, WASM32)}
"""Machine models by family."""
