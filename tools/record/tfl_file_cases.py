"""Cases of what files have beside operators: signatures, open sizes, sparse and narrow weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .tfl_case import Case, const, integers, normal, single
from .tfl_models import Call, Entry, Graph, Value


def files() -> Iterator[Case]:
    """Features of the file format."""
    weights = normal(6, 8) * (np.abs(normal(6, 8)) > 0.8)
    values = {
        "x": Value(normal(3, 8)),
        "stored": const(weights, sparse=True),
        "w": Value(shape=(6, 8)),
        "output": Value(),
    }
    calls = [
        Call("DENSIFY", ["stored"], ["w"]),
        Call("FULLY_CONNECTED", ["x", "w", None], ["output"]),
    ]
    yield Case("sparse weights", [Graph(values, calls, ["x"], ["output"])])
    narrow = const(integers(-7, 7, 5, 8), scale=0.1, bits=4)
    yield Case(
        "int4 weights hybrid",
        single("FULLY_CONNECTED", {"x": normal(3, 8), "w": narrow, "b": None}),
    )
    yield Case("open sizes", [_open()])
    yield from _signatures()


def _open() -> Graph:
    """`[rows, 6]` as `[rows, 2, 3]`, whose shape is computed."""
    values = {
        "x": Value(normal(4, 6), signature=(-1, 6)),
        "shape": Value(dtype="int32", shape=(2,)),
        "begin": const([0], "int32"),
        "end": const([1], "int32"),
        "step": const([1], "int32"),
        "rows": Value(dtype="int32", shape=()),
        "two": const(np.int32(2)),
        "three": const(np.int32(3)),
        "wanted": Value(dtype="int32", shape=(3,)),
        "apart": Value(shape=(4, 2, 3), signature=(-1, 2, 3)),
        "axes": const([1], "int32"),
        "output": Value(signature=(-1, 3)),
    }
    calls = [
        Call("SHAPE", ["x"], ["shape"], {"out_type": "INT32"}),
        Call("STRIDED_SLICE", ["shape", "begin", "end", "step"], ["rows"], {"shrink_axis_mask": 1}),
        Call("PACK", ["rows", "two", "three"], ["wanted"], {"values_count": 3}),
        Call("RESHAPE", ["x", "wanted"], ["apart"]),
        Call("SUM", ["apart", "axes"], ["output"]),
    ]
    return Graph(values, calls, ["x"], ["output"])


def _signatures() -> Iterator[Case]:
    """Two entries; inputs are listed by name, not as the subgraph has them."""
    pair = {"a": Value(normal(3)), "b": Value(normal(3)), "output": Value()}
    graphs = [
        Graph(pair, [Call(name, ["a", "b"], ["output"])], ["a", "b"], ["output"])
        for name in ("SUB", "ADD")
    ]
    entries = [
        Entry("serving_default", 0, {"b": "right", "a": "left"}, {"output": "difference"}),
        Entry("total", 1, {"a": "left", "b": "right"}, {"output": "sum"}),
    ]
    yield Case("signatures", graphs, entries=entries)
