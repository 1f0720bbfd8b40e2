"""
Where the values that cross the borders of branches and loops lie.

- A result of a branch is written where it lies by whoever computes it in either region; what is
  computed elsewhere is copied at the end of the region.
- A carried value has one place, that of the result, if in the region nothing reads it after the
  next one has been written, or the operation that computes the next one may overwrite it. Else it
  has two, and every second trip uses the second: the value of trip `i` is in place `i mod 2`, the
  next one goes to the other.
- A row of a stacked result is written into its place in the result, which moves with the trip.
- A slice of a scanned value is a view of it that moves with the trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from xdsl.ir import Operation, OpResult, SSAValue

from ...dialects.engine import ConcatOp, ConstantOp, IfOp, LoopOp, ReferenceOp, YieldOp
from ...dialects.engine.base import EngineOp, byte_extent_of, dense_stride_extents_of
from ...dialects.engine.location import start_upwards
from ...errors import CompileError
from ...runtime.array_memory import ALIGNMENT
from ...runtime.size import Extent, ceildiv, substituted
from .in_place import overwrites
from .order import Order, home_of
from .place import Place, Step, item_size

Placeable = Callable[[SSAValue], bool]
"""Whether whoever computes a value may be told where."""

Places = dict[SSAValue, Place]


def result_place(result: SSAValue, places: Places) -> Place:
    """Where a result of a branch or loop lies: where it was told to, else in its own buffer."""
    return places.setdefault(result, Place(result, 0, dense_stride_extents_of(result)))


def place_yielded(op: YieldOp, places: Places, order: Order, placeable: Placeable) -> None:
    """Tell whoever computes what a region yields where to write it."""
    parent = op.parent_op()
    if isinstance(parent, IfOp):
        for result in parent.res:
            result_place(result, places)
        for value, place in zip(op.values, yielded_places(op, places), strict=True):
            assert place is not None
            _tell(value, place, op, places, placeable)
    elif isinstance(parent, LoopOp):
        _place_stacked(parent, places, placeable)
        for number in range(len(parent.inits)):
            _place_carried(parent, number, places, order, placeable)
        if parent.number.first_use is not None:
            places[parent.number] = Place(parent.number, 0, ())
        if (count := parent.count) is not None:
            result_place(count, places)


def _tell(
    value: SSAValue, place: Place, region: YieldOp, places: Places, placeable: Placeable
) -> bool:
    """Tell whoever computes `value` in the region to write it to `place`; whether it can."""
    if home_of(value) is not region.parent or not placeable(value):
        return False
    if place.steps and isinstance(value.owner, ReferenceOp):
        return False  # its memory is described once, for all trips
    places[value] = place
    return True


def _place_stacked(op: LoopOp, places: Places, placeable: Placeable) -> None:
    for number, (row, whole) in enumerate(zip(op.rows, op.stacked, strict=True)):
        home = result_place(whole, places)
        _tell(row, row_place(op, number, home, row), op.last, places, placeable)


def row_place(op: LoopOp, number: int, home: Place, row: SSAValue) -> Place:
    """Where the row of each trip lies in a stacked result that lies at `home`."""
    return _along(op, home, row, upwards=op.is_upwards(number))


def slice_place(op: LoopOp, number: int, home: Place) -> Place:
    """Where the slice of each trip lies in a scanned value that lies at `home`."""
    return _along(op, home, op.slices[number], upwards=op.is_backwards(number))


def _along(op: LoopOp, home: Place, piece: SSAValue, *, upwards: bool) -> Place:
    step = home.strides[0] * item_size(piece)
    capacity = op.capacity
    assert capacity is not None
    offset = home.offset + (start_upwards(capacity, step) if upwards else 0)
    moves = Step(op, -step if upwards else step)
    return Place(home.root, offset, home.strides[1:], (*home.steps, moves))


def first_place(op: LoopOp, number: int, places: Places) -> Place:
    """Where a carried value lies in the first trip."""
    place = places[op.carried[number]]
    return Place(place.root, place.offset, place.strides, place.steps[: _outer(place, op)])


def next_place(op: LoopOp, number: int, places: Places) -> Place:
    """Where the next value of a carried one belongs."""
    place = places[op.carried[number]]
    if _outer(place, op) == len(place.steps):
        return place
    turn = place.steps[-1].bytes
    moves = Step(op, -turn, 2)
    return Place(place.root, place.offset + turn, place.strides, (*place.steps[:-1], moves))


def turn_of(op: LoopOp, number: int, places: Places) -> Extent:
    """Bytes from the first to the second place of a carried value; 0 where it has one."""
    place = places[op.carried[number]]
    return 0 if _outer(place, op) == len(place.steps) else place.steps[-1].bytes


def _outer(place: Place, op: LoopOp) -> int:
    """How many of the steps of a place are those of loops around `op`."""
    return sum(step.loop is not op for step in place.steps)


def _place_carried(
    op: LoopOp, number: int, places: Places, order: Order, placeable: Placeable
) -> None:
    here, following = op.carried[number], op.next_values[number]
    home = result_place(op.res[number], places)
    places[here] = home
    if op.growth_axis(number) is not None:
        _place_growing(here, following, home, op, places, placeable)
        return
    if following is here:
        return
    told = placeable(following) and home_of(following) is op.body.block
    writes = following.owner if told else op.last
    assert isinstance(writes, Operation)
    if overwrites(here, following, writes, order):
        if told:
            _tell(following, home, op.last, places, placeable)
        return
    turn = _aligned(byte_extent_of(here))
    places[here] = Place(here, 0, dense_stride_extents_of(here), (Step(op, turn, 2),))
    _tell(following, next_place(op, number, places), op.last, places, placeable)


def _place_growing(
    here: SSAValue,
    following: SSAValue,
    home: Place,
    op: LoopOp,
    places: Places,
    placeable: Placeable,
) -> None:
    """
    Have what a trip adds written behind what is there, in memory for all that there can be.

    Raises:
        CompileError: where the next value is not the one before with something behind it, or
            somebody wants it row by row.
    """
    joined = following.op if isinstance(following, OpResult) else None
    grows = isinstance(joined, ConcatOp) and joined.operands[0] is here
    grows = grows and joined is not None and joined.parent is here.owner
    readers = [use.operation for value in (here, following) for use in value.uses]
    dense = any(
        isinstance(reader, IfOp | LoopOp | ReferenceOp)
        or (isinstance(reader, EngineOp) and reader.READS_ROW_MAJOR)
        for reader in readers
    )
    if not grows or dense or not placeable(following):
        raise CompileError(
            f"plan-memory: '{op.name}' carries a value that grows otherwise than by rows behind it,"
            " or that is read row by row"
        )
    places[following] = home


def _with_numbers(place: Place, fixed: Mapping[str, int]) -> Place:
    """A place in a region in which some names are numbers."""
    if not fixed:
        return place
    strides = tuple(substituted(stride, fixed) for stride in place.strides)
    return Place(place.root, substituted(place.offset, fixed), strides, place.steps)


def _aligned(size: Extent) -> Extent:
    return ceildiv(size, ALIGNMENT) * ALIGNMENT


def place_inits(op: LoopOp, places: Places, order: Order, placeable: Placeable) -> None:
    """Have the first carried values computed where the loop wants them, if nobody else does."""
    for number, init in enumerate(op.inits):
        if op.growth_axis(number) is not None:
            continue  # it is copied to where there is room behind it
        if home_of(init) is not op.parent or not placeable(init):
            continue
        others = [use.operation for use in init.uses if use.operation is not op]
        if list(op.operands).count(init) == 1 and all(_reads_before(o, op, order) for o in others):
            places[init] = first_place(op, number, places)


def _reads_before(reader: Operation, op: LoopOp, order: Order) -> bool:
    """Whether an operation reads a value as it is and is done before the loop begins."""
    known = isinstance(reader, EngineOp) and not reader.IS_VIEW
    return known and reader.parent is op.parent and order.at[reader] < order.at[op]


def yielded_places(op: YieldOp, places: Places) -> Sequence[Place | None]:
    """Where each yielded value belongs; None for what is only looked at."""
    parent = op.parent_op()
    if isinstance(parent, IfOp):
        region = op.parent_region()
        fixed = {} if region is None else parent.fixes(region)
        return [_with_numbers(places[r], fixed) for r in parent.res]
    assert isinstance(parent, LoopOp)
    going_on = [] if parent.condition is None else [None]
    carried = [next_place(parent, n, places) for n in range(len(parent.inits))]
    rows = [
        row_place(parent, n, places[whole], row)
        for n, (row, whole) in enumerate(zip(parent.rows, parent.stacked, strict=True))
    ]
    return [*going_on, *carried, *rows]


def touched(op: Operation) -> list[SSAValue]:
    """The values whose memory an operation reads or writes; of a border also what belongs there."""
    values = [*op.operands, *op.results]
    around = op.parent_op() if isinstance(op, YieldOp) else op
    if around is not op and around is not None:
        values += around.results
    if isinstance(around, LoopOp):
        values += around.carried
        if around is op and around.number.first_use is not None:
            values.append(around.number)
    return values


def is_constant_root(root: SSAValue) -> bool:
    """Whether what lies there is a constant."""
    return isinstance(root, OpResult) and isinstance(root.op, ConstantOp)
