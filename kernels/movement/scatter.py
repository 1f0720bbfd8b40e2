"""
`engine.scatter`: a copy of a tensor with rows replaced or combined at run-time indices.

The rows are written one after the other, so the last of equal indices wins. An index outside
reports an error and its row is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, BFloat16Type, Float16Type, IntegerType, i1
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import EngineOp, element_of, shape_of, static
from ...dialects.engine.indexing import ScatterOp
from ...dialects.engine.weights import dtype_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.copy_boxes import TensorSteps, copy_boxes, whole
from ..common.copy_nest import CopyWriter
from ..common.indexed_rows import Combine, RowWriter, checked_index, report
from ..common.strided_view import is_strided, logical_strides
from ..kernel_key import byte_range
from ..template import AnyTemplate, Kernel, LayoutChoice, kernel_arguments
from .gather import joint_axes, moved_view

BYTES_PER_SECOND = 8e9
ROW_SECONDS = 8e-9

_FLOAT: dict[str, type[Operation]] = {
    "add": arith.AddfOp,
    "mul": arith.MulfOp,
    "max": arith.MaximumfOp,
    "min": arith.MinimumfOp,
}
_SIGNED: dict[str, type[Operation]] = {
    "add": arith.AddiOp,
    "mul": arith.MuliOp,
    "max": arith.MaxSIOp,
    "min": arith.MinSIOp,
}
_UNSIGNED: dict[str, type[Operation]] = {
    **_SIGNED,
    "max": arith.MaxUIOp,
    "min": arith.MinUIOp,
}


class ScatterTemplate(AnyTemplate):
    """`engine.scatter`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ScatterOp) or not _known(op):
            return []
        rows = prod(shape_of(op.indices)[:-1])
        seconds = op.bytes_moved() / BYTES_PER_SECOND + rows * ROW_SECONDS
        return [LayoutChoice((None, None, None), (None,), seconds)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return (
            isinstance(op, ScatterOp)
            and _known(op)
            and all(is_strided(v) for v in (*op.sources, *op.destinations))
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, ScatterOp)
        b = builder
        names = ["chunk", "x", "indices", "updates", "y", "status", "code"]
        with b.function(name, kernel_arguments(op, may_fail=True), names=names) as arguments:
            chunk, x, indices, updates, y, status, code = arguments
            [out] = op.destinations
            source, target = TensorSteps.of(op.input), TensorSteps.of(out)
            assert source is not None
            assert target is not None
            if byte_range(op.input) != byte_range(out):
                boxes = copy_boxes(source, target, whole(shape_of(out)))
                assert boxes is not None
                CopyWriter(b, x, y, element_of(out), chunk, 1).write(boxes)
            if prod(shape_of(op.updates)):
                _write_rows(b, op, (indices, updates, y), (status, code))
        return Kernel(1, may_fail=True)


def _write_rows(
    b: KernelBuilder,
    op: ScatterOp,
    memories: tuple[SSAValue, SSAValue, SSAValue],
    error: tuple[SSAValue, SSAValue],
) -> None:
    """The loop over the rows of updates."""
    indices, updates, y = memories
    [out] = op.destinations
    shape, picks = shape_of(out), shape_of(op.indices)
    depth, rank = picks[-1], len(picks) - 1
    index_strides, write = logical_strides(op.indices), logical_strides(out)
    read = logical_strides(op.updates)
    rows = joint_axes(picks[:-1], index_strides[:-1], read[:rank])
    behind = joint_axes(shape[depth:], read[rank:], write[depth:])
    places = moved_view(op.indices, [*((n, s) for n, s, _ in rows), (depth, index_strides[-1])])
    source = moved_view(
        op.updates, [*((n, t) for n, _, t in rows), *((n, s) for n, s, _ in behind)]
    )
    leading = list(zip(shape[:depth], write[:depth], strict=True))
    target = moved_view(out, [*leading, *((n, t) for n, _, t in behind)])
    writer = RowWriter(b, source, target, b.target.lanes(target.element))
    indices, updates, y = places.cast(b, indices), source.cast(b, updates), target.cast(b, y)
    extents = [n for n, _, _ in rows]
    with b.loop(0, prod(extents)) as loop:
        at = list(b.unflatten(loop.index, extents)) if extents else []
        inside = b.constant(1, i1)
        position: list[SSAValue] = []
        for d in range(depth):
            raw = b.load(indices, places.indices([*at, d]))
            row, valid = checked_index(b, raw, shape[d])
            position.append(row)
            inside = b.andi(inside, valid)
        report(b, inside, *error)
        with b.if_(inside):
            writer.move((updates, y), (at, position), _combine(b, op))


def _combine(b: KernelBuilder, op: ScatterOp) -> Combine | None:
    kind, element = op.reduction.data, element_of(op.input)
    if kind == "none":
        return None
    if isinstance(element, AnyFloat):
        return partial(b.apply, _FLOAT[kind])
    return partial(b.apply, (_UNSIGNED if dtype_of(element).kind == "u" else _SIGNED)[kind])


def _combines(element: Attribute) -> bool:
    """Whether there is scalar arithmetic on elements of this type."""
    return element != i1 and not isinstance(element, Float16Type | BFloat16Type)


def _known(op: ScatterOp) -> bool:
    return (
        isinstance(element_of(op.indices), IntegerType)
        and all(static(shape_of(v)) for v in op.sources)
        and (op.reduction.data == "none" or _combines(element_of(op.input)))
    )
