"""
Values that a loop carries and that grow by as much in every trip: caches, texts that are written.

Of how many rows such a value has in a trip, the number of the trip is a part: `P + i`. What the
loop gives has as many as all trips would make; those that were not made are cut off behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.opaque import any_opaque
from ....runtime.size import Extent, Size, named
from ..lowering import Lowering, NoNativeForm


@dataclass(frozen=True)
class Growth:
    """How carried values grow."""

    trip: str
    """The name of the number of the trip."""
    axes: list[int]
    """The axis along which each of the carried values grows, -1 for one that does not."""
    by: list[Extent]
    """How much longer each is after a trip."""
    inits: Sequence[SSAValue]
    most: Extent
    """The number of trips that there can be."""

    def type_after(self, number: int, trips: Extent) -> Attribute:
        """The type of a carried value after so many trips."""
        value, axis = self.inits[number], self.axes[number]
        if axis < 0:
            return value.type
        shape = list(extents_of(value))
        shape[axis] = shape[axis] + self.by[number] * trips
        return tensor(tuple(shape), element_of(value))

    @property
    def types(self) -> list[Attribute]:
        """The types that the region takes."""
        return [self.type_after(n, named(self.trip)) for n in range(len(self.inits))]

    @property
    def last(self) -> list[Attribute]:
        """The types of what the loop gives: as large as they can be."""
        return [self.type_after(n, self.most) for n in range(len(self.inits))]

    def check(self, carried: Sequence[SSAValue]) -> None:
        """
        See that a trip makes of each what the next one takes.

        Raises:
            NoNativeForm: for one that grows otherwise.
        """
        for number, value in enumerate(carried):
            wanted = self.type_after(number, named(self.trip) + 1)
            if value.type != wanted:
                raise NoNativeForm(f"carries a value that grows to {value.type}, not to {wanted}")

    def cut(self, lo: Lowering, number: int, value: SSAValue, trips: Extent) -> SSAValue:
        """What the loop gives for a carried value, of as many trips as were made."""
        axis = self.axes[number]
        if axis < 0:
            return value
        length = extents_of(self.type_after(number, trips))[axis]
        return lo.slice_axis(value, axis, 0, length)


def growth_of(
    lo: Lowering,
    inits: Sequence[SSAValue],
    following: Sequence[SSAValue],
    most: Extent | None,
) -> Growth | None:
    """
    How carried values grow, seen from the first trip; None where none does.

    Raises:
        NoNativeForm: where nobody knows how far they grow, or a name for the trip cannot be.
    """
    pairs = list(zip(inits, following, strict=True))
    if any_opaque(following) or all(a.type == b.type for a, b in pairs):
        return None
    axes: list[int] = []
    by: list[Extent] = []
    for before, after in pairs:
        shapes = extents_of(before), extents_of(after)
        unlike = [n for n, (a, b) in enumerate(zip(*shapes, strict=False)) if a != b]
        grows = len(shapes[0]) == len(shapes[1]) and len(unlike) == 1
        if not unlike and before.type == after.type:
            axes.append(-1)
            by.append(0)
        elif not grows or element_of(before) != element_of(after):
            return None
        else:
            axes.append(unlike[0])
            by.append(shapes[1][unlike[0]] - shapes[0][unlike[0]])
    if any(not isinstance(n, Size) and n < 0 for n in by):
        return None
    if most is None:
        raise NoNativeForm("carries a value that grows, without a limit of trips")
    if not lo.runs_always:
        raise NoNativeForm("carries a value that grows, in a branch or loop")
    return Growth(lo.new_size("trip", most - 1), axes, by, inits, most)
