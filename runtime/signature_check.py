"""Checks the inputs of a call against the signature of a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from ..errors import InputError, UsageError
from .array_memory import AnyArray
from .bound_inputs import bound_inputs
from .foreign_arrays import array_of
from .opaque_check import OpaqueInput
from .open_sizes import OpenSizes
from .program import CompiledProgram, TensorSignature, numpy_dtype


class InputTensor:
    """One input: what is checked at every call, computed once."""

    def __init__(self, tensor: TensorSignature, donated: bool = False):
        """`donated` says that it is copied to where the program looks for it, if need be."""
        self.tensor = tensor
        self.donated = donated
        self.dtype = numpy_dtype(tensor.dtype)
        self.static = all(isinstance(size, int) for size in tensor.shape)

    def check(self, value: object) -> AnyArray:
        """`value` as a row-major, element-aligned array, itself if it already is one or is donated.

        Sizes by name are looked at afterwards. Raises `InputError`.
        """
        array: AnyArray = value if type(value) is np.ndarray else self._array(value)
        if array.dtype != self.dtype:
            raise self._error(
                f"has dtype {array.dtype}, expected {self.dtype}; "
                f"convert it with array.astype('{self.dtype}')"
            )
        if self.static and array.shape != self.tensor.shape:
            if not self._is_one_number(array.shape):
                raise self._shape_error(array.shape)
            array = array.reshape((1,) * len(self.tensor.shape))
        flags = array.flags
        if not (flags.c_contiguous and flags.aligned) and not self.donated:
            array = np.require(array, requirements=["C", "A"])
        return array

    def _is_one_number(self, shape: tuple[int, ...]) -> bool:
        """Whether a scalar is given as a vector of one element, or the other way round."""
        return {shape, self.tensor.shape} == {(), (1,)}

    def _array(self, value: object) -> AnyArray:
        try:
            return array_of(value, self.dtype)
        except (TypeError, ValueError) as error:
            raise self._error(f"is not an array: {error}") from error

    def _shape_error(self, shape: tuple[int, ...]) -> InputError:
        expected = self.tensor.shape
        if len(shape) != len(expected):
            return self._error(
                f"has rank {len(shape)} (shape {list(shape)}), expected rank {len(expected)}"
            )
        return self._error(f"has shape {list(shape)}, expected [{', '.join(map(str, expected))}]")

    def _error(self, problem: str) -> InputError:
        return InputError(f"input '{self.tensor.name}' {problem} (the model takes {self.tensor})")


class SignatureCheck:
    """Turns the feeds of a call into arrays and objects."""

    def __init__(self, program: CompiledProgram):
        donated = {donation.input for donation in program.donations}
        self.inputs: list[InputTensor | OpaqueInput] = [
            OpaqueInput(tensor) if tensor.is_opaque else InputTensor(tensor, at in donated)
            for at, tensor in enumerate(program.inputs)
        ]
        self.names = tuple(tensor.name for tensor in program.inputs)
        self._given = program.given_inputs
        self._given_names = tuple(tensor.name for tensor in self._given)
        self._kept = [program.inputs[state.input].name for state in program.states]
        self._checks = [(tensor.tensor.name, tensor.check) for tensor in self.inputs]
        self._name_set = frozenset(self.names)
        self._bound = bound_inputs(program)
        self._open_sizes = OpenSizes(program) if program.sizes else None

    def values(self, feeds: Mapping[str, Any], sizes: dict[str, int]) -> list[Any]:
        """The checked inputs, in the order of the signature; adds the values of names to `sizes`.

        Raises `InputError`.
        """
        if frozenset(feeds) != self._name_set:
            feeds = self._without_bound(feeds)
        arrays = [check(feeds[name]) for name, check in self._checks]
        if self._open_sizes is not None:
            sizes.update(self._open_sizes.of(arrays))
        return arrays

    def _without_bound(self, feeds: Mapping[str, Any]) -> Mapping[str, Any]:
        """`feeds` without inputs that were given their value at compile time, which are checked."""
        rest = {name: value for name, value in feeds.items() if name not in self._bound}
        if frozenset(rest) != self._name_set:
            raise self._name_error(rest)
        for name in feeds.keys() - rest.keys():
            self._bound[name].check(feeds[name])
        return rest

    def require_mapping(self, feeds: object) -> None:
        """Raise `UsageError` for `feeds` that are no mapping."""
        # A dictionary is told 0.1 us sooner so, in calls of a few us.
        if type(feeds) is not dict and not isinstance(feeds, Mapping):
            raise UsageError(
                f"inputs are given as {type(feeds).__name__}, expected a mapping from names to "
                f"arrays; the model takes {self._signature()}"
            )

    def require_given(self, feeds: Mapping[str, Any]) -> None:
        """Raise `InputError` for what is kept between calls, and `UsageError` for no mapping."""
        self.require_mapping(feeds)
        if kept := next((name for name in self._kept if name in feeds), None):
            raise InputError(
                f"'{kept}' is not an input but state, which the engine keeps from one call to the "
                f"next; the model takes {self._signature()}"
            )

    def by_position(self, values: Sequence[object], named: Mapping[str, object]) -> dict[str, Any]:
        """Feeds from positional and named arguments, as Python does. Raises `InputError`."""
        if len(values) > len(self._given_names):
            raise InputError(f"{len(values)} inputs given, the model takes {self._signature()}")
        feeds: dict[str, Any] = dict(zip(self._given_names, values, strict=False))
        for name, value in named.items():
            if name in feeds:
                raise InputError(f"input '{name}' is given by position and by name")
            feeds[name] = value
        return feeds

    def _name_error(self, feeds: Mapping[str, Any]) -> InputError:
        problems: list[str] = []
        unknown = [str(name) for name in feeds if name not in self._name_set]
        missing = [name for name in self.names if name not in feeds]
        for name in unknown:
            near = get_close_matches(name, missing or self._given_names, n=2, cutoff=0.5)
            hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
            problems.append(f"there is no input '{name}'{hint}")
        if missing:
            problems.append(f"missing: {', '.join(map(repr, missing))}")
        return InputError(f"{'; '.join(problems)}; the model takes {self._signature()}")

    def _signature(self) -> str:
        count = len(self._given)
        tensors = ", ".join(map(str, self._given))
        return f"{count} input{'s' * (count != 1)}{': ' * bool(count)}{tensors}"
