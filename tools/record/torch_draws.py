"""Arguments of operators as they are drawn: what an array is like, until a generator makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Draw:
    """An array that is drawn anew for every record."""

    make: Callable[[np.random.Generator], Array]


def floats(*shape: int, scale: float = 1.0, dtype: Any = np.float32) -> Draw:
    """Normal numbers of few digits, so that records of them are small."""

    def make(rng: np.random.Generator) -> Array:
        return (np.rint(rng.normal(0, 1, shape) * 64) / 64 * scale).astype(dtype)

    return Draw(make)


def halves(*shape: int) -> Draw:
    """Numbers of half precision."""
    return floats(*shape, dtype=np.float16)


def doubles(*shape: int) -> Draw:
    """Numbers of double precision."""
    return floats(*shape, dtype=np.float64)


def complexes(*shape: int) -> Draw:
    """Numbers whose parts are about 1."""

    def make(rng: np.random.Generator) -> Array:
        parts = rng.standard_normal((2, *shape))
        return (parts[0] + 1j * parts[1]).astype(np.complex64)

    return Draw(make)


def positive(*shape: int, least: float = 0.125, most: float = 4.0) -> Draw:
    """Numbers in a range."""

    def make(rng: np.random.Generator) -> Array:
        return (np.rint(rng.uniform(least, most, shape) * 64) / 64).astype(np.float32)

    return Draw(make)


def distinct(*shape: int) -> Draw:
    """Numbers of which no two are equal."""

    def make(rng: np.random.Generator) -> Array:
        count = int(np.prod(shape))
        return ((rng.permutation(count) - count // 2) / 4).astype(np.float32).reshape(shape)

    return Draw(make)


def special(*shape: int) -> Draw:
    """Numbers with infinities, NaN and zeros of both signs among them."""

    def make(rng: np.random.Generator) -> Array:
        array = rng.normal(0, 1, shape).astype(np.float32).reshape(-1)
        few = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], np.float32)
        array[: len(few)] = few[: array.size]
        return rng.permutation(array).reshape(shape)

    return Draw(make)


def integers(*shape: int, low: int = -5, high: int = 6, dtype: Any = np.int64) -> Draw:
    """Integers from `low` up to below `high`."""
    return Draw(lambda rng: rng.integers(low, high, shape).astype(dtype))


def indices(count: int, *shape: int, negative: bool = False) -> Draw:
    """Positions among `count`."""
    return integers(*shape, low=-count if negative else 0, high=count)


def booleans(*shape: int) -> Draw:
    """Truth values."""
    return Draw(lambda rng: rng.integers(0, 2, shape).astype(np.bool_))


def permuted(count: int, *, dtype: Any = np.int64) -> Draw:
    """`0..count - 1` in any order."""
    return Draw(lambda rng: rng.permutation(count).astype(dtype))


def increasing(*shape: int) -> Draw:
    """Rows that do not decrease."""
    return Draw(lambda rng: np.sort(np.rint(rng.normal(0, 2, shape)), -1).astype(np.float32))


def fixed(values: Any, dtype: Any = np.float32) -> Draw:
    """Always the same numbers."""
    return Draw(lambda rng: np.asarray(values, dtype))


@dataclass(frozen=True)
class Case:
    """The arguments of a call: those of the signature in order, and some by name."""

    positional: tuple[Any, ...]
    named: dict[str, Any]


def case(*positional: Any, **named: Any) -> Case:
    """Arguments; `self` is always positional."""
    return Case(positional, named)


def drawn(value: Any, rng: np.random.Generator) -> Any:
    """An argument with its arrays made."""
    if isinstance(value, Draw):
        return value.make(rng)
    if isinstance(value, list):
        return [drawn(v, rng) for v in cast("list[Any]", value)]
    return value
