"""What `engine.scan` and `engine.top_k` compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dialects.engine.scan import ScanOp
from ...dialects.engine.top_k import TopKOp
from ...dialects.engine.weights import Array
from ...runtime.size import numbers_of

_KINDS = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}


def _of_nothing(kind: str, dtype: np.dtype[Any]) -> Any:
    """What changes nothing."""
    if kind in ("sum", "prod"):
        return int(kind == "prod")
    if np.issubdtype(dtype, np.floating):
        return -np.inf if kind == "max" else np.inf
    limits = np.iinfo(dtype)
    return limits.min if kind == "max" else limits.max


def scan(op: ScanOp, x: Array) -> tuple[Array, ...]:
    """Running sums, products or extremes, each rounded to the type of the elements."""
    axis, kind = op.axis.value.data, _KINDS[op.kind.data]
    rows = np.moveaxis(x, axis, 0)
    if op.reverse is not None:
        rows = rows[::-1]
    with np.errstate(all="ignore"):
        found = kind.accumulate(rows, axis=0, dtype=x.dtype)
    if op.exclusive is not None:
        start = np.full_like(found[:1], _of_nothing(op.kind.data, x.dtype))
        found = np.concatenate([start, found[:-1]])
    if op.reverse is not None:
        found = found[::-1]
    return (np.moveaxis(found, 0, axis),)


def top_k(op: TopKOp, x: Array) -> tuple[Array, ...]:
    """Positions in the order of a stable sort."""
    axis, [count] = op.axis.value.data, numbers_of([op.count_extent])
    if op.smallest is not None:
        order = np.argsort(x, axis=axis, kind="stable")
    else:
        # The stable order of the reversed axis, read backwards, is the descending stable one.
        order = np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
        order = x.shape[axis] - 1 - order
    return (np.take(order, range(count), axis=axis).astype(np.int64),)
