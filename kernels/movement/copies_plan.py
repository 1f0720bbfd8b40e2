"""How a data movement is run: which boxes of which operands go where in the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import SSAValue

from ...dialects.engine.base import EngineOp, extents_of, rank_of
from ...dialects.engine.movement import PadOp
from ...runtime.size import Extent, Size, ceildiv, floordiv, maximum, minimum
from ...targets.target import Target
from ..common.copy_boxes import Run, TensorSteps, copy_boxes, reshape_boxes
from ..common.copy_nest import is_crossed
from ..common.fill import Ranges, border_boxes, border_ranges
from ..common.physical_boxes import Box
from ..common.strided_view import is_strided, logical_strides
from ..template import MOST_CHUNKS, Plan, PlanEntry, chunk_count
from .copies_cost import copy_seconds

CHUNK_BYTES = 64
"""No chunk has less."""


@dataclass(frozen=True)
class Copy:
    """What of one operand goes into the result."""

    number: int
    """Of the operand."""
    boxes: tuple[Box, ...] | None
    """Boxes of strided axes, of (operand, result); None when single elements are copied."""
    runs: tuple[tuple[Run, ...], ...] | None = None
    """Runs of each dimension of the result; None for all elements in row-major order."""
    permutation: tuple[int, ...] | None = None
    """Dimension i of the result is `permutation[i]` of the operand."""

    @staticmethod
    def of(
        op: EngineOp,
        number: int,
        runs: Sequence[Sequence[Run]],
        permutation: Sequence[int] | None = None,
    ) -> Copy:
        """Runs of each dimension of the result from operand `number`, permuted."""
        operand, result = op.sources[number], op.destinations[0]
        source, target = TensorSteps.of(operand), TensorSteps.of(result)
        if source is not None:
            rank = rank_of(result)
            source = source.permuted(permutation) if permutation else source.expanded(rank)
        boxes = copy_boxes(source, target, runs) if source and target else None
        return Copy(
            number,
            None if boxes is None else tuple(boxes),
            tuple(map(tuple, runs)),
            None if permutation is None else tuple(permutation),
        )

    @staticmethod
    def reshaped(op: EngineOp) -> Copy:
        """All elements of the operand in row-major order."""
        operand, result = op.sources[0], op.destinations[0]
        boxes = None
        if is_strided(operand) and is_strided(result):
            boxes = reshape_boxes(_dimensions(operand), _dimensions(result))
        return Copy(0, None if boxes is None else tuple(boxes))

    @property
    def way(self) -> str:
        """How it is written: vectors along an axis, transposed tiles, or single elements."""
        if self.boxes is None:
            return "elements"
        return "tiles" if any(map(is_crossed, self.boxes)) else "vectors"


def _dimensions(value: SSAValue) -> list[tuple[Extent, Extent]]:
    """(extent, stride) of each dimension of a value without blocks."""
    return list(zip(extents_of(value), logical_strides(value), strict=True))


@dataclass(frozen=True)
class Border:
    """What a pad writes around its operand."""

    ranges: tuple[Ranges, ...]
    boxes: tuple[Box, ...] | None
    """Boxes of blocks of the result; None when single elements are written."""
    value: float

    @staticmethod
    def of(op: PadOp) -> Border:
        """The border of a pad with a constant."""
        target, value = op.destinations[0], op.value
        number = value.value.data
        ranges = border_ranges(extents_of(target), op.amount_extents)
        boxes = border_boxes(target, ranges)
        return Border(
            tuple(ranges),
            None if boxes is None else tuple(boxes),
            float(number) if isinstance(value, FloatAttr) else number,
        )


@dataclass(frozen=True)
class CopiesPlan(Plan):
    """A planned movement: its copies, the border of a pad, and its chunks."""

    op: EngineOp
    copies: tuple[Copy, ...]
    chunks: Extent
    border: Border | None = None

    def describe(self) -> dict[str, PlanEntry]:
        """How the copies are written, how many boxes they are, and those of the border."""
        ways = dict.fromkeys(copy.way for copy in self.copies)
        boxes = sum(len(copy.boxes or ()) for copy in self.copies)
        found: dict[str, PlanEntry] = {"copies": ", ".join(ways) or "none"}
        if boxes:
            found["boxes"] = boxes
        if self.border is not None:
            found["border_boxes"] = len(self.border.boxes or self.border.ranges)
        return found


def copy_chunks(nbytes: Extent, target: Target, *, even: bool) -> Extent:
    """
    Chunks of a kernel that writes `nbytes`.

    An `even` number suits copies of which no chunk is longer than another: of three chunks, one
    of two threads would have two.
    """
    if isinstance(nbytes, Size):
        rate = 2 if even else 1
        each = int(CHUNK_BYTES * target.machine.chunk_seconds / copy_seconds(CHUNK_BYTES, target))
        worthwhile = maximum(1, floordiv(nbytes, rate * each) * rate)
        return minimum(ceildiv(nbytes, CHUNK_BYTES), worthwhile, MOST_CHUNKS)
    seconds = copy_seconds(nbytes, target)
    chunks = chunk_count(max(1, nbytes // CHUNK_BYTES), seconds, target.machine)
    return chunks + chunks % 2 if even and chunks > 1 else chunks
