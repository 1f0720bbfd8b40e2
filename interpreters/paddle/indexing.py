"""Elements at indices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .given import integer


def _gather(call: Call) -> Array:
    x, index = call.operand("x"), call.operand("index")
    axis = integer(call, "axis")
    return x.take(index.reshape(-1) if index.ndim == 2 else index, axis)


def _gather_nd(call: Call) -> Array:
    x, index = call.operand("x"), call.operand("index")
    return x[tuple(np.moveaxis(index, -1, 0))]


def _index_select(call: Call) -> Array:
    return call.operand("x").take(call.operand("index"), call.integer("axis"))


def _index_sample(call: Call) -> Array:
    return np.take_along_axis(call.operand("x"), call.operand("index"), 1)


def _take_along_axis(call: Call) -> Array:
    x, indices, axis = call.operand("arr"), call.operand("indices"), call.integer("axis")
    return np.take_along_axis(x, indices, axis)


def _put_along_axis(call: Call) -> Array:
    """Updates in the place of elements, or combined with them."""
    x, indices, values = (call.operand(n) for n in ("arr", "indices", "values"))
    axis, how = call.integer("axis"), call.text("reduce", "assign")
    result = x.copy()
    at = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    at[axis] = indices
    given = np.broadcast_to(values, indices.shape)
    if how == "assign":
        result[tuple(at)] = given
    elif how in ("add", "mul", "multiply"):
        function = np.add if how == "add" else np.multiply
        function.at(result, tuple(at), given)
    else:
        raise ValueError(f"combines by '{how}'")
    return result


def _scatter(call: Call) -> Array:
    """Rows are set, or cleared and then added to."""
    x, index, updates = (call.operand(n) for n in ("x", "index", "updates"))
    result, rows = x.copy(), index.reshape(-1)
    if call.flag("overwrite", default=True):
        result[rows] = updates
        return result
    result[rows] = 0
    np.add.at(result, rows, updates)
    return result


def _scatter_nd_add(call: Call) -> Array:
    x, index, updates = (call.operand(n) for n in ("x", "index", "updates"))
    result = x.copy()
    np.add.at(result, tuple(np.moveaxis(index, -1, 0)), updates)
    return result


def _embedding(call: Call) -> Array:
    """Rows of a table; that of `padding_idx` is zero."""
    x, weight, padding = call.operand("x"), call.operand("weight"), call.integer("padding_idx", -1)
    found = weight[x]
    return found if padding == -1 else np.where((x == padding)[..., None], 0, found)


def _nonzero(call: Call) -> Array:
    return np.argwhere(call.operand("condition")).astype(np.int64)


SEMANTICS: Mapping[str, Function] = {
    "embedding": _embedding,
    "gather": _gather,
    "gather_nd": _gather_nd,
    "index_sample": _index_sample,
    "index_select": _index_select,
    "nonzero": _nonzero,
    "put_along_axis": _put_along_axis,
    "scatter": _scatter,
    "scatter_nd_add": _scatter_nd_add,
    "take_along_axis": _take_along_axis,
}
