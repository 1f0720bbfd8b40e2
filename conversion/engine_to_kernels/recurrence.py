"""
`engine.recurrence`: LSTM, GRU and other cells, one time step after the other.

A tile takes some batch rows and a few vectors of hidden units, multiplies the old hidden state
with the weight columns of all gates of these units, and runs the cell on the sums while they are
in registers. A constant weight lies in panels of the tile's units (`Ba32b` for two vectors of
16), so that each gate is one contiguous stream. The hidden state of the last step lies in the
second result until it is final there; other states are updated in place in their results. Batch
rows are independent of each other: chunks are cut along the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import Float32Type, Float64Type
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import RecurrenceOp
from ...dialects.engine.base import (
    EngineOp,
    element_of,
    layout_of,
    physical_strides_of,
    shape_of,
    static,
)
from ...dialects.engine.constant import constant_of
from ...dialects.engine.layout import parse_format_tag
from ..target import Target
from .builder import INDEX, Index, KernelBuilder
from .chunking import each_tile, part_range, tile_start
from .element_access import load_lanes, store_lanes
from .inline_region import inline_region
from .register_tile import TileShape, accumulate, most_rows
from .strided_view import StridedView, is_strided, strides_over
from .template import (
    STRIDED,
    Kernel,
    LayoutChoice,
    Template,
    chunk_count,
    kernel_arguments,
    split_evenly,
)

FLOPS_PER_SECOND = 4e10
"""Of one core streaming the weight from its second-level cache; only to estimate the time."""


class RecurrenceTemplate(Template):
    """Recurrent layers of f32 and f64."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, RecurrenceOp) or not _has_kernel(op, target):
            return ()
        lanes = target.lanes(element_of(op.gates))
        weight = STRIDED
        if constant_of(op.weight) is not None and op.hidden_size % lanes == 0:
            batch = shape_of(op.gates)[1]
            wide = batch <= 2 and op.hidden_size % (2 * lanes) == 0
            weight = f"Ba{2 * lanes if wide else lanes}b"
        rest = (STRIDED,) * (len(op.sources) - 2)
        results = (None,) * (1 + len(op.states))
        seconds = op.flops() / FLOPS_PER_SECOND
        return [LayoutChoice((STRIDED, weight, *rest), results, seconds)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        if not isinstance(op, RecurrenceOp) or not op.outs or not _has_kernel(op, target):
            return False
        if any(not is_strided(v) for v in op.operands if v is not op.weight):
            return False
        return _unit_vectors(op, target) > 0

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, RecurrenceOp)
        return _Build(op, name, builder).run()


def _has_kernel(op: RecurrenceOp, target: Target) -> bool:
    if not all(static(shape_of(value)) for value in op.operands) or not op.hidden_size:
        return False
    element = element_of(op.gates)
    if not isinstance(element, Float32Type | Float64Type) or element_of(op.weight) != element:
        return False
    return most_rows(op.gate_count, target) > 0


def _unit_vectors(op: RecurrenceOp, target: Target) -> int:
    """Vectors of units in a tile: as the weight is packed; 1 where it is not; 0: not possible."""
    tag = layout_of(op.weight)
    lanes = target.lanes(element_of(op.gates))
    if not tag.inner:
        return 1 if most_rows(op.gate_count, target) else 0
    width = tag.inner[0][1]
    fits = tag == parse_format_tag(f"Ba{width}b") and not (width % lanes or op.hidden_size % width)
    vectors = width // lanes
    return vectors if fits and most_rows(op.gate_count * vectors, target) else 0


@dataclass
class _Build:
    """The building of one kernel."""

    op: RecurrenceOp
    name: str
    builder: KernelBuilder
    made: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    def __post_init__(self) -> None:
        op, target = self.op, self.builder.target
        self.element: Attribute = element_of(op.gates)
        self.lanes = target.lanes(self.element)
        self.steps, self.batch, _ = shape_of(op.gates)
        self.hidden, self.gates = op.hidden_size, op.gate_count
        self.vectors = _unit_vectors(op, target)
        self.width = self.vectors * self.lanes
        self.packed = bool(layout_of(op.weight).inner)
        state = (self.batch, self.hidden)

        def view(value: SSAValue, shape: Sequence[int]) -> StridedView:
            strides = strides_over(value, shape)
            return StridedView.of(value, list(zip(shape, strides, strict=True)))

        self.gates_view = view(op.gates, shape_of(op.gates))
        if self.packed:
            shape = (self.gates * self.hidden // self.width, self.hidden, self.width)
            pairs = list(zip(shape, physical_strides_of(op.weight), strict=True))
            self.weight_view = StridedView(
                self.element, shape, tuple(stride for _, stride in pairs)
            )
        else:
            self.weight_view = view(op.weight, shape_of(op.weight))
        self.initial_views = [view(value, state) for value in op.states]
        self.extra_views = [view(value, state) for value in op.extras]
        self.all_view = view(op.outs[0], shape_of(op.outs[0]))
        self.state_views = [view(value, state) for value in op.outs[1:]]

    def run(self) -> Kernel:
        """Add the kernel and its tile functions."""
        b, op = self.builder, self.op
        self.runs = split_evenly(self.batch, most_rows(self.gates * self.vectors, b.target))
        tile_count = sum(n for _, n in self.runs)
        chunks = chunk_count(tile_count, op.flops() / FLOPS_PER_SECOND)
        views = [
            self.gates_view,
            self.weight_view,
            *self.initial_views,
            *self.extra_views,
            self.all_view,
            *self.state_views,
        ]
        count, extras = len(op.states), len(op.extras)
        with b.function(
            self.name, kernel_arguments(op), names=["chunk", "gates", "weight"]
        ) as arguments:
            memories = [
                view.slice(b, view.cast(b, argument), ())
                for view, argument in zip(views, arguments[1:], strict=True)
            ]
            gates, weight, *rest = memories
            initial, rest = rest[:count], rest[count:]
            extra, rest = rest[:extras], rest[extras:]
            hidden, *states = rest
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
                self._step([gates, weight, hidden, *states, *extra], time, tiles)
                self._copy(rows, (self.all_view, hidden, (time,)), (self.state_views[0], states[0]))
        return Kernel(chunks)

    def _copy(
        self,
        rows: tuple[Index, Index],
        source: tuple[StridedView, SSAValue, tuple[Index, ...]],
        target: tuple[StridedView, SSAValue],
    ) -> None:
        """Copy `rows` of a [batch, hidden] array, the source at the given outer indices."""
        b, lanes = self.builder, self.lanes
        from_view, from_memory, outer = source
        to_view, to_memory = target

        def line(row: Index) -> None:
            def vector(unit: Index, valid: int | None) -> None:
                at = (row, unit)
                value = load_lanes(b, from_view, from_memory, (*outer, *at), lanes, valid)
                store_lanes(b, value, to_view, to_memory, at, lanes, valid)

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

    def _step(self, memories: Sequence[SSAValue], time: Index, tiles: tuple[Index, Index]) -> None:
        """One time step for the rows of `tiles`: tiles of rows times vectors of units."""

        def units(unit: Index, valid: int | None) -> None:
            each_tile(
                self.builder,
                self.runs,
                tiles,
                lambda size: lambda row: self._call(size, valid, memories, (time, row, unit)),
            )

        self._each_vector(self.hidden, self.width, units)

    def _call(
        self,
        rows: int,
        valid: int | None,
        memories: Sequence[SSAValue],
        where: tuple[Index, Index, Index],
    ) -> None:
        b = self.builder
        key = (rows, valid or self.width)
        if key not in self.made:
            self.made[key] = f"{self.name}_cell_{rows}x{key[1]}"
            inputs = [*(memory.type for memory in memories), INDEX, INDEX, INDEX]
            with b.function(self.made[key], inputs, private=True) as (*inside, time, row, unit):
                self._tile(rows, valid, inside, (time, row, unit))
        b.call(self.made[key], [*memories, *where])

    def _tile(
        self,
        rows: int,
        valid: int | None,
        memories: Sequence[SSAValue],
        where: tuple[SSAValue, SSAValue, SSAValue],
    ) -> None:
        """`rows` batch rows and one panel of units: products, then the cell."""
        b, lanes, vectors = self.builder, self.lanes, self.vectors
        weight, hidden = memories[1], memories[3]
        _, row, unit = where
        count = self.gates * vectors
        panels = [
            b.floordiv(b.add(unit, g * self.hidden), self.width) if self.packed else 0
            for g in range(self.gates)
        ]

        def right(j: int, k: Index) -> SSAValue:
            gate, vector = divmod(j, vectors)
            if self.packed:
                position = (panels[gate], k, vector * lanes)
                return b.vload(weight, self.weight_view.indices(position), lanes)
            column = b.add(unit, gate * self.hidden)
            return load_lanes(b, self.weight_view, weight, (k, column), lanes, valid)

        lines = [b.add(row, r) for r in range(rows)]
        state = self.state_views[0]
        sums = accumulate(
            b,
            TileShape(rows, count),
            (0, self.hidden),
            lambda r, k: b.load_splat(hidden, state.indices((lines[r], k)), lanes),
            right,
            b.splat(0, self.element, lanes),
            self.element,
        )
        if rows == 1:
            self._cell(sums, valid, memories, where)
            return
        scratch = b.alloca([rows, count * lanes], self.element)
        for r in range(rows):
            for j in range(count):
                b.vstore(sums[r * count + j], scratch, [r, j * lanes])
        with b.loop(0, rows) as loop:
            line = [b.vload(scratch, [loop.index, j * lanes], lanes) for j in range(count)]
            time, _, _ = where
            self._cell(line, valid, memories, (time, b.add(row, loop.index), unit))

    def _cell(
        self,
        sums: Sequence[SSAValue],
        valid: int | None,
        memories: Sequence[SSAValue],
        where: tuple[SSAValue, Index, SSAValue],
    ) -> None:
        """The cell on the vectors of one batch row."""
        b, lanes = self.builder, self.lanes
        gates, _, hidden, *rest = memories
        states, extras = rest[: len(self.state_views)], rest[len(self.state_views) :]
        time, row, unit = where
        for vector in range(self.vectors):
            at = b.add(unit, vector * lanes)

            def load(view: StridedView, memory: SSAValue, position: Sequence[Index]) -> SSAValue:
                return load_lanes(b, view, memory, position, lanes, valid)

            arguments = [
                load(self.gates_view, gates, (time, row, b.add(at, g * self.hidden)))
                for g in range(self.gates)
            ]
            arguments += [sums[g * self.vectors + vector] for g in range(self.gates)]
            for view, memory in zip(
                (*self.state_views, *self.extra_views), (*states, *extras), strict=True
            ):
                arguments.append(load(view, memory, (row, at)))
            new = inline_region(b, self.op.cell.block, arguments)
            store_lanes(b, new[0], self.all_view, hidden, (time, row, at), lanes, valid)
            for value, view, memory in zip(new[1:], self.state_views[1:], states[1:], strict=True):
                store_lanes(b, value, view, memory, (row, at), lanes, valid)
