"""
Arithmetic on integer tensors whose elements are sizes: what exporters compute shapes with.

The elements are an array of objects, each a number, an expression over names, or None where it is
not known. A frontend follows its operators through these, so that a reshape to `[batch, 12, -1]`
has its named dimension. What moves elements is done by numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from math import gcd
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from ..dialects.framework import Dim, dims_of, element_type_of_ir, ranked_tensor
from ..runtime.size import (
    Extent,
    Size,
    exact_quotient,
    floordiv,
    lower_bound,
    maximum,
    minimum,
    mod,
    product_of,
    same,
)
from ..runtime.size_facts import Facts
from ..runtime.size_proofs import SizeProofs

Array = npt.NDArray[Any]

Symbols = tuple[Dim, ...]
"""Dimensions, or the elements of an integer vector, as far as known."""

Elements = npt.NDArray[np.object_]
"""The elements of an integer tensor, each a `Dim`."""

Combine = Callable[[Elements, Elements], Elements]
"""Two tensors of elements into one, broadcast together. Raises `ValueError` where they do not."""


def elements_of(dims: Iterable[Dim], shape: Sequence[int] | None = None) -> Elements:
    """Elements as a vector, or in another shape."""
    listed = list(dims)
    array = np.empty(len(listed), object)
    array[:] = listed
    return array if shape is None else array.reshape(shape)


def sizes_of_type(type_: Attribute) -> tuple[Extent, ...] | None:
    """The sizes of a tensor where all are known and some are names: None of any other."""
    dims = dims_of(type_)
    if dims is None or not any(isinstance(n, Size) for n in dims):
        return None
    known = tuple(n for n in dims if n is not None)
    return known if len(known) == len(dims) else None


def elementwise(combine: Callable[[Extent, Extent], Dim]) -> Combine:
    """`combine` of each two elements, broadcast; None where one is not known."""

    def element(a: Dim, b: Dim) -> Dim:
        return None if a is None or b is None else combine(a, b)

    function = np.frompyfunc(element, 2, 1)

    def combined(a: Elements, b: Elements) -> Elements:
        return np.asarray(function(a, b), object)

    return combined


_PROOFS = SizeProofs(Facts())
"""Of names that nothing is known of."""


def quotient(a: Extent, b: Extent) -> Dim:
    """Truncated towards zero; 0 for a division by zero, which is for somebody else to report."""
    if isinstance(a, int) and isinstance(b, int):
        return (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if b else 0
    if (exact := exact_quotient(a, b)) is not None:
        return exact
    # Of what is not negative, rounding down is rounding towards zero.
    if lower_bound(b) >= 0 and _PROOFS.at_least(a, 0):
        return floordiv(a, b)
    if not isinstance(b, int):
        return None
    wanted = a if b > 0 else -a
    return floordiv(maximum(wanted, 0), abs(b)) - floordiv(maximum(-wanted, 0), abs(b))


def exact(a: Extent, b: Extent) -> Dim:
    """The quotient of numbers that need not be integers, where it is one."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if b and a % b == 0 else None
    return exact_quotient(a, b)


def remainder(a: Extent, b: Extent) -> Dim:
    """What the division rounded down leaves; nothing of one by the number 0."""
    return mod(a, b) if isinstance(b, Size) or b else None


def is_less(a: Extent, b: Extent) -> Extent:
    """1 where `a < b`, else 0: what is left of `b - a`, an integer, between 0 and 1."""
    return minimum(maximum(b - a, 0), 1)


def _equal(a: Extent, b: Extent) -> Dim:
    """`a == b` is `1 - |a - b|`, where that is not below 0."""
    found = same(a, b)
    return maximum(1 - maximum(a - b, b - a), 0) if found is None else int(found)


added = elementwise(lambda a, b: a + b)
subtracted = elementwise(lambda a, b: a - b)
multiplied = elementwise(lambda a, b: a * b)
divided = elementwise(quotient)
divided_exactly = elementwise(exact)
remaining = elementwise(remainder)
smallest = elementwise(minimum)
largest = elementwise(maximum)
equal = elementwise(_equal)
"""1 where two elements are equal, 0 where they are not: a size where names decide."""
less = elementwise(is_less)
"""1 where the first element is less, 0 where it is not: a size where names decide."""


def chosen(which: Elements, a: Elements, b: Elements) -> Elements:
    """`which ? a : b` of conditions that are 1 or 0, broadcast together."""
    return np.asarray(np.frompyfunc(_chosen, 3, 1)(which, a, b), object)


def _chosen(which: Dim, a: Dim, b: Dim) -> Dim:
    if isinstance(which, int):
        return a if which else b
    if a == b or a is None or b is None:
        return a if a == b else None
    return None if which is None else which * a + (1 - which) * b


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
    total, rest = count_of(old), count_of([d for d in new if d != -1])
    if total is None or rest is None or rest == 0:
        return None
    if isinstance(total, int) and isinstance(rest, int):
        return None if total % rest else total // rest
    return floordiv(total, rest)


def count_of(dims: Sequence[Dim]) -> Dim:
    """The number of elements of a tensor of these dimensions."""
    known = [d for d in dims if d is not None]
    return product_of(known) if len(known) == len(dims) else None


def total_of(dims: Iterable[Dim]) -> Dim:
    """The sum of some sizes."""
    total: Extent = 0
    for dim in dims:
        if dim is None:
            return None
        total = total + dim
    return total


def never_one(size: Extent) -> bool:
    """Whether a size cannot be 1 whatever its names are."""
    if isinstance(size, int):
        return size != 1
    return gcd(*(coefficient for _, coefficient in size.terms)) > 1 or lower_bound(size) > 1


def numbers_of_elements(elements: Elements, type_: Attribute) -> Array | None:
    """The elements as an array of the given type, None unless all are numbers."""
    tensor = ranked_tensor(type_)
    listed = elements.reshape(-1).tolist()
    if tensor is None or not all(isinstance(e, int) for e in listed):
        return None
    row = element_type_of_ir(tensor.element_type)
    shape = tensor.get_shape()
    if row is None or math.prod(shape) != len(listed) or any(d < 0 for d in shape):
        return None
    return np.array(listed, row.numpy).reshape(shape)


def as_dims(elements: Elements | None) -> Symbols | None:
    """The elements of a vector or scalar, None for tensors of a higher rank."""
    if elements is None or elements.ndim > 1:
        return None
    return cast(Symbols, tuple(elements.reshape(-1).tolist()))


def is_known(elements: Elements) -> bool:
    """Whether any element is known."""
    return any(isinstance(element, int | Size) for element in elements.reshape(-1).tolist())
