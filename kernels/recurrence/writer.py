"""
The loops of `engine.recurrence`: one time step after the other.

A tile takes some batch rows and a few vectors of hidden units, multiplies the old hidden state
with the weight columns of all gates of these units, and runs the cell on the sums while they are
in registers. The hidden state of the last step lies in the second result until it is final there;
other states are updated in place in their results. Batch rows are independent of each other:
chunks are cut along the batch.

Where a step has two products, all units of a tile's rows go through the first before any goes
through the second, and what the second needs of the first waits on the stack. Rows with lengths
of their own branch around a step that they do not take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from xdsl.ir import Attribute, Block, SSAValue

from ...dialects.engine import RecurrenceOp
from ...dialects.engine.base import element_of, layout_of, physical_strides_of, shape_of
from ...dialects.engine.weights import dtype_of
from ..builder import INDEX, Index, KernelBuilder
from ..common.chunking import each_tile, part_range, tile_start
from ..common.element_access import load_lanes, load_scalar, store_lanes
from ..common.inline_region import inline_region
from ..common.register_tile import TileShape, accumulate, most_rows
from ..common.strided_view import StridedView, strides_over
from ..template import Kernel, chunk_count, kernel_arguments, split_evenly

FLOPS_PER_SECOND = 4e10
"""Of one core streaming the weight from its second-level cache; only to estimate the time."""

STACK = 1 << 17
"""Bytes on the stack for what the second product needs of the first; at least one row fits."""

ROWS_WITH_REST = 10
"""Most rows of a tile in a step of two products whose last vector is not full: every tile is code
four times, so that more would be a kernel too large. Full vectors are faster with more rows."""

Where = tuple[SSAValue, Index, SSAValue]
"""Time step, batch row and first unit."""


@dataclass(frozen=True)
class _Memories:
    """The operands and results of the kernel, inside of one of its functions."""

    gates: SSAValue
    weights: Sequence[SSAValue]
    lengths: Sequence[SSAValue]
    hidden: SSAValue
    states: Sequence[SSAValue]
    extras: Sequence[SSAValue]
    kept: Sequence[SSAValue]
    """First gates `[rows, G1 * H]` and the operand of the second product `[rows, H]`."""

    @property
    def all(self) -> list[SSAValue]:
        rest = [*self.lengths, self.hidden, *self.states, *self.extras, *self.kept]
        return [self.gates, *self.weights, *rest]

    def inside(self, values: Sequence[SSAValue]) -> _Memories:
        """The same ones as the arguments of a function that takes `all`."""
        rest = list(values)

        def take(old: Sequence[SSAValue]) -> list[SSAValue]:
            return [rest.pop(0) for _ in old]

        [gates], weights, lengths = take([self.gates]), take(self.weights), take(self.lengths)
        [hidden], states, extras = take([self.hidden]), take(self.states), take(self.extras)
        return _Memories(gates, weights, lengths, hidden, states, extras, take(self.kept))


@dataclass
class RecurrenceWriter:
    """The building of one kernel, with `vectors` vectors of units in a tile."""

    op: RecurrenceOp
    name: str
    builder: KernelBuilder
    vectors: int
    made: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        op, target = self.op, self.builder.target
        self.element: Attribute = element_of(op.gates)
        self.lanes = target.lanes(self.element)
        self.steps, self.batch, _ = shape_of(op.gates)
        self.hidden, self.gates = op.hidden_size, op.gate_count
        self.first, self.later = op.first_gate_count, op.second_gate_count
        self.width = self.vectors * self.lanes
        self.padded = self.hidden + -self.hidden % self.width
        self.packed = bool(layout_of(op.weight).inner)
        state = (self.batch, self.hidden)

        def view(value: SSAValue, shape: Sequence[int]) -> StridedView:
            strides = strides_over(value, shape)
            return StridedView.of(value, list(zip(shape, strides, strict=True)))

        weights = [op.weight] if op.second_weight is None else [op.weight, op.second_weight]
        lengths = [] if op.lengths is None else [op.lengths]
        self.gates_view = view(op.gates, shape_of(op.gates))
        self.weight_views = [
            self._panels(value) if self.packed else view(value, shape_of(value))
            for value in weights
        ]
        self.initial_views = [view(value, state) for value in op.states]
        self.extra_views = [view(value, state) for value in op.extras]
        self.length_views = [view(value, (self.batch,)) for value in lengths]
        self.all_view = view(op.outs[0], shape_of(op.outs[0]))
        self.state_views = [view(value, state) for value in op.outs[1:]]

    def _panels(self, weight: SSAValue) -> StridedView:
        """A packed weight: panel, row and unit of the panel."""
        shape = (shape_of(weight)[1] // self.width, self.hidden, self.width)
        return StridedView(self.element, shape, tuple(physical_strides_of(weight)))

    def _most_rows(self) -> int:
        rows = most_rows(max(self.first, self.later) * self.vectors, self.builder.target)
        if not self.later:
            return rows
        row = (self.first + 1) * self.padded * dtype_of(self.element).itemsize
        if self.padded != self.hidden:
            rows = min(rows, ROWS_WITH_REST)
        return max(1, min(rows, STACK // row))

    def run(self) -> Kernel:
        """Add the kernel and its tile functions."""
        b, op = self.builder, self.op
        self.runs = split_evenly(self.batch, self._most_rows())
        tile_count = sum(n for _, n in self.runs)
        chunks = chunk_count(tile_count, op.flops() / FLOPS_PER_SECOND)
        first, *others = self.weight_views
        views = [self.gates_view, first, *self.initial_views, *self.extra_views]
        views += [*self.length_views, *others, self.all_view, *self.state_views]
        names = ["chunk", "gates", "weight"]
        with b.function(self.name, kernel_arguments(op), names=names) as arguments:
            found = [
                view.slice(b, view.cast(b, argument), ())
                for view, argument in zip(views, arguments[1:], strict=True)
            ]
            gates, weight, *rest = found
            initial = [rest.pop(0) for _ in op.states]
            extras = [rest.pop(0) for _ in op.extras]
            lengths = [rest.pop(0) for _ in self.length_views]
            weights = [weight, *(rest.pop(0) for _ in others)]
            hidden, *states = rest
            kept = self._kept()
            memories = _Memories(gates, weights, lengths, hidden, states, extras, kept)
            tiles = part_range(b, arguments[0], chunks, tile_count)
            rows = (tile_start(b, self.runs, tiles[0]), tile_start(b, self.runs, tiles[1]))
            for source, target, from_view, to_view in zip(
                initial, states, self.initial_views, self.state_views, strict=True
            ):
                self._copy(rows, (from_view, source, ()), (to_view, target))
            with b.loop(0, self.steps) as loop:
                time = loop.index
                if op.reverse is not None:
                    time = b.sub(self.steps - 1, time)
                self._step(memories, time, tiles)
                self._copy(
                    rows,
                    (self.all_view, hidden, (time,)),
                    (self.state_views[0], states[0]),
                    lambda row: self._takes(memories, time, row),
                )
        return Kernel(chunks)

    def _kept(self) -> list[SSAValue]:
        if not self.later:
            return []
        rows = max((size for size, _ in self.runs), default=1)
        shapes = ([rows, self.first * self.padded], [rows, self.padded])
        return [self.builder.alloca(shape, self.element) for shape in shapes]

    def _takes(self, memories: _Memories, time: Index, row: Index) -> SSAValue | None:
        """Whether a row takes the step; None: all rows take all."""
        if not memories.lengths:
            return None
        b, [view] = self.builder, self.length_views
        length = b.cast(load_scalar(b, view, memories.lengths[0], (row,)), INDEX)
        return b.cmpi("slt", time, length)

    def _copy(
        self,
        rows: tuple[Index, Index],
        source: tuple[StridedView, SSAValue, tuple[Index, ...]],
        target: tuple[StridedView, SSAValue],
        condition: Callable[[Index], SSAValue | None] = lambda _: None,
    ) -> None:
        """
        Copy `rows` of a [batch, hidden] array, the source at the given outer indices.

        Rows for which there is a condition that does not hold stay as they are.
        """
        b, lanes = self.builder, self.lanes
        from_view, from_memory, outer = source
        to_view, to_memory = target

        def line(row: Index) -> None:
            def vector(unit: Index, valid: int | None) -> None:
                at = (row, unit)
                value = load_lanes(b, from_view, from_memory, (*outer, *at), lanes, valid)
                store_lanes(b, value, to_view, to_memory, at, lanes, valid)

            holds = condition(row)
            with nullcontext() if holds is None else b.if_(holds):
                self._each_vector(self.hidden, lanes, vector)

        b.for_each(*rows, 1, lambda row, _: line(row))

    def _each_vector(
        self, extent: int, width: int, body: Callable[[Index, int | None], None]
    ) -> None:
        b = self.builder

        full = extent - extent % width
        b.for_each(0, full, width, lambda i, _: body(i, None))
        if extent > full:
            body(full, extent - full)

    def _step(self, memories: _Memories, time: Index, tiles: tuple[Index, Index]) -> None:
        """One time step for the rows of `tiles`: tiles of rows times vectors of units."""

        def tile(kind: str, size: int, row: Index) -> Callable[[Index, int | None], None]:
            return lambda unit, valid: self._call(kind, size, valid, memories, (time, row, unit))

        def all_rows(unit: Index, valid: int | None) -> None:
            each_tile(
                self.builder,
                self.runs,
                tiles,
                lambda size: lambda row: tile("cell", size, row)(unit, valid),
            )

        def both(size: int, row: Index) -> None:
            self._each_vector(self.hidden, self.width, tile("first", size, row))
            self._each_vector(self.hidden, self.width, tile("cell", size, row))

        if self.later:
            each_tile(self.builder, self.runs, tiles, lambda size: lambda row: both(size, row))
        else:
            self._each_vector(self.hidden, self.width, all_rows)

    def _call(
        self,
        kind: str,
        rows: int,
        valid: int | None,
        memories: _Memories,
        where: tuple[Index, Index, Index],
    ) -> None:
        """Call the function for a tile, which the first call makes."""
        b = self.builder
        name = f"{self.name}_{kind}_{rows}x{valid or self.width}"
        if name not in self.made:
            self.made.add(name)
            inputs = [*(memory.type for memory in memories.all), INDEX, INDEX, INDEX]
            with b.function(name, inputs, private=True) as (*values, time, row, unit):
                inside = memories.inside(values)
                self._tile(kind == "first", rows, valid, inside, (time, row, unit))
        b.call(name, [*memories.all, *where])

    def _tile(
        self,
        first: bool,
        rows: int,
        valid: int | None,
        memories: _Memories,
        where: tuple[SSAValue, SSAValue, SSAValue],
    ) -> None:
        """`rows` batch rows and one panel of units: products, then what is made of them."""
        b, lanes = self.builder, self.lanes
        time, row, unit = where
        if rows == 1:
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
        scratch = b.alloca([rows, count * lanes], self.element)
        for r in range(rows):
            for j in range(count):
                b.vstore(sums[r * count + j], scratch, [r, j * lanes])
        with b.loop(0, rows) as loop:
            at = (time, b.add(row, loop.index), unit)
            line = loop.index

            def finish() -> None:
                found = [b.vload(scratch, [line, j * lanes], lanes) for j in range(count)]
                self._finish(first, found, line, valid, memories, at)

            self._unless_over(memories, at, valid, finish, skips=first)

    def _unless_over(
        self,
        memories: _Memories,
        where: tuple[SSAValue, Index, SSAValue],
        valid: int | None,
        step: Callable[[], None],
        skips: bool,
    ) -> None:
        """Take the step of a row; where it takes none, its result is zero, unless it `skips`."""
        b, lanes = self.builder, self.lanes
        time, row, unit = where
        takes = self._takes(memories, time, row)
        if takes is None:
            step()
            return

        def zeros() -> None:
            for vector in range(0 if skips else self.vectors):
                at = (time, row, b.add(unit, vector * lanes))
                zero = b.splat(0, self.element, lanes)
                store_lanes(b, zero, self.all_view, memories.hidden, at, lanes, valid)

        b.if_else(takes, step, zeros)

    def _sums(
        self,
        first: bool,
        rows: int,
        valid: int | None,
        memories: _Memories,
        where: tuple[SSAValue, SSAValue, SSAValue],
    ) -> list[SSAValue]:
        """The recurrent gates that one of the products gives, row by row."""
        b, lanes, vectors = self.builder, self.lanes, self.vectors
        _, row, unit = where
        which = int(bool(self.later) and not first)
        weight, view = memories.weights[which], self.weight_views[which]
        gates = self.later if which else self.first
        panels = [
            b.floordiv(b.add(unit, g * self.hidden), self.width) if self.packed else 0
            for g in range(gates)
        ]

        def right(j: int, k: Index) -> SSAValue:
            gate, vector = divmod(j, vectors)
            if self.packed:
                position = (panels[gate], k, vector * lanes)
                return b.vload(weight, view.indices(position), lanes)
            column = b.add(unit, gate * self.hidden)
            return load_lanes(b, view, weight, (k, column), lanes, valid)

        lines = [b.add(row, r) for r in range(rows)]
        state = self.state_views[0]

        def left(r: int, k: Index) -> SSAValue:
            if which:
                return b.load_splat(memories.kept[1], [r, k], lanes)
            return b.load_splat(memories.states[0], state.indices((lines[r], k)), lanes)

        zero = b.splat(0, self.element, lanes)
        shape = TileShape(rows, gates * vectors)
        return accumulate(b, shape, (0, self.hidden), left, right, zero, self.element)

    def _finish(
        self,
        first: bool,
        sums: Sequence[SSAValue],
        line: Index,
        valid: int | None,
        memories: _Memories,
        where: Where,
    ) -> None:
        """What is made of the sums of one batch row, row number `line` of its tile."""
        b, lanes, vectors = self.builder, self.lanes, self.vectors
        _, _, unit = where
        for vector in range(vectors):
            at = b.add(unit, vector * lanes)
            own = list(sums[vector::vectors])

            def slot(gate: int, at: Index = at) -> list[Index]:
                return [line, b.add(at, gate * self.padded)]

            if first:
                assert self.op.second is not None
                for gate, value in enumerate(own):
                    b.vstore(value, memories.kept[0], slot(gate))
                block = self.op.second.block
                [scaled] = self._region(block, own, at, valid, memories, where)
                b.vstore(b.broadcast(scaled, lanes), memories.kept[1], slot(0))
                continue
            if self.later:
                kept = [b.vload(memories.kept[0], slot(g), lanes) for g in range(self.first)]
                own = [*kept, *own]
            self._cell(own, at, valid, memories, where)

    def _region(
        self,
        block: Block,
        recurrent: Sequence[SSAValue],
        at: Index,
        valid: int | None,
        memories: _Memories,
        where: Where,
    ) -> Sequence[SSAValue]:
        """A region on the units from `at` on."""
        b = self.builder
        time, row, _ = where

        def load(view: StridedView, memory: SSAValue, position: Sequence[Index]) -> SSAValue:
            return load_lanes(b, view, memory, position, self.lanes, valid)

        arguments = [
            load(self.gates_view, memories.gates, (time, row, b.add(at, g * self.hidden)))
            for g in range(self.gates)
        ]
        arguments += recurrent
        for view, memory in zip(
            (*self.state_views, *self.extra_views),
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
        memories: _Memories,
        where: Where,
    ) -> None:
        """The cell on one vector of units of one batch row."""
        b, lanes = self.builder, self.lanes
        time, row, _ = where
        new = self._region(self.op.cell.block, recurrent, at, valid, memories, where)
        store_lanes(b, new[0], self.all_view, memories.hidden, (time, row, at), lanes, valid)
        for value, view, memory in zip(
            new[1:], self.state_views[1:], memories.states[1:], strict=True
        ):
            store_lanes(b, value, view, memory, (row, at), lanes, valid)
