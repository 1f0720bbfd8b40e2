"""
The sizes of results by those of operands, as far as the specification fixes them.

A rule gives the dimensions of each result; None for one that only the operation's own type knows.
Rules raise `VerifyException` for operands that do not fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from xdsl.dialects.builtin import ComplexType, DenseIntOrFPElementsAttr, TensorType
from xdsl.ir import Attribute, SSAValue

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
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.attributes import (
    DotDimensionNumbersAttr,
    GatherDimensionNumbersAttr,
)
from ...dialects.stablehlo.clauses import integers_of
from ...dialects.stablehlo.convolution_numbers import ConvDimensionNumbersAttr
from ...runtime.size import Extent, Size, ceildiv, maximum
from ..shape_arithmetic import Symbols
from ..size_relations import Relations

KnownElements = Callable[[SSAValue], Symbols | None]
"""The elements of an integer vector, as far as known."""


class Sizes:
    """What a rule sees: the operation, the dimensions of operands, and elements of integer ones."""

    def __init__(self, op: HloOp, elements: KnownElements, relations: Relations):
        self.op = op
        self.elements = elements
        self.relations = relations

    def dims(self, at: int) -> Dims:
        """The dimensions of an operand."""
        found = dims_of(self.op.operands[at].type)
        if found is None:
            refuse(f"operand {at} is {self.op.operands[at].type}; expected a tensor with a rank")
        return found

    def integers(self, name: str) -> list[int]:
        """A list of integers."""
        return integers_of(self.op.properties.get(name))

    def integer(self, name: str) -> int:
        """An integer."""
        value = self.op.attribute(name)
        return value if isinstance(value, int) else 0

    def same(self, *shapes: Dims) -> Dims:
        """The one shape that operands have."""
        first = shapes[0]
        for other in shapes[1:]:
            if len(other) != len(first) or any(map(differ, first, other)):
                refuse(f"operands of shapes {' and '.join(map(shown, shapes))}; expected one shape")
            first = tuple(map(self.relations.equal, first, other))
        return first


Rule = Callable[[Sizes], Sequence[Dims | None]]


def _elementwise(s: Sizes) -> list[Dims | None]:
    return [s.same(*(s.dims(at) for at in range(len(s.op.operands))))]


def _with_scalars(s: Sizes) -> list[Dims | None]:
    """Of `select` and `clamp`, some operands of which may be scalars."""
    shapes = [s.dims(at) for at in range(3)]
    may_be = (0,) if s.op.name == "stablehlo.select" else (0, 2)
    whole = [d for at, d in enumerate(shapes) if d or at not in may_be]
    return [s.same(*whole) if whole else ()]


def _broadcast_numpy(s: Sizes) -> list[Dims | None]:
    shapes = [s.dims(at) for at in range(len(s.op.operands))]
    return [s.relations.broadcast(*shapes)]


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


def _first(s: Sizes) -> list[Dims | None]:
    return [s.dims(0)]


def _each(s: Sizes) -> list[Dims | None]:
    return [dims_of(v.type) for v in s.op.operands[: len(s.op.results)]]


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


def _dot(s: Sizes) -> list[Dims | None]:
    left, right = s.dims(0), s.dims(1)
    if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2 or differ(left[-1], right[0]):
        refuse(f"operands of shapes {shown(left)} and {shown(right)}")
    return [(*left[:-1], *right[1:])]


def joined_dims(numbers: DotDimensionNumbersAttr) -> list[tuple[int, int]]:
    """The dimensions of both operands that belong together."""
    kinds = ("batching", "contracting")
    lists = [[numbers.integers(f"{side}_{k}_dimensions") for side in ("lhs", "rhs")] for k in kinds]
    return [pair for left, right in lists for pair in zip(left, right, strict=True)]


def _dot_general(s: Sizes) -> list[Dims | None]:
    left, right = s.dims(0), s.dims(1)
    numbers = s.op.properties["dot_dimension_numbers"]
    if not isinstance(numbers, DotDimensionNumbersAttr):
        refuse("dot_dimension_numbers is not #stablehlo.dot")
    batch = [numbers.integers(f"{side}_batching_dimensions") for side in ("lhs", "rhs")]
    inner = [numbers.integers(f"{side}_contracting_dimensions") for side in ("lhs", "rhs")]
    for side, dims, at in (("left", left, 0), ("right", right, 1)):
        require_axes([*batch[at], *inner[at]], len(dims), f"dimensions of the {side} operand")
    require_count(batch[1], len(batch[0]), "rhs_batching_dimensions", "as many as of the left")
    require_count(inner[1], len(inner[0]), "rhs_contracting_dimensions", "as many as of the left")
    for a, b in joined_dims(numbers):
        if differ(left[a], right[b]):
            refuse(
                f"dimension {a} of {shown(left)} and {b} of {shown(right)} belong together and "
                "differ"
            )
        s.relations.equal(left[a], right[b])
    free = [
        [d for at, d in enumerate(dims) if at not in (*batch[side], *inner[side])]
        for side, dims in enumerate((left, right))
    ]
    return [(*(left[a] for a in batch[0]), *free[0], *free[1])]


def window_extent(
    size: Dim, kernel: Dim, stride: int, pads: tuple[Extent, Extent], base: int, dilation: int
) -> Dim:
    """The number of places of a window over a dimension."""
    if size is None or kernel is None:
        return None
    whole = size if base == 1 else (size - 1) * base + 1
    if isinstance(size, int) and size == 0:
        whole = 0
    padded = whole + pads[0] + pads[1]
    reach = (kernel - 1) * dilation + 1
    if isinstance(padded, int) and isinstance(reach, int) and (padded == 0 or reach > padded):
        return 0
    span = padded - reach
    return (span if stride == 1 else span // stride) + 1


def pairs_of(attribute: Attribute | None, rank: int) -> list[tuple[int, int]]:
    """The pads of each dimension; zeros where there are none."""
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        return [(0, 0)] * rank
    numbers = list(cast("Sequence[int]", attribute.get_values()))
    if len(numbers) != 2 * rank:
        refuse(f"padding has {len(numbers)} numbers; expected two for each of {rank} dimensions")
    return [(numbers[2 * at], numbers[2 * at + 1]) for at in range(rank)]


def list_or_ones(s: Sizes, name: str, rank: int) -> list[int]:
    """A list of integers of 1 or more, ones where it is absent."""
    found = s.integers(name) if name in s.op.properties else [1] * rank
    require_count(found, rank, name, "one for each dimension")
    if min(found, default=1) < 1:
        refuse(f"{name} has {min(found)}; expected 1 or more")
    return found


def _convolution(s: Sizes) -> list[Dims | None]:
    x, w = s.dims(0), s.dims(1)
    numbers = s.op.properties["dimension_numbers"]
    if not isinstance(numbers, ConvDimensionNumbersAttr):
        refuse("dimension_numbers is not #stablehlo.conv")
    if len(x) != len(w) or len(numbers.input.data) != len(x):
        refuse(f"operands of shapes {shown(x)} and {shown(w)} by {numbers.text}")
    rank = len(x) - 2
    x_order, w_order = numbers.order("input"), numbers.order("kernel")
    batch, features = x[x_order[0]], x[x_order[1]]
    kernels, inner = w[w_order[0]], w[w_order[1]]
    groups, batches = s.integer("feature_group_count"), s.integer("batch_group_count")
    if groups < 1 or batches < 1:
        refuse("feature_group_count and batch_group_count must be 1 or more")
    if isinstance(inner, int) and differ(features, inner * groups):
        refuse(f"the filter has {inner} features in each of {groups} groups, the input {features}")
    if isinstance(kernels, int) and (kernels % groups or kernels % batches):
        refuse(f"{kernels} filters cannot be divided into {groups * batches} groups")
    strides, base, dilations = (
        list_or_ones(s, name, rank) for name in ("window_strides", "lhs_dilation", "rhs_dilation")
    )
    if s.op.name == "stablehlo.dynamic_conv":
        known = s.elements(s.op.operands[2])
        return [dims_of(s.op.results[0].type) if known is None else None]
    pads = pairs_of(s.op.properties.get("padding"), rank)
    sizes, kernel = [x[a] for a in x_order[2:]], [w[b] for b in w_order[2:]]
    spatial = [
        window_extent(n, k, stride, pad, lhs, rhs)
        for n, k, stride, pad, lhs, rhs in zip(
            sizes, kernel, strides, pads, base, dilations, strict=True
        )
    ]
    result: list[Dim] = [None] * len(x)
    found = (batch if batches == 1 or batch is None else batch // batches, kernels, *spatial)
    for at, size in zip(numbers.order("output"), found, strict=True):
        result[at] = size
    return [tuple(result)]


def _reduce(s: Sizes) -> list[Dims | None]:
    count = len(s.op.operands) // 2
    dims = s.same(*(s.dims(at) for at in range(count)))
    axes = require_axes(s.integers("dimensions"), len(dims), "dimensions")
    left = tuple(size for at, size in enumerate(dims) if at not in axes)
    return [left] * count


def _reduce_window(s: Sizes) -> list[Dims | None]:
    count = len(s.op.operands) // 2
    dims = s.same(*(s.dims(at) for at in range(count)))
    rank = len(dims)
    window, strides, base, dilations = (
        list_or_ones(s, name, rank)
        for name in ("window_dimensions", "window_strides", "base_dilations", "window_dilations")
    )
    pads = pairs_of(s.op.properties.get("padding"), rank)
    result = tuple(
        window_extent(size, *rest)
        for size, *rest in zip(dims, window, strides, pads, base, dilations, strict=True)
    )
    return [result] * count


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
    offsets = iter([size for at, size in enumerate(sizes) if at not in left_out])
    batch = iter([size for at, size in enumerate(picks) if at != vector])
    offset_dims = numbers.integers("offset_dims")
    rank = len(dims) - len(left_out) + len(picks) - (vector < len(picks))
    require_axes(offset_dims, max(rank, 1), "offset_dims")
    require_count(offset_dims, len(dims) - len(left_out), "offset_dims", "one for each offset")
    return [tuple(next(offsets) if at in offset_dims else next(batch) for at in range(rank))]


def require_index_vector(at: int, rank: int) -> int:
    """The dimension of indices that holds index vectors, which may be one behind the last."""
    if not 0 <= at <= rank:
        refuse(f"index_vector_dim {at} is outside of indices of rank {rank}")
    return at


def _top_k(s: Sizes) -> list[Dims | None]:
    dims, k = s.dims(0), s.integer("k")
    if not dims or (isinstance(dims[-1], int) and not 0 <= k <= dims[-1]):
        refuse(f"k = {k} of a tensor of shape {shown(dims)}")
    return [(*dims[:-1], k)] * 2


def _get_size(s: Sizes) -> list[Dims | None]:
    require_axis(s.integer("dimension"), len(s.dims(0)), "dimension")
    return [()]


def _index_select(s: Sizes) -> list[Dims | None]:
    dims, picks = s.dims(0), s.dims(1)
    axis, batch = s.integer("dim"), s.integer("batch_dims")
    require_axis(axis, len(dims), "dim")
    return [(*dims[:axis], *picks[batch:], *dims[axis + 1 :])]


_ELEMENTWISE = (
    *("abs", "add", "and", "atan2", "cbrt", "ceil", "compare", "complex", "convert", "cosine"),
    *("count_leading_zeros", "divide", "exponential", "exponential_minus_one", "floor", "imag"),
    *("is_finite", "log", "log_plus_one", "logistic", "map", "maximum", "minimum", "multiply"),
    *("negate", "not", "or", "popcnt", "power", "real", "reduce_precision", "remainder"),
    *("round_nearest_afz", "round_nearest_even", "rsqrt", "shift_left", "shift_right_arithmetic"),
    *("shift_right_logical", "sign", "sine", "sqrt", "subtract", "tan", "tanh", "xor"),
)

_RULES: dict[str, Rule] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    "batch_norm_inference": _first,
    "bitcast_convert": _bitcast,
    "broadcast": _broadcast,
    "broadcast_in_dim": _broadcast_in_dim,
    "cholesky": _first,
    "clamp": lambda s: [s.dims(1)] if not s.dims(0) or not s.dims(2) else _with_scalars(s),
    "concatenate": _concatenate,
    "convolution": _convolution,
    "dot": _dot,
    "dot_general": _dot_general,
    "dynamic_broadcast_in_dim": _broadcast_in_dim,
    "dynamic_conv": _convolution,
    "dynamic_gather": _gather,
    "dynamic_iota": _shaped(0),
    "dynamic_pad": _pad,
    "dynamic_reshape": _shaped(1),
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _update,
    "gather": _gather,
    "get_dimension_size": _get_size,
    "pad": _pad,
    "real_dynamic_slice": _real_dynamic_slice,
    "reduce": _reduce,
    "reduce_window": _reduce_window,
    "reverse": _first,
    "scatter": _each,
    "select": _with_scalars,
    "select_and_scatter": _first,
    "slice": _slice,
    "sort": _each,
    "torch_index_select": _index_select,
    "transpose": _transpose,
    "triangular_solve": lambda s: [s.dims(1)],
}


def rule_of(op: HloOp) -> Rule | None:
    """The rule of an operation; None where only its own types say what its results are."""
    dialect, _, name = op.name.partition(".")
    if dialect == "stablehlo":
        return _RULES.get(name)
    if name == "top_k":
        return _top_k
    if name.startswith("broadcast_"):
        return _broadcast_numpy
    return None if name in ("constant", "ragged_dot") else _elementwise
