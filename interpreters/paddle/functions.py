"""The table of the meaning of operators."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ...dialects.engine.weights import WeightStore
from ..framework_calls import Semantics
from ..table_functions import Call, Function, Table, table_semantics
from . import (
    assignment,
    creation,
    detection,
    elementwise,
    indexing,
    movement,
    normalization,
    products,
    recurrence,
    reduction,
    resizing,
    windows,
)

_FAMILIES = (
    *(assignment, creation, detection, elementwise, indexing, movement, normalization),
    *(products, recurrence, reduction, resizing, windows),
)


def _with_one_dimension(function: Function) -> Function:
    """
    A function whose scalars are vectors of one element where the operation says so.

    Paddle had no tensors of rank 0 before 2.5; programs of that time declare `[1]` for them.
    """

    def compute(call: Call) -> Any:
        found = function(call)
        if not isinstance(found, list):
            return _as_declared(found, call, 0)
        several = cast("list[Any]", found)
        return [_as_declared(value, call, at) for at, value in enumerate(several)]

    return compute


def _as_declared(value: Any, call: Call, at: int) -> Any:
    if np.ndim(value) or value is None or at >= len(call.op.results):
        return value
    return np.reshape(value, (1,)) if call.shape(at) == (1,) else value


SEMANTICS: Table = {
    f"paddle.{name}": _with_one_dimension(function)
    for family in _FAMILIES
    for name, function in family.SEMANTICS.items()
}
"""Functions by the name of the operation."""


def semantics(store: WeightStore) -> Semantics:
    """What the table says."""
    return table_semantics(SEMANTICS, store)
