"""What an operation may say by an attribute or by operands."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.paddle.codes import element_type_of_word
from ..table_functions import Call


def integers(call: Call, name: str) -> list[Any]:
    """The integers of an attribute, or of operands that stand for it: one vector, or scalars."""
    given = call.group(f"{name}_tensor")
    if given:
        return [n for array in given for n in np.asarray(array).reshape(-1).tolist()]
    value = call.attribute(name)
    return [value] if isinstance(value, int) else list(call.integers(name) or [])


def integer(call: Call, name: str) -> int:
    """The same of one number."""
    [found] = integers(call, name)
    return int(found)


def number(call: Call, name: str, default: float = 0.0) -> Any:
    """A number of an attribute, or of the operand that stands for it."""
    given = call.group(f"{name}_tensor")
    return np.asarray(given[0]).reshape(-1)[0] if given else call.number(name, default)


def dtype_named(call: Call, default: Array | None = None) -> np.dtype[Any]:
    """The element type that the attribute `dtype` names; that of `default` where it names none."""
    row = element_type_of_word(call.text("dtype"))
    if row is not None:
        return row.numpy
    return call.dtype() if default is None else default.dtype


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    return axis + rank if axis < 0 else axis
