"""Products, reductions and choices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..sliding_windows import Array
from ..table_functions import Call, Function


def _inner_product(call: Call) -> Array:
    """A product with everything from `axis` on as one row."""
    x, weight, bias = call.operand("x"), call.operand("weight"), call.optional("bias")
    axis = call.integer("axis", 1) % x.ndim
    rows = x.reshape(*x.shape[:axis], -1)
    result = rows @ (weight if call.flag("transpose") else weight.T)
    return result if bias is None else result + bias


def _embed(call: Call) -> Array:
    x, weight, bias = call.operand("x"), call.operand("weight"), call.optional("bias")
    rows = x.astype(np.int64)
    if rows.size and not (rows.min() >= 0 and rows.max() < weight.shape[0]):
        raise ValueError(f"has an index outside of {weight.shape[0]} rows")
    result = weight[rows]
    return result if bias is None else result + bias


def _reduction(call: Call) -> Array:
    """Over all dimensions from `axis` on, times a coefficient."""
    x, kind = call.operand("x"), call.text("operation", "SUM")
    axes = tuple(range(call.integer("axis") % max(x.ndim, 1), x.ndim))
    value = {"ASUM": np.abs, "SUMSQ": np.square}.get(kind, np.asarray)(x)
    total = value.mean(axes) if kind == "MEAN" else value.sum(axes)
    return np.float32(call.number("coeff", 1)) * total


def _arg_max(call: Call) -> Array:
    """The places of the `top_k` largest, or these themselves; without an axis of each whole row."""
    x, count = call.operand("x"), call.integer("top_k", 1)
    values = call.flag("out_max_val")
    if call.attribute("axis") is not None:
        at = call.integer("axis") % x.ndim
        order = np.argsort(-x, axis=at, kind="stable").take(range(count), at)
        return np.take_along_axis(x, order, at) if values else order
    rows = x.reshape(x.shape[0], -1)
    order = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    found = [order.astype(x.dtype)]
    if values:
        found.append(np.take_along_axis(rows, order, 1))
    stacked = np.stack(found, 1)
    return stacked.reshape(*stacked.shape, *(1,) * (max(x.ndim, 3) - 3))


SEMANTICS: Mapping[str, Function] = {
    "ArgMax": _arg_max,
    "Embed": _embed,
    "InnerProduct": _inner_product,
    "Reduction": _reduction,
}
