"""How a planned `engine.recurrence` is run: views of its operands, tiles, chunks of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import RecurrenceOp
from ...dialects.engine.base import element_of, layout_of, physical_strides_of, shape_of
from ...dialects.engine.weights import dtype_of
from ...runtime.format_tag import parse_format_tag
from ...targets.target import Target
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView, is_strided, strides_over
from ..template import Plan, PlanEntry, chunk_count, split_evenly
from .cost import recurrence_seconds

STACK = 1 << 17
"""Bytes on the stack for what the second product needs of the first; at least one row fits."""

ROWS_WITH_REST = 10
"""Most rows of a tile in a step of two products whose last vector is not full: every tile is code
four times, so that more would be a kernel too large. Full vectors are faster with more rows."""


@dataclass(frozen=True)
class RecurrencePlan(Plan):
    """
    Sizes, views and tiles.

    A tile is a few batch rows, of `tiles` [(rows, count), ...], times `vectors` vectors of units.
    `first` and `later` gates come of the first and of the second product of a step, `later` is 0
    where there is one product. `seconds` is the time of all steps on one thread. Views: `gates`
    [steps, batch, gates * hidden], `hidden` (all states) [steps, batch, hidden], weights
    [hidden, gates * hidden] or, where `packed`, [panels, hidden, width], `lengths` [batch], and
    all others [batch, hidden].
    """

    op: RecurrenceOp
    element: Attribute
    lanes: int
    vectors: int
    packed: bool
    tiles: tuple[tuple[int, int], ...]
    chunks: int
    seconds: float
    gates_view: StridedView
    weight_views: tuple[StridedView, ...]
    initial_views: tuple[StridedView, ...]
    extra_views: tuple[StridedView, ...]
    length_views: tuple[StridedView, ...]
    hidden_view: StridedView
    state_views: tuple[StridedView, ...]

    @staticmethod
    def of(op: RecurrenceOp, target: Target) -> RecurrencePlan | None:
        """The plan; None for operands in blocks and for panels that no tile fits."""
        weights = weights_of(op)
        if any(not is_strided(v) for v in op.operands if v not in weights):
            return None
        vectors = _unit_vectors(op, target)
        if not vectors:
            return None
        element, lanes = element_of(op.gates), target.lanes(element_of(op.gates))
        packed = bool(layout_of(op.weight).inner)
        batch = shape_of(op.gates)[1]
        state = (batch, op.hidden_size)
        width = vectors * lanes

        def panels(weight: SSAValue) -> StridedView:
            shape = (shape_of(weight)[1] // width, op.hidden_size, width)
            return StridedView(element, shape, tuple(physical_strides_of(weight)))

        tiles = tuple(split_evenly(batch, _tile_rows(op, vectors, target)))
        seconds = recurrence_seconds(op, target)
        return RecurrencePlan(
            op=op,
            element=element,
            lanes=lanes,
            vectors=vectors,
            packed=packed,
            tiles=tiles,
            chunks=chunk_count(sum(n for _, n in tiles), seconds, target.machine),
            seconds=seconds,
            gates_view=_view(op.gates, shape_of(op.gates)),
            weight_views=tuple(
                panels(value) if packed else _view(value, shape_of(value)) for value in weights
            ),
            initial_views=tuple(_view(value, state) for value in op.states),
            extra_views=tuple(_view(value, state) for value in op.extras),
            length_views=() if op.lengths is None else (_view(op.lengths, (batch,)),),
            hidden_view=_view(op.outs[0], shape_of(op.outs[0])),
            state_views=tuple(_view(value, state) for value in op.outs[1:]),
        )

    @property
    def steps(self) -> int:
        """Time steps."""
        return self.gates_view.shape[0]

    @property
    def hidden(self) -> int:
        """Hidden units."""
        return self.op.hidden_size

    @property
    def gates(self) -> int:
        """Gates that come from the input."""
        return self.op.gate_count

    @property
    def first(self) -> int:
        """Gates of the first product of a step."""
        return self.op.first_gate_count

    @property
    def later(self) -> int:
        """Gates of the second product of a step; 0 where there is none."""
        return self.op.second_gate_count

    @property
    def width(self) -> int:
        """Units of a tile."""
        return self.vectors * self.lanes

    @property
    def padded(self) -> int:
        """Hidden units in whole tiles."""
        return _padded(self.op, self.width)

    @property
    def row_tiles(self) -> int:
        """Tiles of batch rows in all."""
        return sum(count for _, count in self.tiles)

    def describe(self) -> dict[str, PlanEntry]:
        """Tile, weight and products."""
        rows = max((size for size, _ in self.tiles), default=0)
        return {
            "tile": f"{rows}x{self.width}",
            "weight": "panels" if self.packed else "where it lies",
            "products": 2 if self.later else 1,
            "estimated_us": round(self.seconds * 1e6),
        }


def weights_of(op: RecurrenceOp) -> list[SSAValue]:
    """The weights of the one or two products of a step."""
    return [value for value in (op.weight, op.second_weight) if value is not None]


def most_gates(op: RecurrenceOp) -> int:
    """The gates that are summed at the same time."""
    return max(op.first_gate_count, op.second_gate_count)


def _unit_vectors(op: RecurrenceOp, target: Target) -> int:
    """Vectors of units in a tile: as weights are packed; 1 where they are not; 0: not possible."""
    tags = {layout_of(value) for value in weights_of(op)}
    lanes = target.lanes(element_of(op.gates))
    if len(tags) > 1:
        return 0
    [tag] = tags
    if not tag.inner:
        return 1 if most_rows(most_gates(op), target) else 0
    width = tag.inner[0][1]
    fits = tag == parse_format_tag(f"Ba{width}b") and not (width % lanes or op.hidden_size % width)
    vectors = width // lanes
    return vectors if fits and most_rows(most_gates(op) * vectors, target) else 0


def _tile_rows(op: RecurrenceOp, vectors: int, target: Target) -> int:
    """Most batch rows of a tile."""
    element = element_of(op.gates)
    rows = most_rows(most_gates(op) * vectors, target)
    if not op.second_gate_count:
        return rows
    padded = _padded(op, vectors * target.lanes(element))
    row = (op.first_gate_count + 1) * padded * dtype_of(element).itemsize
    if padded != op.hidden_size:
        rows = min(rows, ROWS_WITH_REST)
    return max(1, min(rows, STACK // row))


def _padded(op: RecurrenceOp, width: int) -> int:
    return op.hidden_size + -op.hidden_size % width


def _view(value: SSAValue, shape: Sequence[int]) -> StridedView:
    strides = strides_over(value, shape)
    return StridedView.of(value, list(zip(shape, strides, strict=True)))
