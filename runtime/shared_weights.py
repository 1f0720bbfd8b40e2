"""One weights image for several programs of a model: what they have in common is stored once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .array_memory import AnyArray, address_of, aligned, aligned_empty
from .mapped_pages import release_pages
from .program import CompiledProgram, WeightSegment

_ROOM = 16 << 20
"""Bytes that an image may grow by at least."""


class SharedWeights:
    """
    Memory for an image that grows as programs are added, at an address that stays.

    Pages that nothing was written to take no memory.
    """

    def __init__(self, size: int):
        """For a first program with an image of `size` bytes."""
        self.room = 2 * size + _ROOM
        self._memory = aligned_empty((self.room,), np.dtype(np.uint8))
        self._filled: set[int] = set()

    def with_image(self, program: CompiledProgram) -> CompiledProgram:
        """
        The program with its segments in this image, of which it must not need more than `room`.
        """
        for segment in sorted(program.weights, key=lambda segment: segment.offset):
            # One without bytes lies where the next one begins.
            if segment.nbytes and segment.offset not in self._filled:
                self._fill(segment)
        image = self._memory[: program.weights_size]
        image.flags.writeable = False
        return replace(program, weights_image=image)

    def _fill(self, segment: WeightSegment) -> None:
        end = segment.offset + segment.nbytes
        part = self._memory[segment.offset : end]
        for destination, piece in segment.pieces(part):
            destination[...] = piece
            release_pages(piece)
        self._memory[end : aligned(end)] = 0
        self._filled.add(segment.offset)


def with_union(program: CompiledProgram, others: Iterable[CompiledProgram]) -> CompiledProgram:
    """
    `program`, which has no weights of its own, with those of the programs that share most.

    What its IR refers to is then found among them.
    """
    groups: dict[int, list[CompiledProgram]] = {}
    for other in others:
        if other.weights_image is not None:
            groups.setdefault(address_of(other.weights_image), []).append(other)
    if not groups:
        return program
    members = max(groups.values(), key=len)
    largest = max(members, key=lambda other: other.weights_size)
    segments = {(w.offset, w.nbytes): w for other in members for w in other.weights}
    return replace(
        program,
        weights=tuple(segments[place] for place in sorted(segments)),
        weights_size=largest.weights_size,
        weights_image=largest.weights_image,
    )


def images_of(programs: Iterable[CompiledProgram]) -> dict[int, AnyArray]:
    """The images of some programs by their addresses, each as long as any of them needs."""
    found: dict[int, AnyArray] = {}
    for program in programs:
        image = program.weights_image
        if image is not None and image.size:
            known = found.setdefault(address_of(image), image)
            if image.size > known.size:
                found[address_of(image)] = image
    return found
