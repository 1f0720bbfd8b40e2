"""Objects at run time: lists, dictionaries, strings, None, and arrays that own their memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        return [owned(element, memory) for element in cast("list[Any]", value)]
    if isinstance(value, dict):
        mapped = cast("dict[Any, Any]", value)
        if _SCALARS.issuperset(map(type, mapped.values())):
            return mapped  # as a map of probabilities for each row is
        return {key: owned(v, memory) for key, v in mapped.items()}
    return value


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
