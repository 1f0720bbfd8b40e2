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

from collections.abc import Callable
from contextlib import nullcontext

from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder
from ..common.chunking import Runs, each_tile, part_range, tile_start
from ..common.element_access import load_lanes, store_lanes
from ..common.strided_view import StridedView
from ..template import Kernel, kernel_function
from .memories import Memories
from .plan import RecurrencePlan
from .tile import RecurrenceTiles


class RecurrenceWriter:
    """The writing of one kernel."""

    def __init__(self, plan: RecurrencePlan, name: str, builder: KernelBuilder):
        self.plan, self.name, self.builder = plan, name, builder
        self.tiles = RecurrenceTiles(builder, name, plan)
        self.runs: Runs = ()

    def write(self) -> Kernel:
        """Add the kernel and its tile functions."""
        b, plan = self.builder, self.plan
        op, chunks = plan.op, plan.chunks
        first, *others = plan.weight_views
        views = [plan.gates_view, first, *plan.initial_views, *plan.extra_views]
        views += [*plan.length_views, *others, plan.hidden_view, *plan.state_views]
        names = ["chunk", "gates", "weight"]
        with kernel_function(b, self.name, op, chunks=chunks, names=names) as arguments:
            self.runs = plan.tiles.runs(b)
            found = [
                view.slice(b, view.cast(b, argument), ())
                for view, argument in zip(views, arguments[1:], strict=True)
            ]
            gates, weight, *rest = found
            initial = [rest.pop(0) for _ in op.states]
            extras = [rest.pop(0) for _ in op.extras]
            lengths = [rest.pop(0) for _ in plan.length_views]
            weights = [weight, *(rest.pop(0) for _ in others)]
            hidden, *states = rest
            kept = self._kept()
            memories = Memories(gates, weights, lengths, hidden, states, extras, kept)
            tiles = part_range(b, arguments[0], chunks, plan.tiles.count)
            rows = (tile_start(b, self.runs, tiles[0]), tile_start(b, self.runs, tiles[1]))
            for source, target, from_view, to_view in zip(
                initial, states, plan.initial_views, plan.state_views, strict=True
            ):
                self._copy(rows, (from_view, source, ()), (to_view, target))
            with b.loop(0, plan.steps) as loop:
                time = loop.index
                if op.reverse is not None:
                    time = b.sub(plan.steps - 1, time)
                self._step(memories, time, tiles)
                self._copy(
                    rows,
                    (plan.hidden_view, hidden, (time,)),
                    (plan.state_views[0], states[0]),
                    lambda row: self.tiles.takes(memories, time, row),
                )
        return Kernel(chunks)

    def _kept(self) -> list[SSAValue]:
        plan = self.plan
        if not plan.later:
            return []
        rows = max(plan.tiles.most, 1)
        shapes = ([rows, plan.first * plan.padded], [rows, plan.padded])
        return [self.builder.alloca(shape, plan.element) for shape in shapes]

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
        b, lanes = self.builder, self.plan.lanes
        from_view, from_memory, outer = source
        to_view, to_memory = target

        def line(row: Index) -> None:
            def vector(unit: Index, valid: int | None) -> None:
                at = (row, unit)
                value = load_lanes(b, from_view, from_memory, (*outer, *at), lanes, valid)
                store_lanes(b, value, to_view, to_memory, at, lanes, valid)

            holds = condition(row)
            with nullcontext() if holds is None else b.if_(holds):
                self._each_vector(self.plan.hidden, lanes, vector)

        b.for_each(*rows, 1, lambda row, _: line(row))

    def _each_vector(
        self, extent: int, width: int, body: Callable[[Index, int | None], None]
    ) -> None:
        b = self.builder

        full = extent - extent % width
        b.for_each(0, full, width, lambda i, _: body(i, None))
        if extent > full:
            body(full, extent - full)

    def _step(self, memories: Memories, time: Index, tiles: tuple[Index, Index]) -> None:
        """One time step for the rows of `tiles`: tiles of rows times vectors of units."""

        def tile(kind: str, size: int, row: Index) -> Callable[[Index, int | None], None]:
            return lambda unit, valid: self.tiles.call(
                kind, size, valid, memories, (time, row, unit)
            )

        def all_rows(unit: Index, valid: int | None) -> None:
            each_tile(
                self.builder,
                self.runs,
                tiles,
                lambda size: lambda row: tile("cell", size, row)(unit, valid),
            )

        def both(size: int, row: Index) -> None:
            self._each_vector(self.plan.hidden, self.plan.width, tile("first", size, row))
            self._each_vector(self.plan.hidden, self.plan.width, tile("cell", size, row))

        if self.plan.later:
            each_tile(self.builder, self.runs, tiles, lambda size: lambda row: both(size, row))
        else:
            self._each_vector(self.plan.hidden, self.plan.width, all_rows)
