"""The sizes of results of operations that move elements: repeats, slices, pads, picks."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import ComplexType, TensorType
from xdsl.ir import Attribute

from ...dialects.framework import Dim, dims_of
from ...dialects.framework.fit import (
    Dims,
    differ,
    refuse,
    require_axes,
    require_axis,
    require_count,
    require_permutation,
    shown,
)
from ...dialects.stablehlo.attributes import GatherDimensionNumbersAttr
from ...runtime.size import Extent, Size, ceildiv, maximum
from ..shape_arithmetic import Symbols
from .dim_rules import Rule, Sizes


def _bitcast(s: Sizes) -> list[Dims | None]:
    dims, before = s.dims(0), _width(s.op.operands[0].type)
    after = _width(s.op.results[0].type)
    if before > after:
        return [(*dims, before // after)]
    return [dims[:-1] if before < after else dims]


def _width(type_: Attribute) -> int:
    element = type_.element_type if isinstance(type_, TensorType) else type_
    if isinstance(element, ComplexType):
        return 2 * _width(cast(Attribute, element.element_type))
    width = getattr(element, "bitwidth", None)
    return width if isinstance(width, int) and width > 0 else 1


def _broadcast(s: Sizes) -> list[Dims | None]:
    return [(*s.integers("broadcast_sizes"), *s.dims(0))]


def _broadcast_in_dim(s: Sizes) -> list[Dims | None]:
    declared = dims_of(s.op.results[0].type)
    dims, where = s.dims(0), s.integers("broadcast_dimensions")
    if s.op.name == "stablehlo.dynamic_broadcast_in_dim":
        found = s.elements(s.op.operands[1])
        declared = _joined(declared, found)
    require_count(where, len(dims), "broadcast_dimensions", "one for each dimension of the operand")
    if declared is None:
        return [None]
    require_axes(where, len(declared), "broadcast_dimensions")
    result = list(declared)
    for size, axis in zip(dims, where, strict=True):
        if size != 1 and differ(size, result[axis]):
            refuse(f"{shown(dims)} cannot be repeated to {shown(declared)} along {where}")
        if result[axis] is None and isinstance(size, int | Size) and size != 1:
            result[axis] = size
    return [tuple(result)]


def _joined(declared: Dims | None, found: Symbols | None) -> Dims | None:
    """The dimensions that a type and computed sizes say together."""
    if declared is None or found is None:
        return declared if found is None else found
    pairs = zip(declared, found, strict=False)
    return tuple(b if a is None else a for a, b in pairs)


def _shaped(at: int) -> Rule:
    """The result has the elements of an operand as its dimensions."""

    def rule(s: Sizes) -> list[Dims | None]:
        found = s.elements(s.op.operands[at])
        return [_joined(dims_of(s.op.results[0].type), found)]

    return rule


def _concatenate(s: Sizes) -> list[Dims | None]:
    shapes = [s.dims(at) for at in range(len(s.op.operands))]
    if not shapes:
        refuse("has no operands")
    axis = require_axis(s.integer("dimension"), len(shapes[0]), "dimension")
    result = list(shapes[0])
    for dims in shapes[1:]:
        fits = len(dims) == len(result) and not any(
            at != axis and differ(a, b) for at, (a, b) in enumerate(zip(result, dims, strict=True))
        )
        if not fits:
            refuse(f"operands of shapes {' and '.join(map(shown, shapes))} along {axis}")
        for at, size in enumerate(dims):
            before = result[at]
            if at != axis:
                result[at] = s.relations.equal(before, size)
            else:
                result[at] = None if before is None or size is None else before + size
    return [tuple(result)]


def _transpose(s: Sizes) -> list[Dims | None]:
    dims, order = s.dims(0), s.integers("permutation")
    require_permutation(order, len(dims), "permutation")
    return [tuple(dims[axis] for axis in order)]


def _slice(s: Sizes) -> list[Dims | None]:
    dims = s.dims(0)
    lists = [s.integers(name) for name in ("start_indices", "limit_indices", "strides")]
    for name, given in zip(("start_indices", "limit_indices", "strides"), lists, strict=True):
        require_count(given, len(dims), name, "one for each dimension")
    for size, first, limit, step in zip(dims, *lists, strict=True):
        beyond = isinstance(size, int) and limit > size
        if first < 0 or first > limit or step < 1 or beyond:
            refuse(f"[{first}:{limit}:{step}] is outside of a dimension of size {size}")
    return [tuple(max(0, -(-(b - a) // step)) for a, b, step in zip(*lists, strict=True))]


def _real_dynamic_slice(s: Sizes) -> list[Dims | None]:
    dims = s.dims(0)
    starts, limits, steps = (
        s.elements(s.op.operands[at]) or (None,) * len(dims) for at in (1, 2, 3)
    )
    result = dims_of(s.op.results[0].type) or (None,) * len(dims)
    found: list[Dim] = []
    for known, first, limit, step in zip(result, starts, limits, steps, strict=True):
        if known is not None or first is None or limit is None or not isinstance(step, int):
            found.append(known)
        else:
            span = limit - first
            if not s.relations.at_least(span, 0):
                span = maximum(span, 0)
            found.append(span if step == 1 else ceildiv(span, step))
    return [tuple(found)]


def _dynamic_slice(s: Sizes) -> list[Dims | None]:
    sizes, dims = s.integers("slice_sizes"), s.dims(0)
    require_count(sizes, len(dims), "slice_sizes", "one for each dimension")
    require_count(s.op.operands[1:], len(dims), "start_indices", "one for each dimension")
    for size, whole in zip(sizes, dims, strict=True):
        if isinstance(whole, int) and not 0 <= size <= whole:
            refuse(f"slice_sizes {sizes} are larger than {shown(dims)}")
    return [tuple(sizes)]


def _update(s: Sizes) -> list[Dims | None]:
    dims, update = s.dims(0), s.dims(1)
    require_count(s.op.operands[2:], len(dims), "start_indices", "one for each dimension")
    require_count(update, len(dims), "the update's shape", "one for each dimension")
    for size, whole in zip(update, dims, strict=True):
        if isinstance(size, int) and isinstance(whole, int) and size > whole:
            refuse(f"an update of {shown(update)} is larger than {shown(dims)}")
    return [dims]


def _pad(s: Sizes) -> list[Dims | None]:
    dims = s.dims(0)
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    if s.op.name == "stablehlo.dynamic_pad":
        lists = [s.elements(s.op.operands[at]) or (None,) * len(dims) for at in (2, 3, 4)]
    else:
        lists = [tuple(s.integers(name)) for name in names]
    for name, given in zip(names, lists, strict=True):
        require_count(given, len(dims), name, "one for each dimension")
    result: list[Dim] = []
    for size, low, high, between in zip(dims, *lists, strict=True):
        if size is None or low is None or high is None or between is None:
            result.append(None)
            continue
        if isinstance(between, int) and between < 0:
            refuse(f"interior_padding has {between}; expected 0 or more")
        gaps: Extent = 0 if between == 0 else between * maximum(size - 1, 0)
        found = size + low + high + gaps
        if isinstance(found, int) and found < 0:
            refuse(f"pads cut more off than the {size} elements that there are")
        result.append(found)
    return [tuple(result)]


def _gather(s: Sizes) -> list[Dims | None]:
    dims, picks = s.dims(0), s.dims(1)
    numbers = s.op.properties["dimension_numbers"]
    if not isinstance(numbers, GatherDimensionNumbersAttr):
        refuse("dimension_numbers is not #stablehlo.gather")
    if s.op.name == "stablehlo.dynamic_gather":
        sizes = s.elements(s.op.operands[2]) or (None,) * len(dims)
    else:
        sizes = tuple(s.integers("slice_sizes"))
    require_count(sizes, len(dims), "slice_sizes", "one for each dimension")
    vector = require_index_vector(numbers.integer("index_vector_dim"), len(picks))
    left_out = (
        *numbers.integers("collapsed_slice_dims"),
        *numbers.integers("operand_batching_dims"),
    )
    require_axes(left_out, len(dims), "collapsed_slice_dims")
    offset_dims = numbers.integers("offset_dims")
    for name, axes in (("collapsed_slice_dims", left_out), ("offset_dims", offset_dims)):
        if len(set(axes)) < len(axes):
            refuse(f"{name} {list(axes)} names a dimension twice")
    rank = len(dims) - len(left_out) + len(picks) - (vector < len(picks))
    require_axes(offset_dims, max(rank, 1), "offset_dims")
    require_count(offset_dims, len(dims) - len(left_out), "offset_dims", "one for each offset")
    offsets = [size for at, size in enumerate(sizes) if at not in left_out]
    batch = [size for at, size in enumerate(picks) if at != vector]
    placed = [at for at in range(rank) if at in offset_dims]
    if len(placed) != len(offsets) or rank - len(placed) != len(batch):
        refuse(f"offset_dims {list(offset_dims)} are no dimensions of a result of rank {rank}")
    each, others = iter(offsets), iter(batch)
    return [tuple(next(each) if at in placed else next(others) for at in range(rank))]


def require_index_vector(at: int, rank: int) -> int:
    """The dimension of indices that holds index vectors, which may be one behind the last."""
    if not 0 <= at <= rank:
        refuse(f"index_vector_dim {at} is outside of indices of rank {rank}")
    return at


def _index_select(s: Sizes) -> list[Dims | None]:
    dims, picks = s.dims(0), s.dims(1)
    axis, batch = s.integer("dim"), s.integer("batch_dims")
    require_axis(axis, len(dims), "dim")
    return [(*dims[:axis], *picks[batch:], *dims[axis + 1 :])]


MOVEMENT: dict[str, Rule] = {
    "bitcast_convert": _bitcast,
    "broadcast": _broadcast,
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "dynamic_broadcast_in_dim": _broadcast_in_dim,
    "dynamic_gather": _gather,
    "dynamic_iota": _shaped(0),
    "dynamic_pad": _pad,
    "dynamic_reshape": _shaped(1),
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _update,
    "gather": _gather,
    "pad": _pad,
    "real_dynamic_slice": _real_dynamic_slice,
    "slice": _slice,
    "torch_index_select": _index_select,
    "transpose": _transpose,
}
