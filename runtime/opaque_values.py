"""Objects at run time: lists, dictionaries, strings, None, and arrays that own their memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, cast

import numpy as np

from .array_memory import AnyArray

_SCALARS = frozenset((bool, int, float, str, type(None)))
"""Types of values that hold no memory of others."""


def owned(value: Any, memory: Sequence[AnyArray]) -> Any:
    """`value` with arrays that share memory with one of `memory` copied, so that it outlives it."""
    if isinstance(value, np.ndarray):
        array = cast(AnyArray, value)
        return array.copy() if any(np.may_share_memory(array, m) for m in memory) else array
    if isinstance(value, list):
        elements = cast("list[Any]", value)
        if _are_maps_of_scalars(elements):
            return elements
        return [owned(element, memory) for element in elements]
    if isinstance(value, dict):
        return {key: owned(v, memory) for key, v in cast("dict[Any, Any]", value).items()}
    return value


def _are_maps_of_scalars(values: list[Any]) -> bool:
    """Whether all are dictionaries of scalars: the probabilities of classes, a map for each row."""
    if set(map(type, values)) != {dict}:
        return False
    inner = chain.from_iterable(map(dict[Any, Any].values, values))
    return _SCALARS.issuperset(map(type, inner))


def arrays_in(value: Any) -> Iterator[AnyArray]:
    """All arrays within an object."""
    if isinstance(value, np.ndarray):
        yield cast(AnyArray, value)
    elif isinstance(value, list):
        for element in cast("list[Any]", value):
            yield from arrays_in(element)
    elif isinstance(value, dict):
        for element in cast("dict[Any, Any]", value).values():
            yield from arrays_in(element)
