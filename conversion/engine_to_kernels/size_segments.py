"""
Sizes that the data decides, in `@main`: what an operation has found, and what follows from it.

Behind the operation begins a *segment* of the program. There `@main` looks whether what was found
is within its bounds, keeps it in the table of sizes, and calls `@bind_1`, `@bind_2` and so on,
which computes the entries of the table that follow from it. A size that is not within its bounds,
or does not fulfil a relation, ends the call with an error: what comes behind would go beyond the
memory there is.

Before a size is found, its bound stands for it: the operation that finds it is told of as much room
as there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from xdsl.dialects.builtin import f64, i1, i64
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from ...dialects.engine.base import byte_extent_of, names_of
from ...dialects.engine.data_sizes import SizeDefiningOp
from ...dialects.engine.location import location_of
from ...dialects.engine.loop import LoopOp
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.plan import PlanAttr, plan_of
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.engine.size_facts import (
    BroadcastRelationAttr,
    RelationAttr,
    all_relations_of,
    facts_of,
)
from ...errors import CompileError
from ...kernels.builder import INDEX, Index, KernelBuilder
from ...runtime.abi import BIND, INPUT_NAMES, PROVIDE, STOP_IF_FAILED
from ...runtime.bounding_relations import node_text
from ...runtime.size import Extent, named, terms_of
from ...runtime.size_facts import names_of as names_in
from ...runtime.size_tables import MOST
from .main_buffers import MainBuffers
from .size_table import GROW, NUMBERS, ArenaEntry, Entry, SizeTable, limit_of, places_of_segment

Failure = Callable[[str, str], SSAValue]
"""Gives the number of an error, an i64, for the name of a node and a message."""


class SizeSegments:
    """The segments of one program, written as its operations are."""

    def __init__(self, planned: FuncOp, builder: KernelBuilder, buffers: MainBuffers):
        self._builder, self._buffers = builder, buffers
        self._facts = facts_of(planned)
        self._relations = all_relations_of(planned)
        self.definitions = SizeDefinitions.of(planned)
        self._plan = plan_of(planned) or PlanAttr.of([], [[]])
        self.grown = self._grown_outputs(planned)
        """The outputs, with their numbers, of which nothing modest bounds the size."""
        self._found: list[tuple[str, ...]] = []
        """The names that each segment begins with."""

    def _grown_outputs(self, planned: FuncOp) -> list[tuple[int, SSAValue]]:
        inputs, wide = len(names_of(planned, INPUT_NAMES)), self.definitions.wide
        if not wide:
            return []
        arguments = [a for a in planned.body.block.args[1:] if not is_opaque(a)]
        objects = sum(map(is_opaque, planned.body.block.args[1 : 1 + inputs]))
        outputs = enumerate(arguments[inputs - objects :])
        finding = [op for op in planned.body.block.ops if isinstance(op, SizeDefiningOp)]
        at_once = {location_of(value).base for op in finding for value in op.outs}
        return [
            (number, output)
            for number, output in outputs
            if output not in at_once and not wide.isdisjoint(names_in([byte_extent_of(output)]))
        ]

    @property
    def asks_for_memory(self) -> bool:
        """Whether the program does so when sizes are found."""
        return any(self._plan.segments) or bool(self.grown)

    def begin(self) -> None:
        """See that what is not found yet is as large as it can be."""
        if self._buffers.sizes is not None:
            self._buffers.sizes.waiting = dict(self.definitions.bounds)

    def begin_trip(self, op: LoopOp, number: SSAValue, table: SSAValue) -> None:
        """Let the number of a trip be a size, in the region of the loop."""
        builder, reader, name = self._builder, self._buffers.sizes, op.trip_name
        assert reader is not None
        assert name is not None
        at = reader.entries.number(Entry(named(name)))
        builder.store(builder.cast(number, i64), table, [at])
        reader.waiting.pop(name)
        self._found.append((name,))
        # What holds of all trips was looked at when the number of them was found.
        builder.call(f"{BIND}_{len(self._found)}", [table], [i1] if self._is_wide() else [])

    def after(self, op: SizeDefiningOp, table: SSAValue, status: SSAValue, error: Failure) -> None:
        """Begin the segment behind an operation that has just run."""
        builder, reader = self._builder, self._buffers.sizes
        assert reader is not None
        counts = self._buffers.of(op.counts)
        nodes = ", ".join(names_of(op, "nodes")) or op.name
        numbers = [builder.load(counts, [at]) for at in range(len(op.defined_names))]
        holds: list[SSAValue] = []
        texts: list[str] = []
        for name, number in zip(op.defined_names, numbers, strict=True):
            most = self.definitions.bounds.get(name)
            if most is None:
                raise CompileError(
                    f"{op.name} of {nodes} finds the size {name}, which has no bound"
                )
            least, found = self._facts.bounds(name)[0], builder.cast(number, INDEX)
            holds += [
                builder.cmpi("sge", found, least),
                builder.cmpi("sle", found, self._buffers.index(most)),
            ]
            texts.append(f"{name} is not within {least} to {most}")
        self._require(holds, status, error(nodes, f"{op.name}: the size {' or '.join(texts)}"))
        for name, number in zip(op.defined_names, numbers, strict=True):
            builder.store(number, table, [reader.entries.number(Entry(named(name)))])
            reader.waiting.pop(name)
        self._found.append(op.defined_names)
        segment = len(self._found)
        if self._is_wide():
            [fits] = builder.call(f"{BIND}_{segment}", [table], [i1])
            named_ = ", ".join(op.defined_names)
            said = f"{op.name}: with {named_} this large, no machine has the memory"
            self._require([fits], status, error(nodes, said))
        else:
            builder.call(f"{BIND}_{segment}", [table])
        self._check_relations(op, status, error)
        if segment in self._plan.segments:
            needed = builder.load(table, [reader.entries.number(_needed(segment))])
            at = reader.entries.arena(f"segment {segment}")
            self._provide(table, at, builder.cast(needed, INDEX), status)
            self._buffers.arenas[segment] = at
        for number, output in self.grown:
            size = byte_extent_of(output)
            if self.definitions.segment_of(size) == segment:
                at = self._buffers.grown[output] = reader.entries.arena(f"output {number}")
                self._provide(table, at, self._buffers.index(size), status)

    def _is_wide(self) -> bool:
        """Whether what follows from the sizes found so far may leave 64 bits."""
        wide = self.definitions.wide
        return any(not wide.isdisjoint(names) for names in self._found)

    def _provide(self, table: SSAValue, at: int, needed: Index, status: SSAValue) -> None:
        """See that the memory whose address is in an entry is as large as it has to be."""
        builder, reader = self._builder, self._buffers.sizes
        assert reader is not None
        builder.call(PROVIDE, [table, reader.entries.number(GROW), at, needed])
        builder.call(STOP_IF_FAILED, [status])

    def _check_relations(self, op: SizeDefiningOp, status: SSAValue, error: Failure) -> None:
        """Look at what must hold of the sizes that are known by now, and were not before."""
        reader = self._buffers.sizes
        assert reader is not None
        for relation in self._relations:
            names = set(names_in(relation.sides))
            if names.isdisjoint(op.defined_names) or not names.isdisjoint(reader.waiting):
                continue
            self._require_relation(relation, status, error)

    def require(
        self,
        relations: Iterable[RelationAttr | BroadcastRelationAttr],
        status: SSAValue,
        error: Failure,
    ) -> None:
        """End the call with an error where one of them does not hold, and go on where all do."""
        for relation in relations:
            self._require_relation(relation, status, error)

    def _require_relation(
        self, relation: RelationAttr | BroadcastRelationAttr, status: SSAValue, error: Failure
    ) -> None:
        builder = self._builder
        left, right = map(self._buffers.index, relation.sides)
        holds = builder.cmpi("eq", left, right)
        if isinstance(relation, BroadcastRelationAttr):
            ones = [builder.cmpi("eq", side, 1) for side in (left, right)]
            holds = reduce(builder.ori, ones, holds)
        sizes = " and ".join(map(str, relation.sides))
        node = relation.node.data
        number = error(node, f"{node_text(node)} needs equal sizes, and {sizes} are not")
        self._require([holds], status, number)

    def _require(self, holds: Sequence[SSAValue], status: SSAValue, number: SSAValue) -> None:
        """End the call with an error where something does not hold."""
        builder = self._builder
        before = builder.load(status, [0])
        works = builder.cmpi("eq", before, builder.constant(0, i64))
        wrong = builder.select(works, number, before)
        builder.store(builder.select(reduce(builder.andi, holds), before, wrong), status, [0])
        builder.call(STOP_IF_FAILED, [status])

    def write(self, table: SizeTable) -> None:
        """Add `@bind_1`, `@bind_2` and so on to the module."""
        since = {name: number for number, names in enumerate(self._found) for name in names}
        found = {Entry(named(name)) for name in since}  # written by @main
        of_segments: list[list[tuple[Entry, int]]] = [[] for _ in self._found]
        for entry, at in table.sizes():
            decided = [since[name] + 1 for name in names_in([entry.size]) if name in since]
            decided += [] if entry.place is None else [self._plan.segments[entry.place]]
            if max(decided, default=0) and entry not in found:
                of_segments[max(decided) - 1].append((entry, at))
        for number, entries in enumerate(of_segments, 1):
            self._write_segment(number, table, entries)

    def _write_segment(
        self, number: int, table: SizeTable, entries: Sequence[tuple[Entry, int]]
    ) -> None:
        builder, plan = self._builder, self._plan
        name, mine = f"{BIND}_{number}", number in plan.segments
        wide = any(not self.definitions.wide.isdisjoint(n) for n in self._found[:number])
        results = [i1] if wide else []
        with builder.function(name, [NUMBERS], results, names=["table"], private=True) as (
            numbers,
        ):

            def entry(wanted: Entry) -> SSAValue:
                return builder.cast(builder.load(numbers, [table.number(wanted)]), INDEX)

            def keep(value: Index, at: int) -> None:
                builder.store(builder.cast(builder.index(value), i64), numbers, [at])

            placed = [
                size
                for size, found in zip(plan.sizes, plan.segments, strict=True)
                if found == number
            ]
            for used in names_in([*(e.size for e, _ in entries), *placed]):
                value = entry(Entry(named(used)))
                value.name_hint = used if used.isidentifier() else None
                builder.define(named(used), value)
            places, arena = places_of_segment(builder, plan, number)
            if mine:
                keep(arena, table.number(_needed(number)))
            for wanted, at in entries:
                start: Index = 0
                if wanted.place is not None:
                    start = places.get(wanted.place, 0)
                    if wanted.place not in places:
                        start = entry(Entry(0, wanted.place))
                keep(builder.add(start, builder.index(wanted.size)), at)
            if wide:
                limit = limit_of(placed, [*placed, *(e.size for e, _ in entries)])
                most = builder.constant(float(MOST), f64)
                builder.ret(builder.cmpf("olt", self._roughly(limit), most))

    def _roughly(self, limit: Extent) -> SSAValue:
        """A polynomial of names as a float, which no product of them leaves."""
        builder = self._builder
        total = builder.constant(0.0, f64)
        for monomial, coefficient in terms_of(limit).items():
            term = builder.constant(float(coefficient), f64)
            for atom in monomial:
                value = builder.cast(builder.index(named(atom.name)), i64)
                term = builder.mulf(term, builder.cast(value, f64))
            total = builder.addf(total, term)
        return total


def _needed(segment: int) -> ArenaEntry:
    return ArenaEntry(f"segment {segment}", "bytes needed")
