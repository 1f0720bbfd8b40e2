"""Products of matrices."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function


def _matmul(call: Call) -> Array:
    x, y = call.operand("x"), call.operand("y")
    if call.flag("transpose_x") and x.ndim > 1:
        x = x.swapaxes(-1, -2)
    if call.flag("transpose_y") and y.ndim > 1:
        y = y.swapaxes(-1, -2)
    return np.asarray(x @ y)


def _with_flatten(call: Call) -> Array:
    """Leading and trailing dimensions of both operands as those of two matrices."""
    x, y = call.operand("x"), call.operand("y")
    rows, depth = call.integer("x_num_col_dims", 1), call.integer("y_num_col_dims", 1)
    left = x.reshape(prod(x.shape[:rows]), -1)
    right = y.reshape(prod(y.shape[:depth]), -1)
    return (left @ right).reshape(*x.shape[:rows], *y.shape[depth:])


def _addmm(call: Call) -> Array:
    product = call.operand("x") @ call.operand("y")
    return call.number("beta", 1) * call.operand("input") + call.number("alpha", 1) * product


def _dot(call: Call) -> Array:
    return (call.operand("x") * call.operand("y")).sum(-1)


SEMANTICS: Mapping[str, Function] = {
    "addmm": _addmm,
    "baddbmm": _addmm,
    "bmm": lambda call: call.operand("x") @ call.operand("y"),
    "dot": _dot,
    "matmul": _matmul,
    "matmul_with_flatten": _with_flatten,
    "mv": lambda call: call.operand("x") @ call.operand("vec"),
}
