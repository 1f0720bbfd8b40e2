"""
Inputs that were given their value when the model was compiled.

They are no inputs of the program any more. A call may give them all the same, as programs written
for the model do; a value other than the one that was compiled in is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from .array_memory import AnyArray
from .program import STRING, CompiledProgram, numpy_dtype

OPTION = "value "
"""How the names of those options begin that say the value of an input."""

_SHOWN = 16
"""Most elements that are written out; of more, the digest is."""


@dataclass(frozen=True)
class BoundInput:
    """One such input: its type, and its value as text."""

    name: str
    type: str
    """`int64[1,2]`"""
    value: str

    def check(self, given: object) -> None:
        """Raise `InputError` unless `given` is the value."""
        dtype, _, sizes = self.type.rstrip("]").partition("[")
        try:
            shape = tuple(int(size) for size in sizes.split(",") if size)
            array: AnyArray = np.asarray(given)
            if not isinstance(given, np.ndarray | np.generic):
                array = array.astype(object if dtype == STRING else numpy_dtype(dtype))
            if array.size == 1 and all(size == 1 for size in shape):
                array = array.reshape(shape)
            found = value_text(array)
        except (TypeError, ValueError, OverflowError):
            found = "", repr(given)
        if found != (self.type, self.value):
            kind = "" if found[0] == self.type else f" ({found[0] or 'not an array'})"
            raise InputError(
                f"input '{self.name}' was given the value {self.value} ({self.type}) when the "
                f"model was compiled, now it is {found[1]}{kind}; leave it out, or compile the "
                "model with the other value"
            )


def value_text(array: AnyArray) -> tuple[str, str]:
    """The type and the value of an array as text; equal for equal arrays alone."""
    dtype = STRING if array.dtype.kind in "OUT" else array.dtype.name
    type_ = f"{dtype}[{','.join(map(str, array.shape))}]"
    if array.size <= _SHOWN:
        return type_, str(array.tolist())
    if dtype == STRING:
        data = "\0".join(map(str, array.reshape(-1).tolist())).encode()
    else:
        data = np.ascontiguousarray(array).tobytes()
    return type_, f"sha256:{hashlib.sha256(data).hexdigest()}"


def bound_inputs(program: CompiledProgram) -> dict[str, BoundInput]:
    """Those of a program by name."""
    return from_options(program.provenance.options)


def from_options(options: Mapping[str, Any]) -> dict[str, BoundInput]:
    """Those that options say, as `options_of` wrote them."""
    found: dict[str, BoundInput] = {}
    for key, text in options.items():
        if key.startswith(OPTION):
            name = key.removeprefix(OPTION)
            type_, _, value = str(text).partition(" = ")
            found[name] = BoundInput(name, type_, value)
    return found


def bound_text(array: AnyArray) -> str:
    """`int64[] = 16000`."""
    type_, value = value_text(array)
    return f"{type_} = {value}"
