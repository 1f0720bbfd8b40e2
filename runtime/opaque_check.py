"""Checks an input that is an object: a string tensor, a sequence, an optional or a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from ..errors import InputError
from .array_memory import AnyArray
from .foreign_arrays import array_of
from .program import ANY_SHAPE, STRING, TensorSignature, numpy_dtype


class OpaqueInput:
    """One input that has no buffer."""

    def __init__(self, tensor: TensorSignature):
        self.tensor = tensor
        self.dtype = numpy_dtype(tensor.dtype)

    def check(self, value: object) -> Any:
        """`value` as reference operations take it: lists, dictionaries, None, row-major arrays.

        Names of sizes stand for whatever is there: elements of a sequence may differ in them.
        Raises `InputError`.
        """
        return self._unwrapped(value, 0, f"input '{self.tensor.name}'")

    def _unwrapped(self, value: object, depth: int, where: str) -> Any:
        if depth == len(self.tensor.wrappers):
            return self._array(value, where)
        kind, _, key = self.tensor.wrappers[depth].partition(" ")
        if kind == "optional":
            return None if value is None else self._unwrapped(value, depth + 1, where)
        if kind == "seq":
            if not isinstance(value, list | tuple):
                raise self._error(where, f"is {_kind_of(value)}, expected a list")
            elements = list(cast("list[object]", value))
            return [
                self._unwrapped(element, depth + 1, f"element {at} of {where}")
                for at, element in enumerate(elements)
            ]
        return self._map(value, key, depth, where)

    def _map(self, value: object, key: str, depth: int, where: str) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self._error(where, f"is {_kind_of(value)}, expected a dictionary")
        result: dict[Any, Any] = {}
        for name, element in cast("Mapping[object, object]", value).items():
            right = isinstance(name, str) if key == STRING else isinstance(name, int | np.integer)
            if not right:
                raise self._error(where, f"has the key {name!r}, expected keys of type {key}")
            entry = name if key == STRING else int(cast(int, name))
            checked = self._unwrapped(element, depth + 1, f"entry {name!r} of {where}")
            scalar = isinstance(checked, np.ndarray) and checked.shape == ()
            result[entry] = checked[()] if scalar else checked
        return result

    def _array(self, value: object, where: str) -> AnyArray:
        try:
            array = _strings(value) if self.tensor.dtype == STRING else array_of(value, self.dtype)
        except (TypeError, ValueError) as error:
            raise self._error(where, f"is not an array of {self.tensor.dtype}: {error}") from error
        if array.dtype != self.dtype:
            raise self._error(where, f"has dtype {array.dtype}, expected {self.dtype}")
        shape = self.tensor.shape
        fits = shape == ANY_SHAPE or (
            len(shape) == array.ndim
            and all(isinstance(n, str) or n == m for n, m in zip(shape, array.shape, strict=True))
        )
        if not fits:
            wanted = ", ".join(map(str, shape))
            raise self._error(where, f"has shape {list(array.shape)}, expected [{wanted}]")
        return np.require(array, requirements=["C", "A"])

    def _error(self, where: str, problem: str) -> InputError:
        return InputError(f"{where} {problem} (the model takes {self.tensor})")


def _strings(value: object) -> AnyArray:
    """An array of `str`. Raises `TypeError` for anything else than strings and bytes of UTF-8."""
    array: AnyArray = np.asarray(value)
    if array.dtype.kind not in "OUST" and array.size:
        raise TypeError(f"it holds {array.dtype}")
    texts = np.empty(array.shape, np.object_)
    for at, text in enumerate(array.flat):
        if isinstance(text, bytes):
            text = text.decode()
        if not isinstance(text, str):
            raise TypeError(f"it holds {text!r}")
        texts.flat[at] = str(text)
    return texts


def _kind_of(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
