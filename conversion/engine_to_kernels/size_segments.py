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

from collections.abc import Callable, Sequence
from functools import reduce

from xdsl.dialects.builtin import i64
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from ...dialects.engine.base import names_of
from ...dialects.engine.data_sizes import SizeDefiningOp
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.engine.size_facts import BroadcastRelationAttr, all_relations_of, facts_of
from ...errors import CompileError
from ...kernels.builder import INDEX, KernelBuilder
from ...runtime.abi import BIND, STOP_IF_FAILED
from ...runtime.size import named
from ...runtime.size_facts import names_of as names_in
from .main_buffers import MainBuffers
from .size_table import NUMBERS, Entry, SizeTable

Failure = Callable[[str, str], SSAValue]
"""Gives the number of an error, an i64, for the name of a node and a message."""


class SizeSegments:
    """The segments of one program, written as its operations are."""

    def __init__(self, planned: FuncOp, builder: KernelBuilder, buffers: MainBuffers):
        self._builder, self._buffers = builder, buffers
        self._facts = facts_of(planned)
        self._relations = all_relations_of(planned)
        self.definitions = SizeDefinitions.of(planned)
        self._found: list[tuple[str, ...]] = []
        """The names that each segment begins with."""

    def begin(self) -> None:
        """See that what is not found yet is as large as it can be."""
        if self._buffers.sizes is not None:
            self._buffers.sizes.waiting = dict(self.definitions.bounds)

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
        builder.call(f"{BIND}_{len(self._found)}", [table])
        self._check_relations(op, status, error)

    def _check_relations(self, op: SizeDefiningOp, status: SSAValue, error: Failure) -> None:
        """Look at what must hold of the sizes that are known by now, and were not before."""
        builder, reader = self._builder, self._buffers.sizes
        assert reader is not None
        for relation in self._relations:
            names = set(names_in(relation.sides))
            if names.isdisjoint(op.defined_names) or not names.isdisjoint(reader.waiting):
                continue
            left, right = map(self._buffers.index, relation.sides)
            holds = builder.cmpi("eq", left, right)
            if isinstance(relation, BroadcastRelationAttr):
                ones = [builder.cmpi("eq", side, 1) for side in (left, right)]
                holds = reduce(builder.ori, ones, holds)
            sizes = " and ".join(map(str, relation.sides))
            number = error(relation.node.data, f"needs equal sizes, and {sizes} are not")
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
        for entry, at in list(table.entries.items()):
            decided = [since[name] for name in names_in([entry.size]) if name in since]
            if decided and entry not in found:
                of_segments[max(decided)].append((entry, at))
        for number, entries in enumerate(of_segments, 1):
            _write_segment(self._builder, f"{BIND}_{number}", table, entries)


def _write_segment(
    builder: KernelBuilder, name: str, table: SizeTable, entries: Sequence[tuple[Entry, int]]
) -> None:
    with builder.function(name, [NUMBERS], names=["table"], private=True) as (numbers,):

        def entry(wanted: Entry) -> SSAValue:
            return builder.cast(builder.load(numbers, [table.number(wanted)]), INDEX)

        for used in names_in(e.size for e, _ in entries):
            value = entry(Entry(named(used)))
            value.name_hint = used if used.isidentifier() else None
            builder.define(named(used), value)
        for wanted, at in entries:
            start = 0 if wanted.place is None else entry(Entry(0, wanted.place))
            value = builder.index(builder.add(start, builder.index(wanted.size)))
            builder.store(builder.cast(value, i64), numbers, [at])
