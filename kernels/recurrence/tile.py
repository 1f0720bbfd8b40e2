"""
One time step of one tile: products with the weight columns of its units, then the cell.

The sums stay in registers for a single row; those of several rows are finished in a loop. Where
there are tiles of many numbers of rows, one function finishes them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xdsl.ir import Block, SSAValue

from ..builder import INDEX, Index, KernelBuilder
from ..builder.memory import memref_of
from ..common.element_access import load_lanes, load_scalar, store_lanes
from ..common.inline_region import inline_region
from ..common.register_tile import TileShape, accumulate
from ..common.strided_view import StridedView
from .memories import Memories
from .plan import RecurrencePlan

Where = tuple[SSAValue, Index, SSAValue]
"""Time step, batch row and first unit."""


@dataclass
class RecurrenceTiles:
    """The tile functions of one kernel, made when they are first called."""

    builder: KernelBuilder
    name: str
    plan: RecurrencePlan
    made: set[str] = field(default_factory=set[str])

    def call(
        self,
        kind: str,
        rows: int,
        valid: int | None,
        memories: Memories,
        where: tuple[Index, Index, Index],
    ) -> None:
        """Call the function for a tile, which the first call makes."""
        b = self.builder
        name = f"{self.name}_{kind}_{rows}x{valid or self.plan.width}"
        if name not in self.made:
            self.made.add(name)
            inputs = [*(memory.type for memory in memories.all), INDEX, INDEX, INDEX]
            with b.function(name, inputs, private=True) as (*values, time, row, unit):
                inside = memories.inside(values)
                self._tile(kind == "first", rows, valid, inside, (time, row, unit))
        b.call(name, [*memories.all, *where])

    def takes(self, memories: Memories, time: Index, row: Index) -> SSAValue | None:
        """Whether a row takes the step; None: all rows take all."""
        if not memories.lengths:
            return None
        b, [view] = self.builder, self.plan.length_views
        length = b.cast(load_scalar(b, view, memories.lengths[0], (row,)), INDEX)
        return b.cmpi("slt", time, length)

    def _tile(
        self,
        first: bool,
        rows: int,
        valid: int | None,
        memories: Memories,
        where: tuple[SSAValue, SSAValue, SSAValue],
    ) -> None:
        """`rows` batch rows and one panel of units: products, then what is made of them."""
        b, lanes = self.builder, self.plan.lanes
        time, row, unit = where
        if rows == 1 and not self.plan.many_tiles:
            self._unless_over(
                memories,
                (time, row, unit),
                valid,
                lambda: self._finish(
                    first, self._sums(first, 1, valid, memories, where), 0, valid, memories, where
                ),
                skips=first,
            )
            return
        sums = self._sums(first, rows, valid, memories, where)
        count = len(sums) // rows
        held = self.plan.tiles.most if self.plan.many_tiles else rows
        scratch = b.alloca([held, count * lanes], self.plan.element)
        for r in range(rows):
            for j in range(count):
                b.vstore(sums[r * count + j], scratch, [r, j * lanes])
        if not self.plan.many_tiles:
            self._finish_rows(first, rows, valid, memories, where, scratch)
            return
        name = f"{self.name}_{'first' if first else 'cell'}_rows_{valid or self.plan.width}"
        if name not in self.made:
            self.made.add(name)
            inputs = [*(memory.type for memory in memories.all), scratch.type, *[INDEX] * 4]
            with b.function(name, inputs, private=True) as (*values, sums_, time, row, unit, end):
                inside = memories.inside(values)
                self._finish_rows(first, end, valid, inside, (time, row, unit), sums_)
        b.call(name, [*memories.all, scratch, *where, rows])

    def _finish_rows(
        self,
        first: bool,
        rows: Index,
        valid: int | None,
        memories: Memories,
        where: tuple[SSAValue, SSAValue, SSAValue],
        scratch: SSAValue,
    ) -> None:
        """What is made of the sums of a tile, [rows, vectors] of scratch."""
        b, lanes = self.builder, self.plan.lanes
        time, row, unit = where
        width = memref_of(scratch).get_shape()[1]
        with b.loop(0, rows) as loop:
            at = (time, b.add(row, loop.index), unit)
            line = loop.index

            def finish() -> None:
                found = [b.vload(scratch, [line, j], lanes) for j in range(0, width, lanes)]
                self._finish(first, found, line, valid, memories, at)

            self._unless_over(memories, at, valid, finish, skips=first)

    def _unless_over(
        self,
        memories: Memories,
        where: tuple[SSAValue, Index, SSAValue],
        valid: int | None,
        step: Callable[[], None],
        skips: bool,
    ) -> None:
        """Take the step of a row; where it takes none, its result is zero, unless it `skips`."""
        b, lanes = self.builder, self.plan.lanes
        time, row, unit = where
        takes = self.takes(memories, time, row)
        if takes is None:
            step()
            return

        def zeros() -> None:
            for vector in range(0 if skips else self.plan.vectors):
                at = (time, row, b.add(unit, vector * lanes))
                zero = b.splat(0, self.plan.element, lanes)
                store_lanes(b, zero, self.plan.hidden_view, memories.hidden, at, lanes, valid)

        b.if_else(takes, step, zeros)

    def _sums(
        self,
        first: bool,
        rows: int,
        valid: int | None,
        memories: Memories,
        where: tuple[SSAValue, SSAValue, SSAValue],
    ) -> list[SSAValue]:
        """The recurrent gates that one of the products gives, row by row."""
        b, lanes, vectors = self.builder, self.plan.lanes, self.plan.vectors
        _, row, unit = where
        which = int(bool(self.plan.later) and not first)
        weight, view = memories.weights[which], self.plan.weight_views[which]
        gates = self.plan.later if which else self.plan.first
        panels = [
            b.floordiv(b.add(unit, g * self.plan.hidden), self.plan.width)
            if self.plan.packed
            else 0
            for g in range(gates)
        ]

        def right(j: int, k: Index) -> SSAValue:
            gate, vector = divmod(j, vectors)
            if self.plan.packed:
                position = (panels[gate], k, vector * lanes)
                return b.vload(weight, view.indices(position), lanes)
            column = b.add(unit, gate * self.plan.hidden)
            return load_lanes(b, view, weight, (k, column), lanes, valid)

        lines = [b.add(row, r) for r in range(rows)]
        state = self.plan.state_views[0]

        def left(r: int, k: Index) -> SSAValue:
            if which:
                return b.load_splat(memories.kept[1], [r, k], lanes)
            return b.load_splat(memories.states[0], state.indices((lines[r], k)), lanes)

        zero = b.splat(0, self.plan.element, lanes)
        shape = TileShape(rows, gates * vectors)
        return accumulate(b, shape, (0, self.plan.hidden), left, right, zero, self.plan.element)

    def _finish(
        self,
        first: bool,
        sums: Sequence[SSAValue],
        line: Index,
        valid: int | None,
        memories: Memories,
        where: Where,
    ) -> None:
        """What is made of the sums of one batch row, row number `line` of its tile."""
        b, lanes, vectors = self.builder, self.plan.lanes, self.plan.vectors
        _, _, unit = where
        for vector in range(vectors):
            at = b.add(unit, vector * lanes)
            own = list(sums[vector::vectors])

            def slot(gate: int, at: Index = at) -> list[Index]:
                return [line, b.add(at, gate * self.plan.padded)]

            if first:
                assert self.plan.op.second is not None
                for gate, value in enumerate(own):
                    b.vstore(value, memories.kept[0], slot(gate))
                block = self.plan.op.second.block
                [scaled] = self._region(block, own, at, valid, memories, where)
                b.vstore(b.broadcast(scaled, lanes), memories.kept[1], slot(0))
                continue
            if self.plan.later:
                kept = [b.vload(memories.kept[0], slot(g), lanes) for g in range(self.plan.first)]
                own = [*kept, *own]
            self._cell(own, at, valid, memories, where)

    def _region(
        self,
        block: Block,
        recurrent: Sequence[SSAValue],
        at: Index,
        valid: int | None,
        memories: Memories,
        where: Where,
    ) -> Sequence[SSAValue]:
        """A region on the units from `at` on."""
        b = self.builder
        time, row, _ = where

        def load(view: StridedView, memory: SSAValue, position: Sequence[Index]) -> SSAValue:
            return load_lanes(b, view, memory, position, self.plan.lanes, valid)

        arguments = [
            load(self.plan.gates_view, memories.gates, (time, row, b.add(at, g * self.plan.hidden)))
            for g in range(self.plan.gates)
        ]
        arguments += recurrent
        for view, memory in zip(
            (*self.plan.state_views, *self.plan.extra_views),
            (*memories.states, *memories.extras),
            strict=True,
        ):
            arguments.append(load(view, memory, (row, at)))
        return inline_region(b, block, arguments)

    def _cell(
        self,
        recurrent: Sequence[SSAValue],
        at: Index,
        valid: int | None,
        memories: Memories,
        where: Where,
    ) -> None:
        """The cell on one vector of units of one batch row."""
        b, lanes = self.builder, self.plan.lanes
        time, row, _ = where
        new = self._region(self.plan.op.cell.block, recurrent, at, valid, memories, where)
        store_lanes(
            b, new[0], self.plan.hidden_view, memories.hidden, (time, row, at), lanes, valid
        )
        for value, view, memory in zip(
            new[1:], self.plan.state_views[1:], memories.states[1:], strict=True
        ):
            store_lanes(b, value, view, memory, (row, at), lanes, valid)
