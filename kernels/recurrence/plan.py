"""How a planned `engine.recurrence` is run: views of its operands, tiles, chunks of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine import RecurrenceOp
from ...dialects.engine.base import element_of, extents_of, layout_of, shape_of, stride_extents_of
from ...dialects.engine.weights import dtype_of
from ...runtime.format_tag import parse_format_tag
from ...runtime.size import Extent, Size, ceildiv, maximum, product_of
from ...targets.target import Target
from ..common.register_tile import most_rows
from ..common.strided_view import StridedView, is_strided, strides_over
from ..common.tile_split import TileSplit
from ..cost import Cost
from ..template import Plan, PlanEntry
from .cost import recurrence_seconds

STACK = 1 << 17
"""Bytes on the stack for what the second product needs of the first; at least one row fits."""

ROWS_WITH_REST = 10
"""Most rows of a tile in a step of two products whose last vector is not full: every tile is code
four times, so that more would be a kernel too large. Full vectors are faster with more rows."""


ROW_CLASSES = (8, 4, 2, 1)
"""Rows of tiles where the batch is a value: fewer kinds of code."""

FEW_CLASSES = (3, 1)
"""The same where every tile is code four times: two products, and a last vector not full."""


@dataclass(frozen=True)
class RecurrencePlan(Plan):
    """
    Sizes, views and tiles.

    A tile is a few batch rows, of `tiles`, times `vectors` vectors of units. The number of steps
    and the batch may be values.
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
    tiles: TileSplit
    chunks: Extent
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
        steps, batch, _ = extents_of(op.gates)
        state = (batch, op.hidden_size)
        width = vectors * lanes

        def panels(weight: SSAValue) -> StridedView:
            shape = (shape_of(weight)[1] // width, op.hidden_size, width)
            return StridedView(element, shape, stride_extents_of(weight))

        most = _tile_rows(op, vectors, target)
        tiles = _row_tiles(op, batch, most, width)
        cost = Cost.of(op, lambda o: recurrence_seconds(o, target), product_of((steps, batch)))
        return RecurrencePlan(
            op=op,
            element=element,
            lanes=lanes,
            vectors=vectors,
            packed=packed,
            tiles=tiles,
            chunks=maximum(cost.chunks(ceildiv(batch, max(tiles.most, 1)), target.machine), 1),
            seconds=cost.seconds,
            gates_view=_view(op.gates, extents_of(op.gates)),
            weight_views=tuple(
                panels(value) if packed else _view(value, shape_of(value)) for value in weights
            ),
            initial_views=tuple(_view(value, state) for value in op.states),
            extra_views=tuple(_view(value, state) for value in op.extras),
            length_views=() if op.lengths is None else (_view(op.lengths, (batch,)),),
            hidden_view=_view(op.outs[0], extents_of(op.outs[0])),
            state_views=tuple(_view(value, state) for value in op.outs[1:]),
        )

    @property
    def steps(self) -> Extent:
        """Time steps."""
        return self.gates_view.extents[0]

    @property
    def many_tiles(self) -> bool:
        """Whether there is code for many numbers of rows, as the batch is a value."""
        return isinstance(self.tiles.extent, Size)

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

    def describe(self) -> dict[str, PlanEntry]:
        """Tile, weight and products."""
        return {
            "tile": f"{self.tiles.most}x{self.width}",
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


def _row_tiles(op: RecurrenceOp, batch: Extent, most: int, width: int) -> TileSplit:
    """Tiles of the batch; where it is a value, with less code the more there is for each size."""
    rest, two = _padded(op, width) != op.hidden_size, op.second_gate_count > 0
    if isinstance(batch, int):
        return TileSplit.evenly(batch, most)
    most = min(most, ROW_CLASSES[0])
    if not rest and not two:
        return TileSplit.evenly(batch, most)
    classes = FEW_CLASSES if rest and two else ROW_CLASSES
    return TileSplit.greedily(batch, [most, *(n for n in classes if n < most)])


def _padded(op: RecurrenceOp, width: int) -> int:
    return op.hidden_size + -op.hidden_size % width


def _view(value: SSAValue, shape: Sequence[Extent]) -> StridedView:
    strides = strides_over(value, shape)
    return StridedView.of(value, list(zip(shape, strides, strict=True)))
