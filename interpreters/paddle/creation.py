"""Tensors from numbers and sizes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .given import dtype_named, integer, integers, number


def _full(call: Call) -> Array:
    return np.full(call.integers("shape") or [], call.number("value")).astype(dtype_named(call))


def _full_int_array(call: Call) -> Array:
    return np.array(call.integers("value") or [], dtype_named(call))


def _full_with_tensor(call: Call) -> Array:
    value = call.operand("value").reshape(-1)[0]
    return np.full([int(n) for n in integers(call, "shape")], value).astype(dtype_named(call))


def _full_like(call: Call) -> Array:
    x = call.operand("x")
    return np.full(x.shape, number(call, "value")).astype(dtype_named(call, x))


def _like(value: int) -> Function:
    def compute(call: Call) -> Array:
        x = call.operand("x")
        return np.full(x.shape, value).astype(dtype_named(call, x))

    return compute


def _batch_size_like(call: Call) -> Array:
    shape = list(call.integers("shape") or [])
    source = call.operand("input").shape[call.integer("input_dim_idx")]
    shape[call.integer("output_dim_idx")] = source
    return np.full(shape, call.number("value")).astype(dtype_named(call))


def _arange(call: Call) -> Array:
    start, end, step = (number(call, name) for name in ("start", "end", "step"))
    count = max(int(np.ceil((end - start) / step)), 0)
    return (start + step * np.arange(count, dtype=np.int64)).astype(call.dtype())


def _linspace(call: Call) -> Array:
    start, stop = (call.operand(n).reshape(-1)[0] for n in ("start", "stop"))
    count = int(call.operand("number").reshape(-1)[0])
    return np.linspace(start, stop, count, dtype=np.float64).astype(call.dtype())


def _eye(call: Call) -> Array:
    rows, columns = int(number(call, "num_rows")), int(number(call, "num_columns"))
    return np.eye(rows, rows if columns < 0 else columns).astype(dtype_named(call))


def _assign_value(call: Call) -> Array:
    values = np.array(call.numbers("values") or []).astype(dtype_named(call))
    return values.reshape(call.integers("shape") or [])


def _one_hot(call: Call) -> Array:
    x, count = call.operand("x"), integer(call, "num_classes")
    return (x[..., None] == np.arange(count)).astype(np.float32)


def _triangle(upper: bool) -> Function:
    def compute(call: Call) -> Array:
        function = np.triu if upper else np.tril
        return function(call.operand("x"), call.integer("diagonal"))

    return compute


SEMANTICS: Mapping[str, Function] = {
    "arange": _arange,
    "assign_value": _assign_value,
    "eye": _eye,
    "full": _full,
    "full_batch_size_like": _batch_size_like,
    "full_int_array": _full_int_array,
    "full_like": _full_like,
    "full_with_tensor": _full_with_tensor,
    "linspace": _linspace,
    "one_hot": _one_hot,
    "ones_like": _like(1),
    "shape": lambda call: np.array(call.operand("input").shape, np.int32),
    "shape64": lambda call: np.array(call.operand("input").shape, np.int64),
    "tril": _triangle(False),
    "triu": _triangle(True),
    "zeros_like": _like(0),
}
