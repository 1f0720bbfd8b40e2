"""
Data movement: reshape, broadcast, transpose, slice, concat, pad, relayout.

Every one of them is a set of strided copies (`copy_boxes.py`, `copy_nest.py`) between tensors in
any layouts. Only valid elements are written: padding lanes of the result stay as they were.

`concat` and `pad` honour the attribute `absorbed = array<i64: ...>` that planning leaves on
them: the operands of these numbers already lie where they belong in the result, so a pad writes
its border and a concat only the other operands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import SSAValue

from ...dialects.engine.base import EngineOp, element_of, nbytes_of, shape_of, static
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
from ..common.copy_boxes import Run, TensorSteps, copy_boxes, reshape_boxes, runs_of, whole
from ..common.copy_nest import CopyWriter
from ..common.element_copy import copy_elements, reshape_elements
from ..common.fill import border_boxes, border_ranges, fill, fill_elements
from ..common.strided_view import is_strided, logical_strides
from ..template import AnyTemplate, Kernel, LayoutChoice, chunk_count, kernel_arguments

BYTES_PER_SECOND = 10e9
"""Bytes read and written; for deciding on chunks and between layouts."""


def absorbed(op: EngineOp) -> frozenset[int]:
    """Numbers of the operands that are part of the result's memory already."""
    return op.absorbed() if isinstance(op, MovementOp) else frozenset()


class Copies:
    """What a movement kernel is written with: the builder, the memory, the part of the work."""

    def __init__(
        self, op: EngineOp, builder: KernelBuilder, arguments: Sequence[SSAValue], chunks: int
    ):
        self.op = op
        self.builder = builder
        self.chunk = arguments[0]
        self.chunks = chunks
        self.memories = list(arguments[1:-1])
        self.result = arguments[-1]

    @property
    def target(self) -> SSAValue:
        """The planned result."""
        return self.op.destinations[0]

    def copy(
        self,
        number: int,
        runs: Sequence[Sequence[Run]],
        permutation: Sequence[int] | None = None,
    ) -> None:
        """Copy runs of each dimension of the result from operand `number`, permuted."""
        operand = self.op.sources[number]
        source, target = TensorSteps.of(operand), TensorSteps.of(self.target)
        if source is not None:
            rank = len(shape_of(self.target))
            source = source.permuted(permutation) if permutation else source.expanded(rank)
        boxes = copy_boxes(source, target, runs) if source and target else None
        if boxes is not None:
            self.writer(number).write(boxes)
            return
        read, write = (operand.type, self.memories[number]), (self.target.type, self.result)
        copy_elements(self.builder, read, write, runs, (self.chunk, self.chunks), permutation)

    def writer(self, number: int) -> CopyWriter:
        """A writer of boxes from operand `number`."""
        return CopyWriter(
            self.builder,
            self.memories[number],
            self.result,
            element_of(self.target),
            self.chunk,
            self.chunks,
        )


class MovementTemplate(AnyTemplate):
    """What the movements share; each says how it copies."""

    OPERATION: ClassVar[type[EngineOp]]
    ANY_LAYOUT: ClassVar[bool] = True

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not self._known(op):
            return []
        tag = "*" if self.ANY_LAYOUT else None
        seconds = 2 * sum(nbytes_of(t) for t in op.target_types()) / BYTES_PER_SECOND
        return [LayoutChoice((tag,) * len(op.sources), (tag,), seconds)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return self._known(op)

    def _known(self, op: EngineOp) -> bool:
        return (
            isinstance(op, self.OPERATION)
            and all(static(t.get_shape()) for t in op.target_types())
            and all(static(shape_of(v)) for v in op.sources)
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        moved = self.bytes_written(op)
        chunks = chunk_count(max(1, moved // 64), 2 * moved / BYTES_PER_SECOND)
        if chunks > 1:
            chunks += chunks % 2  # of three equal chunks, one of two threads has two
        with builder.function(name, kernel_arguments(op), names=["chunk"]) as arguments:
            self.write_copies(op, Copies(op, builder, arguments, chunks))
        return Kernel(chunks)

    def bytes_written(self, op: EngineOp) -> int:
        """Bytes of the result that the kernel writes."""
        return nbytes_of(op.destinations[0])

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        """Write the body of the kernel."""
        raise AssertionError(f"{type(self).__name__} does not say how it copies")


class ReshapeTemplate(MovementTemplate):
    """`engine.reshape` where it is not a view."""

    OPERATION = ReshapeOp
    ANY_LAYOUT = False

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        operand, target = op.sources[0], copies.target
        boxes = None
        if is_strided(operand) and is_strided(target):
            boxes = reshape_boxes(
                list(zip(shape_of(operand), logical_strides(operand), strict=True)),
                list(zip(shape_of(target), logical_strides(target), strict=True)),
            )
        if boxes is not None:
            copies.writer(0).write(boxes)
            return
        read, write = (operand.type, copies.memories[0]), (target.type, copies.result)
        reshape_elements(copies.builder, read, write, (copies.chunk, copies.chunks))


class BroadcastTemplate(MovementTemplate):
    """`engine.broadcast`."""

    OPERATION = BroadcastOp

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        own, shape = shape_of(op.sources[0]), shape_of(copies.target)
        sizes = (1,) * (len(shape) - len(own)) + own
        copies.copy(
            0, [[Run(0, n, 0, 1 if size == n else 0)] for n, size in zip(shape, sizes, strict=True)]
        )


class TransposeTemplate(MovementTemplate):
    """`engine.transpose` where it is not a view."""

    OPERATION = TransposeOp

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        return [
            LayoutChoice((None,), (None,), choice.seconds) for choice in super().layouts(op, target)
        ]

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        assert isinstance(op, TransposeOp)
        copies.copy(0, whole(shape_of(copies.target)), op.permutation)


class SliceTemplate(MovementTemplate):
    """`engine.slice` where it is not a view."""

    OPERATION = SliceOp

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        assert isinstance(op, SliceOp)
        copies.copy(0, [[Run(0, size, start, step)] for start, size, step in op.ranges()])


class RelayoutTemplate(MovementTemplate):
    """`engine.relayout`."""

    OPERATION = RelayoutOp

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        # A relayout has its layouts already; they are the operation.
        return []

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        copies.copy(0, whole(shape_of(copies.target)))


class ConcatTemplate(MovementTemplate):
    """`engine.concat` of the operands that are not absorbed."""

    OPERATION = ConcatOp

    def bytes_written(self, op: EngineOp) -> int:
        skip = absorbed(op)
        return sum(nbytes_of(v) for i, v in enumerate(op.sources) if i not in skip)

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        assert isinstance(op, ConcatOp)
        skip, axis = absorbed(op), op.axis.value.data
        for number, (value, start) in enumerate(zip(op.inputs, op.offsets, strict=True)):
            if number in skip:
                continue
            runs = whole(shape_of(value))
            runs[axis] = [Run(start, shape_of(value)[axis], 0)]
            copies.copy(number, runs)


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


class PadTemplate(MovementTemplate):
    """`engine.pad`: the border, and the interior unless it is absorbed."""

    OPERATION = PadOp

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        choices = super().layouts(op, target)
        if isinstance(op, PadOp) and any(low or high for low, high in op.amounts[:2]):
            # Channels are padded in rows: a border of lanes is no box of blocks.
            return [LayoutChoice((None,), (None,), c.seconds) for c in choices]
        return choices

    def bytes_written(self, op: EngineOp) -> int:
        whole_result = nbytes_of(op.destinations[0])
        return whole_result - (nbytes_of(op.sources[0]) if absorbed(op) else 0)

    def write_copies(self, op: EngineOp, copies: Copies) -> None:
        assert isinstance(op, PadOp)
        shape = shape_of(op.input)
        if op.mode.data != "constant":
            copies.copy(
                0,
                [
                    runs_of(pad_sources(op.mode.data, n, low, high))
                    for n, (low, high) in zip(shape, op.amounts, strict=True)
                ],
            )
            return
        if not absorbed(op):
            runs = [_kept(n, low, high) for n, (low, high) in zip(shape, op.amounts, strict=True)]
            copies.copy(0, runs)
        fill_border(copies, op)


def fill_border(copies: Copies, op: PadOp) -> None:
    """Write the constant of a pad around its operand."""
    value, target = op.value, copies.target
    number = value.value.data
    constant = float(number) if isinstance(value, FloatAttr) else number
    ranges = border_ranges(shape_of(target), op.amounts)
    boxes = border_boxes(target, ranges)
    part = (copies.chunk, copies.chunks)
    if boxes is not None:
        fill(copies.builder, copies.result, target, boxes, constant, part)
    else:
        fill_elements(copies.builder, copies.result, target, ranges, constant, part)


def _kept(extent: int, low: int, high: int) -> list[Run]:
    """What of a dimension is left in the result; negative amounts crop."""
    first, last = max(0, -low), extent - max(0, -high)
    return [Run(max(0, low), max(0, last - first), first)]
