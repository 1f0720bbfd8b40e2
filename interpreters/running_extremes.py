"""The largest or smallest elements so far."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def running_extremes(kind: np.ufunc, x: Array, axis: int) -> tuple[Array, Array]:
    """`np.maximum` or `np.minimum` of all up to each, and the last place of it; a NaN is one."""
    values = kind.accumulate(x, axis)
    at: Array = np.indices(x.shape, sparse=True)[axis]
    found = np.where((x == values) | (x != x), at, 0)
    return values, np.maximum.accumulate(found, axis)
