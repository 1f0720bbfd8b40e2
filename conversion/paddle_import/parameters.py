"""
Trained tensors: one file of all, in the order of their names.

For each tensor: u32 0, u64 levels of ragged rows (none) and for each u64 size and data, u32 0, i32
length of a message that says type and sizes, that message, the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from ...dialects.paddle.codes import element_type_of_word, word_of_number
from ..input_shapes import LARGEST_DIMENSION, LARGEST_RANK
from .messages import messages
from .program import ProgramError

Array = npt.NDArray[Any]

_LARGEST_DESCRIPTION = 1 << 16


class _Bytes:
    """A file that is read from the front."""

    def __init__(self, data: memoryview):
        self.data = data
        self.at = 0

    def take(self, count: int, what: str) -> memoryview:
        if not 0 <= count <= len(self.data) - self.at:
            rest = len(self.data) - self.at
            raise ProgramError(f"needs {count} bytes for {what}, the file has {rest} left")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int, what: str) -> int:
        return int.from_bytes(self.take(size, what), "little", signed=size == 4)


def read_parameters(data: memoryview, names: Iterable[str]) -> dict[str, Array]:
    """The tensors of a file by name, as views of it.

    Raises `ProgramError` for a file that is cut, or has other tensors than there are names.
    """
    file = _Bytes(data)
    found = {name: _tensor(file, name) for name in sorted(names)}
    if file.at != len(data):
        raise ProgramError(
            f"has {len(data) - file.at} bytes behind the {len(found)} parameters of the program"
        )
    return found


def _tensor(file: _Bytes, name: str) -> Array:
    what = f"the parameter '{name}'"
    version, levels = file.number(4, what), file.number(8, what)
    if version or levels:
        raise ProgramError(f"{what}: version {version} and {levels} levels, expected 0 of both")
    if file.number(4, what):
        raise ProgramError(f"{what}: its tensor is of an unknown version")
    length = file.number(4, what)
    if length > _LARGEST_DESCRIPTION:
        raise ProgramError(f"{what}: its description has {length} bytes")
    try:
        message: Any = messages()["TensorDesc"].FromString(bytes(file.take(length, what)))
    except DecodeError as error:
        raise ProgramError(f"{what}: its description is damaged ({error})") from None
    element = element_type_of_word(word_of_number(message.data_type))
    shape = tuple(int(d) for d in message.dims)
    if element is None:
        raise ProgramError(f"{what}: there is no element type {message.data_type}")
    if len(shape) > LARGEST_RANK or min(shape, default=0) < 0 or prod(shape) > LARGEST_DIMENSION:
        raise ProgramError(f"{what}: it has the impossible shape {list(shape)[:LARGEST_RANK]}")
    raw = file.take(prod(shape) * element.numpy.itemsize, what)
    return np.frombuffer(raw, element.numpy).reshape(shape)
