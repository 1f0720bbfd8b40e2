"""
Products and convolutions.

Operators: batch_norm_inference, convolution, dot, dot_general.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import math
from xdsl.ir import SSAValue

from ...dialects.engine import MatmulOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.movement import PadOp
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.attributes import DotDimensionNumbersAttr
from ...dialects.stablehlo.clauses import integers_of
from ...dialects.stablehlo.convolution_numbers import ConvDimensionNumbersAttr
from ...runtime.size import Extent, numbers_of, product_of
from ..stablehlo_import.product_dims import joined_dims
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.scalars import Numbers, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.convolution import convolution, transposed_convolution
from ..to_engine.vocabulary.dense import matmul
from ..to_engine.vocabulary.windows import Window
from .movement import spread
from .parts_of_operations import hlo, integers, pads


def _operands(lo: Lowering) -> tuple[SSAValue, SSAValue]:
    """Both operands with the elements of the result, in which products are summed up."""
    element = element_of(lo.op.results[0])
    left, right = (cast(lo, x, element) for x in lo.operands[:2])
    return left, right


def dot(lo: Lowering) -> SSAValue:
    """The product of matrices and vectors."""
    return matmul(lo, *_operands(lo))


def dot_general(lo: Lowering) -> SSAValue:
    """`[batch..., m, k]` by `[batch..., k, n]`, whatever the dimensions were called."""
    numbers = hlo(lo).properties["dot_dimension_numbers"]
    assert isinstance(numbers, DotDimensionNumbersAttr)
    left, right = _operands(lo)
    batch = [numbers.integers(f"{side}_batching_dimensions") for side in ("lhs", "rhs")]
    inner = [numbers.integers(f"{side}_contracting_dimensions") for side in ("lhs", "rhs")]
    free = [
        [at for at in range(rank_of(x)) if at not in (*batch[side], *inner[side])]
        for side, x in enumerate((left, right))
    ]
    shapes = extents_of(left), extents_of(right)
    for a, b in joined_dims(numbers):
        lo.relations.equal(shapes[0][a], shapes[1][b])
    batches = [shapes[0][a] for a in batch[0]]
    first, second = (1, 0) if _is_turned(hlo(lo), len(batches), len(free[0])) else (0, 1)
    sides = (left, right)
    a = lo.transpose(sides[first], [*batch[first], *free[first], *inner[first]])
    b = lo.transpose(sides[second], [*batch[second], *inner[second], *free[second]])
    rows = [shapes[first][d] for d in free[first]]
    columns = [shapes[second][d] for d in free[second]]
    depth = [shapes[0][d] for d in inner[0]]
    a = lo.reshape(a, (*batches, product_of(rows), product_of(depth)))
    b = lo.reshape(b, (*batches, product_of(depth), product_of(columns)))
    found = lo.reshape(lo.emit(MatmulOp(a, b)), (*batches, *rows, *columns))
    if not first:
        return found
    count, behind = len(batches), len(batches) + len(rows)
    order = [*range(count), *range(behind, behind + len(columns)), *range(count, behind)]
    return lo.transpose(found, order)


def _is_turned(op: HloOp, batches: int, rows: int) -> bool:
    """
    Whether the product is used once, by a transpose that puts its columns before its rows: then it
    is the product of the operands the other way round, as `einsum` wanted it.
    """
    [result] = op.results
    use = next(iter(result.uses), None)
    if use is None or len(list(result.uses)) != 1 or use.operation.name != "stablehlo.transpose":
        return False
    order = [at for at in integers_of(use.operation.properties["permutation"]) if at >= batches]
    columns = len(order) - rows
    turned = [*range(batches + rows, batches + rows + columns), *range(batches, batches + rows)]
    return bool(rows and columns) and order == turned


def convolution_(lo: Lowering) -> SSAValue:
    """A convolution of `[N, C, spatial...]` between transposes."""
    numbers = hlo(lo).properties["dimension_numbers"]
    assert isinstance(numbers, ConvDimensionNumbersAttr)
    left, right = _operands(lo)
    x = lo.transpose(left, numbers.order("input"))
    batches = lo.integer("batch_group_count", 1)
    if batches != 1:
        x = _batches_as_channels(lo, x, batches)
    w = lo.transpose(right, numbers.order("kernel"))
    rank = rank_of(x) - 2
    if not rank:
        x, w = lo.reshape(x, (*extents_of(x), 1)), lo.reshape(w, (*extents_of(w), 1))
    groups = lo.integer("feature_group_count", 1) * batches
    found = _windowed(lo, x, w, max(rank, 1), groups)
    if not rank:
        found = lo.reshape(found, extents_of(found)[:2])
    order = numbers.order("output")
    return lo.transpose(found, [order.index(at) for at in range(rank + 2)])


def _batches_as_channels(lo: Lowering, x: SSAValue, count: int) -> SSAValue:
    """`[g N, C, ...]` as `[N, g C, ...]`: groups of the batch are groups of features."""
    if lo.integer("feature_group_count", 1) != 1:
        raise NoNativeForm("in groups of the batch and of features")
    batch, channels, *spatial = extents_of(x)
    x = lo.reshape(x, (count, batch // count, channels, *spatial))
    x = lo.transpose(x, [1, 0, *range(2, rank_of(x))])
    return lo.reshape(x, (batch // count, count * channels, *spatial))


def _windowed(lo: Lowering, x: SSAValue, w: SSAValue, rank: int, groups: int) -> SSAValue:
    ones = [1] * rank
    strides, base, dilations = (
        integers(lo, name, ones) or ones
        for name in ("window_strides", "lhs_dilation", "rhs_dilation")
    )
    low, high = pads(lo, rank)
    reversal = integers(lo, "window_reversal", [0] * rank) or [0] * rank
    w = _flipped(lo, w, [at + 2 for at, back in enumerate(reversal) if back])
    kernel = shape_of(w)[2:]
    if 0 in kernel:
        raise NoNativeForm("by an empty filter")
    reach = [(k - 1) * d for k, d in zip(kernel, dilations, strict=True)]
    if any(b > 1 for b in base):
        cut = [r - a for r, a in zip(reach, low, strict=True)]
        cut += [r - b for r, b in zip(reach, high, strict=True)]
        if all(s == 1 for s in strides) and min(cut) >= 0:
            return _transposed(
                lo, x, w, Window(kernel, tuple(base), tuple(cut), tuple(dilations)), groups
            )
        zero = attribute_of(0, Numbers(element_of(x)).scalar)
        x = spread(lo, x, [0, 0, *(b - 1 for b in base)], zero)
    if min(*low, *high) < 0:
        zero = attribute_of(0, Numbers(element_of(x)).scalar)
        x = lo.emit(PadOp(x, [0, 0, *low], [0, 0, *high], zero))
        low, high = [0] * rank, [0] * rank
    window = Window(kernel, tuple(strides), (*low, *high), tuple(dilations))
    return convolution(lo, x, w, window, groups=groups)


def _flipped(lo: Lowering, w: SSAValue, axes: Sequence[int]) -> SSAValue:
    """A filter backwards along some axes."""
    if not axes:
        return w
    shape = extents_of(w)
    starts: list[Extent] = [n - 1 if at in axes else 0 for at, n in enumerate(shape)]
    return lo.slice(w, starts, shape, [-1 if at in axes else 1 for at in range(len(shape))])


def _transposed(lo: Lowering, x: SSAValue, w: SSAValue, window: Window, groups: int) -> SSAValue:
    """
    Zeros between the elements of the input are the strides of a transposed convolution, whose
    filter is backwards and has input and output features swapped.
    """
    filters, channels, *kernel = numbers_of(extents_of(w))
    w = _flipped(lo, w, range(2, len(kernel) + 2))
    w = lo.reshape(w, (groups, filters // groups, channels, *kernel))
    w = lo.transpose(w, [0, 2, 1, *range(3, len(kernel) + 3)])
    w = lo.reshape(w, (groups * channels, filters // groups, *kernel))
    zeros = [0] * len(kernel)
    return transposed_convolution(lo, x, w, window, output_padding=zeros, groups=groups)


def batch_norm_inference(lo: Lowering) -> SSAValue:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`"""
    x, *parts = lo.operands
    axis, rank = lo.integer("feature_index"), rank_of(x)
    n, epsilon = Numbers(element_of(x)), lo.number("epsilon")
    rows = [
        lo.reshape(v, [extents_of(v)[0] if at == axis else 1 for at in range(rank)]) for v in parts
    ]

    def build(
        a: SSAValue, scale: SSAValue, offset: SSAValue, mean: SSAValue, var: SSAValue
    ) -> SSAValue:
        deviation = value(math.SqrtOp(n.add(var, n.number(epsilon))))
        return n.add(n.mul(n.div(n.sub(a, mean), deviation), scale), offset)

    return lo.map([x, *rows], build)  # pyright: ignore[reportArgumentType]


OPERATORS: dict[str, Conversion] = {
    "batch_norm_inference": batch_norm_inference,
    "convolution": convolution_,
    "dot": dot,
    "dot_general": dot_general,
}
