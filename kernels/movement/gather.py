"""
`engine.gather`: rows of a table at run-time indices.

The result is `[before, indices, behind]` for a table `[before, axis, behind]`. Rows are moved in
vectors; an index outside of the axis reports an error and leaves its row alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine.base import EngineOp, element_of, shape_of, static
from ...dialects.engine.indexing import GatherOp
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.indexed_rows import RowWriter, checked_index, report
from ..common.strided_view import Axis, StridedView, is_strided, logical_strides, merge_axes
from ..template import (
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
    storage_type,
)

ROW_SECONDS = 4e-9
BYTES_PER_SECOND = 10e9


def joint_axes(
    shape: Sequence[int], left: Sequence[int], right: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Dimensions of `shape` with the strides of two values, merged: (extent, left, right)."""
    axes = [Axis(n, (a, b)) for n, a, b in zip(shape, left, right, strict=True)]
    return [(a.extent, a.strides[0], a.strides[1]) for a in merge_axes(axes)]


def moved_view(value: SSAValue, axes: Sequence[tuple[int, int]]) -> StridedView:
    """The view of a value along (extent, stride) axes; booleans as the bytes they are."""
    return StridedView(
        storage_type(element_of(value)), tuple(n for n, _ in axes), tuple(s for _, s in axes)
    )


class GatherTemplate(AnyTemplate):
    """`engine.gather`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, GatherOp) or not _known(op):
            return []
        return [LayoutChoice((None, None), (None,), _seconds(op))]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return (
            isinstance(op, GatherOp)
            and _known(op)
            and all(is_strided(v) for v in (*op.sources, *op.destinations))
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, GatherOp)
        b, axis = builder, op.axis.value.data
        x, indices, [out] = op.input, op.indices, op.destinations
        table, picks, count = shape_of(x), shape_of(indices), shape_of(x)[axis]
        read, write = logical_strides(x), logical_strides(out)
        after = axis + len(picks)
        before = joint_axes(table[:axis], read[:axis], write[:axis])
        middle = joint_axes(picks, logical_strides(indices), write[axis:after])
        behind = joint_axes(table[axis + 1 :], read[axis + 1 :], write[after:])
        source = moved_view(
            x,
            [*((n, s) for n, s, _ in before), (count, read[axis]), *((n, s) for n, s, _ in behind)],
        )
        target = moved_view(out, [(n, t) for n, _, t in (*before, *middle, *behind)])
        places = moved_view(indices, [(n, s) for n, s, _ in middle])
        outer = [n for n, _, _ in before]
        inner = [n for n, _, _ in middle]
        units = prod(outer) * prod(inner)
        chunks = chunk_count(max(1, units), _seconds(op))
        lanes = b.target.lanes(source.element)
        writer = RowWriter(b, source, target, lanes)
        names = ["chunk", "x", "indices", "y", "status", "code"]
        with b.function(name, kernel_arguments(op, may_fail=True), names=names) as arguments:
            chunk, from_, index_memory, to, status, code = arguments
            if units and prod(table[axis + 1 :]):
                memories = (source.cast(b, from_), target.cast(b, to))
                index_memory = places.cast(b, index_memory)
                first = b.floordiv(b.mul(chunk, units), chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
                with b.loop(first, last) as loop:
                    extents = [*outer, *inner]
                    position = b.unflatten(loop.index, extents) if extents else ()
                    at, picked = list(position[: len(outer)]), list(position[len(outer) :])
                    raw = b.load(index_memory, places.indices(picked))
                    row, inside = checked_index(b, raw, count)
                    report(b, inside, status, code)
                    with b.if_(inside):
                        writer.move(memories, ([*at, row], [*at, *picked]))
        return Kernel(chunks, may_fail=True)


def _known(op: GatherOp) -> bool:
    return (
        isinstance(element_of(op.indices), IntegerType)
        and static(shape_of(op.input))
        and static(shape_of(op.indices))
    )


def _seconds(op: GatherOp) -> float:
    rows = prod(shape_of(op.input)[: op.axis.value.data]) * prod(shape_of(op.indices))
    return rows * ROW_SECONDS + op.bytes_moved() / BYTES_PER_SECOND
