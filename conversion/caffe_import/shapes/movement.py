"""Layers that only move elements, and those that resize images."""

from __future__ import annotations

from collections.abc import Callable

from ....runtime.size import Extent, floordiv, product_of
from ...shape_arithmetic import reshaped
from .form import Form, Shape, ShapeError, Sizes


def _concat(form: Form) -> list[Shape]:
    first, axis = form.shapes[0], form.axis()
    total: Extent = first[axis]
    for other in form.shapes[1:]:
        if len(other) != len(first):
            raise ShapeError(f"operands have shapes {list(first)} and {list(other)}")
        for at, (a, b) in enumerate(zip(first, other, strict=True)):
            if at != axis:
                form.same(f"dimension {at} of operands {list(first)} and {list(other)}", a, b)
        total = total + other[axis]
    return [(*first[:axis], total, *first[axis + 1 :])]


def slice_points(form: Form) -> list[Extent]:
    """Where the parts of a `Slice` begin and end along its axis."""
    x, axis = form.shape("x"), form.axis()
    parts, points = len(form.layer.tops), list(form.attribute("slice_point") or [])
    if points:
        ends: list[Extent] = [0, *points, x[axis]]
        numbers = [n for n in ends if isinstance(n, int)]
        if len(points) != parts - 1 or sorted(set(numbers)) != numbers:
            raise ShapeError(f"slice_point is {points}, for {parts} parts of {x[axis]}")
        return ends
    size = floordiv(x[axis], parts)
    if isinstance(x[axis], int) and int(x[axis]) % parts:
        raise ShapeError(f"its {parts} parts do not divide the {x[axis]} of axis {axis}")
    form.relations.equal(size * parts, x[axis])
    return [size * at for at in range(parts + 1)]


def _slice(form: Form) -> list[Shape]:
    x, axis, points = form.shape("x"), form.axis(), slice_points(form)
    return [
        (*x[:axis], points[at + 1] - points[at], *x[axis + 1 :])
        for at in range(len(form.layer.tops))
    ]


def _flatten(form: Form) -> list[Shape]:
    x = form.shape("x")
    first, last = form.axis(), form.axis("end_axis")
    if last < first:
        raise ShapeError(f"axis {first} is behind end_axis {last}")
    return [(*x[:first], product_of(x[first : last + 1]), *x[last + 1 :])]


def _reshape(form: Form) -> list[Shape]:
    x, target = form.shape("x"), list(form.attribute("shape") or [])
    start = int(form.attribute("axis"))
    start = start + len(x) + 1 if start < 0 else start
    count = int(form.attribute("num_axes"))
    end = len(x) if count == -1 else start + count
    if not 0 <= start <= end <= len(x):
        raise ShapeError(f"axis {start} and num_axes {count} of an operand of rank {len(x)}")
    if target.count(-1) > 1 or any(n < -1 for n in target):
        raise ShapeError(f"shape is {target}")
    inner = x[start:end]
    if any(n == 0 and at >= len(inner) for at, n in enumerate(target)):
        raise ShapeError(f"shape {target} keeps dimensions that {list(inner)} does not have")
    found = [-1 if n is None else n for n in reshaped(inner, tuple(target), zero_keeps=True)]
    result: Sizes = (*x[:start], *found, *x[end:])
    before, behind = product_of(x), product_of(result)
    if -1 in found or (isinstance(before, int) and isinstance(behind, int) and before != behind):
        raise ShapeError(f"an operand of shape {list(x)} cannot have shape {list(target)}")
    return [result]


def _permute(form: Form) -> list[Shape]:
    x, order = form.shape("x"), permutation(form)
    return [tuple(x[axis] for axis in order)]


def permutation(form: Form) -> list[int]:
    """The whole order of a `Permute`, which may leave the last dimensions out."""
    rank, given = len(form.shape("x")), list(form.attribute("order") or [])
    order = [*given, *(axis for axis in range(rank) if axis not in given)]
    if sorted(order) != list(range(rank)):
        raise ShapeError(f"order is {given}, its operand has {rank} dimensions")
    return order


def _tile(form: Form) -> list[Shape]:
    x, axis, tiles = form.shape("x"), form.axis(), int(form.attribute("tiles") or 0)
    if tiles < 1:
        raise ShapeError(f"tiles is {tiles}, expected at least 1")
    return [(*x[:axis], x[axis] * tiles, *x[axis + 1 :])]


def crop_offsets(form: Form) -> list[int]:
    """Where a `Crop` begins in each dimension."""
    x, axis = form.shape("x"), form.axis()
    given = list(form.attribute("offset") or [0])
    cropped = len(x) - axis
    if len(given) not in (1, cropped):
        raise ShapeError(f"has {len(given)} offsets, for {cropped} dimensions")
    return [0] * axis + (given * cropped if len(given) == 1 else given)


def _crop(form: Form) -> list[Shape]:
    x, reference, axis = form.shape("x"), form.shape("reference"), form.axis()
    if len(reference) != len(x):
        raise ShapeError(f"operands have shapes {list(x)} and {list(reference)}")
    result = (*x[:axis], *reference[axis:])
    for at, offset in enumerate(crop_offsets(form)):
        room = x[at] - result[at] - offset
        if isinstance(room, int) and room < 0:
            raise ShapeError(
                f"dimension {at} of {x[at]} has no {result[at]} elements from {offset} on"
            )
        form.relations.not_negative(room)
    return [result]


def _interp(form: Form) -> list[Shape]:
    n, channels, height, width = form.rank("x", 4, 4)
    reference = form.optional("reference")
    if reference is not None:
        return [(n, channels, *form.rank("reference", 4, 4)[2:])]
    pads = int(form.attribute("pad_beg")) + int(form.attribute("pad_end"))
    zoom, shrink = int(form.attribute("zoom_factor")), int(form.attribute("shrink_factor"))
    wanted = [int(form.attribute("height")), int(form.attribute("width"))]
    if zoom < 1 or shrink < 1 or pads > 0:
        raise ShapeError("zoom_factor and shrink_factor are at least 1, and pads at most 0")
    sizes: list[Extent] = []
    for size, given in zip((height, width), wanted, strict=True):
        inner = size + pads
        found = inner if shrink == 1 else floordiv(inner - 1, shrink) + 1
        found = found if zoom == 1 else found + (found - 1) * (zoom - 1)
        sizes.append(given or found)
    return [(n, channels, *sizes)]


def _shuffle(form: Form) -> list[Shape]:
    x, groups = form.rank("x", 2), int(form.attribute("group"))
    if groups < 1 or (isinstance(x[1], int) and x[1] % groups):
        raise ShapeError(f"{groups} groups do not divide {x[1]} channels")
    return [x]


def _upsample(form: Form) -> list[Shape]:
    n, channels, height, width = form.rank("x", 4, 4)
    scale = list(form.attribute("scale") or [2, 2])
    wanted = [form.attribute("upsample_h"), form.attribute("upsample_w")]
    sizes = [
        size * factor if given is None else int(given)
        for size, factor, given in zip((height, width), scale, wanted, strict=True)
    ]
    return [(n, channels, *sizes)]


def _reindex(form: Form) -> list[Shape]:
    x, indices = form.rank("x", 1), form.rank("indices", 1, 1)
    return [(indices[0], *x[1:])]


SHAPES: dict[str, Callable[[Form], list[Shape]]] = {
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
