"""Distances between rows."""

from __future__ import annotations

from .body import Body
from .expansion import operator

_METRICS = ("euclidean", "sqeuclidean")


@operator("A B", metric="sqeuclidean")
def CDist(b: Body) -> str:
    """
    The distance of each row of A from each row of B, or the square of it.

    Of the differences themselves: onnxruntime's sum of products cancels where rows are alike.
    """
    metric = b.text("metric")
    b.refuse(metric not in _METRICS, f"metric '{metric}' is none of {', '.join(_METRICS)}")
    for name in ("A", "B"):
        b.refuse(b.rank(name) != 2, f"operand '{name}' has rank {b.rank(name)}, expected 2")
    rows, others = (
        b.add("Unsqueeze", b.name(name), b.constant([axis])) for name, axis in (("A", 1), ("B", 0))
    )
    difference = b.add("Sub", rows, others)
    squares = b.add("ReduceSumSquare", difference, b.constant([2]), keepdims=0)
    return squares if metric == "sqeuclidean" else b.add("Sqrt", squares)
