"""
Arithmetic on sizes of which some are known only by name: what exporters compute shapes with.

A vector of sizes is a tuple of numbers, names, and None for what is not known. A frontend follows
its operators through these, so that a reshape to `[batch, 12, -1]` has its named dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from ..dialects.framework import Dim, element_type_of_ir, ranked_tensor

Array = npt.NDArray[Any]

Symbols = tuple[Dim, ...]
"""The elements of an integer vector or scalar, as far as known."""


def gathered(data: Symbols, indices: Sequence[int]) -> Symbols | None:
    """The elements at indices, which may count from the end; None for one outside."""
    if any(not -len(data) <= index < len(data) for index in indices):
        return None
    return tuple(data[index] for index in indices)


def elementwise(
    combine: Callable[[int, int], int], neutral: int, *, commutes: bool
) -> Callable[[Symbols, Symbols], Symbols | None]:
    """`combine` of two vectors; with the neutral element on a side a name stays what it is."""

    def element(a: Dim, b: Dim) -> Dim:
        if isinstance(a, int) and isinstance(b, int):
            return combine(a, b)
        if b == neutral:
            return a
        return b if commutes and a == neutral else None

    def combined(a: Symbols, b: Symbols) -> Symbols | None:
        if len(a) != len(b) and 1 not in (len(a), len(b)):
            return None
        count = max(len(a), len(b)) if a and b else 0
        return tuple(element(a[i % len(a)], b[i % len(b)]) for i in range(count))

    return combined


def quotient(a: int, b: int) -> int:
    """Truncated towards zero; 0 for a division by zero, which is for somebody else to report."""
    return int(a / b) if b else 0


added = elementwise(lambda a, b: a + b, 0, commutes=True)
subtracted = elementwise(lambda a, b: a - b, 0, commutes=False)
multiplied = elementwise(lambda a, b: a * b, 1, commutes=True)
divided = elementwise(quotient, 1, commutes=False)


def chosen(which: Sequence[bool], a: Symbols, b: Symbols) -> Symbols | None:
    """`which ? a : b`, each as long as the longest or of one element."""
    count = max(len(which), len(a), len(b))
    if any(len(part) not in (1, count) for part in (which, a, b)):
        return None
    return tuple(a[i % len(a)] if which[i % len(which)] else b[i % len(b)] for i in range(count))


def reshaped(old: Symbols | None, target: Symbols, *, zero_keeps: bool) -> Symbols:
    """The dimensions of a reshape of `old` to `target`, where -1 takes what is left and, with
    `zero_keeps`, 0 keeps a size."""
    dims: list[Dim] = []
    for position, size in enumerate(target):
        if size == 0 and zero_keeps:
            dims.append(old[position] if old is not None and position < len(old) else None)
        else:
            dims.append(size)
    if -1 in dims:
        dims[dims.index(-1)] = None if old is None else _remainder(old, dims)
    return tuple(dims)


def _remainder(old: Symbols, new: Sequence[Dim]) -> Dim:
    """The size that -1 stands for: the quotient of the element counts, equal names cancelled."""
    rest = [d for d in new if d != -1]
    left = list(old)
    for dim in list(rest):
        if isinstance(dim, str) and dim in left:
            left.remove(dim)
            rest.remove(dim)
    numbers = _product(rest)
    if numbers is None or numbers == 0 or None in left:
        return None
    names = [d for d in left if isinstance(d, str)]
    total = _product([d for d in left if isinstance(d, int)])
    if total is None or total % numbers:
        return None
    if not names:
        return total // numbers
    return names[0] if len(names) == 1 and total == numbers else None


def _product(dims: Sequence[Dim]) -> int | None:
    result = 1
    for dim in dims:
        if not isinstance(dim, int):
            return None
        result *= dim
    return result


def broadcast(a: Symbols, b: Symbols) -> Symbols:
    """The dimensions of two shapes broadcast together."""
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    return tuple(_broadcast(x, y) for x, y in pairs)


def _broadcast(a: Dim, b: Dim) -> Dim:
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    # A size other than one decides; of two names either could be one.
    if isinstance(a, int):
        return a
    return b if isinstance(b, int) else None


def array_of_symbols(symbols: Symbols, type_: Attribute) -> Array | None:
    """The elements as an array of the given type, None unless all are numbers."""
    tensor = ranked_tensor(type_)
    if tensor is None or not all(isinstance(e, int) for e in symbols):
        return None
    row = element_type_of_ir(tensor.element_type)
    shape = tensor.get_shape()
    if row is None or math.prod(shape) != len(symbols) or any(d < 0 for d in shape):
        return None
    return np.array(symbols, row.numpy).reshape(shape)
