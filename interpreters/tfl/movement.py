"""Shapes, slices, pads, joins and other movement; the numbers stay what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .numbers import (
    activated,
    activation_range,
    dequantized,
    moved,
    quantize,
    result_quantization,
    storage_range,
)


def _reshape(call: Call, x: Array) -> Array:
    shape = call.optional("shape")
    wanted = (call.integers("new_shape") or []) if shape is None else shape.reshape(-1).tolist()
    return x.reshape([int(n) for n in wanted])


def _squeeze(call: Call, x: Array) -> Array:
    axes = call.integers("squeeze_dims") or [a for a, n in enumerate(x.shape) if n == 1]
    return np.squeeze(x, tuple(axes))


def _expand_dims(call: Call, x: Array) -> Array:
    axis = int(call.operand("axis").reshape(-1)[0])
    return np.expand_dims(x, axis)


def _transpose(call: Call, x: Array) -> Array:
    return np.transpose(x, call.operand("perm").tolist())


def slice_places(
    shape: Sequence[int], begin: Sequence[int], end: Sequence[int], strides: Sequence[int],
    masks: dict[str, int],
) -> tuple[int | slice | None, ...]:  # fmt: skip
    """What numpy indexes with for the masks of STRIDED_SLICE."""
    places: list[int | slice | None] = []
    count, axis = len(begin), 0
    ellipsis, new = masks["ellipsis_mask"], masks["new_axis_mask"]
    taken = sum(1 for i in range(count) if not (ellipsis | new) >> i & 1)
    for i in range(count):
        if ellipsis >> i & 1:
            skipped = len(shape) - taken
            places.extend([slice(None)] * skipped)
            axis += skipped
        elif new >> i & 1:
            places.append(None)
        elif masks["shrink_axis_mask"] >> i & 1:
            places.append(0 if masks["begin_mask"] >> i & 1 else int(begin[i]))
            axis += 1
        else:
            step = int(strides[i])
            first = None if masks["begin_mask"] >> i & 1 else int(begin[i])
            last = None if masks["end_mask"] >> i & 1 else int(end[i])
            if masks["offset"] and last is not None:
                last += int(begin[i])
            places.append(_cut(first, last, step, shape[axis]))
            axis += 1
    return tuple(places)


def _cut(first: int | None, last: int | None, step: int, size: int) -> slice:
    """A slice; an end before the start, counted from the front, is before everything."""
    if last is not None and step < 0 and last < -size:
        last = None
    return slice(first, last, step)


def _strided_slice(call: Call, x: Array) -> Array:
    masks = {
        name: int(call.integer(name))
        for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    }
    masks["offset"] = int(call.flag("offset"))
    begin, end, strides = (call.operand(n).tolist() for n in ("begin", "end", "strides"))
    return x[slice_places(x.shape, begin, end, strides, masks)]


def _slice(call: Call, x: Array) -> Array:
    begin, size = call.operand("begin").tolist(), call.operand("size").tolist()
    return x[tuple(slice(b, None if n == -1 else b + n) for b, n in zip(begin, size, strict=True))]


def _dynamic_update_slice(call: Call) -> Array:
    """The update at a place that is moved so that it fits."""
    x, update = call.operand("operand").copy(), call.operand("update")
    start = call.operand("start_indices").reshape(-1).tolist()
    rows = zip(start, x.shape, update.shape, strict=True)
    places = [min(max(s, 0), n - m) for s, n, m in rows]
    x[tuple(slice(s, s + m) for s, m in zip(places, update.shape, strict=True))] = update
    return x


def _zero_of(call: Call) -> int:
    quantized = result_quantization(call)
    return 0 if quantized is None else quantized.zero


def _pairs(call: Call, name: str = "paddings") -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in call.operand(name).reshape(-1, 2).tolist()]


def _pad(call: Call, x: Array) -> Array:
    return np.pad(x, _pairs(call), constant_values=_zero_of(call))


def _padv2(call: Call, x: Array) -> Array:
    return np.pad(x, _pairs(call), constant_values=call.operand("constant_values").item())


def _mirror_pad(call: Call, x: Array) -> Array:
    mode = "reflect" if call.text("mode", "REFLECT") == "REFLECT" else "symmetric"
    return np.pad(x, _pairs(call), mode=mode)


def _concatenation(call: Call) -> Array:
    """Parts whose scale is not that of the result are brought to it."""
    result = result_quantization(call)
    arrays = call.group("values")
    if result is not None:
        parts = [operand_quantization_at(call, at) for at in range(len(arrays))]
        low, high = storage_range(result)
        arrays = [
            x
            if kind is None or _equal(kind, result)
            else quantize(dequantized(x, kind), result, low, high)
            for x, kind in zip(arrays, parts, strict=True)
        ]
    joined = np.concatenate(arrays, call.integer("axis"))
    activation = call.text("fused_activation_function", "NONE")
    if result is None:
        return activated(joined, activation)
    return np.clip(joined, *activation_range(activation, result))


def operand_quantization_at(call: Call, at: int):
    """The quantisation of an operand by its position."""
    from ...dialects.tfl.quantized import quantized_operands

    found = quantized_operands(call.op)  # pyright: ignore[reportArgumentType]
    return found[at] if at < len(found) else None


def _equal(a: object, b: object) -> bool:
    return a == b


def _pack(call: Call) -> Array:
    return np.stack(call.group("values"), call.integer("axis"))


def _unpack(call: Call) -> list[Array]:
    x, axis = call.operand("input"), call.integer("axis")
    return [np.take(x, at, axis) for at in range(x.shape[axis])]


def _split(call: Call) -> list[Array]:
    axis = int(call.operand("axis").reshape(-1)[0])
    return np.split(call.operand("input"), call.integer("num_splits"), axis)


def _split_v(call: Call) -> list[Array]:
    x, axis = call.operand("input"), int(call.operand("axis").reshape(-1)[0])
    sizes = call.operand("size_splits").reshape(-1).tolist()
    rest = x.shape[axis] - sum(n for n in sizes if n >= 0)
    sizes = [rest if n < 0 else n for n in sizes]
    return np.split(x, np.cumsum(sizes[:-1]).tolist(), axis)


def _tile(call: Call, x: Array) -> Array:
    return np.tile(x, call.operand("multiples").tolist())


def _broadcast_to(call: Call, x: Array) -> Array:
    return np.broadcast_to(x, [int(n) for n in call.operand("shape").tolist()])


def _broadcast_args(call: Call) -> Array:
    shapes = [tuple(call.operand(n).tolist()) for n in ("shape1", "shape2")]
    return np.array(np.broadcast_shapes(*shapes), call.dtype())


def _reverse(call: Call, x: Array) -> Array:
    return np.flip(x, tuple(int(a) for a in call.operand("axes").reshape(-1)))


def _reverse_sequence(call: Call, x: Array) -> Array:
    lengths, along, batch = (
        call.operand("seq_lengths"),
        call.integer("seq_dim"),
        call.integer("batch_dim"),
    )
    x = np.moveaxis(x.copy(), (batch, along), (0, 1))
    for row, length in zip(x, lengths.tolist(), strict=True):
        row[:length] = row[:length][::-1].copy()
    return np.moveaxis(x, (0, 1), (batch, along))


def _space_to_depth(call: Call, x: Array) -> Array:
    n, h, w, c = x.shape
    b = call.integer("block_size")
    parts = x.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(n, h // b, w // b, b * b * c)


def _depth_to_space(call: Call, x: Array) -> Array:
    n, h, w, c = x.shape
    b = call.integer("block_size")
    parts = x.reshape(n, h, w, b, b, c // (b * b)).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(n, h * b, w * b, c // (b * b))


def _space_to_batch(call: Call, x: Array) -> Array:
    blocks = [int(b) for b in call.operand("block_shape").tolist()]
    pads = [(0, 0), *_pairs(call), *[(0, 0)] * (x.ndim - 1 - len(blocks))]
    x = np.pad(x, pads, constant_values=_zero_of(call))
    count, rest = len(blocks), x.shape[1 + len(blocks) :]
    split = [x.shape[0]]
    for n, b in zip(x.shape[1:], blocks, strict=False):
        split += [n // b, b]
    inner = [2 + 2 * i for i in range(count)]
    outer = [1 + 2 * i for i in range(count)]
    tail = list(range(1 + 2 * count, 1 + 2 * count + len(rest)))
    parts = x.reshape(*split, *rest).transpose(*inner, 0, *outer, *tail)
    shape = [n // b for n, b in zip(x.shape[1:], blocks, strict=False)]
    return parts.reshape(-1, *shape, *rest)


def _batch_to_space(call: Call, x: Array) -> Array:
    blocks = [int(b) for b in call.operand("block_shape").tolist()]
    crops, count = _pairs(call, "crops"), len(blocks)
    batch = x.shape[0] // int(np.prod(blocks))
    spatial, rest = x.shape[1 : 1 + count], x.shape[1 + count :]
    parts = x.reshape(*blocks, batch, *spatial, *rest)
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    tail = list(range(2 * count + 1, 2 * count + 1 + len(rest)))
    joined = parts.transpose(*order, *tail)
    joined = joined.reshape(batch, *[n * b for n, b in zip(spatial, blocks, strict=True)], *rest)
    cut = [slice(a, n - b) for (a, b), n in zip(crops, joined.shape[1:], strict=False)]
    return joined[(slice(None), *cut)]


def _matrix_diag(call: Call, x: Array) -> Array:
    return x[..., None] * np.eye(x.shape[-1], dtype=x.dtype)


def _matrix_set_diag(call: Call) -> Array:
    x, diagonal = call.operand("input").copy(), call.operand("diagonal")
    for at in range(diagonal.shape[-1]):
        x[..., at, at] = diagonal[..., at]
    return x


def _shape(call: Call) -> Array:
    return np.array(call.operand("input").shape, call.dtype())


def _rank(call: Call) -> Array:
    return np.array(call.operand("input").ndim, np.int32)


def _fill(call: Call) -> Array:
    shape: list[int] = call.operand("dims").tolist()
    return np.full(shape, call.operand("value").reshape(()), call.dtype())


def _range(call: Call) -> Array:
    start, limit, delta = (float(call.operand(n).item()) for n in ("start", "limit", "delta"))
    return np.arange(start, limit, delta).astype(call.dtype())


OPERATORS: dict[str, Function] = {
    "RESHAPE": moved(_reshape),
    "SQUEEZE": moved(_squeeze),
    "EXPAND_DIMS": moved(_expand_dims),
    "TRANSPOSE": moved(_transpose),
    "STRIDED_SLICE": moved(_strided_slice),
    "SLICE": moved(_slice),
    "DYNAMIC_UPDATE_SLICE": _dynamic_update_slice,
    "PAD": moved(_pad),
    "PADV2": moved(_padv2),
    "MIRROR_PAD": moved(_mirror_pad),
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _unpack,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "TILE": moved(_tile),
    "BROADCAST_TO": moved(_broadcast_to),
    "BROADCAST_ARGS": _broadcast_args,
    "REVERSE_V2": moved(_reverse),
    "REVERSE_SEQUENCE": moved(_reverse_sequence),
    "SPACE_TO_DEPTH": moved(_space_to_depth),
    "DEPTH_TO_SPACE": moved(_depth_to_space),
    "SPACE_TO_BATCH_ND": moved(_space_to_batch),
    "BATCH_TO_SPACE_ND": moved(_batch_to_space),
    "MATRIX_DIAG": moved(_matrix_diag),
    "MATRIX_SET_DIAG": _matrix_set_diag,
    "SHAPE": _shape,
    "RANK": _rank,
    "FILL": _fill,
    "RANGE": _range,
}
