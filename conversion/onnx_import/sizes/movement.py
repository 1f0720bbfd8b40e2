"""Shapes of what joins, cuts, repeats and rearranges tensors."""

from __future__ import annotations

from collections.abc import Mapping

from ....dialects.framework import Dim
from ....runtime.size import floordiv
from ...part_sizes import sliced_size, split_sizes
from ...shape_arithmetic import count_of, reshaped, total_of
from .node import Rule, Shapes, SizeNode


def _concat(node: SizeNode) -> Shapes:
    parts = [node.dims(at) for at in range(len(node.inputs))]
    shapes = [p for p in parts if p is not None]
    rank = len(shapes[0]) if shapes else 0
    axis = node.axis("axis", rank)
    if axis is None or any(len(shape) != rank for shape in shapes):
        return []
    found = [node.relations.all_equal(s[at] for s in shapes) for at in range(rank) if at != axis]
    joined = total_of(s[axis] for s in shapes) if len(shapes) == len(parts) else None
    return [(*found[:axis], joined, *found[axis:])]


def _split(node: SizeNode) -> Shapes:
    dims, count = node.dims(0), len(node.proto.output)
    axis = None if dims is None else node.axis("axis", len(dims))
    if dims is None or axis is None:
        return []
    if node.operand(1) is not None:
        parts = list(node.vector(1) or [None] * count)
        node.relations.equal(dims[axis], total_of(parts))
    else:
        parts = split_sizes(dims[axis], count)
    return [(*dims[:axis], part, *dims[axis + 1 :]) for part in parts]


def _slice(node: SizeNode) -> Shapes:
    dims, starts, ends = node.dims(0), node.vector(1), node.vector(2)
    if dims is None:
        return []
    axes, steps = node.numbers(3), node.vector(4)
    if node.operand(3) is None:
        axes = list(range(len(starts or ends or ())))
    if axes is None or (starts is None and ends is None and not axes):
        return [(None,) * len(dims)]
    found = list(dims)
    for at, axis in enumerate(axes):
        start, end = (v[at] if v is not None and at < len(v) else None for v in (starts, ends))
        step: Dim = 1
        if node.operand(4) is not None:
            step = steps[at] if steps is not None and at < len(steps) else None
        found[axis] = sliced_size(start, end, step, dims[axis], node.relations)
    return [tuple(found)]


def _pad(node: SizeNode) -> Shapes:
    dims, pads = node.dims(0), node.vector(1)
    if dims is None:
        return []
    axes = list(range(len(dims))) if node.operand(3) is None else node.numbers(3)
    if axes is None or pads is None or len(pads) != 2 * len(axes):
        return [(None,) * len(dims)]
    found = list(dims)
    for at, axis in enumerate(axes):
        found[axis] = node.relations.not_negative(
            total_of((dims[axis], pads[at], pads[at + len(axes)]))
        )
    return [tuple(found)]


def _squeeze(node: SizeNode) -> Shapes:
    dims, axes = node.dims(0), node.numbers(1)
    if dims is None or axes is None or not all(-len(dims) <= axis < len(dims) for axis in axes):
        return []
    dropped = {axis % len(dims) for axis in axes}
    for axis in dropped:
        node.relations.equal(dims[axis], 1)
    return [tuple(dim for axis, dim in enumerate(dims) if axis not in dropped)]


def _reshape(node: SizeNode) -> Shapes:
    old, target = node.dims(0), node.vector(1)
    if target is None:
        return []
    found = reshaped(old, target, zero_keeps=not node.integer("allowzero"))
    if old is not None:
        node.relations.equal(count_of(old), count_of(found))
    return [found]


def _flatten(node: SizeNode) -> Shapes:
    dims = node.dims(0)
    if dims is None:
        return []
    axis = node.integer("axis", 1)
    axis = axis + len(dims) if axis < 0 else axis
    return [(count_of(dims[:axis]), count_of(dims[axis:]))]


def _expand(node: SizeNode) -> Shapes:
    old, target = node.dims(0), node.vector(1)
    return [] if old is None or target is None else [node.relations.broadcast(old, target)]


def _tile(node: SizeNode) -> Shapes:
    dims, repeats = node.dims(0), node.vector(1)
    if dims is None or repeats is None or len(repeats) != len(dims):
        return []
    return [tuple(count_of(pair) for pair in zip(dims, repeats, strict=True))]


def _depth_to_space(node: SizeNode) -> Shapes:
    dims, block = node.dims(0), node.integer("blocksize", 1)
    if dims is None or len(dims) != 4 or block < 1:
        return []
    channels = dims[1]
    depth = None if channels is None else floordiv(channels, block * block)
    node.relations.equal(channels, None if depth is None else depth * (block * block))
    return [(dims[0], depth, *(None if d is None else d * block for d in dims[2:]))]


def _space_to_depth(node: SizeNode) -> Shapes:
    dims, block = node.dims(0), node.integer("blocksize", 1)
    if dims is None or len(dims) != 4 or block < 1:
        return []
    found = [None if d is None else floordiv(d, block) for d in dims[2:]]
    for size, part in zip(dims[2:], found, strict=True):
        node.relations.equal(size, None if part is None else part * block)
    return [(dims[0], count_of((dims[1], block * block)), *found)]


def _center_crop_pad(node: SizeNode) -> Shapes:
    dims, target, axes = node.dims(0), node.vector(1), node.integers("axes")
    if dims is None or target is None:
        return []
    places = list(range(len(dims))) if axes is None else [a % len(dims) for a in axes]
    found = list(dims)
    for at, size in zip(places, target, strict=False):
        found[at] = size
    return [tuple(found)]


MOVEMENT: Mapping[str, Rule] = {
    "CenterCropPad": _center_crop_pad,
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Expand": _expand,
    "Flatten": _flatten,
    "Pad": _pad,
    "Reshape": _reshape,
    "Slice": _slice,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
}
