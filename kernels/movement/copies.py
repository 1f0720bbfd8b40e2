"""
Data movement: reshape, broadcast, transpose, slice, concat, pad, relayout.

Every one of them is a set of strided copies (`copy_boxes.py`, `copy_nest.py`) between tensors in
any layouts. Only valid elements are written: padding lanes of the result stay as they were.

`concat` and `pad` honour the attribute `absorbed = array<i64: ...>` that planning leaves on
them: the operands of these numbers already lie where they belong in the result, so a pad writes
its border and a concat only the other operands.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from ...dialects.engine.base import nbytes_of, shape_of, static
from ...dialects.engine.movement import (
    BroadcastOp,
    ConcatOp,
    MovementOp,
    PadOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.copy_boxes import Run, runs_of, whole
from ..template import ANY, Kernel, LayoutChoice, Template
from .copies_cost import copy_seconds
from .copies_plan import Border, CopiesPlan, Copy, copy_chunks
from .copies_writer import CopiesWriter

MoveT = TypeVar("MoveT", bound=MovementOp)


def is_known(op: MovementOp) -> bool:
    """Whether all sizes are known."""
    return all(static(t.get_shape()) for t in op.target_types()) and all(
        static(shape_of(v)) for v in op.sources
    )


def result_seconds(op: MovementOp, target: Target) -> float:
    """Estimated time on one thread to write all of the result."""
    return copy_seconds(sum(nbytes_of(t) for t in op.target_types()), target)


def row_major(op: MovementOp, target: Target) -> list[LayoutChoice]:
    """The operation between row-major tensors."""
    return [LayoutChoice((None,) * len(op.sources), (None,), result_seconds(op, target))]


class CopiesTemplate(Template[MoveT, CopiesPlan]):
    """What the movements share; each says what it copies."""

    def supports(self, op: MoveT, target: Target) -> bool:
        return is_known(op)

    def layouts(self, op: MoveT, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((ANY,) * len(op.sources), (ANY,), result_seconds(op, target))]

    @abstractmethod
    def copies(self, op: MoveT) -> Sequence[Copy]:
        """What goes into the result of a planned operation."""

    def bytes_written(self, op: MoveT) -> int:
        """Bytes of the result that the kernel writes."""
        return nbytes_of(op.destinations[0])

    def border(self, op: MoveT) -> Border | None:
        """What is written beside the copies."""
        return None

    def plan(self, op: MoveT, target: Target) -> CopiesPlan | None:
        copies, border = tuple(self.copies(op)), self.border(op)
        # A result all of whose parts are absorbed is there already.
        work = copies or border is not None
        chunks = copy_chunks(self.bytes_written(op), target, even=True) if work else 0
        return CopiesPlan(op, copies, chunks, border)

    def write(self, plan: CopiesPlan, name: str, builder: KernelBuilder) -> Kernel:
        return CopiesWriter(plan, name, builder).write()


class ReshapeTemplate(CopiesTemplate[ReshapeOp]):
    """`engine.reshape` where it is not a view."""

    OP = ReshapeOp

    def layouts(self, op: ReshapeOp, target: Target) -> Sequence[LayoutChoice]:
        return row_major(op, target)

    def copies(self, op: ReshapeOp) -> Sequence[Copy]:
        return [Copy.reshaped(op)]


class BroadcastTemplate(CopiesTemplate[BroadcastOp]):
    """`engine.broadcast`."""

    OP = BroadcastOp

    def copies(self, op: BroadcastOp) -> Sequence[Copy]:
        own, shape = shape_of(op.sources[0]), shape_of(op.destinations[0])
        sizes = (1,) * (len(shape) - len(own)) + own
        runs = [[Run(0, n, 0, 1 if size == n else 0)] for n, size in zip(shape, sizes, strict=True)]
        return [Copy.of(op, 0, runs)]


class TransposeTemplate(CopiesTemplate[TransposeOp]):
    """`engine.transpose` where it is not a view."""

    OP = TransposeOp

    def layouts(self, op: TransposeOp, target: Target) -> Sequence[LayoutChoice]:
        return row_major(op, target)

    def copies(self, op: TransposeOp) -> Sequence[Copy]:
        return [Copy.of(op, 0, whole(shape_of(op.destinations[0])), op.permutation)]


class SliceTemplate(CopiesTemplate[SliceOp]):
    """`engine.slice` where it is not a view."""

    OP = SliceOp

    def copies(self, op: SliceOp) -> Sequence[Copy]:
        return [Copy.of(op, 0, [[Run(0, size, start, step)] for start, size, step in op.ranges()])]


class RelayoutTemplate(CopiesTemplate[RelayoutOp]):
    """`engine.relayout`."""

    OP = RelayoutOp

    def layouts(self, op: RelayoutOp, target: Target) -> Sequence[LayoutChoice]:
        # A relayout has its layouts already; they are the operation.
        return []

    def copies(self, op: RelayoutOp) -> Sequence[Copy]:
        return [Copy.of(op, 0, whole(shape_of(op.destinations[0])))]


class ConcatTemplate(CopiesTemplate[ConcatOp]):
    """`engine.concat` of the operands that are not absorbed."""

    OP = ConcatOp

    def bytes_written(self, op: ConcatOp) -> int:
        skip = op.absorbed()
        return sum(nbytes_of(v) for i, v in enumerate(op.sources) if i not in skip)

    def copies(self, op: ConcatOp) -> Sequence[Copy]:
        skip, axis = op.absorbed(), op.axis.value.data
        found: list[Copy] = []
        for number, (value, start) in enumerate(zip(op.inputs, op.offsets, strict=True)):
            if number in skip:
                continue
            runs = whole(shape_of(value))
            runs[axis] = [Run(start, shape_of(value)[axis], 0)]
            found.append(Copy.of(op, number, runs))
        return found


def pad_sources(mode: str, extent: int, low: int, high: int) -> list[int]:
    """The source index of each element of a padded dimension, for the modes that repeat it."""
    found: list[int] = []
    for i in range(-low, extent + high):
        if mode == "edge":
            found.append(min(max(i, 0), extent - 1))
        elif mode == "wrap":
            found.append(i % extent)
        else:
            period = max(1, 2 * (extent - 1))
            j = i % period
            found.append(min(j, period - j) if extent > 1 else 0)
    return found


class PadTemplate(CopiesTemplate[PadOp]):
    """`engine.pad`: the border, and the interior unless it is absorbed."""

    OP = PadOp

    def layouts(self, op: PadOp, target: Target) -> Sequence[LayoutChoice]:
        if any(low or high for low, high in op.amounts[:2]):
            # Channels are padded in rows: a border of lanes is not a box of blocks.
            return row_major(op, target)
        return super().layouts(op, target)

    def bytes_written(self, op: PadOp) -> int:
        whole_result = nbytes_of(op.destinations[0])
        return whole_result - (nbytes_of(op.sources[0]) if op.absorbed() else 0)

    def copies(self, op: PadOp) -> Sequence[Copy]:
        sizes = list(zip(shape_of(op.input), op.amounts, strict=True))
        if op.mode.data != "constant":
            sources = [pad_sources(op.mode.data, n, low, high) for n, (low, high) in sizes]
            return [Copy.of(op, 0, [runs_of(found) for found in sources])]
        if op.absorbed():
            return []
        return [Copy.of(op, 0, [_kept(n, low, high) for n, (low, high) in sizes])]

    def border(self, op: PadOp) -> Border | None:
        return Border.of(op) if op.mode.data == "constant" else None


def _kept(extent: int, low: int, high: int) -> list[Run]:
    """What of a dimension is left in the result; negative amounts crop."""
    first, last = max(0, -low), extent - max(0, -high)
    return [Run(max(0, low), max(0, last - first), first)]
