"""Sizes of parts of tensors: slices and splits of dimensions that may be expressions."""

from __future__ import annotations

from ..dialects.framework import Dim
from ..runtime.size import Extent, ceildiv
from .shape_arithmetic import is_less
from .size_relations import Relations

END = 2**31 - 1
"""Exporters write such a number, and larger ones, for the end of a dimension."""


def sliced_size(start: Dim, end: Dim, step: Dim, size: Dim, relations: Relations) -> Dim:
    """
    How many elements a slice of a dimension has; bounds may count from the end, and are clamped.

    None where one of them is not known.
    """
    found = sliced_range(start, end, step, size, relations)
    return None if found is None else found[1]


def sliced_range(
    start: Dim, end: Dim, step: Dim, size: Dim, relations: Relations
) -> tuple[Extent, Extent] | None:
    """Where a slice of a dimension starts, and how many elements it has; None as `sliced_size`."""
    if start is None or end is None or size is None or not isinstance(step, int) or not step:
        return None
    first, last = (_from_front(bound, size, relations) for bound in (start, end))
    low, high = relations.minimum, relations.maximum
    if step > 0:
        first, last = low(high(first, 0), size), low(high(last, 0), size)
        return first, high(ceildiv(last - first, step), 0)
    first, last = low(first, size - 1), high(low(last, size - 1), -1)
    return first, high(ceildiv(first - last, -step), 0)


def _from_front(bound: Extent, size: Extent, relations: Relations) -> Extent:
    """A bound that counts from the end where it is negative, from the front."""
    if isinstance(bound, int):
        if bound >= END:
            return size
        if bound <= -END:
            return -1
        return bound if bound >= 0 else size + bound
    if relations.at_least(bound, 0):
        return bound
    return bound + size * is_less(bound, 0)


def split_sizes(size: Dim, parts: int) -> list[Dim]:
    """Parts of one size each, the last of what is left."""
    if size is None or parts < 1:
        return [None] * parts
    each = ceildiv(size, parts)
    if isinstance(size, int):
        return [min(int(each), max(size - at * int(each), 0)) for at in range(parts)]
    return [*[each] * (parts - 1), size - each * (parts - 1)]
