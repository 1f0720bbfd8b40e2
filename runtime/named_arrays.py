"""
Values of any kind as named arrays, which is what a `.npz` file holds, and back.

| value `x` | arrays |
|---|---|
| a tensor | `x`; strings as unicode |
| a sequence | `x.0`, `x.1`, ... as the elements are named; an empty one is an empty `x` |
| an optional | as what is in it; nothing where it is absent |
| a map | `x.keys` and `x.values`, in the same order |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .program import ANY_SHAPE, STRING, TensorSignature, numpy_dtype
from .random_array import random_array

Array = npt.NDArray[Any]

UNKNOWN_EXTENT = 3
"""What a dimension of unknown size is taken to be for random inputs."""

WORDS = ("well", "step", "", "Stufenbrunnen", "बावड़ी")
"""What random strings are made of."""


def named_arrays(name: str, value: Any) -> dict[str, Array]:
    """The arrays that a value is, by name; strings are objects."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        keys, values = list(entries), [np.asarray(v) for v in entries.values()]
        return {
            f"{name}.keys": np.array(keys, np.object_ if _texts(keys) else np.int64),
            f"{name}.values": np.stack(values) if values else np.empty(0),
        }
    if not isinstance(value, list):
        return {name: np.asarray(value)}
    elements = cast("list[Any]", value)
    if not elements:
        return {name: np.empty(0, np.float32)}
    found: dict[str, Array] = {}
    for at, element in enumerate(elements):
        found.update(named_arrays(f"{name}.{at}", element))
    return found


def _texts(keys: Sequence[Any]) -> bool:
    return bool(keys) and isinstance(keys[0], str)


def for_npz(values: Mapping[str, Any]) -> dict[str, Array]:
    """Values by name as the arrays of a `.npz` file."""
    arrays: dict[str, Array] = {}
    for name, value in values.items():
        for part, array in named_arrays(name, value).items():
            arrays[part] = array.astype(np.str_) if array.dtype == np.object_ else array
    return arrays


def with_opaque(
    arrays: Mapping[str, Array], objects: Sequence[TensorSignature], file: str
) -> dict[str, Any]:
    """
    The arrays of a file, with those that are parts of `objects` put together.

    Raises:
        InputError: for an object that is not whole.
    """
    feeds: dict[str, Any] = dict(arrays)
    for signature in objects:
        reader = _Reader(arrays, signature, file)
        value = reader.value(signature.name, signature.wrappers)
        for used in reader.used:
            feeds.pop(used, None)
        feeds[signature.name] = value
    return feeds


class _Reader:
    """Puts one object together from the arrays in `file`."""

    def __init__(self, arrays: Mapping[str, Array], signature: TensorSignature, file: str):
        self.arrays = arrays
        self.signature = signature
        self.file = file
        self.used: set[str] = set()

    def value(self, name: str, wrappers: tuple[str, ...]) -> Any:
        if not wrappers:
            array = self._array(name)
            return array.astype(np.object_) if array.dtype.kind == "U" else array
        kind, rest = wrappers[0].partition(" ")[0], wrappers[1:]
        if kind == "optional":
            return self.value(name, rest) if self._there(name) else None
        if kind == "seq":
            return self._sequence(name, rest)
        keys, values = self._array(f"{name}.keys"), self._array(f"{name}.values")
        return dict(zip(keys.tolist(), values, strict=False))

    def _sequence(self, name: str, rest: tuple[str, ...]) -> list[Any]:
        if name in self.arrays and self.arrays[name].size == 0:
            self.used.add(name)
            return []
        if not self._there(f"{name}.0"):
            raise self._error(f"'{name}.0', '{name}.1', ..., or of an empty '{name}'")
        elements: list[Any] = []
        while self._there(f"{name}.{len(elements)}"):
            elements.append(self.value(f"{name}.{len(elements)}", rest))
        return elements

    def _there(self, name: str) -> bool:
        return name in self.arrays or any(key.startswith(f"{name}.") for key in self.arrays)

    def _array(self, name: str) -> Array:
        if name not in self.arrays:
            raise self._error(f"'{name}'")
        self.used.add(name)
        return self.arrays[name]

    def _error(self, wanted: str) -> InputError:
        known = ", ".join(map(repr, self.arrays)) or "none"
        return InputError(
            f"{self.file}: no array of the name {wanted} for input {self.signature};"
            f" the file has {known}"
        )


def random_opaque(signature: TensorSignature, rng: np.random.Generator) -> Any:
    """An object of the right type: two elements in a sequence and in a map, optionals there."""
    return _random(signature, signature.wrappers, rng)


def _random(signature: TensorSignature, wrappers: tuple[str, ...], rng: np.random.Generator) -> Any:
    if wrappers:
        kind, _, key = wrappers[0].partition(" ")
        parts = [_random(signature, wrappers[1:], rng) for _ in range(2)]
        if kind == "seq":
            return parts
        if kind == "map":
            return dict(zip(WORDS if key == STRING else range(2), parts, strict=False))
        return parts[0]
    sizes = (UNKNOWN_EXTENT,) if signature.shape == ANY_SHAPE else signature.shape
    shape = [UNKNOWN_EXTENT if isinstance(size, str) else size for size in sizes]
    if signature.dtype == STRING:
        picked: Array = np.array(WORDS, np.object_)[rng.integers(0, len(WORDS), shape)]
        return np.asarray(picked, np.object_)
    return random_array(shape, numpy_dtype(signature.dtype), rng)
