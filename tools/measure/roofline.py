"""
How fast a step could be at best: its work against the ceilings of the machine.

The work is what the engine operation declares: floating-point operations, bytes read and written
when everything is touched once. The roofline (Williams, Waterman and Patterson, 2009) is the
larger of two times:

    compute   operations / multiply-add peak, of codes of eight bits that of their dot products, of
              pairs of bf16 twice that of multiply-adds
    memory    bytes / bandwidth, each byte at the rate of the memory it can at best lie in

Activations may still lie in the smallest cache that holds all of the step's. Weights were last read
one call ago: of bytes that are touched in turns, a cache can at best keep what it has room for, so
of the weights the part is in each cache that it is of the weights and the arena of the program.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import Float64Type, bf16, i8
from xdsl.ir import Operation

from ...dialects.engine import CodedMatmulOp, ConstantOp, ScatterOp
from ...dialects.engine.base import EngineOp, element_of, nbytes_of
from ...dialects.engine.contraction import ContractionOp
from ...dialects.vector_ext import PAIR
from ...kernels.kernel_key import byte_range, overlapping
from ...targets.target import Target
from .peak import Bandwidth, Peak

COMPUTE = "compute"
MAIN_MEMORY = "dram"


@dataclass(frozen=True)
class Work:
    """
    What a step has to do. `flops` are executed, `definition_flops` those of the operation as it
    is defined (a convolution by Winograd executes fewer). Bytes `read` include the `weights`.
    """

    flops: int
    definition_flops: int
    read: int
    written: int
    weights: int
    wide: bool = False
    """Whether it computes in f64, at half the peak."""
    codes: bool = False
    """Whether it sums up products of codes of eight bits."""
    halves: bool = False
    """Whether it sums up products of pairs of bf16, where there are instructions for them."""

    @property
    def moved(self) -> int:
        """Bytes in all."""
        return self.read + self.written


def work_of(op: Operation) -> Work | None:
    """The declared work of a planned operation; None for one that runs by its reference."""
    if not isinstance(op, EngineOp):
        return None
    read, written = op.bytes_read(), op.bytes_written()
    if isinstance(op, ScatterOp) and overlapping(op):  # only what is updated moves
        read, written = read - written, nbytes_of(op.updates)
    weights = sum(
        op.bytes_read_of(number)
        for number, source in enumerate(op.sources)
        if isinstance(byte_range(source)[0].owner, ConstantOp)
    )
    rounded = op.lhs_codes if isinstance(op, CodedMatmulOp) else None
    wide = any(isinstance(element_of(v), Float64Type) for v in op.operands)
    return Work(
        flops=op.flops(),
        definition_flops=op.definition_flops(),
        read=read,
        written=written,
        weights=weights,
        wide=wide,
        codes=rounded == i8 or (isinstance(op, ContractionOp) and op.sums_codes),
        halves=rounded == bf16,
    )


@dataclass(frozen=True)
class Ceiling:
    """The shortest time of a step, and what sets it: `compute`, or a level of memory."""

    seconds: float
    bound: str


def ceiling_of(work: Work, peak: Peak, target: Target, program_bytes: int) -> Ceiling:
    """The roofline of a step that runs on as many threads as `peak` was measured with."""
    rate = peak.gops_of_codes if work.codes else peak.gflops
    if work.halves and target.dot16:
        rate *= PAIR  # as many of them start in a cycle as multiply-adds
    compute = work.flops / (rate * 1e9) * (2 if work.wide else 1)
    activations = level_of(work.moved - work.weights, peak.threads, target)
    memory = _transfer(work.read - work.weights, work.written, peak.bandwidth[activations])
    weights, bound = 0.0, activations
    if work.weights:
        weights = _read_again(work.weights, program_bytes, peak, target)
        bound = level_of(program_bytes, peak.threads, target) if weights > memory else activations
    memory += weights
    return Ceiling(compute, COMPUTE) if compute >= memory else Ceiling(memory, bound)


def level_of(size: int, threads: int, target: Target) -> str:
    """The smallest level of memory that `size` bytes fit into."""
    rooms = _rooms(threads, target)
    return next((level for level, room in rooms.items() if size <= room), MAIN_MEMORY)


def _rooms(threads: int, target: Target) -> dict[str, int]:
    """Bytes that each cache has room for; L1 and L2 are one per thread."""
    return {
        "l1": target.l1_bytes * threads,
        "l2": target.l2_bytes * threads,
        "l3": target.l3_bytes,
    }


def _read_again(size: int, program_bytes: int, peak: Peak, target: Target) -> float:
    """Seconds of reading `size` bytes that were last read one call ago."""
    seconds, kept = 0.0, 0.0
    for level, room in (*_rooms(peak.threads, target).items(), (MAIN_MEMORY, program_bytes)):
        part = min(1.0, room / max(program_bytes, 1)) if level != MAIN_MEMORY else 1.0
        if part > kept:
            seconds += (part - kept) * size / (peak.bandwidth[level].read * 1e9)
            kept = part
    return seconds


def _transfer(read: int, written: int, bandwidth: Bandwidth) -> float:
    """Seconds: what is read and written in equal parts at the rate of a copy, the rest alone."""
    both = min(read, written)
    alone = (read - both) / bandwidth.read + (written - both) / bandwidth.copy
    return (2 * both / bandwidth.copy + alone) / 1e9
