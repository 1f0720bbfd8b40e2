"""
The plan of an arena whose bytes are known when sizes are: places, and which rest on which.

A *place* is a stretch of the arena: as many bytes as its size says, at a multiple of `ALIGNMENT`. Where
it begins follows from a *structure*, a list for each place of those that it rests on: behind all of
them, and at 0 where it rests on none.

    offset(j) = max over i below j of offset(i) + aligned(size(i))

Two places of which one rests on the other, directly or through others, share no byte, whatever the
sizes are. A plan has one to `MOST_STRUCTURES` of them; the one with the smallest arena is used.

Where a size is decided by the data and may be very large, a place is in the arena of a *segment*:
the first segment begins behind the first operation that finds sizes, and so on. What is in it may be
as large as sizes say that are found by then. Places rest on those of the same arena only. Where all
sizes are numbers, the arenas lie one behind the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from xdsl.dialects.builtin import ArrayAttr, IntAttr, StringAttr
from xdsl.ir import Attribute, Operation, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...runtime.array_memory import aligned
from ...runtime.size import Extent, evaluated, range_of
from .sizes import (
    ExtentPart,
    extent_part,
    parse_extent,
    part_extent,
    print_extents,
    verify_size_text,
)

PLAN = "plan"
"""Attribute of a function, `#engine.plan`: the places of its arena, where sizes are open."""

MOST_STRUCTURES = 4
"""Structures of one plan."""

MOST_BYTES = 2**62
"""Of a place whose size is a number."""

Structure = Sequence[Sequence[int]]
"""For each place those that it rests on."""


@irdl_attr_definition
class PlaceAttr(ParametrizedAttribute):
    """
    One place of `#engine.plan`: its bytes, and for each structure the places that it rests on;
    where it is in the arena of a segment, the number of that.

    ```mlir
    #engine.place<"N * S * 12288" above [0] | [2]>
    ```

    ```mlir
    #engine.place<"K * 8" above [] in 1>
    ```
    """

    name = "engine.place"

    bytes_: ExtentPart
    above: ArrayAttr[ArrayAttr[IntAttr]]
    segment: IntAttr

    @property
    def size(self) -> Extent:
        """Its bytes, before they are rounded up to whole alignments."""
        return part_extent(self.bytes_)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return _parse_place(parser).parameters

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            _print_place(printer, self)

    def verify(self) -> None:
        if isinstance(self.bytes_, StringAttr):
            verify_size_text(self.bytes_.data)
            if range_of(self.size)[1] < 0:
                raise VerifyException(f"a place of {self.size} bytes is smaller than none")
        elif not 0 <= self.bytes_.data <= MOST_BYTES:
            raise VerifyException(
                f"a place has {self.bytes_.data} bytes, expected 0 to {MOST_BYTES}"
            )
        if self.segment.data < 0:
            raise VerifyException(f"a place is in segment {self.segment.data}, expected 0 or more")
        if not 1 <= len(self.above) <= MOST_STRUCTURES:
            raise VerifyException(
                f"a place has {len(self.above)} lists of what it rests on, one for each structure;"
                f" expected 1 to {MOST_STRUCTURES}"
            )


@irdl_attr_definition
class PlanAttr(ParametrizedAttribute):
    """
    The places of an arena, numbered from 0, with their bytes and what each rests on.

    A list for each structure, with `|` between them: here place 1 lies above place 0 in the first
    structure and above place 2 in the second.

    ```mlir
    #engine.plan<0 : "N * S * 3072" above [] | [1], 1 : "N * S * 12288" above [0] | [2], 2 : 4096 above [1] | []>
    ```
    """

    name = "engine.plan"

    places: ArrayAttr[PlaceAttr]

    @classmethod
    def of(
        cls,
        sizes: Sequence[Extent],
        structures: Sequence[Structure],
        segments: Sequence[int] | None = None,
    ) -> PlanAttr:
        """
        Of the bytes of each place, and what it rests on in each structure; and the segment of each,
        by default none.
        """
        return cls(
            ArrayAttr(
                PlaceAttr(
                    extent_part(size),
                    ArrayAttr(ArrayAttr(map(IntAttr, above[place])) for above in structures),
                    IntAttr(0 if segments is None else segments[place]),
                )
                for place, size in enumerate(sizes)
            )
        )

    @property
    def segments(self) -> tuple[int, ...]:
        """The segment of each place, 0 for the arena that is there from the start."""
        return tuple([place.segment.data for place in self.places])

    @property
    def sizes(self) -> tuple[Extent, ...]:
        """The bytes of each place."""
        return tuple([place.size for place in self.places])

    @property
    def structures(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each structure, for each place those that it rests on."""
        return _structures(self)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        places: list[PlaceAttr] = []

        def parse_place() -> None:
            at = parser.pos
            number = parser.parse_integer(allow_boolean=False, allow_negative=False)
            if number != len(places):
                parser.raise_error(f"this is place {number}, expected {len(places)}", at)
            parser.parse_punctuation(":")
            places.append(_parse_place(parser))

        parser.parse_comma_separated_list(parser.Delimiter.ANGLE, parse_place)
        return [ArrayAttr(places)]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            for number, place in enumerate(self.places):
                printer.print_string(f"{', ' if number else ''}{number} : ")
                _print_place(printer, place)

    def verify(self) -> None:
        counts = {len(place.above) for place in self.places}
        if len(counts) > 1:
            raise VerifyException(
                f"places have {' and '.join(map(str, sorted(counts)))} lists of what they rest on;"
                " expected as many for each"
            )
        last, segments = len(self.places) - 1, self.segments
        for number, place in enumerate(self.places):
            for below in place.above:
                if any(not 0 <= entry.data <= last for entry in below):
                    raise VerifyException(
                        f"place {number} rests on {[entry.data for entry in below]}; the places"
                        f" are 0 to {last}"
                    )
                if any(segments[entry.data] != segments[number] for entry in below):
                    raise VerifyException(
                        f"place {number} of segment {segments[number]} rests on one of another"
                    )
        for structure in self.structures:
            found = _order(structure)
            if len(found) <= last:
                left = min(set(range(last + 1)) - set(found))
                raise VerifyException(f"place {left} rests on itself, or on one that does")


@lru_cache(maxsize=64)
def _structures(plan: PlanAttr) -> tuple[tuple[tuple[int, ...], ...], ...]:
    lists = [
        [tuple([entry.data for entry in below]) for below in place.above] for place in plan.places
    ]
    return tuple(zip(*lists, strict=True)) if lists else ((),)


@lru_cache(maxsize=64)
def _order(structure: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """Places, each behind those that it rests on; without those that rest on themselves."""
    waiting = [len(below) for below in structure]
    above: list[list[int]] = [[] for _ in structure]
    for place, below in enumerate(structure):
        for other in below:
            above[other].append(place)
    found = [place for place, count in enumerate(waiting) if not count]
    for place in found:  # grows
        for other in above[place]:
            waiting[other] -= 1
            if not waiting[other]:
                found.append(other)
    return tuple(found)


def _parse_place(parser: AttrParser) -> PlaceAttr:
    size = parse_extent(parser)
    parser.parse_keyword("above")
    lists = [_parse_below(parser)]
    while parser.parse_optional_punctuation("|"):
        lists.append(_parse_below(parser))
    segment = 0
    if parser.parse_optional_keyword("in"):
        segment = parser.parse_integer(allow_boolean=False, allow_negative=False)
    return PlaceAttr(size, ArrayAttr(lists), IntAttr(segment))


def _parse_below(parser: AttrParser) -> ArrayAttr[IntAttr]:
    places = parser.parse_comma_separated_list(
        parser.Delimiter.SQUARE,
        lambda: parser.parse_integer(allow_boolean=False, allow_negative=False),
    )
    return ArrayAttr(map(IntAttr, places))


def _print_place(printer: Printer, place: PlaceAttr) -> None:
    print_extents(printer, [place.bytes_])
    printer.print_string(" above ")
    lists = [f"[{', '.join(str(entry.data) for entry in below)}]" for below in place.above]
    printer.print_string(" | ".join(lists))
    if place.segment.data:
        printer.print_string(f" in {place.segment.data}")


def plan_of(function: Operation) -> PlanAttr | None:
    """The plan of a function whose sizes are open; None of one whose views have offsets."""
    plan = function.attributes.get(PLAN)
    return plan if isinstance(plan, PlanAttr) else None


def plan_around(op: Operation) -> PlanAttr | None:
    """The plan of the function that an operation is in."""
    parent = op.parent_op()
    while parent is not None:
        if (found := plan_of(parent)) is not None:
            return found
        parent = parent.parent_op()
    return None


def place_order(plan: PlanAttr, structure: int) -> tuple[int, ...]:
    """The places, each behind those that it rests on in that structure."""
    return _order(plan.structures[structure])


def place_bytes(plan: PlanAttr, environment: Mapping[str, int]) -> list[int]:
    """
    The bytes of each place for these values of names, in whole alignments.

    Raises:
        NeedsNumber: for a name without a value.
    """
    return [aligned(max(evaluated(size, environment), 0)) for size in plan.sizes]


def offsets_of(plan: PlanAttr, structure: int, environment: Mapping[str, int]) -> dict[int, int]:
    """
    Where each place begins in one structure, in bytes, for these values of names.

    Raises:
        NeedsNumber: for a name without a value.
    """
    return stacked(plan, structure, place_bytes(plan, environment))[0]


def stacked(plan: PlanAttr, structure: int, sizes: Sequence[int]) -> tuple[dict[int, int], int]:
    """
    Where each place of so many bytes begins in one structure, and the bytes of all.

    The arenas of segments lie behind each other.
    """
    offsets: dict[int, int] = {}
    below, segments = plan.structures[structure], plan.segments
    ends = dict.fromkeys(sorted(set(segments)), 0)
    for place in place_order(plan, structure):
        offsets[place] = max([offsets[i] + sizes[i] for i in below[place]], default=0)
        ends[segments[place]] = max(ends[segments[place]], offsets[place] + sizes[place])
    if len(ends) > 1:
        starts, start = dict[int, int](), 0
        for segment, end in ends.items():
            starts[segment], start = start, start + end
        offsets = {place: starts[segments[place]] + at for place, at in offsets.items()}
    return offsets, sum(ends.values())


def smallest_arena(
    plan: PlanAttr, environment: Mapping[str, int]
) -> tuple[int, dict[int, int], int]:
    """
    The structure with the smallest arena, the first of equals; its offsets, and its bytes.

    Raises:
        NeedsNumber: for a name without a value.
    """
    sizes = place_bytes(plan, environment)
    found = [stacked(plan, number, sizes) for number in range(len(plan.structures))]
    best = min(range(len(found)), key=lambda number: found[number][1])
    return best, *found[best]


def arena_bytes(plan: PlanAttr, environment: Mapping[str, int]) -> int:
    """
    The bytes of the smallest arena for these values of names.

    Raises:
        NeedsNumber: for a name without a value.
    """
    return smallest_arena(plan, environment)[2]
