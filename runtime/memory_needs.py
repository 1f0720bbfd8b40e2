"""What running a program takes in memory, refused before any of it is allocated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from .available_memory import require_memory
from .mapped_pages import is_mapped
from .program import CompiledProgram, PlannedBuffer, TensorSignature, numpy_dtype
from .result_memory import sized


@dataclass(frozen=True)
class MemoryNeeds:
    """
    Bytes that a program takes: its weights once, the others for each call in flight.

    `transient` is there while the weights are put together only, before any call.
    """

    weights: int = 0
    intermediate: int = 0
    arguments: int = 0
    transient: int = 0
    largest: PlannedBuffer | None = None

    @property
    def total(self) -> int:
        return self.weights + max(self.intermediate + self.arguments, self.transient)

    def require(self, what: str) -> None:
        """Raises `NotEnoughMemoryError` when there is not that much."""
        parts = [f"{self.weights:,} for weights", f"{self.intermediate:,} for intermediate values"]
        if self.largest is not None:
            parts[-1] += f" ('{self.largest.name}' alone {self.largest.size:,})"
        parts.append(f"{self.arguments:,} for inputs and outputs")
        detail = f" ({'; '.join(parts)})"
        remedy = "use smaller inputs, or a machine with more memory"
        require_memory(self.total, what, remedy, detail=detail)


def needs_of(program: CompiledProgram, *, runs: bool) -> MemoryNeeds:
    """What an `Engine` of the program will take; `runs` says whether it can be called here."""
    image = program.weights_image
    # An image that somebody else has in memory already is not allocated again.
    weights = program.weights_size if image is None or is_mapped(image) else 0
    if not runs or program.sizes:  # what a call takes is known when it comes
        return MemoryNeeds(weights)
    return replace(memory_of(program), weights=weights)


def memory_of(program: CompiledProgram, sizes: Mapping[str, int] | None = None) -> MemoryNeeds:
    """What a program takes, wherever its weights are; its arguments for these values of names.

    Outputs whose size the data decides take as much as there can be; those that get their memory in
    the middle of a call are not known.
    """
    known = sizes or {}
    grown = {result.output for result in program.grown}
    outputs = [t for at, t in enumerate(program.buffer_outputs) if at not in grown]
    if program.decided:
        from .decided_sizes import DecidedSizes

        known = DecidedSizes(program).with_bounds(known)
    return MemoryNeeds(
        program.weights_size,
        program.arena_size,
        _bytes_of((*program.buffer_inputs, *outputs), known),
        largest=largest_of(program.plan),
    )


def largest_of(plan: Iterable[PlannedBuffer]) -> PlannedBuffer | None:
    """The largest buffer of a memory plan."""
    return max(plan, key=lambda buffer: buffer.size, default=None)


def _bytes_of(tensors: Iterable[TensorSignature], sizes: Mapping[str, int]) -> int:
    """Bytes of inputs or outputs for these values of names."""
    return sum(
        prod(sized(tensor.shape, sizes)) * np.dtype(numpy_dtype(tensor.dtype)).itemsize
        for tensor in tensors
    )
