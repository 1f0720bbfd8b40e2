"""
Inputs that lie in the memory of outputs: put there, unless they are there already.

```python
engine = stepwell.compile("decode.onnx", donate={"past": "present"})
cache = np.zeros((1, 12, 129, 64), np.float32)
engine.run({"past": cache[:, :, :128], ...}, out={"present": cache})   # nothing is copied
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InvalidArtifactError
from .array_memory import AnyArray, address_of
from .program import CompiledProgram


class DonatedInputs:
    """
    The donations of a program; `buffers` has the number of each output among those with memory.
    """

    def __init__(self, program: CompiledProgram, buffers: dict[int, int]):
        self._pairs = [(d.input, buffers[d.output]) for d in program.donations]
        self.own = {
            program.outputs[d.output].name: program.inputs[d.input].name for d in program.donations
        }
        """The input that may share memory with an output that a caller provides."""

    def placed(self, inputs: Sequence[Any], results: list[AnyArray], *, takes: bool) -> list[int]:
        """
        Have the inputs where the program looks for them; gives where `results` lie.

        Where the call `takes` what is given away, inputs that are memory for their outputs come in
        place of `results`. All others are copied, unless they are there already.

        Raises `InvalidArtifactError` for one that is larger than its output.
        """
        if takes:
            self._take(inputs, results)
        for number, at in self._pairs:
            given: AnyArray = inputs[number]
            room = results[at]
            if room is given:
                continue
            part = room[tuple([slice(size) for size in given.shape])]
            if part.shape != given.shape:
                raise InvalidArtifactError(
                    f"the program puts an input of shape {list(given.shape)} into an output of "
                    f"shape {list(room.shape)}, where it has no room; compile the model again"
                )
            if address_of(part) != address_of(given) or not _same_steps(part, given):
                np.copyto(part, given)
        return list(map(address_of, results))

    def _take(self, inputs: Sequence[Any], results: list[AnyArray]) -> None:
        """
        Put inputs in place of `results`.

        One that has other sizes, is read-only, not row-major or not aligned, or shares memory with
        another input is no memory for its output.
        """
        found = [
            (number, at)
            for number, at in self._pairs
            if inputs[number].shape == results[at].shape
            and inputs[number].flags.writeable
            and inputs[number].flags.c_contiguous
            and inputs[number].flags.aligned
        ]
        shared = _sharing(inputs) if found else ()
        for number, at in found:
            if number not in shared:
                results[at] = inputs[number]


def _same_steps(one: AnyArray, other: AnyArray) -> bool:
    """Whether two arrays of one shape and dtype lie in the same way."""
    if one.strides == other.strides:
        return True
    steps = zip(one.shape, one.strides, other.strides, strict=True)
    return not one.size or all(a == b for size, a, b in steps if size != 1)


def _sharing(inputs: Sequence[Any]) -> set[int]:
    """The numbers of the arrays that may share memory with another one, found by where they end."""
    bounds: list[tuple[int, int, int]] = []
    for number, array in enumerate(inputs):
        if isinstance(array, np.ndarray) and array.size and array.dtype.kind != "O":
            low, high = np.lib.array_utils.byte_bounds(array)
            bounds.append((low, high, number))
    bounds.sort()
    found: set[int] = set()
    end, last = 0, -1
    for low, high, number in bounds:
        if low < end:
            found.update((number, last))
        if high > end:
            end, last = high, number
    return found
