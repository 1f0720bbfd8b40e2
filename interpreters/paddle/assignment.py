"""Parts of tensors that are given other values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .given import integers


def part(
    rank: int, axes: Sequence[int], starts: Sequence[int], ends: Sequence[int], steps: Sequence[int]
) -> tuple[slice, ...]:
    """What numpy calls such a part of a tensor."""
    found = [slice(None)] * rank
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        found[axis] = slice(start, None if step < 0 and end < -(1 << 30) else end, step)
    return tuple(found)


def shape_of_values(
    shape: Sequence[int], dropped: Sequence[int], added: Sequence[int]
) -> tuple[int, ...]:
    """The shape of a part, without the axes of an index, and with the new ones of its text."""
    kept = [n for axis, n in enumerate(shape) if axis not in dropped]
    for at in sorted(added):
        kept.insert(at, 1)
    return tuple(kept)


def _set(call: Call, values: Array) -> Array:
    x = call.operand("x")
    limits = [integers(call, name) for name in ("starts", "ends", "steps")]
    index = part(x.ndim, call.integers("axes") or [], *limits)
    shape = x[index].shape
    dropped, added = (call.integers(f"{name}_axes") or [] for name in ("decrease", "none"))
    result = x.copy()
    wide = np.broadcast_to(values, shape_of_values(shape, dropped, added))
    result[index] = wide.reshape(shape).astype(x.dtype)
    return result


def _set_value(call: Call) -> Array:
    shape = call.integers("shape") or []
    return _set(call, np.array(call.numbers("values") or []).reshape(shape))


def _set_value_with_tensor(call: Call) -> Array:
    return _set(call, call.operand("values"))


SEMANTICS: Mapping[str, Function] = {
    "set_value": _set_value,
    "set_value_with_tensor": _set_value_with_tensor,
}
