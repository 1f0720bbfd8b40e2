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
from math import prod
from typing import TypeVar

from ...dialects.engine.base import byte_extent_of, extents_of, nbytes_of, sized
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
from ...runtime.size import Extent, Size, evaluated, maximum, minimum, mod, sum_of
from ...targets.target import Target
from ..builder import KernelBuilder
from ..common.copy_boxes import Run, runs_of, whole
from ..common.strided_view import broadcast_stride
from ..template import ANY, Kernel, LayoutChoice, Template
from .copies_cost import copy_seconds
from .copies_plan import Border, CopiesPlan, Copy, copy_chunks
from .copies_writer import CopiesWriter

MoveT = TypeVar("MoveT", bound=MovementOp)


def is_known(op: MovementOp) -> bool:
    """Whether all sizes are said, as numbers or by name."""
    return all(sized(extents_of(v)) for v in (*op.target_types(), *op.sources))


def result_seconds(op: MovementOp, target: Target) -> float:
    """Estimated time on one thread to write all of the result."""
    return copy_seconds(sum(nbytes_of(t) for t in op.target_types()), target)


def row_major(op: MovementOp, target: Target) -> list[LayoutChoice]:
    """The operation between row-major tensors."""
    return [LayoutChoice((None,) * len(op.sources), (None,), result_seconds(op, target))]


class CopiesTemplate(Template[MoveT, CopiesPlan]):
    """What the movements share; each says what it copies."""

    GENERAL = True

    def supports(self, op: MoveT, target: Target) -> bool:
        return is_known(op)

    def layouts(self, op: MoveT, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((ANY,) * len(op.sources), (ANY,), result_seconds(op, target))]

    @abstractmethod
    def copies(self, op: MoveT) -> Sequence[Copy] | None:
        """What goes into the result of a planned operation; None where its sizes have no kernel."""

    def bytes_written(self, op: MoveT) -> Extent:
        """Bytes of the result that the kernel writes."""
        return byte_extent_of(op.destinations[0])

    def border(self, op: MoveT) -> Border | None:
        """What is written beside the copies."""
        return None

    def plan(self, op: MoveT, target: Target) -> CopiesPlan | None:
        found, border = self.copies(op), self.border(op)
        if found is None:
            return None
        copies = tuple(found)
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
        own, shape = extents_of(op.sources[0]), extents_of(op.destinations[0])
        sizes = (1,) * (len(shape) - len(own)) + own
        runs = [
            [Run(0, n, 0, 1 if size == n else broadcast_stride(1, size, n))]
            for n, size in zip(shape, sizes, strict=True)
        ]
        return [Copy.of(op, 0, runs)]


class TransposeTemplate(CopiesTemplate[TransposeOp]):
    """`engine.transpose` where it is not a view."""

    OP = TransposeOp

    def layouts(self, op: TransposeOp, target: Target) -> Sequence[LayoutChoice]:
        return row_major(op, target)

    def copies(self, op: TransposeOp) -> Sequence[Copy]:
        return [Copy.of(op, 0, whole(extents_of(op.destinations[0])), op.permutation)]


class SliceTemplate(CopiesTemplate[SliceOp]):
    """`engine.slice` where it is not a view."""

    OP = SliceOp

    def copies(self, op: SliceOp) -> Sequence[Copy]:
        ranges = op.extent_ranges()
        return [Copy.of(op, 0, [[Run(0, size, start, step)] for start, size, step in ranges])]


class RelayoutTemplate(CopiesTemplate[RelayoutOp]):
    """`engine.relayout`."""

    OP = RelayoutOp

    def layouts(self, op: RelayoutOp, target: Target) -> Sequence[LayoutChoice]:
        # A relayout has its layouts already; they are the operation.
        return []

    def copies(self, op: RelayoutOp) -> Sequence[Copy]:
        return [Copy.of(op, 0, whole(extents_of(op.destinations[0])))]


class ConcatTemplate(CopiesTemplate[ConcatOp]):
    """`engine.concat` of the operands that are not absorbed."""

    OP = ConcatOp

    def bytes_written(self, op: ConcatOp) -> Extent:
        skip = op.absorbed()
        return sum_of(byte_extent_of(v) for i, v in enumerate(op.sources) if i not in skip)

    def copies(self, op: ConcatOp) -> Sequence[Copy]:
        skip, axis = op.absorbed(), op.axis.value.data
        found: list[Copy] = []
        for number, (value, start) in enumerate(zip(op.inputs, op.offset_extents, strict=True)):
            if number in skip:
                continue
            runs = whole(extents_of(value))
            runs[axis] = [Run(start, extents_of(value)[axis], 0)]
            found.append(Copy.of(op, number, runs))
        return found


def pad_source(mode: str, extent: Extent, index: Extent) -> Extent:
    """
    The element that a padded dimension has in place of element number `index` of its operand, for
    the modes that repeat elements; of an operand that is not empty.
    """
    if mode == "edge":
        return minimum(maximum(index, 0), extent - 1)
    if mode == "wrap":
        return mod(index, extent)
    period = maximum(1, (extent - 1) * 2)
    folded = mod(index, period)
    return minimum(folded, period - folded, extent - 1)


def pad_runs(mode: str, extent: Extent, low: int, high: int) -> list[Run]:
    """
    Where the elements of a padded dimension come from, for the modes that repeat elements.

    Negative counts crop, and what is left is repeated. Of an extent that is no number, which is not
    cropped, each element of a border is a run of its own.
    """
    if isinstance(extent, int):
        skipped = max(-low, 0)
        kept = extent - skipped - max(-high, 0)
        indices = range(-max(low, 0), kept + max(high, 0))
        return runs_of([skipped + evaluated(pad_source(mode, kept, i), {}) for i in indices])
    before = [Run(i, 1, pad_source(mode, extent, i - low)) for i in range(low)]
    after = [Run(extent + low + i, 1, pad_source(mode, extent, extent + i)) for i in range(high)]
    return [*before, Run(low, extent, 0), *after]


MOST_PAD_RUNS = 64
"""Loops that a pad which repeats elements has at the most where its extents are no numbers."""


class PadTemplate(CopiesTemplate[PadOp]):
    """`engine.pad`: the border, and the interior unless it is absorbed."""

    OP = PadOp

    def layouts(self, op: PadOp, target: Target) -> Sequence[LayoutChoice]:
        if any(low or high for low, high in op.amounts[:2]):
            # Channels are padded in rows: a border of lanes is not a box of blocks.
            return row_major(op, target)
        return super().layouts(op, target)

    def bytes_written(self, op: PadOp) -> Extent:
        whole_result = byte_extent_of(op.destinations[0])
        return whole_result - (byte_extent_of(op.sources[0]) if op.absorbed() else 0)

    def copies(self, op: PadOp) -> Sequence[Copy] | None:
        sizes = list(zip(extents_of(op.input), op.amount_extents, strict=True))
        if op.mode.data != "constant":
            return _repeated(op)
        if op.absorbed():
            return []
        return [Copy.of(op, 0, [_kept(n, low, high) for n, (low, high) in sizes])]

    def border(self, op: PadOp) -> Border | None:
        return Border.of(op) if op.mode.data == "constant" else None


def _repeated(op: PadOp) -> Sequence[Copy] | None:
    """The copy of a pad that repeats elements; None for amounts and extents that are too open."""
    extents, amounts = extents_of(op.input), op.amount_extents
    if not all(isinstance(n, int) for pair in amounts for n in pair):
        return None
    open_ = any(isinstance(n, Size) for n in extents)
    sizes = list(zip(extents, op.amounts, strict=True))
    if open_ and any(n < 0 for pair in op.amounts for n in pair):
        return None
    runs = [pad_runs(op.mode.data, n, low, high) for n, (low, high) in sizes]
    return None if open_ and prod(map(len, runs)) > MOST_PAD_RUNS else [Copy.of(op, 0, runs)]


def _kept(extent: Extent, low: Extent, high: Extent) -> list[Run]:
    """What of a dimension is left in the result; negative amounts crop."""
    first, last = maximum(0, -low), extent - maximum(0, -high)
    return [Run(maximum(0, low), maximum(0, last - first), first)]
