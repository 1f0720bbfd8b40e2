"""What the data movement operations of `engine` do; views of their operands where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...dialects.engine.base import shape_of
from ...dialects.engine.indexing import GatherOp, ScatterOp
from ...dialects.engine.movement import (
    BroadcastOp,
    ConcatOp,
    PadOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ...dialects.engine.pick import PickOp
from ...dialects.engine.shuffle import ShuffleOp
from ...dialects.engine.weights import Array
from ...errors import InputError


def reshape(op: ReshapeOp, x: Array) -> tuple[Array, ...]:
    """The same elements in row-major order."""
    [target] = op.target_types()
    return (x.reshape(shape_of(target)),)


def broadcast(op: BroadcastOp, x: Array) -> tuple[Array, ...]:
    """Repetition along new and unit dimensions."""
    [target] = op.target_types()
    return (np.broadcast_to(x, shape_of(target)),)


def transpose(op: TransposeOp, x: Array) -> tuple[Array, ...]:
    """A permutation of the dimensions."""
    return (x.transpose(op.permutation),)


def pick(op: PickOp, *xs: Array) -> tuple[Array, ...]:
    """Channels of the inputs laid end to end."""
    return (np.concatenate(xs, axis=1).take(op.chosen, axis=1),)


def shuffle(op: ShuffleOp, x: Array) -> tuple[Array, ...]:
    """Groups of channels interleaved."""
    images, channels, *sizes = x.shape
    groups = op.group_count
    parted = x.reshape(images, groups, channels // groups, *sizes)
    return (parted.swapaxes(1, 2).reshape(x.shape),)


def slice_(op: SliceOp, x: Array) -> tuple[Array, ...]:
    """`sizes[i]` elements from `starts[i]` in steps of `steps[i]`."""
    return (x[tuple(_range(start, size, step) for start, size, step in op.ranges())],)


def _range(start: int, size: int, step: int) -> slice:
    if size <= 0:
        return slice(0, 0)
    stop = start + size * step
    # A walk backwards that reaches the first element has no stop that Python could write.
    return slice(start, None if stop < 0 else stop, step)


def concat(op: ConcatOp, *inputs: Array) -> tuple[Array, ...]:
    """The inputs one after the other."""
    return (np.concatenate(inputs, axis=op.axis.value.data),)


def pad(op: PadOp, x: Array) -> tuple[Array, ...]:
    """Elements before and after each dimension; negative counts crop first."""
    amounts = op.amounts
    crop = tuple(
        slice(max(-low, 0), x.shape[i] - max(-high, 0)) for i, (low, high) in enumerate(amounts)
    )
    grow = [(max(low, 0), max(high, 0)) for low, high in amounts]
    if op.mode.data == "constant":
        return (np.pad(x[crop], grow, constant_values=_number(op, x)),)
    if op.mode.data == "edge":
        return (np.pad(x[crop], grow, mode="edge"),)
    if op.mode.data == "reflect":
        return (np.pad(x[crop], grow, mode="reflect"),)
    return (np.pad(x[crop], grow, mode="wrap"),)


def _number(op: PadOp, x: Array) -> Any:
    number = op.value.value.data
    # An unsigned element's value may be written with the sign of its bits.
    return np.asarray(number).astype(x.dtype)


def checked_indices(op_name: str, indices: Array, extent: int) -> Array:
    """
    Indices from 0, with negative ones counted from the end.

    Raises:
        InputError: when one is outside.
    """
    inside = (indices >= -extent) & (indices < extent)
    if not inside.all():
        worst = int(indices[~inside].reshape(-1)[0])
        raise InputError(f"{op_name}: index {worst} is outside of -{extent}..{extent - 1}")
    return np.where(indices < 0, indices + extent, indices)


def gather(op: GatherOp, x: Array, indices: Array) -> tuple[Array, ...]:
    """Slices along the axis at the indices."""
    axis = op.axis.value.data
    return (np.take(x, checked_indices(op.name, indices, x.shape[axis]), axis=axis),)


_SCATTER: dict[str, Callable[[Any, Any, Any], None]] = {
    "add": np.add.at,
    "mul": np.multiply.at,
    "max": np.maximum.at,
    "min": np.minimum.at,
}


def scatter(op: ScatterOp, x: Array, indices: Array, updates: Array) -> tuple[Array, ...]:
    """ONNX ScatterND: updates written, or combined, at index tuples."""
    result = x.copy()
    where = tuple(
        checked_indices(op.name, indices[..., axis], x.shape[axis])
        for axis in range(indices.shape[-1])
    )
    if op.reduction.data == "none":
        # numpy assigns in order, so the last of several equal indices wins, as in ONNX.
        result[where or ...] = updates
    else:
        with np.errstate(all="ignore"):
            _SCATTER[op.reduction.data](result, where or ..., updates)
    return (result,)


def relayout(op: RelayoutOp, x: Array) -> tuple[Array, ...]:
    """Logically the identity."""
    return (x,)
