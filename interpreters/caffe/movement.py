"""Movement of elements, and resizing of images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..sliding_windows import Array
from ..table_functions import Call, Function


def _concat(call: Call) -> Array:
    return np.concatenate(call.group("values"), call.integer("axis", 1))


def _slice(call: Call) -> list[Array]:
    x, points = call.operand("x"), call.integers("slice_point")
    return np.split(x, points or len(call.op.results), call.integer("axis", 1))


def _flatten(call: Call) -> Array:
    x = call.operand("x")
    first, last = (call.integer(n) % x.ndim for n in ("axis", "end_axis"))
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :])


def _reshape(call: Call) -> Array:
    """The dimensions of a range have new sizes: 0 keeps one, -1 is what is left."""
    x, start, count = call.operand("x"), call.integer("axis"), call.integer("num_axes", -1)
    start = start + x.ndim + 1 if start < 0 else start
    end = x.ndim if count == -1 else start + count
    inner = x.shape[start:end]
    target = [inner[at] if n == 0 else n for at, n in enumerate(call.integers("shape") or [])]
    return x.reshape(*x.shape[:start], *target, *x.shape[end:])


def _permute(call: Call) -> Array:
    x, given = call.operand("x"), call.integers("order") or []
    return x.transpose(*given, *(axis for axis in range(x.ndim) if axis not in given))


def _tile(call: Call) -> Array:
    x, axis = call.operand("x"), call.integer("axis", 1)
    return np.concatenate([x] * call.integer("tiles"), axis)


def _crop(call: Call) -> Array:
    """A part of the size of the reference from `axis` on."""
    x, reference = call.operand("x"), call.operand("reference")
    axis = call.integer("axis", 2) % x.ndim
    given = call.integers("offset") or [0]
    offsets = given * (x.ndim - axis) if len(given) == 1 else given
    part = [slice(None)] * axis
    part += [slice(at, at + n) for at, n in zip(offsets, reference.shape[axis:], strict=True)]
    return x[tuple(part)]


def _interp(call: Call) -> Array:
    """Bilinear, corners on corners, of the image without its (negative) pads."""
    x, before, behind = call.operand("x"), call.integer("pad_beg"), call.integer("pad_end")
    x = x[:, :, -before : x.shape[2] + behind, -before : x.shape[3] + behind]
    shape = call.shape()
    assert shape is not None
    return _resized(_resized(x, 2, shape[2]), 3, shape[3])


def _resized(x: Array, axis: int, count: int) -> Array:
    size = x.shape[axis]
    places = np.arange(count, dtype=np.float32) * np.float32((size - 1) / max(count - 1, 1))
    low = np.minimum(places.astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    shape = [1] * x.ndim
    shape[axis] = count
    part = (places - low).reshape(shape).astype(x.dtype)
    return x.take(low, axis) * (1 - part) + x.take(high, axis) * part


def _shuffle(call: Call) -> Array:
    """Channels of groups in turn: a transpose of groups and channels in them."""
    x, groups = call.operand("x"), call.integer("group", 1)
    cut = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return cut.swapaxes(1, 2).reshape(x.shape)


def _upsample(call: Call) -> Array:
    """Each element at the place that the mask of a pool says, zeros elsewhere."""
    x, mask, shape = call.operand("x"), call.operand("mask"), call.shape()
    assert shape is not None
    result = np.zeros((*shape[:2], shape[2] * shape[3]), x.dtype)
    at = mask.reshape(*x.shape[:2], -1).astype(np.int64)
    if at.size and not (at.min() >= 0 and at.max() < result.shape[2]):
        raise ValueError("its mask leads out of the image")
    np.put_along_axis(result, at, x.reshape(*x.shape[:2], -1), 2)
    return result.reshape(shape)


def _reindex(call: Call) -> Array:
    x, indices = call.operand("x"), call.operand("indices").astype(np.int64)
    if indices.size and not (indices.min() >= 0 and indices.max() < x.shape[0]):
        raise ValueError(f"has an index outside of {x.shape[0]} rows")
    return x[indices]


SEMANTICS: Mapping[str, Function] = {
    "BatchReindex": _reindex,
    "Concat": _concat,
    "Crop": _crop,
    "Flatten": _flatten,
    "Interp": _interp,
    "Permute": _permute,
    "Reshape": _reshape,
    "ShuffleChannel": _shuffle,
    "Slice": _slice,
    "Tile": _tile,
    "Upsample": _upsample,
}
