"""
Arithmetic on sizes of which some are known only by name: what exporters compute shapes with.

A vector of sizes is a tuple of numbers, names, and None for what is not known. A frontend follows
its operators through these, so that a reshape to `[batch, 12, -1]` has its named dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from ..dialects.framework import Dim, element_type_of_ir, ranked_tensor
from ..runtime.size import (
    Extent,
    exact_quotient,
    floordiv,
    lower_bound,
    maximum,
    minimum,
    mod,
    product_of,
    same,
)
from ..runtime.size import broadcast as broadcast_sizes

Array = npt.NDArray[Any]

Symbols = tuple[Dim, ...]
"""The elements of an integer vector or scalar, as far as known."""


def gathered(data: Symbols, indices: Sequence[int]) -> Symbols | None:
    """The elements at indices, which may count from the end; None for one outside."""
    if any(not -len(data) <= index < len(data) for index in indices):
        return None
    return tuple(data[index] for index in indices)


def elementwise(
    combine: Callable[[Extent, Extent], Dim],
) -> Callable[[Symbols, Symbols], Symbols | None]:
    """`combine` of two vectors, or of a vector and one element."""

    def combined(a: Symbols, b: Symbols) -> Symbols | None:
        if len(a) != len(b) and 1 not in (len(a), len(b)):
            return None
        count = max(len(a), len(b)) if a and b else 0
        pairs = ((a[i % len(a)], b[i % len(b)]) for i in range(count))
        return tuple(None if x is None or y is None else combine(x, y) for x, y in pairs)

    return combined


def quotient(a: Extent, b: Extent) -> Dim:
    """Truncated towards zero; 0 for a division by zero, which is for somebody else to report."""
    if isinstance(a, int) and isinstance(b, int):
        return (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if b else 0
    if (exact := exact_quotient(a, b)) is not None:
        return exact
    # Of what is not negative, rounding down is rounding towards zero.
    return floordiv(a, b) if lower_bound(a) >= 0 and lower_bound(b) >= 0 else None


def remainder(a: Extent, b: Extent) -> Dim:
    """What the division rounded down leaves, where the divisor is known not to be 0."""
    return mod(a, b) if lower_bound(b) > 0 or (isinstance(b, int) and b) else None


added = elementwise(lambda a, b: a + b)
subtracted = elementwise(lambda a, b: a - b)
multiplied = elementwise(lambda a, b: a * b)
divided = elementwise(quotient)
remaining = elementwise(remainder)
smallest = elementwise(minimum)
largest = elementwise(maximum)
equal = elementwise(lambda a, b: None if (found := same(a, b)) is None else int(found))
"""1 where two elements are equal, 0 where they are not, nothing where names decide."""


def chosen(which: Symbols, a: Symbols, b: Symbols) -> Symbols | None:
    """`which ? a : b`, each as long as the longest or of one element."""
    count = max(len(which), len(a), len(b))
    if any(len(part) not in (1, count) for part in (which, a, b)):
        return None
    return tuple(_chosen(which[i % len(which)], a[i % len(a)], b[i % len(b)]) for i in range(count))


def _chosen(which: Dim, a: Dim, b: Dim) -> Dim:
    if isinstance(which, int):
        return a if which else b
    return a if a is not None and a == b else None


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
    """The size that -1 stands for: the quotient of the element counts."""
    total, rest = _count(old), _count([d for d in new if d != -1])
    if total is None or rest is None or rest == 0:
        return None
    if isinstance(total, int) and isinstance(rest, int):
        return None if total % rest else total // rest
    return floordiv(total, rest)


def _count(dims: Iterable[Dim]) -> Dim:
    """The number of elements."""
    known = [d for d in dims if d is not None]
    return product_of(known) if len(known) == len(list(dims)) else None


def broadcast(a: Symbols, b: Symbols) -> Symbols:
    """The dimensions of two shapes broadcast together."""
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    return tuple(broadcast_dim(x, y) for x, y in pairs)


def broadcast_dim(a: Dim, b: Dim) -> Dim:
    """The size that is left of two of which each is 1 or that size."""
    if a is None or b is None:
        known = b if a is None else a
        # A size other than one decides, whatever the other is.
        return known if isinstance(known, int) and known != 1 else None
    for size, other in ((a, b), (b, a)):
        if never_one(size):
            return size if not isinstance(other, int) or other == 1 else other
    return broadcast_sizes(a, b)


def never_one(size: Extent) -> bool:
    """Whether a size cannot be 1 whatever its names are."""
    if isinstance(size, int):
        return size != 1
    return gcd(*(coefficient for _, coefficient in size.terms)) > 1 or lower_bound(size) > 1


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
