"""What `engine.iota` and `engine.size_values` hold."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.size_numbers import IotaOp, SizeValuesOp
from ...dialects.engine.weights import Array, dtype_of
from ...runtime.size import numbers_of


def iota(op: IotaOp) -> tuple[Array, ...]:
    """Positions along the dimension."""
    [target] = op.target_types()
    return (np.arange(*shape_of(target), dtype=dtype_of(element_of(target))),)


def size_values(op: SizeValuesOp) -> tuple[Array, ...]:
    """The sizes, which must be numbers by now."""
    return (np.array(numbers_of(op.extents), np.int64),)
