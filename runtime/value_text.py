"""Values and sizes as text for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .array_memory import AnyArray
from .named_arrays import named_arrays


def value_text(name: str, value: Any) -> str:
    """The text of the arrays that a value is; that of a sequence has one for each element."""
    arrays = named_arrays(name, value)
    if not arrays:
        return f"{name}: absent\n"
    if isinstance(value, list) and not value:
        return f"{name}: an empty sequence\n"
    return "".join(array_text(part, array) for part, array in arrays.items())


def array_text(name: str, array: AnyArray) -> str:
    """`name: dtype[shape]` and the numbers, of a large array those at its corners."""
    shape = ", ".join(map(str, array.shape))
    return f"{name}: {array.dtype}[{shape}]\n{np.array2string(array, threshold=64)}\n"


def size_text(nbytes: int) -> str:
    """A number of bytes for a person: `46.8 MB`."""
    size = float(nbytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


def sizes_by_name_text(sizes: Mapping[str, int]) -> str:
    """`N = 1, S = 128`."""
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
