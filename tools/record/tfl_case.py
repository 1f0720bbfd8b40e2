"""What cases of TensorFlow Lite are made of: values, one operator, quantisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .tfl_models import Call, Entry, Graph, Value

RNG = np.random.Generator(np.random.PCG64())


def begin(seed: int) -> None:
    """Draw the numbers of all cases that follow from a seed."""
    RNG.bit_generator.state = np.random.PCG64(seed).state


Options = dict[str, Any]
"""Options of an operator, or operands, by name."""


@dataclass(frozen=True)
class Case:
    """A model, the main subgraph first, and how often it is run."""

    name: str
    graphs: Sequence[Graph]
    steps: int = 1
    entries: Sequence[Entry] = ()
    """Its signatures."""

    def input(self, name: str, step: int) -> Any:
        """What an input is in a step."""
        array = np.asarray(self.graphs[0].values[name].array)
        if not step or array.dtype.kind != "f":
            return np.roll(array, step)
        return (np.roll(array, step) * 0.9).astype(array.dtype)


def normal(*shape: int, scale: float = 1.0) -> np.ndarray:
    """Numbers of both signs."""
    return (RNG.standard_normal(shape) * scale).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    """Numbers above zero."""
    return (RNG.random(shape) * 4 + 0.1).astype(np.float32)


def integers(low: int, high: int, *shape: int, dtype: str = "int8") -> np.ndarray:
    """Integers from `low` up to `high`."""
    return RNG.integers(low, high, shape, endpoint=True).astype(dtype)


def single(
    operator: str,
    inputs: Mapping[str, Any],
    outputs: Sequence[Value] = (Value(),),
    *,
    custom: str = "",
    custom_options: bytes = b"",
    version: int = 1,
    **fields: Any,
) -> list[Graph]:
    """A model of one operator. An array is an input; a `Value` says what it is; None is absent."""
    values = {
        name: v if isinstance(v, Value) else Value(np.asarray(v))
        for name, v in inputs.items()
        if v is not None
    }
    results = {f"output{n}" if n else "output": v for n, v in enumerate(outputs)}
    names = [None if v is None else name for name, v in inputs.items()]
    call = Call(operator, names, list(results), fields, custom, custom_options, version)
    given = [n for n, v in values.items() if not v.constant and not v.variable]
    return [Graph({**values, **results}, [call], given, list(results))]


def const(array: Any, dtype: str | None = None, **how: Any) -> Value:
    """A constant."""
    return Value(np.asarray(array, dtype), constant=True, **how)


def q(array: np.ndarray, scale: float, zero: int = 0, **how: Any) -> Value:
    """A quantised input."""
    return Value(array, scale=scale, zero=zero, **how)


def out(dtype: str, scale: float | None = None, zero: int = 0) -> Value:
    """A result of a type."""
    return Value(dtype=dtype, scale=scale, zero=zero)
