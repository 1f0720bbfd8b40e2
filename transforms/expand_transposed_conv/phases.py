"""
The phases of a transposed convolution with stride s, and how much work each form of it is.

Results `j * s + r` are of phase r. Sizes may be values as long as padding comes out as a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import Float32Type, Float64Type

from ...dialects.engine import ConvTransposeOp
from ...dialects.engine.base import element_of, extents_of, shape_of
from ...runtime.size import Extent, Size, ceildiv, floordiv, maximum, numbers_of
from ...targets.target import Target

MOST_WORK = 8
"""
How many times the multiply-adds a convolution may take: its kernel is more than that much faster
than the general one for transposed convolutions (1 to 2 multiply-adds a cycle).
"""

LESS_MOVED = 1.3
"""How much more work phase after phase may be, for the interleaving that it saves."""


@dataclass(frozen=True)
class PhaseRun:
    """Neighbouring phases with as many taps, along one spatial dimension."""

    first: int
    count: int
    taps: int
    pad_low: int
    pad_high: int


@dataclass(frozen=True)
class Phases:
    """One spatial dimension: its phases, and the positions that are computed of each."""

    stride: int
    runs: tuple[PhaseRun, ...]
    positions: Extent
    start: int
    """Where the result starts in the interleaved positions."""

    @staticmethod
    def of(size: Extent, kernel: int, stride: int, low: int, extent: Extent) -> Phases | None:
        """
        For an input of `size` and a result of `extent` that starts `low` into the full one.

        None where phases have no tap at all, or padding is no number.
        """
        if kernel < stride:
            return None
        most, least = -(-kernel // stride), kernel // stride
        first = min(low // stride, least - 1)
        positions = maximum(floordiv(extent + low - 1, stride) - first + 1, size - first)
        beyond = positions - size + first
        if isinstance(beyond, Size):
            return None
        longer = kernel - least * stride
        counts = ((0, longer, most), (longer, stride - longer, least))
        runs = tuple(
            PhaseRun(r, count, taps, taps - 1 - first, beyond) for r, count, taps in counts if count
        )
        return Phases(stride, runs, positions, low - first * stride)


@dataclass(frozen=True)
class WholePhases:
    """
    One spatial dimension widened until no phase has a border: zeros around the input, `steps`
    results of each phase. All phases have `taps` taps.
    """

    stride: int
    taps: int
    low: int
    high: int
    crop: int
    steps: Extent
    crop_end: int

    @staticmethod
    def of(size: Extent, kernel: int, stride: int, crop: int, extent: Extent) -> WholePhases | None:
        """
        For an input of `size` and a result of `extent` that starts `crop` into the full one.

        None where padding is no number.
        """
        taps, steps = -(-kernel // stride), ceildiv(extent, stride)
        low = max(0, taps - 1 - crop // stride)
        crop += low * stride
        more = steps - size
        if isinstance(more, Size):
            return None
        high = max(0, (stride - 1 + crop) // stride + more - low)
        end = (low + high - 1 + taps - more) * stride - crop
        return WholePhases(stride, taps, low, high, crop, steps, end)


def _dims(conv: ConvTransposeOp) -> list[tuple[Extent, int, int, int, Extent]]:
    """(input size, kernel, stride, crop at the start, result size) of each dimension."""
    [result], size = conv.inferred_shapes(), extents_of(conv.input)[2:]
    low = conv.window("pads")[: conv.spatial_rank]
    return list(zip(size, conv.kernel, conv.window("strides"), low, result[2:], strict=True))


def whole_phases_of(conv: ConvTransposeOp) -> list[WholePhases] | None:
    """Each spatial dimension widened; None where that is not possible."""
    phases = [WholePhases.of(*dim) for dim in _dims(conv)]
    known = [p for p in phases if p is not None]
    return known if len(known) == len(phases) else None


def phases_of(conv: ConvTransposeOp) -> list[Phases] | None:
    """The phases of each spatial dimension; None where that is not possible."""
    phases = [Phases.of(*dim) for dim in _dims(conv)]
    known = [p for p in phases if p is not None]
    return known if len(known) == len(phases) else None


class Estimate:
    """How much work the forms of an operation are whose sizes are numbers."""

    def __init__(self, conv: ConvTransposeOp, target: Target):
        self.conv = conv
        self.target = target
        self.phases = phases_of(conv)
        self.result = numbers_of(conv.inferred_shapes()[0])

    def fills_vectors(self) -> bool:
        """Whether phase after phase is no more work than all phases as channels."""
        conv, element = self.conv, element_of(self.conv.input)
        steps, whole, phases = conv.window("strides"), whole_phases_of(conv), self.phases
        if (
            conv.group_count > 1
            or conv.spatial_rank > 2
            or prod(steps) == 1
            or not isinstance(element, Float32Type | Float64Type)
        ):
            return False
        lanes, outputs = self.target.lanes(element), self.result[1]
        if lanes == 1 or whole is None or conv.flops() * MOST_WORK < self._whole_flops(whole):
            return False
        if phases is None or any(len(p.runs) > 1 for p in phases):
            return False
        alone = _volume(p.steps * p.stride for p in whole) * -(-outputs // lanes)
        together = _volume(p.positions for p in phases) * -(-outputs * prod(steps) // lanes)
        return alone <= LESS_MOVED * together

    def _whole_flops(self, whole: Sequence[WholePhases]) -> int:
        results = prod(self.result[:2]) * _volume(p.steps * p.stride for p in whole)
        return 2 * shape_of(self.conv.input)[1] * results * prod(p.taps for p in whole)

    def is_worth_a_convolution(self) -> bool:
        """Whether the convolutions of all phases are not too much work."""
        if self.phases is None:
            return False
        depth = shape_of(self.conv.input)[1] // self.conv.group_count
        taps = prod(sum(run.count * run.taps for run in p.runs) for p in self.phases)
        results = prod(self.result[:2]) * _volume(p.positions for p in self.phases)
        return 2 * results * depth * taps <= MOST_WORK * self.conv.flops()


def _volume(extents: Iterable[Extent]) -> int:
    return prod(numbers_of(extents))
