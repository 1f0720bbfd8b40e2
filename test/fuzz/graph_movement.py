"""Random nodes that move elements, and that look them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from stepwell.test.fuzz.graph_builder import FLOATS, INTEGERS, GraphBuilder, UnsuitableError, Value
from stepwell.test.fuzz.graph_elements import Grow

ANY = (*FLOATS, *INTEGERS, "bool")
RANKED = range(1, 6)


def axis_of(g: GraphBuilder, x: Value) -> int:
    """An axis, counted from either end."""
    return g.rng.randrange(-x.rank, x.rank)


def grow_transpose(g: GraphBuilder) -> object:
    x = g.pick(ANY, range(2, 6))
    if g.maybe(0.1):
        return g.one("Transpose", x)
    return g.one("Transpose", x, perm=g.rng.sample(range(x.rank), x.rank))


def factors(g: GraphBuilder, count: int) -> list[int]:
    """Sizes whose product is `count`."""
    sizes: list[int] = []
    while count > 1 and len(sizes) < 4:
        divisors = [d for d in range(2, count + 1) if count % d == 0]
        size = g.rng.choice(divisors)
        sizes.append(size)
        count //= size
    sizes += [count] if count > 1 else []
    for _ in range(g.rng.choice([0, 0, 1, 2])):
        sizes.insert(g.rng.randint(0, len(sizes)), 1)
    return sizes


def grow_reshape(g: GraphBuilder) -> object:
    x = g.pick(ANY)
    sizes = factors(g, x.array.size) if g.maybe(0.7) else _merged(g, x.shape)
    if prod(sizes) != x.array.size or len(sizes) > 6:
        raise UnsuitableError
    if sizes and g.maybe(0.3) and x.array.size:
        sizes[g.rng.randrange(len(sizes))] = -1
    return g.one("Reshape", x, g.integers(*sizes))


def _merged(g: GraphBuilder, shape: Sequence[int]) -> list[int]:
    """Two neighbours as one, or one as two."""
    sizes = list(shape)
    if len(sizes) > 1 and g.maybe():
        at = g.rng.randrange(len(sizes) - 1)
        return [*sizes[:at], sizes[at] * sizes[at + 1], *sizes[at + 2 :]]
    if not sizes:
        return [1]
    at = g.rng.randrange(len(sizes))
    divisors = [d for d in range(1, sizes[at] + 1) if sizes[at] % d == 0]
    if not divisors:
        raise UnsuitableError
    d = g.rng.choice(divisors)
    return [*sizes[:at], d, sizes[at] // d, *sizes[at + 1 :]]


def grow_flatten(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED)
    return g.one("Flatten", x, axis=g.rng.randint(-x.rank, x.rank))


def grow_squeeze(g: GraphBuilder) -> object:
    x = g.pick(ANY, fits=lambda v: 1 in v.shape)
    ones = [at for at, n in enumerate(x.shape) if n == 1]
    axes = g.rng.sample(ones, g.rng.randint(1, len(ones)))
    return g.one("Squeeze", x, g.integers(*(a - x.rank if g.maybe(0.3) else a for a in axes)))


def grow_unsqueeze(g: GraphBuilder) -> object:
    x = g.pick(ANY, range(5))
    count = g.rng.choice([1, 1, 2])
    return g.one("Unsqueeze", x, g.integers(*g.rng.sample(range(x.rank + count), count)))


def grow_slice(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED)
    axes = g.rng.sample(range(x.rank), g.rng.randint(1, x.rank))
    starts, ends, steps = [], [], []
    for axis in axes:
        size = x.shape[axis]
        step = g.rng.choice([1, 1, 1, 2, 3, -1, -2])
        start, end = sorted((g.rng.randint(0, size), g.rng.randint(0, size)))
        end = end + 1 if start == end and g.maybe(0.9) else end
        if step < 0:
            start, end = end - 1, start - 1 if start else -(10**6)
        if g.maybe(0.2) and step > 0:
            end = g.rng.choice([2**63 - 1, 2**31 - 1, 10**6])
        if g.maybe(0.2) and 0 < start < size:
            start -= size
        starts.append(start)
        ends.append(end)
        steps.append(step)
    extra = [g.integers(*axes), g.integers(*steps)]
    return g.one("Slice", x, g.integers(*starts), g.integers(*ends), *extra)


def grow_concat(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED)
    axis = axis_of(g, x)
    at = axis % x.rank

    def fits(other: Value) -> bool:
        return other.shape[:at] == x.shape[:at] and other.shape[at + 1 :] == x.shape[at + 1 :]

    parts = [x]
    for _ in range(g.rng.choice([0, 1, 1, 2, 3])):
        if g.maybe(0.3):
            shape = [*x.shape[:at], g.rng.choice([1, 2, 5]), *x.shape[at + 1 :]]
            parts.append(g.parameter(x.dtype, shape))
        else:
            parts.append(g.pick([x.dtype], [x.rank], fits))
    g.rng.shuffle(parts)
    return g.one("Concat", *parts, axis=axis)


def grow_split(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED, lambda v: max(v.shape) > 1)
    axis = g.rng.choice([at for at, n in enumerate(x.shape) if n > 1])
    size = x.shape[axis]
    if g.maybe(0.3):
        count = g.rng.randint(2, min(size, 4))
        if (count - 1) * -(-size // count) >= size:
            raise UnsuitableError  # the last part would be empty
        return g.add("Split", [x], count, axis=axis, num_outputs=count)
    cuts = sorted(g.rng.sample(range(1, size), g.rng.randint(1, min(size - 1, 3))))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, size], strict=True)]
    return g.add("Split", [x, g.integers(*sizes)], len(sizes), axis=axis)


def grow_pad(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int64", "int32"), RANKED)
    mode = g.rng.choice(["constant", "constant", "reflect", "edge", "wrap"])
    limit = [min(n - 1, 3) if mode == "reflect" else min(n, 3) for n in x.shape]
    pads = [g.rng.randint(0, max(n, 0)) if g.maybe() else 0 for n in (*limit, *limit)]
    if mode == "constant":
        if g.maybe(0.2):
            pads[g.rng.randrange(len(pads))] = -1
        value = g.constant(np.array(g.rng.choice([0, 1, -2]), x.array.dtype))
        return g.one("Pad", x, g.integers(*pads), *([value] if g.maybe() else []), mode=mode)
    return g.one("Pad", x, g.integers(*pads), mode=mode)


def grow_tile(g: GraphBuilder) -> object:
    x = g.pick(ANY, range(1, 5))
    return g.one("Tile", x, g.integers(*(g.rng.choice([1, 1, 2, 3]) for _ in x.shape)))


def grow_expand(g: GraphBuilder) -> object:
    x = g.pick(ANY, range(5))
    shape = [g.rng.choice([1, 2, 3, 5]) if n == 1 else g.rng.choice([n, 1]) for n in x.shape]
    extra = [g.rng.choice([1, 2, 3])] if g.maybe(0.3) else []
    return g.one("Expand", x, g.integers(*extra, *shape))


def indices(g: GraphBuilder, size: int, shape: Sequence[int]) -> Value:
    """Numbers of elements, some counted from the end; from a constant or an input."""
    if size == 0:
        raise UnsuitableError
    low = -size if g.maybe(0.4) else 0
    array = g.numbers.integers(low, size, shape).astype(g.rng.choice(["int64", "int32"]))
    if g.maybe(0.5):
        return g.constant(array)
    value = Value(g.name("x"), array)
    g.inputs.append(value)
    return value


def grow_gather(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED)
    axis = axis_of(g, x)
    shape = g.rng.choice([[], [1], [3], [2, 2], [5]])
    return g.one("Gather", x, indices(g, x.shape[axis], shape), axis=axis)


def grow_gather_elements(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED)
    axis = axis_of(g, x)
    shape = [g.rng.randint(1, n) if n else 0 for n in x.shape]
    shape[axis] = g.rng.randint(1, 4)
    return g.one("GatherElements", x, indices(g, x.shape[axis], shape), axis=axis)


def grow_gather_nd(g: GraphBuilder) -> object:
    x = g.pick(ANY, RANKED)
    depth = g.rng.randint(1, x.rank)
    rows = [g.rng.randint(1, 3) for _ in range(g.rng.choice([0, 1, 2]))]
    return g.one("GatherND", x, _index_rows(g, x.shape[:depth], rows))


def _index_rows(g: GraphBuilder, sizes: Sequence[int], rows: Sequence[int]) -> Value:
    if 0 in sizes:
        raise UnsuitableError
    columns = [g.numbers.integers(0, n, rows) for n in sizes]
    return g.constant(np.stack(columns, axis=-1).astype(np.int64))


def grow_scatter_nd(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int64", "int32"), RANKED)
    depth = g.rng.randint(1, x.rank)
    if 0 in x.shape:
        raise UnsuitableError
    every = list(np.ndindex(*x.shape[:depth]))
    rows = g.rng.sample(every, min(len(every), g.rng.randint(1, 3)))
    index = g.constant(np.array(rows, np.int64).reshape(len(rows), depth))
    updates = g.parameter(x.dtype, [len(rows), *x.shape[depth:]])
    return g.one("ScatterND", x, index, updates, reduction=g.rng.choice(["none", "add", "max"]))


def grow_scatter_elements(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int64", "int32"), RANKED)
    axis = g.rng.randrange(x.rank)
    if 0 in x.shape:
        raise UnsuitableError
    shape = [g.rng.randint(1, n) for n in x.shape]
    order = np.stack([g.numbers.permutation(x.shape[axis]) for _ in range(prod(shape))])
    rest = [n for at, n in enumerate(shape) if at != axis]
    order = order.reshape(-1, x.shape[axis])[: prod(rest), : shape[axis]]
    moved = np.moveaxis(order.reshape(*rest, shape[axis]), -1, axis)
    index = g.constant(np.ascontiguousarray(moved).astype(np.int64))
    updates = g.parameter(x.dtype, shape)
    reduction = g.rng.choice(["none", "add", "mul", "min"])
    return g.one("ScatterElements", x, index, updates, axis=axis, reduction=reduction)


def grow_depth_to_space(g: GraphBuilder) -> object:
    x = g.pick(FLOATS, [4], lambda v: v.shape[1] % 4 == 0 and v.shape[1] > 0)
    return g.one("DepthToSpace", x, blocksize=2, mode=g.rng.choice(["DCR", "CRD"]))


def grow_space_to_depth(g: GraphBuilder) -> object:
    def even(v: Value) -> bool:
        return v.shape[2] % 2 == 0 and v.shape[3] % 2 == 0 and v.array.size > 0

    return g.one("SpaceToDepth", g.pick(FLOATS, [4], even), blocksize=2)


def grow_trilu(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int64", "bool"), range(2, 5))
    k = [g.constant(np.array(g.rng.randint(-2, 2), np.int64))] if g.maybe() else []
    return g.one("Trilu", x, *k, upper=g.rng.choice([0, 1]))


def grow_one_hot(g: GraphBuilder) -> object:
    depth = g.rng.choice([1, 3, 5])
    x = indices(g, depth, [g.rng.choice([1, 2, 4]) for _ in range(g.rng.choice([1, 2]))])
    sizes = g.constant(np.array(depth, np.int64))
    values = g.constant(np.array([0, 1], g.rng.choice(["float32", "int64"])))
    return g.one("OneHot", x, sizes, values, axis=g.rng.choice([-1, 0, 1]))


def grow_reverse_sequence(g: GraphBuilder) -> object:
    x = g.pick(FLOATS, range(2, 5), lambda v: min(v.shape) > 0)
    batch = g.rng.choice([0, 1])
    count, longest = x.shape[batch], x.shape[1 - batch]
    lengths = g.constant(g.numbers.integers(1, longest + 1, [count]).astype(np.int64))
    return g.one("ReverseSequence", x, lengths, batch_axis=batch, time_axis=1 - batch)


def grow_shape_arithmetic(g: GraphBuilder) -> object:
    """A reshape whose sizes the graph computes, as exporters write them."""
    x = g.pick(ANY, range(2, 5), lambda v: v.array.size > 0)
    shape = g.one("Shape", x, hidden=True)
    first = g.one("Gather", shape, g.constant(np.array(0, np.int64)), axis=0, hidden=True)
    lifted = g.one("Unsqueeze", first, g.integers(0), hidden=True)
    sizes = g.one("Concat", lifted, g.integers(-1), axis=0, hidden=True)
    return g.one("Reshape", x, sizes)


def grow_constant_of_shape(g: GraphBuilder) -> object:
    from onnx import numpy_helper

    x = g.pick(ANY, range(1, 5))
    shape = g.one("Shape", x, hidden=True)
    number = np.array([g.rng.choice([0, 1, 2.5])], g.rng.choice(["float32", "int64"]))
    return g.one("ConstantOfShape", shape, value=numpy_helper.from_array(number))


def grow_range(g: GraphBuilder) -> object:
    dtype = g.rng.choice(["int64", "float32", "int32"])
    numbers = (g.rng.choice([0, -2, 3]), g.rng.choice([5, 9, 17]), g.rng.choice([1, 2, 3]))
    return g.one("Range", *(g.constant(np.array(n, dtype)) for n in numbers))


def grow_eye_like(g: GraphBuilder) -> object:
    return g.one("EyeLike", g.pick(FLOATS, [2]), k=g.rng.randint(-2, 2))


def grow_center_crop_pad(g: GraphBuilder) -> object:
    x = g.pick(FLOATS, RANKED)
    axis = g.rng.randrange(x.rank)
    return g.one("CenterCropPad", x, g.integers(g.rng.choice([1, 3, 6])), axes=[axis])


def grow_resize(g: GraphBuilder) -> object:
    x = g.pick(["float32"], [4], lambda v: min(v.shape) > 0)
    mode = g.rng.choice(["nearest", "linear", "cubic"])
    where = g.rng.choice(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
    extra = {"nearest_mode": g.rng.choice(["floor", "round_prefer_floor"])}
    options = extra if mode == "nearest" else {}
    if g.maybe():
        # Whether corners of a size that is not whole are aligned, oracles do not agree about.
        factors_ = [1.0, 2.0, 3.0] if where == "align_corners" else [1.0, 2.0, 0.5, 1.5, 3.0]
        scales = np.array([1, 1, *g.rng.choices(factors_, k=2)], np.float32)
        inputs = [x, None, g.constant(scales)]
    else:
        sizes = [*x.shape[:2], g.rng.randint(1, 9), g.rng.randint(1, 9)]
        inputs = [x, None, None, g.integers(*sizes)]
    y = g.one("Resize", *inputs, mode=mode, coordinate_transformation_mode=where, **options)
    if where == "pytorch_half_pixel" and 1 in y.shape[2:]:
        # Its only element is that of index 0 by the standard, of index -0.5 by the reference.
        g.forget(y)
        raise UnsuitableError
    return y


MOVEMENT: Mapping[str, Grow] = {
    "Transpose": grow_transpose,
    "Reshape": grow_reshape,
    "Flatten": grow_flatten,
    "Squeeze": grow_squeeze,
    "Unsqueeze": grow_unsqueeze,
    "Slice": grow_slice,
    "Concat": grow_concat,
    "Split": grow_split,
    "Pad": grow_pad,
    "Tile": grow_tile,
    "Expand": grow_expand,
    "Gather": grow_gather,
    "GatherElements": grow_gather_elements,
    "GatherND": grow_gather_nd,
    "ScatterND": grow_scatter_nd,
    "ScatterElements": grow_scatter_elements,
    "DepthToSpace": grow_depth_to_space,
    "SpaceToDepth": grow_space_to_depth,
    "Trilu": grow_trilu,
    "OneHot": grow_one_hot,
    "ReverseSequence": grow_reverse_sequence,
    "Shape": grow_shape_arithmetic,
    "ConstantOfShape": grow_constant_of_shape,
    "Range": grow_range,
    "EyeLike": grow_eye_like,
    "CenterCropPad": grow_center_crop_pad,
    "Resize": grow_resize,
}
