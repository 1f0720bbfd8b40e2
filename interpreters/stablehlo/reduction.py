"""Reductions, windows, sorting, and the gradient of windows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cmp_to_key
from itertools import product

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .elementwise import wide
from .movement import pad, shape_of
from .scalar_code import COMBINE, ScalarCode, kind_of, scalar_code


def _halves(call: Call) -> tuple[list[Array], list[Array]]:
    count = len(call.operands) // 2
    return call.operands[:count], call.operands[count:]


def _reduce(call: Call) -> list[Array]:
    inputs, inits = _halves(call)
    axes = call.integers("dimensions") or []
    kept = [axis for axis in range(inputs[0].ndim) if axis not in axes]
    shape = shape_of(call)
    rows = [x.transpose([*axes, *kept]).reshape(-1, *shape) for x in inputs]
    region = call.op.regions[0]
    kind = kind_of(region)
    if kind is not None and len(inputs) == 1:
        return [_by_kind(kind, rows[0], inits[0])]
    code = scalar_code(region)
    found = [
        np.broadcast_to(init, shape).astype(x.dtype) for x, init in zip(inputs, inits, strict=True)
    ]
    for step in range(len(rows[0])):
        found = code(*found, *(x[step] for x in rows))
    return found


def _by_kind(kind: str, rows: Array, init: Array) -> Array:
    combine = COMBINE[kind]
    boolean = rows.dtype == np.bool_
    functions = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}
    if boolean or kind in ("or", "and"):
        logical = {"sum": "or", "max": "or", "or": "or"}.get(kind, "and")
        pair = (np.logical_or, np.logical_and) if boolean else (np.bitwise_or, np.bitwise_and)
        function = pair[logical == "and"]
    else:
        function = functions[kind]
    source = wide(rows)
    if len(source):
        found = function.reduce(source, axis=0, dtype=source.dtype)
        return combine(found, wide(init)).astype(rows.dtype)
    return np.broadcast_to(init, rows.shape[1:])


Places = tuple[list[int], list[int], list[int], list[int], Array]
"""Sizes and strides of windows, dilations of the input and of windows, pads `[rank, 2]`."""


def _places(call: Call, count: int) -> Places:
    ones = [1] * count
    window = call.integers("window_dimensions") or ones
    strides = call.integers("window_strides") or ones
    base = call.integers("base_dilations") or ones
    dilations = call.integers("window_dilations") or ones
    pads = call.attribute("padding") if "padding" in call.op.properties else None
    both = np.zeros((count, 2), np.int64) if pads is None else np.asarray(pads).reshape(count, 2)
    return window, strides, base, dilations, both


def _reduce_window(call: Call) -> list[Array]:
    inputs, inits = _halves(call)
    return _windows(call, inputs, inits, _places(call, inputs[0].ndim))


def _windows(call: Call, inputs: list[Array], inits: list[Array], places: Places) -> list[Array]:
    window, strides, base, dilations, pads = places
    shape = shape_of(call)
    low, high = pads[:, 0].tolist(), pads[:, 1].tolist()
    gaps = [b - 1 for b in base]
    padded = [pad(x, init, low, high, gaps) for x, init in zip(inputs, inits, strict=True)]
    region = call.op.regions[0]
    kind = kind_of(region)
    code = scalar_code(region) if kind is None or len(inputs) > 1 else _code_of(kind)
    found = [np.broadcast_to(init, shape) for init in inits]
    for at in product(*map(range, window)):
        picks = tuple(
            slice(k * d, k * d + (n - 1) * s + 1, s)
            for k, d, n, s in zip(at, dilations, shape, strides, strict=True)
        )
        if all(shape):
            found = code(*found, *(x[picks] for x in padded))
    return [np.asarray(f) for f in found]


def _dynamic_reduce_window(call: Call) -> Array:
    """The same with sizes, steps and pads that are operands."""
    x, init, *given = call.operands
    window, strides, base, dilations = (array.reshape(-1).tolist() for array in given[:4])
    places = window, strides, base, dilations, given[4].reshape(-1, 2)
    [found] = _windows(call, [x], [init], places)
    return found


def _code_of(kind: str) -> ScalarCode:
    def code(*pair: Array) -> list[Array]:
        a, b = pair
        return [np.asarray(COMBINE[kind](wide(a), wide(b))).astype(b.dtype)]

    return code


def _select_and_scatter(call: Call) -> Array:
    x, source, init = call.operands
    rank = x.ndim
    window, strides, _, _, pads = _places(call, rank)
    select, scatter = (scalar_code(region) for region in call.op.regions)
    found = np.full(x.shape, init, x.dtype)
    for place in np.ndindex(*source.shape):
        starts = [p * s - a for p, s, a in zip(place, strides, pads[:, 0], strict=True)]
        best: tuple[int, ...] | None = None
        for at in np.ndindex(*window):
            where = tuple(int(s + k) for s, k in zip(starts, at, strict=True))
            if not all(0 <= w < n for w, n in zip(where, x.shape, strict=True)):
                continue
            if best is None or not bool(select(x[best], x[where])[0]):
                best = where
        if best is not None:
            found[best] = scatter(found[best], source[place])[0]
    return found


def _sort(call: Call) -> list[Array]:
    inputs = call.operands
    axis = call.integer("dimension", -1) % max(1, inputs[0].ndim)
    code = scalar_code(call.op.regions[0])
    moved = [np.moveaxis(x, axis, -1).copy() for x in inputs]
    count = moved[0].shape[-1]
    for at in np.ndindex(*moved[0].shape[:-1]):
        rows = [x[at] for x in moved]
        order = _order(code, rows, count)
        for row in rows:
            row[:] = row[order]
    return [np.moveaxis(x, -1, axis) for x in moved]


def _order(code: ScalarCode, rows: Sequence[Array], count: int) -> list[int]:
    """The order of one row by all comparisons of two of its elements, made at once."""
    pairs: list[Array] = []
    for row in rows:
        pairs += [row[:, None], row[None, :]]
    before = np.broadcast_to(code(*pairs)[0], (count, count))

    def compare(a: int, b: int) -> int:
        return -1 if before[a, b] else 1 if before[b, a] else 0

    return sorted(range(count), key=cmp_to_key(compare))


def _map(call: Call) -> Array:
    return scalar_code(call.op.regions[0])(*call.operands)[0]


SEMANTICS: dict[str, Function] = {
    "stablehlo.map": _map,
    "stablehlo.reduce": _reduce,
    "stablehlo.dynamic_reduce_window": _dynamic_reduce_window,
    "stablehlo.reduce_window": _reduce_window,
    "stablehlo.select_and_scatter": _select_and_scatter,
    "stablehlo.sort": _sort,
}
