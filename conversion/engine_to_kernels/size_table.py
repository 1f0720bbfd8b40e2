"""
The table of sizes of a program (`runtime/abi.py`), and `@bind`, which fills it.

While `@main` is written it asks for places in the arena, sizes and numbers of chunks, and gets the
number of an entry for each; `write_bind` then writes what computes them from the names. The first
entry are the bytes of the arena.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import i8, i64
from xdsl.ir import SSAValue

from ...dialects.engine.plan import PlanAttr, place_order
from ...dialects.engine.size_definitions import SizeDefinitions
from ...kernels.builder import DYNAMIC, INDEX, Index, KernelBuilder, memref_type
from ...kernels.kernel_key import Location
from ...runtime.abi import ARENA_AT, BIND
from ...runtime.array_memory import ALIGNMENT
from ...runtime.size import Atom, Extent, Size, lower_bound, named, product_of, substituted, sum_of
from ...runtime.size_bounds import largest
from ...runtime.size_facts import names_of

NUMBERS = memref_type([DYNAMIC], i64)
"""The type of the names' values and of the table, in level 5."""


@dataclass(frozen=True)
class Entry:
    """A size, behind the start of a place of the plan where it has one, counted from its arena."""

    size: Extent
    place: int | None = None


@dataclass(frozen=True)
class ArenaEntry:
    """
    Of the arena of a segment, or of a result that gets its memory in the middle of a call: how many
    bytes it needs, which is computed, or, left by the run time, where it is and what it has.
    """

    of: str
    holds: str


GROW = ArenaEntry("", "grow")
"""The entry with the address of what makes arenas larger (`runtime/abi.py`)."""


@dataclass
class SizeTable:
    """The entries of a table behind its first; equal ones are one."""

    entries: dict[Entry | ArenaEntry, int] = field(default_factory=dict["Entry | ArenaEntry", int])

    def number(self, entry: Entry | ArenaEntry) -> int:
        """Where in the table an entry stands; a new one at its end."""
        return self.entries.setdefault(entry, 1 + len(self.entries))

    def signed(self, size: Extent) -> int:
        """A size as a `ReferenceBuffer` says it: a number, or an entry with its sign changed."""
        return -self.number(Entry(size)) if isinstance(size, Size) else size

    def start(self, location: Location) -> tuple[int, int]:
        """The offset of a buffer and the entry that is added to it, 0 for none."""
        if location.place is None and isinstance(location.offset, int):
            return location.offset, 0
        return 0, self.number(Entry(location.offset, location.place))

    def arena(self, of: str) -> int:
        """The entry that has the address of an arena; its bytes stand behind it."""
        found = self.number(ArenaEntry(of, "address"))
        self.number(ArenaEntry(of, "bytes there are"))
        return found

    def sizes(self) -> list[tuple[Entry, int]]:
        """The entries that are sizes or places."""
        return [(e, at) for e, at in self.entries.items() if isinstance(e, Entry)]

    def __len__(self) -> int:
        return 1 + len(self.entries)


class TableReader:
    """
    Sizes and places as indices, read from the table of sizes.

    Each use reads its entry anew: a value that lived all through a long `@main` would cost more.
    """

    def __init__(self, builder: KernelBuilder, table: SSAValue):
        self.entries = SizeTable()
        self.waiting: dict[str, Extent] = {}
        """The bounds of the names that the data decides and nothing has found yet."""
        self._builder = builder
        self._table = table

    def arena(self, at: int) -> SSAValue:
        """The memory whose address stands in an entry."""
        [found] = self._builder.call(ARENA_AT, [self._table, at], [memref_type([DYNAMIC], i8)])
        return found

    def index(self, size: Extent, place: int | None = None) -> Index:
        """A size, behind the start of a place of the plan where one is given."""
        size = largest(size, self.waiting)
        if isinstance(size, int) and place is None:
            return size
        at = self.entries.number(Entry(size, place))
        return self._builder.cast(self._builder.load(self._table, [at]), INDEX)


def write_bind(
    builder: KernelBuilder, names: Sequence[str], plan: PlanAttr, table: SizeTable
) -> None:
    """
    Add `@bind(%names, %table)` to the module, for the values of `names` in that order.

    Entries with other names, which the data decides, are for the segments (`size_segments.py`).
    """
    with builder.function(BIND, [NUMBERS, NUMBERS], names=["names", "table"]) as (given, filled):
        loaded = [builder.cast(builder.load(given, [at]), INDEX) for at in range(len(names))]
        for name, value in zip(names, loaded, strict=True):
            value.name_hint = name if name.isidentifier() else None
            builder.define(named(name), value)
        places, arena = places_of_segment(builder, plan, 0)
        _store(builder, arena, filled, 0)
        for entry, at in table.sizes():
            if entry.place is not None and plan.segments[entry.place]:
                continue
            if not set(names).issuperset(names_of([entry.size])):
                continue
            start: Index = 0 if entry.place is None else places[entry.place]
            _store(builder, builder.add(start, builder.index(entry.size)), filled, at)


def _store(builder: KernelBuilder, value: Index, table: SSAValue, at: int) -> None:
    builder.store(builder.cast(builder.index(value), i64), table, [at])


def places_of_segment(
    builder: KernelBuilder, plan: PlanAttr, segment: int
) -> tuple[dict[int, Index], Index]:
    """
    Where each place of a segment begins in the structure with the smallest arena, and the bytes of
    that. Later segments have one structure.
    """
    numbers = [number for number, found in enumerate(plan.segments) if found == segment]
    sizes = {number: _aligned(builder, plan.sizes[number]) for number in numbers}
    count = 1 if segment else len(plan.structures)
    stacks = [_stacked(builder, plan, number, sizes) for number in range(count)]
    offsets, arena = stacks[0]
    for others, size in stacks[1:]:
        smaller = builder.cmpi("slt", size, arena)
        arena = builder.select(smaller, builder.index(size), builder.index(arena))
        offsets: dict[int, Index] = {
            place: builder.select(smaller, builder.index(others[place]), builder.index(start))
            for place, start in offsets.items()
        }
    return offsets, arena


def _aligned(builder: KernelBuilder, size: Extent) -> Index:
    """As a value: two places of equal sizes are computed once, and no expression grows."""
    found = builder.index(size)
    if lower_bound(size) < 0:
        found = builder.max(found, 0)
    return builder.round_down(builder.add(found, ALIGNMENT - 1), ALIGNMENT)


def _stacked(
    builder: KernelBuilder, plan: PlanAttr, structure: int, sizes: Mapping[int, Index]
) -> tuple[dict[int, Index], Index]:
    """Where each place begins in one structure, and the bytes of the arena."""
    offsets: dict[int, Index] = {}
    below, end = plan.structures[structure], 0
    covered = {under for lists in below for under in lists}
    for place in place_order(plan, structure):
        if place not in sizes:
            continue
        start: Index = 0
        for under in below[place]:
            start = builder.max(start, builder.add(offsets[under], sizes[under]))
        offsets[place] = start
        if place not in covered:
            end = builder.max(end, builder.add(start, sizes[place]))
    return offsets, end


def size_limit(
    plan: PlanAttr,
    table: SizeTable,
    others: Sequence[Extent],
    definitions: SizeDefinitions | None = None,
) -> Extent:
    """
    A size that no number exceeds which `@bind` computes, on the way neither, nor any of `others`.

    It is a polynomial over the names without negative coefficients, so that it grows with each: the
    sum of what each expression, and each that it is made of, can be at most. For names that the
    data decides stand their bounds; what depends on wide ones is looked at when they are found.
    """
    definitions = definitions or SizeDefinitions()
    wide = definitions.wide

    def told(sizes: Iterable[Extent]) -> list[Extent]:
        return [size for size in sizes if wide.isdisjoint(names_of([size]))] if wide else [*sizes]

    most = {name: _most(bound) for name, bound in definitions.bounds.items()}
    parts = told([*plan.sizes, *(entry.size for entry, _ in table.sizes()), *others])
    parts += told(most.values())
    return substituted(limit_of(told(plan.sizes), parts), most)


def limit_of(places: Sequence[Extent], parts: Iterable[Extent]) -> Extent:
    """
    A polynomial without negative coefficients that no part exceeds, nor what it is made of, nor an
    arena of these places.
    """
    total = sum_of(_most(size) + ALIGNMENT for size in places)
    ahead = list(parts)
    seen: set[Extent] = set()
    while ahead:
        part = ahead.pop()
        if part in seen:
            continue
        seen.add(part)
        total = total + _most(part)
        if isinstance(part, Size):
            ahead += [o for m, _ in part.terms for atom in m for o in atom.operands]
    return total


def _most(size: Extent) -> Extent:
    """What the absolute number of a size, or of a term of it, is at most."""
    if not isinstance(size, Size):
        return abs(size)
    return sum_of(
        product_of([abs(coefficient), *map(_most_of_atom, monomial)])
        for monomial, coefficient in size.terms
    )


def _most_of_atom(atom: Atom) -> Extent:
    """At least 1: a factor of 0 hides nothing that others exceed."""
    if atom.kind == "name":
        return Size((((atom,), 1),)) + 1
    if atom.kind == "floordiv":
        return _most(atom.operands[0]) + 1
    if atom.kind == "min" and all(lower_bound(o) >= 0 for o in atom.operands):
        numbers = [o for o in atom.operands if isinstance(o, int)]
        return _most(numbers[0] if numbers else atom.operands[0]) + 1
    return sum_of(map(_most, atom.operands)) + 1
