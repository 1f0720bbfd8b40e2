"""
`engine.reduce`: fold any axes of any layout, with a scalar region on the inputs first.

Reductions of contiguous axes run along the lanes and combine them at the end; others run lane by
lane along a contiguous kept axis, which is what leading axes, and the spatial axes of a blocked
activation (global average pooling), come down to. See `reduction_nest.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType, Float32Type, Float64Type, IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp
from ...dialects.engine.base import EngineOp, element_of, scalar_type, shape_of, static
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.combine import Combiner
from ..common.inline_region import inline_region
from ..common.reduction_nest import Point, ReductionNest, Values, split_axes
from ..common.strided_view import Axis
from ..template import STRIDED, AnyTemplate, Kernel, LayoutChoice, chunk_count, kernel_arguments

BYTES_PER_SECOND = 2e10
"""What one core streams; only to estimate the time."""


class ReduceTemplate(AnyTemplate):
    """Sums, means, products, maxima and minima of numbers and booleans."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ReduceOp) or not _has_kernel(op):
            return ()
        seconds = op.bytes_moved() / BYTES_PER_SECOND
        plain = LayoutChoice((STRIDED,) * len(op.inputs), (None,), seconds)
        rank = len(op.domain)
        blockable = (
            rank >= 3
            and op.keepdims is not None
            and not {0, 1} & set(op.axis_list)
            and all(len(shape_of(v)) == rank for v in op.inputs)
        )
        if not blockable:
            return [plain]
        lanes = target.vector_bits // 32
        tag = "aB" + "cdefghijkl"[: rank - 2] + f"{lanes}b"
        blocked = (tag,) * len(op.inputs)
        choices = [plain, LayoutChoice(blocked, (tag,), seconds)]
        if op.domain[1] % lanes == 0:  # whole blocks can be stored row-major at once
            choices.append(LayoutChoice(blocked, (None,), seconds))
        return choices

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not isinstance(op, ReduceOp) or not op.outs or not _has_kernel(op):
            return False
        return reduce_axes(op) is not None

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, ReduceOp)
        axes = reduce_axes(op)
        assert axes is not None
        values = [*op.inputs, op.outs[0]]
        inputs = len(op.inputs)
        combiner = Combiner(op.kind.data, element_of(op.outs[0]))
        nest = ReductionNest.over(values, axes, _lanes(values, builder.target), range(inputs))
        seconds = op.bytes_moved() / BYTES_PER_SECOND
        chunks = chunk_count(nest.rows, seconds)
        with builder.function(name, kernel_arguments(op), names=["chunk"]) as arguments:
            memories = nest.cast(builder, arguments[1:])

            def row(position: tuple[Index, ...], valid: int | None) -> None:
                total = _folded(op, builder, nest, memories, combiner, (position, valid))
                total = combiner.divided(builder, total, nest.count)
                point = nest.row_point(builder, position, valid)
                nest.store_row(builder, total, inputs, memories[inputs], point)

            nest.each_row(builder, arguments[0], chunks, row)
        return Kernel(chunks)


def reduce_axes(op: ReduceOp) -> list[tuple[Axis, bool]] | None:
    """The axes of a planned reduction (axis, folded); None where its layouts do not fit."""
    values = [*op.inputs, op.outs[0]]
    kept = [dim for dim in range(len(op.domain)) if dim not in op.axis_list]
    found: list[tuple[Axis, bool]] = []
    for dim, extent in enumerate(op.domain):
        folded = dim in op.axis_list
        axes = split_axes(op.domain, op.inputs, dim)
        if axes is None or (folded and extent != prod(a.extent for a in axes)):
            return None
        if folded:
            found += [(Axis(a.extent, (*a.strides, 0)), True) for a in axes]
            continue
        if op.keepdims is not None:
            axes = split_axes(op.domain, values, dim)
            if axes is None:
                return None
            found += [(axis, False) for axis in axes]
            continue
        result = split_axes([op.domain[d] for d in kept], [op.outs[0]], kept.index(dim))
        if result is None:
            return None
        if len(result) != len(axes):
            block = axes[-1].extent
            if len(result) != 1 or extent % block:
                return None
            step = result[0].strides[0]
            result = [Axis(extent // block, (block * step,)), Axis(block, (step,))]
        found += [
            (Axis(a.extent, (*a.strides, *r.strides)), False)
            for a, r in zip(axes, result, strict=True)
        ]
    return found


def _folded(
    op: ReduceOp,
    builder: KernelBuilder,
    nest: ReductionNest,
    memories: Sequence[SSAValue],
    combiner: Combiner,
    row: tuple[tuple[Index, ...], int | None],
) -> SSAValue:
    """The reduction of one row: a scalar, or a vector of rows."""
    lanes = nest.lanes if nest.vector else None

    def step(point: Point, accumulators: Values) -> Values:
        values = [nest.load(builder, i, memory, point) for i, memory in enumerate(memories[:-1])]
        value = values[0]
        if op.body is not None:
            [value] = inline_region(builder, op.body.block, values)
        if nest.vector == "folded" and point.mask is not None:
            value = builder.select(point.mask, value, combiner.start(builder, nest.lanes))
        return [combiner.apply(builder, accumulators[0], value)]

    start = combiner.start(builder, lanes)
    chains = nest.fold(builder, *row, [start], step, chains=4)
    total = combiner.all_of(builder, [values[0] for values in chains])
    if nest.vector != "folded":
        return total
    return combiner.over_lanes(builder, total)


def _has_kernel(op: ReduceOp) -> bool:
    elements = [element_of(value) for value in (*op.operands, *op.results)]
    return static(op.domain) and all(
        isinstance(element, IntegerType | Float32Type | Float64Type) for element in elements
    )


def _lanes(values: Sequence[SSAValue], target: Target) -> int:
    """Lanes of the widest element, so that every vector fills a register at most."""
    types = [scalar_type(element_of(value)) for value in values]
    widths = [type.bitwidth for type in types if isinstance(type, FixedBitwidthType)]
    return max(1, target.vector_bits // max(8, *widths))
