"""Elements taken from and put to places that indices say."""

from __future__ import annotations

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.stablehlo.attributes import GatherDimensionNumbersAttr, ScatterDimensionNumbersAttr
from ..table_functions import Call, Function
from .movement import numbers
from .scalar_code import scalar_code


def index_vectors(indices: Array, at: int) -> Array:
    """Indices with the dimension of index vectors last, of size 1 where there is none."""
    return indices[..., None] if at == indices.ndim else np.moveaxis(indices, at, -1)


def _gather(call: Call) -> Array:
    x, indices = call.operands[:2]
    how = call.op.properties["dimension_numbers"]
    assert isinstance(how, GatherDimensionNumbersAttr)
    dynamic = call.op.name == "stablehlo.dynamic_gather"
    sizes = numbers(call.operands[2]) if dynamic else tuple(call.integers("slice_sizes") or [])
    vectors = index_vectors(indices, how.integer("index_vector_dim")).astype(np.int64)
    batch = vectors.shape[:-1]
    left_out = (*how.integers("collapsed_slice_dims"), *how.integers("operand_batching_dims"))
    starts = np.zeros((*batch, x.ndim), np.int64)
    for at, axis in enumerate(how.integers("start_index_map")):
        starts[..., axis] = np.clip(vectors[..., at], 0, x.shape[axis] - sizes[axis])
    for axis, place in _batching(how, "operand_batching_dims", "start_indices_batching_dims"):
        starts[..., axis] = _along(batch, place)
    offsets = [n for at, n in enumerate(sizes) if at not in left_out]
    picks: list[Array] = []
    free = iter(range(len(offsets)))
    for axis in range(x.ndim):
        first = starts[..., axis].reshape(*batch, *[1] * len(offsets))
        if axis not in left_out:
            place = next(free)
            steps = np.arange(sizes[axis])
            shape = [-1 if at == place else 1 for at in range(len(offsets))]
            first = first + steps.reshape([*[1] * len(batch), *shape])
        picks.append(first)
    found = x[tuple(np.broadcast_arrays(*picks))] if picks else x.reshape(batch)
    offset_dims = how.integers("offset_dims")
    rank = len(batch) + len(offsets)
    rest = iter(range(len(batch)))
    order = [
        len(batch) + offset_dims.index(at) if at in offset_dims else next(rest)
        for at in range(rank)
    ]
    return found.reshape(*batch, *offsets).transpose(order)


def _batching(
    how: GatherDimensionNumbersAttr | ScatterDimensionNumbersAttr, operand: str, indices: str
) -> list[tuple[int, int]]:
    """Dimensions of the operand that go along with those of the batch of indices."""
    vector = how.integer("index_vector_dim")
    places = [at - (at > vector) for at in how.integers(indices)]
    return list(zip(how.integers(operand), places, strict=True))


def _along(batch: tuple[int, ...], place: int) -> Array:
    shape = [-1 if at == place else 1 for at in range(len(batch))]
    return np.broadcast_to(np.arange(batch[place]).reshape(shape), batch)


def _scatter(call: Call) -> list[Array]:
    count = (len(call.operands) - 1) // 2
    inputs, indices, updates = (
        call.operands[:count],
        call.operands[count],
        call.operands[count + 1 :],
    )
    how = call.op.properties["scatter_dimension_numbers"]
    assert isinstance(how, ScatterDimensionNumbersAttr)
    code = scalar_code(call.op.regions[0])
    vectors = index_vectors(indices, how.integer("index_vector_dim")).astype(np.int64)
    windows = how.integers("update_window_dims")
    left_out = (*how.integers("inserted_window_dims"), *how.integers("input_batching_dims"))
    rest = [at for at in range(updates[0].ndim) if at not in windows]
    kept = [axis for axis in range(inputs[0].ndim) if axis not in left_out]
    found = [x.copy() for x in inputs]
    pairs = _batching(how, "input_batching_dims", "scatter_indices_batching_dims")
    for place in np.ndindex(*updates[0].shape):
        batch = tuple(place[at] for at in rest)
        where = [0] * inputs[0].ndim
        for at, axis in enumerate(how.integers("scatter_dims_to_operand_dims")):
            where[axis] = int(vectors[(*batch, at)])
        for axis, at in pairs:
            where[axis] = batch[at]
        for at, axis in zip(windows, kept, strict=True):
            where[axis] += place[at]
        if all(0 <= w < n for w, n in zip(where, inputs[0].shape, strict=True)):
            spot = tuple(where)
            values = code(*(x[spot] for x in found), *(u[place] for u in updates))
            for x, value in zip(found, values, strict=True):
                x[spot] = value
    return found


def _index_select(call: Call) -> Array:
    x, index = call.operands
    axis, batch = call.integer("dim"), call.integer("batch_dims")
    if not batch:
        return np.take(x, index, axis)
    rows = [np.take(x[at], index[at], axis - batch) for at in np.ndindex(*x.shape[:batch])]
    return np.stack(rows).reshape(*x.shape[:batch], *rows[0].shape)


SEMANTICS: dict[str, Function] = {
    "stablehlo.dynamic_gather": _gather,
    "stablehlo.gather": _gather,
    "stablehlo.scatter": _scatter,
    "stablehlo.torch_index_select": _index_select,
}
