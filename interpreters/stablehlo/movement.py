"""Operations that make constants, and move elements without looking at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...dialects.engine.weights import Array
from ...errors import StepwellError
from ..table_functions import Call, Function


def shape_of(call: Call, at: int = 0) -> tuple[int, ...]:
    """The shape of a result, which is known wherever an operation runs."""
    found = call.shape(at)
    if found is None:
        raise StepwellError(f"{call.op.label}: the shape of result {at} is not known")
    return found


def numbers(x: Array) -> tuple[int, ...]:
    """The integers of a vector."""
    return tuple(int(n) for n in np.asarray(x).reshape(-1))


def _shape_or(call: Call, at: int) -> tuple[int, ...]:
    """The shape of the result, else what an operand says."""
    found = call.shape()
    return numbers(call.operands[at]) if found is None else found


def iota(shape: Sequence[int], axis: int, dtype: np.dtype[Any]) -> Array:
    """The position of each element along an axis."""
    steps = np.arange(shape[axis]).astype(dtype)
    placed = steps.reshape([-1 if at == axis else 1 for at in range(len(shape))])
    return np.broadcast_to(placed, tuple(shape))


def broadcast_in_dim(x: Array, shape: Sequence[int], axes: Sequence[int]) -> Array:
    """Copies along dimensions; `axes` says which of the result those of the operand are."""
    order = sorted(range(len(axes)), key=lambda at: axes[at])
    sizes = [1] * len(shape)
    for at, axis in enumerate(axes):
        sizes[axis] = x.shape[at]
    return np.broadcast_to(x.transpose(order).reshape(sizes), tuple(shape))


def clamped_starts(
    starts: Sequence[int], sizes: Sequence[int], shape: Sequence[int]
) -> tuple[int, ...]:
    """Starts moved so that a part of these sizes fits."""
    return tuple(
        max(0, min(start, whole - size))
        for start, size, whole in zip(starts, sizes, shape, strict=True)
    )


def pad(
    x: Array, value: Array, low: Sequence[int], high: Sequence[int], between: Sequence[int]
) -> Array:
    """A number around and between elements; what is negative is cut off."""
    spread = [n + max(n - 1, 0) * gap for n, gap in zip(x.shape, between, strict=True)]
    full = [n + max(a, 0) + max(b, 0) for n, a, b in zip(spread, low, high, strict=True)]
    found = np.full(full, value, x.dtype)
    found[
        tuple(
            slice(max(a, 0), max(a, 0) + n, gap + 1)
            for a, n, gap in zip(low, spread, between, strict=True)
        )
    ] = x
    kept = zip(full, low, high, strict=True)
    return found[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, a, b in kept)]


def _broadcast_in_dim(call: Call) -> Array:
    axes = call.integers("broadcast_dimensions") or []
    return broadcast_in_dim(call.operands[0], _shape_or(call, -1), axes)


def _slice(call: Call) -> Array:
    lists = (call.integers(name) or [] for name in ("start_indices", "limit_indices", "strides"))
    return call.operands[0][tuple(slice(*part) for part in zip(*lists, strict=True))]


def _real_dynamic_slice(call: Call) -> Array:
    x, *lists = call.operands
    return x[tuple(slice(*part) for part in zip(*map(numbers, lists), strict=True))]


def _dynamic_slice(call: Call) -> Array:
    x, *starts = call.operands
    sizes = call.integers("slice_sizes") or []
    first = clamped_starts([int(s) for s in starts], sizes, x.shape)
    return x[tuple(slice(a, a + n) for a, n in zip(first, sizes, strict=True))]


def _dynamic_update_slice(call: Call) -> Array:
    x, update, *starts = call.operands
    first = clamped_starts([int(s) for s in starts], update.shape, x.shape)
    found = x.copy()
    found[tuple(slice(a, a + n) for a, n in zip(first, update.shape, strict=True))] = update
    return found


def _pad(call: Call) -> Array:
    x, value = call.operands
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    low, high, between = (call.integers(name) or [] for name in names)
    return pad(x, value, low, high, between)


def _dynamic_pad(call: Call) -> Array:
    x, value, *lists = call.operands
    low, high, between = map(numbers, lists)
    return pad(x, value, low, high, between)


def _set_dimension_size(call: Call) -> Array:
    x, size = call.operands
    axis = call.integer("dimension")
    return x[tuple(slice(int(size)) if at == axis else slice(None) for at in range(x.ndim))]


def _reverse(call: Call) -> Array:
    return np.flip(call.operands[0], tuple(call.integers("dimensions") or ()))


def _transpose(call: Call) -> Array:
    return call.operands[0].transpose(call.integers("permutation") or [])


SEMANTICS: dict[str, Function] = {
    "stablehlo.broadcast": lambda call: np.broadcast_to(call.operands[0], shape_of(call)),
    "stablehlo.broadcast_in_dim": _broadcast_in_dim,
    "stablehlo.concatenate": lambda call: np.concatenate(call.operands, call.integer("dimension")),
    "stablehlo.dynamic_broadcast_in_dim": _broadcast_in_dim,
    "stablehlo.dynamic_iota": lambda call: iota(
        _shape_or(call, 0), call.integer("iota_dimension"), call.dtype()
    ),
    "stablehlo.dynamic_pad": _dynamic_pad,
    "stablehlo.dynamic_reshape": lambda call: call.operands[0].reshape(numbers(call.operands[1])),
    "stablehlo.dynamic_slice": _dynamic_slice,
    "stablehlo.dynamic_update_slice": _dynamic_update_slice,
    "stablehlo.get_dimension_size": lambda call: np.int32(
        call.operands[0].shape[call.integer("dimension")]
    ),
    "stablehlo.iota": lambda call: iota(
        shape_of(call), call.integer("iota_dimension"), call.dtype()
    ),
    "stablehlo.pad": _pad,
    "stablehlo.real_dynamic_slice": _real_dynamic_slice,
    "stablehlo.reshape": lambda call: call.operands[0].reshape(shape_of(call)),
    "stablehlo.reverse": _reverse,
    "stablehlo.set_dimension_size": _set_dimension_size,
    "stablehlo.slice": _slice,
    "stablehlo.transpose": _transpose,
}
