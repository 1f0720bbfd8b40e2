"""What a place is: where a value lies in a buffer, and how that moves with the trips of loops."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue

from ...dialects.engine import LoopOp
from ...dialects.engine.base import element_of, physical_extents_of
from ...dialects.engine.location import goes_back
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, sum_of


@dataclass(frozen=True)
class Step:
    """A place lies `bytes` further for each trip of `loop`, modulo `turns` if that is not 0."""

    loop: LoopOp
    bytes: Extent
    turns: int = 0


@dataclass(frozen=True)
class Place:
    """A value starts `offset` bytes into `root` and has these physical strides, in elements."""

    root: SSAValue | int
    """The value whose buffer this is, or the number of a function result."""
    offset: Extent
    strides: tuple[Extent, ...]
    steps: tuple[Step, ...] = ()

    @property
    def farthest(self) -> Extent:
        """The largest offset that turns lead to; rows are within what they are rows of."""
        ahead = (s.bytes * (s.turns - 1) for s in self.steps if s.turns and not goes_back(s.bytes))
        return sum_of([self.offset, *ahead])


def item_size(value: SSAValue) -> int:
    """Bytes of an element."""
    return dtype_of(element_of(value)).itemsize


def end_of(value: SSAValue, place: Place) -> Extent:
    """Bytes from the start of the root to past the last element of `value` at `place`."""
    extents = physical_extents_of(value)
    if 0 in extents:
        return place.farthest
    last = sum_of((n - 1) * s for n, s in zip(extents, place.strides, strict=True))
    return place.farthest + (last + 1) * item_size(value)
