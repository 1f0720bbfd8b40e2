"""Asking for memory before an operation is interpreted whose results take much."""

from __future__ import annotations

from math import prod

from xdsl.ir import Operation

from ..dialects.framework import dims_of, element_of, element_type_of_ir
from ..errors import NotEnoughMemoryError
from ..runtime.available_memory import require_memory

_MUCH = 1 << 24
"""Bytes below which nobody asks whether they are there."""

_REMEDY = "use smaller inputs, or a machine with more memory"


def takes_much(op: Operation) -> bool:
    """Whether the results of an operation take so much memory that one asks for it first."""
    return _result_bytes(op) >= _MUCH


def require_result_room(op: Operation, label: str) -> None:
    """Raises `NotEnoughMemoryError` when the results of an operation, as far as their sizes are
    known, do not fit into the memory that is there."""
    needed = _result_bytes(op)
    if needed >= _MUCH:
        require_memory(needed, f"{label}, run by its reference semantics,", _REMEDY)


def _result_bytes(op: Operation) -> int:
    needed = 0
    for result in op.results:
        dims, element = dims_of(result.type), element_of(result.type)
        sizes = [d for d in dims or () if isinstance(d, int)]
        if dims is None or element is None or len(sizes) < len(dims):
            continue
        row = element_type_of_ir(element)
        needed += prod(sizes) * (8 if row is None else row.numpy.itemsize)
    return needed


def out_of_memory(label: str, error: MemoryError) -> NotEnoughMemoryError:
    """The error where the sizes were known only as it ran."""
    return NotEnoughMemoryError(
        f"{label}, run by its reference semantics, needs more memory than there is ({error}); "
        f"{_REMEDY}"
    )
