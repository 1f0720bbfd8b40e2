"""
`engine.assert`: look at every element of the condition, and copy the input.

Each chunk copies its part; the first one looks at the condition, which is short.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.assertion import AssertOp
from ...dialects.engine.base import EngineOp, element_of, nbytes_of, shape_of, static
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.copy_boxes import whole
from ..common.indexed_rows import report
from ..common.strided_view import Axis, StridedView, is_strided, logical_strides, merge_axes
from ..movement.copies import BYTES_PER_SECOND, Copies
from ..template import (
    AnyTemplate,
    Kernel,
    LayoutChoice,
    chunk_count,
    kernel_arguments,
    storage_type,
)


class AssertTemplate(AnyTemplate):
    """`engine.assert`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, AssertOp) or not _known(op):
            return []
        return [LayoutChoice((None, None), (None,), 2 * nbytes_of(op.input) / BYTES_PER_SECOND)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return isinstance(op, AssertOp) and _known(op) and is_strided(op.condition)

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, AssertOp)
        b = builder
        moved = nbytes_of(op.destinations[0])
        chunks = chunk_count(max(1, moved // 64), 2 * moved / BYTES_PER_SECOND)
        extents, strides = shape_of(op.condition), logical_strides(op.condition)
        axes = merge_axes([Axis(n, (s,)) for n, s in zip(extents, strides, strict=True)])
        view = StridedView(
            storage_type(element_of(op.condition)),
            tuple(a.extent for a in axes),
            tuple(a.strides[0] for a in axes),
        )
        with b.function(name, kernel_arguments(op, may_fail=True), names=["chunk"]) as arguments:
            chunk, source, condition, result, status, code = arguments
            Copies(op, b, [chunk, source, condition, result], chunks).copy(
                0, whole(shape_of(op.destinations[0]))
            )
            if 0 not in extents:
                memory = view.cast(b, condition)
                with b.if_(b.cmpi("eq", chunk, 0)):
                    self._look(b, view, memory, [], (status, code))
        return Kernel(chunks, may_fail=True)

    def _look(
        self,
        b: KernelBuilder,
        view: StridedView,
        memory: SSAValue,
        position: list[Index],
        error: tuple[SSAValue, SSAValue],
    ) -> None:
        depth = len(position)
        if depth == len(view.extents):
            found = b.load(memory, view.indices(position))
            report(b, b.cmpi("ne", found, 0), *error)
            return
        with b.loop(0, view.extents[depth]) as loop:
            self._look(b, view, memory, [*position, loop.index], error)


def _known(op: AssertOp) -> bool:
    return static(shape_of(op.input)) and static(shape_of(op.condition))
