"""Level 5 of transposed convolutions on blocks: a direct convolution for each phase."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ...dialects.engine.base import physical_shape_of
from ..builder import Index, KernelBuilder
from .direct_writer import DirectWriter
from .transposed_plan import Phase, TransposedPlan


class TransposedWriter(DirectWriter):
    """Writes the phases as one more loop; what differs is where their operands begin."""

    def __init__(self, plan: TransposedPlan, name: str, builder: KernelBuilder):
        super().__init__(plan, name, builder)
        self.phases = plan.down, plan.across

    def weight_view(self, memory: SSAValue) -> SSAValue:
        rows, columns = self.phases
        panels, blocks, *_ = physical_shape_of(self.plan.op.weight)
        taps = (rows.taps, rows.stride, columns.taps, columns.stride)
        lanes = self.plan.lanes
        return self.b.reshape(memory, (panels, blocks, *taps, lanes, self.plan.vectors * lanes))

    def result_view(self, memory: SSAValue) -> SSAValue:
        rows, columns = self.phases
        result = self.plan.operands.result
        sn, sb, sh, sw, sl = result.strides
        down, across = (rows.steps, rows.stride), (columns.steps, columns.stride)
        return self.b.reshape(
            memory,
            (result.images, result.blocks, *down, *across, result.lanes),
            (sn, sb, sh * rows.stride, sh, sw * columns.stride, sw, sl),
        )

    def source_start(self, row: Index, column: Index) -> tuple[Index, Index]:
        b, (rows, columns) = self.b, self.phases

        def start(step: Index, at: Index, phase: Phase) -> Index:
            first = b.floordiv(b.add(at, phase.crop), phase.stride)
            return b.add(step, b.sub(first, phase.taps - 1))

        return (
            start(row, self.at["phase row"], rows),
            start(column, self.at["phase column"], columns),
        )

    def weight_tile(self, w: SSAValue, panel: Index, vectors: int) -> SSAValue:
        b, (rows, columns), lanes = self.b, self.phases, self.plan.lanes
        down = b.mod(b.add(self.at["phase row"], rows.crop), rows.stride)
        across = b.mod(b.add(self.at["phase column"], columns.crop), columns.stride)
        blocks = physical_shape_of(self.plan.op.weight)[1]
        return b.subview(
            w,
            (panel, 0, 0, down, 0, across, 0, 0),
            (1, blocks, rows.taps, 1, columns.taps, 1, lanes, vectors * lanes),
            drop=(0, 3, 5),
        )

    def result_tile(
        self, y: SSAValue, position: Sequence[Index], extents: Sequence[Index]
    ) -> SSAValue:
        image, block, row, column, lane = position
        one, vectors, rows, columns, lanes = extents
        return self.b.subview(
            y,
            (image, block, row, self.at["phase row"], column, self.at["phase column"], lane),
            (one, vectors, rows, 1, columns, 1, lanes),
            drop=(0, 3, 5),
        )

    def filter_tap(self, row: Index, column: Index) -> tuple[Index, Index]:
        rows, columns = self.phases
        return self.b.sub(rows.taps - 1, row), self.b.sub(columns.taps - 1, column)
