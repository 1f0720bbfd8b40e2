"""Reductions, orders and running totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ..running_extremes import running_extremes
from ..table_functions import Call, Function
from .given import axis_of, integer, integers


def axes_of(call: Call, x: Array) -> tuple[int, ...]:
    """The axes that are reduced, all where none is named."""
    named = "axis_tensor" in call.op.SIGNATURE.operand_names
    given = integers(call, "axis") if named else call.integers("axis") or []
    whole = call.op.attribute("reduce_all") if "reduce_all" in call.op.SIGNATURE.attributes else 0
    return tuple(range(x.ndim)) if whole or not given else tuple(axis_of(a, x.ndim) for a in given)


def _reduction(function: Callable[..., Any]) -> Function:
    def compute(call: Call) -> Array:
        x = call.operand("x")
        keep = call.flag("keepdim")
        return np.asarray(function(x, axis=axes_of(call, x), keepdims=keep))

    return compute


def _sum(call: Call) -> Array:
    x = call.operand("x")
    wide = x.astype(call.dtype())
    return np.asarray(wide.sum(axis=axes_of(call, x), keepdims=call.flag("keepdim")))


def _logsumexp(x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    top = x.max(axis, keepdims=True)
    found = np.log(np.exp(x - top).sum(axis, keepdims=True)) + top
    return found if keepdims else found.squeeze(axis)


def _extreme(function: Callable[..., Any]) -> Function:
    """Where the first extreme is, along an axis or of all elements."""

    def compute(call: Call) -> Array:
        x, keep = call.operand("x"), call.flag("keepdims")
        if call.flag("flatten"):
            found = np.asarray(function(x.reshape(-1)))
            return found.reshape((1,) * x.ndim) if keep else found
        return np.asarray(function(x, axis=integer(call, "axis"), keepdims=keep))

    return compute


def _top_k(call: Call) -> list[Array]:
    x, k, axis = call.operand("x"), integer(call, "k"), call.integer("axis", -1)
    keys = -x if call.flag("largest", default=True) else x
    order = np.argsort(keys, axis=axis, kind="stable").take(range(k), axis)
    return [np.take_along_axis(x, order, axis), order]


def _argsort(call: Call) -> list[Array]:
    x, axis = call.operand("x"), call.integer("axis", -1)
    order = np.argsort(-x if call.flag("descending") else x, axis=axis, kind="stable")
    return [np.take_along_axis(x, order, axis), order]


def _running(x: Array, axis: int, function: Any, call: Call, first: int) -> Array:
    """Totals along an axis, from the end if reversed, without the own element if exclusive."""
    x = np.flip(x, axis) if call.flag("reverse") else x
    if call.flag("exclusive"):
        head = np.full_like(x.take([0], axis), first)
        x = np.concatenate([head, x.take(range(x.shape[axis] - 1), axis)], axis)
    found = function(x, axis)
    return np.flip(found, axis) if call.flag("reverse") else found


def _cumsum(call: Call) -> Array:
    x = call.operand("x")
    x, axis = (x.reshape(-1), 0) if call.flag("flatten") else (x, integer(call, "axis"))
    return _running(x, axis, np.cumsum, call, 0)


def _cumprod(call: Call) -> Array:
    x = call.operand("x")
    return _running(x, axis_of(call.integer("dim"), x.ndim), np.cumprod, call, 1)


def _running_extreme(kind: np.ufunc) -> Function:
    def compute(call: Call) -> list[Array]:
        values, places = running_extremes(kind, call.operand("x"), call.integer("axis", -1))
        return [values, places.astype(call.dtype(1))]

    return compute


def _p_norm(call: Call) -> Array:
    x, order = call.operand("x"), call.number("porder", 2)
    keep, axis = call.flag("keepdim"), call.integer("axis", -1)
    if call.flag("asvector"):
        x, axis = x.reshape(-1), 0
    if np.isinf(order):
        function = np.max if order > 0 else np.min
        return np.asarray(function(np.abs(x), axis, keepdims=keep))
    if order == 0:
        return np.asarray((x != 0).sum(axis, keepdims=keep))
    return np.asarray((np.abs(x) ** order).sum(axis, keepdims=keep) ** (1 / order))


def _numel(call: Call) -> Array:
    return np.asarray(call.operand("x").size, np.int64)


SEMANTICS: Mapping[str, Function] = {
    "all": _reduction(np.all),
    "amax": _reduction(np.max),
    "amin": _reduction(np.min),
    "any": _reduction(np.any),
    "argmax": _extreme(np.argmax),
    "argmin": _extreme(np.argmin),
    "argsort": _argsort,
    "cummax": _running_extreme(np.maximum),
    "cummin": _running_extreme(np.minimum),
    "cumprod": _cumprod,
    "cumsum": _cumsum,
    "logsumexp": _reduction(_logsumexp),
    "max": _reduction(np.max),
    "mean": _reduction(np.mean),
    "mean_all": lambda call: np.asarray(call.operand("x").mean()),
    "min": _reduction(np.min),
    "numel": _numel,
    "p_norm": _p_norm,
    "prod": _reduction(np.prod),
    "squared_l2_norm": lambda call: np.square(call.operand("x")).sum().reshape(1),
    "sum": _sum,
    "topk": _top_k,
}
