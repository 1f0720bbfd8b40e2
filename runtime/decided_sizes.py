"""
The sizes that the data decides, of one program: how large they can be, and what a call has found.

Machine code leaves each in an entry of the table of sizes (`abi.py`). A result with such a size
gets memory for as much as there can be; when the call has ended it is cut to what there is. Where
nothing modest bounds it, it gets its memory when the size is found (`grown_memory.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from ..errors import InvalidArtifactError
from .array_memory import AnyArray
from .program import CompiledProgram
from .result_memory import sized
from .size import evaluated
from .size_bounds import largest
from .size_facts import names_of
from .size_text import parse_size

if TYPE_CHECKING:
    from .grown_memory import GrownMemory

COPIED = 1 << 20
"""Bytes of memory from which on a result that needs little of it is copied out."""

LITTLE = 4
"""A result that needs less than one in so many parts of its memory needs little of it."""


class DecidedSizes:
    """Those of a program that has some."""

    def __init__(self, program: CompiledProgram):
        self._bounds = {size.name: parse_size(size.most) for size in program.decided}
        self._entries = {size.name: size.entry for size in program.decided}
        self._results = [
            (number, tensor.shape)
            for number, tensor in enumerate(program.buffer_outputs)
            if not self._bounds.keys().isdisjoint(_names(tensor.shape))
        ]
        self._room = {
            text: largest(parse_size(text), self._bounds)
            for _, shape in self._results
            for text in shape
            if isinstance(text, str) and not self._bounds.keys().isdisjoint(_names([text]))
        }
        """The most that each dimension can be: of `N - K`, that is `N`."""
        self._grown = {result.output: result.entry for result in program.grown}
        self.outputs = tuple(program.buffer_outputs[number].name for number, _ in self._results)
        """The names of the outputs whose sizes the data decides."""

    def with_bounds(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """The values of all names, and of sizes by their texts, as large as they can be."""
        most = {**self._bounds, **self._room}
        return {**sizes, **{text: evaluated(size, sizes) for text, size in most.items()}}

    def cut(
        self,
        results: list[AnyArray],
        table: ctypes.Array[ctypes.c_int64],
        grown: GrownMemory | None,
        sizes: Mapping[str, int],
    ) -> list[AnyArray]:
        """The results of a call that has ended, each as large as it is."""
        found = {**sizes, **{name: table[at] for name, at in self._entries.items()}}
        for number, shape in self._results:
            memory = results[number]
            if (entry := self._grown.get(number)) is not None and grown is not None:
                memory = grown.take(entry).view(memory.dtype)
            results[number] = _cut(memory, sized(shape, found))
        return results


def _names(shape: Sequence[int | str]) -> tuple[str, ...]:
    return names_of(parse_size(size) for size in shape if isinstance(size, str))


def _cut(memory: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    """
    Raises `InvalidArtifactError` for more than there is memory for, which the code has not found:
    then the entries of a file are not those of its code.
    """
    count = prod(shape)
    if count > memory.size or min(shape, default=0) < 0:
        raise InvalidArtifactError(
            f"the program says that a result of {memory.size} elements at most has the shape "
            f"{list(shape)}; its file is corrupt, compile the model again"
        )
    result = memory.reshape(-1)[:count].reshape(shape)
    return result.copy() if memory.nbytes >= COPIED and count * LITTLE < memory.size else result
