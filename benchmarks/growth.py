"""What `scaling.py` measures, and the cost of a node as it grows with the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

MEMORY = "peak memory"
"""The row of the table that is bytes, not microseconds."""


class Stage(TypedDict):
    """What one stage of one model took."""

    stage: str
    seconds: float
    peak_bytes: int
    operations: int
    """Of the module when the stage was over."""


class Growth(TypedDict):
    """One model at one size; `failure` is empty when all stages came to their end."""

    model: str
    nodes: int
    stages: list[Stage]
    failure: str


class Row(TypedDict):
    """One stage of one model: its cost per node at the smallest size and, as factors, at others."""

    model: str
    stage: str
    per_node: float
    """Microseconds, or bytes in the row `MEMORY`."""
    factors: list[float | None]
    """None for a size whose process did not get that far."""


def rows(measured: Sequence[Growth]) -> list[Row]:
    """The rows of the table, model by model, stages in the order in which they ran."""
    found: list[Row] = []
    for model in dict.fromkeys(m["model"] for m in measured):
        sizes = sorted((m for m in measured if m["model"] == model), key=lambda m: m["nodes"])
        stages = dict.fromkeys(stage["stage"] for m in sizes for stage in m["stages"])
        for name in stages:
            found.append(_row(model, name, [_seconds_per_node(m, name) for m in sizes], 1e6))
        found.append(_row(model, MEMORY, [_bytes_per_node(m) for m in sizes], 1))
    return found


def _row(model: str, stage: str, costs: Sequence[float | None], unit: float) -> Row:
    first = costs[0] or 0.0
    factors = [None if cost is None or not first else cost / first for cost in costs[1:]]
    return Row(model=model, stage=stage, per_node=first * unit, factors=factors)


def _seconds_per_node(measured: Growth, stage: str) -> float | None:
    found = [s["seconds"] for s in measured["stages"] if s["stage"] == stage]
    return found[0] / measured["nodes"] if found else None


def _bytes_per_node(measured: Growth) -> float | None:
    if measured["failure"]:
        return None
    return max(s["peak_bytes"] for s in measured["stages"]) / measured["nodes"]
