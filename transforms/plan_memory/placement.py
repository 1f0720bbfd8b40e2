"""
Where every tensor of a function lies: views, pieces of larger buffers, and values in place.

A value is stored in a *root*: a buffer of the arena, an input, a constant or an output. Four
rules let it share one with another value, so that nothing is copied:

- an output is written by the operation that computes it;
- operands that appear in the result as they are, as those of `concat` and of a constant `pad`,
  are written straight into their part of it (a strided view) by whoever computes them;
- `reshape`, `transpose` and `slice` of a stored value are other views of the same bytes;
- an operation may overwrite an operand that nobody needs afterwards.

Which operations can do so they say themselves: `absorbed_parts`, `view_of_operand`,
`view_of_result` and `may_overwrite` of `EngineOp`. Pieces are decided from consumers to producers,
views and overwriting in program order. What crosses the borders of branches and loops is in
`regions.py`. Values without a buffer (`dialects/engine/opaque.py`) have
no place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from xdsl.dialects import func
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, BlockArgument, Operation, OpResult, SSAValue

from ...dialects.engine import ConstantOp, IfOp, LoopOp, ReferenceOp, RelayoutOp, YieldOp
from ...dialects.engine.base import (
    EngineOp,
    byte_extent_of,
    dense_stride_extents_of,
    extents_of,
    layout_of,
    physical_extents_of,
    shape_of,
)
from ...dialects.engine.memory_part import Elements, MemoryPart
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.size_definitions import SizeDefinitions
from ...runtime.format_tag import dense_strides
from ...runtime.size import Extent, NeedsNumber, Size, maximum, numbers_of, product_of
from ...runtime.size_proofs import SizeProofs
from .in_place import chain_into_output
from .order import Order, home_of
from .place import Place, end_of, item_size
from .regions import (
    is_constant_root,
    place_inits,
    place_yielded,
    slice_place,
)

Answer = TypeVar("Answer")


@dataclass
class Placement:
    """The places of all values of a block, and what is absorbed or needs copying."""

    through_views: bool = True
    """Whether what a part of something is a view of may be computed there."""
    places: dict[SSAValue, Place] = field(default_factory=dict[SSAValue, Place])
    absorbed: dict[Operation, tuple[int, ...]] = field(
        default_factory=dict[Operation, tuple[int, ...]]
    )
    """Operand positions of concat and pad operations that are written in place."""
    aliases: dict[Operation, Elements] = field(default_factory=dict[Operation, Elements])
    """View operations that cost nothing and disappear, and which elements their results have."""
    copies: list[int] = field(default_factory=list[int])
    """Function results that must be copied from where their value lies."""
    inside: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """The value that a value is a part of, where they share memory."""
    behind_views: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """What is computed into a part of something, as the part is a view of it; with the part."""
    proofs: SizeProofs | None = None
    """What is known of sizes, where some are open."""
    room: dict[SSAValue | int, Extent] = field(default_factory=dict["SSAValue | int", "Extent"])
    """The bytes of roots that do not grow with what lies in them, where sizes are open."""
    definitions: SizeDefinitions = field(default_factory=SizeDefinitions)
    """The sizes that the data decides."""

    def takes(self, value: SSAValue, place: Place, source: SSAValue | None = None) -> bool:
        """
        Whether `value` lies within its root at `place`, or within `source` if it is a view of that.

        For sizes that are open, provably.
        """
        if self.proofs is None:
            return True
        end, room = end_of(value, place), self.room.get(place.root)
        if source is not None:
            room = end_of(source, self.places[source])
        elif self.definitions.at and isinstance(value, OpResult):
            where = place.offset, place.strides
            if not self.definitions.is_written_with_known(value, value.op, *where):
                return False
        if not self.proofs.at_least(place.offset, 0):
            return False
        return room is None or self.proofs.at_least(room, end)

    def is_read_by_a_whole(self, value: SSAValue, whole: SSAValue, op: Operation) -> bool:
        """
        Whether an operation other than `op` reads `value` to compute something `whole` is part of.

        As a part of that `value` would be read where it is written.
        """
        readers = {u.operation for u in value.uses} & self.absorbed.keys() - {op}
        results = {reader.results[0] for reader in readers}
        if not results:
            return False
        around: SSAValue | None = whole
        while around is not None:
            if around in results:
                return True
            around = self.inside.get(around)
        return False

    def later(self, one: Extent, other: Extent) -> Extent:
        """The larger of two ends of bytes."""
        if isinstance(one, int) and isinstance(other, int):
            return max(one, other)
        if one == other:
            return one
        if self.proofs is not None and self.proofs.at_least(one, other):
            return one
        if self.proofs is not None and self.proofs.at_least(other, one):
            return other
        return maximum(one, other)


def _owner(value: SSAValue) -> Operation | None:
    return value.op if isinstance(value, OpResult) else None


def place_values(
    block: Block,
    proofs: SizeProofs | None = None,
    definitions: SizeDefinitions | None = None,
    *,
    through_views: bool = True,
) -> Placement:
    """
    Decide where each tensor of the function body `block` lies.

    `through_views` says whether what a part of something is a view of is computed there.

    `proofs` are what is known of its sizes, where some are open, and `definitions` the sizes that
    the data decides.
    """
    placement, order = Placement(through_views, proofs=proofs), Order.of(block)
    if definitions is not None:
        placement.definitions = definitions
    if proofs is not None:
        placement.room = _rooms(block)
    _place_backwards(order, placement)
    for value in _with_buffers(block.args):
        placement.places[value] = Place(value, 0, dense_stride_extents_of(value))
    _place_forwards(order, placement)
    return placement


def _place_backwards(order: Order, placement: Placement) -> None:
    """Pieces of larger buffers, from consumers to producers."""
    places = placement.places

    def placeable(value: SSAValue) -> bool:
        return _placeable(value, placement, strided=False)

    for op in reversed(order.ops):
        if isinstance(op, func.ReturnOp):
            _place_outputs(op, placement)
        elif isinstance(op, YieldOp):
            place_yielded(op, places, order, placeable)
        elif isinstance(op, LoopOp):
            place_inits(op, places, order, placeable)
        elif isinstance(op, EngineOp) and op.IS_VIEW:
            _place_behind_view(op, placement)
        elif isinstance(op, EngineOp):
            _place_absorbed(op, placement)
    for op in order.ops:
        if isinstance(op, RelayoutOp) and op.donated is not None:
            _place_donated(op, order, placement)


def _place_donated(op: RelayoutOp, order: Order, placement: Placement) -> None:
    """Have a donated argument written over, by what becomes an output in the end."""
    places = placement.places
    chain = [] if op.res[0] in places else chain_into_output(op, order, places)
    if not chain:
        return
    home = places[chain[-1]]
    around, whole = {chain[-1]}, chain[-1]
    while (found := placement.inside.get(whole)) is not None:
        whole = found
        around.add(whole)
    if any(place.root == home.root and value not in around for value, place in places.items()):
        return
    if all(_placeable(value, placement, strided=False) for value in chain[:-1]):
        places.update(dict.fromkeys(chain[:-1], home))


def _place_forwards(order: Order, placement: Placement) -> None:
    """Views and overwriting, in program order."""
    places = placement.places
    needed = _Needed.of(order, placement)
    for position, op in enumerate(order.ops):
        if isinstance(op, LoopOp):
            for number, value in enumerate(op.scanned):
                places[op.slices[number]] = slice_place(op, number, places[value])
                needed.add(op.slices[number], places[op.slices[number]])
        if isinstance(op, ConstantOp):
            placement.places[op.res] = Place(op.res, 0, dense_stride_extents_of(op.res))
        elif isinstance(op, EngineOp) and op.IS_VIEW and (elements := _alias(op, placement)):
            placement.aliases[op] = elements
        else:
            _overwrite(op, position, needed, placement)
            for result in _with_buffers(op.results):
                own = Place(result, 0, dense_stride_extents_of(result))
                placement.places.setdefault(result, own)
        for result in _with_buffers(op.results):
            needed.add(result, placement.places[result])
            if isinstance(op, LoopOp | IfOp):
                needed.keep(placement.places[result], order.end_of(op))


def _rooms(block: Block) -> dict[SSAValue | int, Extent]:
    """The bytes of inputs, outputs and constants."""
    constants = [op.res for op in block.ops if isinstance(op, ConstantOp)]
    rooms: dict[SSAValue | int, Extent] = {
        value: byte_extent_of(value) for value in _with_buffers([*block.args, *constants])
    }
    if isinstance(block.last_op, func.ReturnOp):
        for number, value in enumerate(block.last_op.arguments):
            if not is_opaque(value):
                rooms[number] = byte_extent_of(value)
    return rooms


def _with_buffers(values: Sequence[SSAValue]) -> list[SSAValue]:
    return [value for value in values if not is_opaque(value)]


@dataclass
class _Needed:
    """The last operation that reads each root, through any of the values that lie in it."""

    last_uses: dict[SSAValue, int]
    until: dict[SSAValue | int, int] = field(default_factory=dict["SSAValue | int", int])

    @staticmethod
    def of(order: Order, placement: Placement) -> _Needed:
        """Those of the values that have been placed so far."""
        needed = _Needed(order.last_reads())
        for value, place in placement.places.items():
            needed.add(value, place)
        return needed

    def add(self, value: SSAValue, place: Place) -> None:
        """Note that `value` lies at `place`."""
        self.keep(place, self.last_uses.get(value, -1))

    def keep(self, place: Place, until: int) -> None:
        """Note that what lies there is needed until a position."""
        self.until[place.root] = max(self.until.get(place.root, -1), until)


def _placeable(value: SSAValue, placement: Placement, *, strided: bool) -> bool:
    """Whether the operation that computes `value` may be told where to write it."""
    owner = _owner(value)
    if value in placement.places or is_opaque(value):
        return False
    if isinstance(owner, IfOp):
        return not strided
    if isinstance(owner, LoopOp):
        return not strided and value is not owner.count
    if not isinstance(owner, EngineOp | ReferenceOp):
        return False
    if isinstance(owner, EngineOp) and owner.IS_VIEW:
        return False
    if not strided:
        return True
    # Whoever reads row-major wants dense rows.
    readers = (use.operation for use in value.uses)
    return not isinstance(owner, ReferenceOp) and not any(
        isinstance(reader, IfOp | LoopOp | YieldOp)
        or (isinstance(reader, EngineOp | ReferenceOp) and reader.READS_ROW_MAJOR)
        for reader in readers
    )


def _place_outputs(op: func.ReturnOp, placement: Placement) -> None:
    for number, value in enumerate(op.arguments):
        if is_opaque(value):
            continue
        if layout_of(value).row_major and _placeable(value, placement, strided=False):
            placement.places[value] = Place(number, 0, dense_stride_extents_of(value))
        elif not _output_behind_view(value, number, placement):
            placement.copies.append(number)


def _output_behind_view(value: SSAValue, number: int, placement: Placement) -> bool:
    """A returned view: its operand may be written as the output instead."""
    owner = _owner(value)
    if not isinstance(owner, EngineOp) or not owner.IS_VIEW or value in placement.places:
        return False
    home = Place(number, 0, dense_stride_extents_of(value))
    if not layout_of(value).row_major or not _place_source(owner, home, placement):
        return False
    placement.places[value] = home
    return True


def _place_behind_view(op: EngineOp, placement: Placement) -> None:
    """The operand of a view whose result has been told where to lie."""
    place = placement.places.get(op.results[0])
    if place is not None:
        _place_source(op, place, placement)


def _place_source(op: EngineOp, place: Place, placement: Placement) -> bool:
    """Tell the operand of a view to lie in the memory of the result, which lies at `place`."""
    source = op.operands[0]
    part = _if_numbers(op.view_of_result, place.strides)
    if part is None or not _placeable(source, placement, strided=False):
        return False
    if home_of(source) is not op.parent or (place.steps and isinstance(source.owner, ReferenceOp)):
        return False
    there, result = _part_of(place, part, source), op.results[0]
    if placement.is_read_by_a_whole(source, result, op) or not placement.takes(source, there):
        return False
    placement.places[source] = there
    placement.inside[source] = result
    return True


def _if_numbers(
    ask: Callable[[tuple[Extent, ...]], Answer], strides: tuple[Extent, ...]
) -> Answer | None:
    """What an operation says of shared memory; None where it needs sizes that are numbers."""
    try:
        return ask(strides)
    except NeedsNumber:
        return None


def _part_of(place: Place, part: MemoryPart, value: SSAValue) -> Place:
    """
    The place of a part of what lies at `place`, with elements as those of `value`.

    One without elements has no bytes that could lie behind the first one.
    """
    offset = part.offset * item_size(value) if 0 not in extents_of(value) else 0
    return Place(place.root, place.offset + offset, part.strides, place.steps)


def _place_absorbed(op: EngineOp, placement: Placement) -> None:
    """The operands that can be written straight into their parts of the result."""
    if len(op.results) != 1 or is_opaque(op.results[0]):
        return
    [result] = op.results
    home = placement.places.get(result) or Place(result, 0, dense_stride_extents_of(result))
    parts = _if_numbers(op.absorbed_parts, home.strides)
    if not parts or any(step.turns for step in home.steps):
        return  # what lies in two places by turns has no parts that stay
    times = Counter(op.operands)
    absorbed: list[int] = []
    for number, part in parts.items():
        value = op.operands[number]
        if _grows_in(value, op) and placement.places[value] == _part_of(home, part, value):
            absorbed.append(number)
            continue
        here = times[value] == 1 and home_of(value) is op.parent
        place = _part_of(home, part, value)
        if here and _placeable(value, placement, strided=True):
            if placement.is_read_by_a_whole(value, result, op):
                continue
            if placement.takes(value, place):
                placement.places[value] = place
                placement.inside[value] = result
                absorbed.append(number)
        elif here and placement.through_views and _place_views(value, place, result, op, placement):
            absorbed.append(number)
    if absorbed:
        placement.places.setdefault(result, home)
        placement.absorbed[op] = tuple(absorbed)


def _place_views(
    value: SSAValue, place: Place, whole: SSAValue, op: EngineOp, placement: Placement
) -> bool:
    """
    Have what `value` is a view of computed so that `value` lies at `place`, a part of `whole`.

    The view has all elements of it, so that nothing else of it needs a place.
    """
    part_of_whole = value
    told: dict[SSAValue, Place] = {}
    around: dict[SSAValue, SSAValue] = {}
    reader, outer = op, whole
    while True:
        owner = _owner(value)
        if value in placement.places or home_of(value) is not op.parent:
            return False
        if not _takes_strides(value, reader) or placement.is_read_by_a_whole(value, whole, reader):
            return False
        told[value], around[value] = place, outer
        if not (isinstance(owner, EngineOp) and owner.IS_VIEW):
            break
        source = owner.operands[0]
        part = _if_numbers(owner.view_of_result, place.strides)
        if part is None or product_of(extents_of(source)) != product_of(extents_of(value)):
            return False
        there = _part_of(place, part, source)
        back = _if_numbers(owner.view_of_operand, there.strides)
        if back is None or _part_of(there, back, value) != place:
            return False
        value, place, outer, reader = source, there, value, owner
    if len(told) == 1 or not _placeable(value, placement, strided=False):
        return False
    if isinstance(_owner(value), ReferenceOp | IfOp | LoopOp):
        return False  # They write results row by row.
    if not all(placement.takes(v, p) for v, p in told.items()):
        return False
    placement.places.update(told)
    placement.inside.update(around)
    placement.behind_views[value] = part_of_whole
    return True


def _takes_strides(value: SSAValue, reader: Operation) -> bool:
    """Whether all that read a value, `reader` aside, read it wherever its elements lie."""
    borders = (ReferenceOp, IfOp, LoopOp, YieldOp, func.ReturnOp)
    readers = [use.operation for use in value.uses if use.operation is not reader]
    return not any(
        isinstance(op, borders) or (isinstance(op, EngineOp) and op.READS_ROW_MAJOR)
        for op in readers
    )


def _grows_in(value: SSAValue, op: Operation) -> bool:
    """Whether a value is carried by a loop that gives it more rows with this operation."""
    loop = op.parent_op()
    if not isinstance(loop, LoopOp) or not isinstance(value, BlockArgument):
        return False
    number = value.index - 1
    if value.block is not op.parent or not 0 <= number < len(loop.inits):
        return False
    return loop.growth_axis(number) is not None and loop.next_values[number] is op.results[0]


def _alias(op: EngineOp, placement: Placement) -> Elements | None:
    """
    Make the result of a view operation another view of its operand, if it can be one.

    Gives the elements of the operand that it has then, else None.
    """
    source, [result] = op.operands[0], op.results
    place = placement.places[source]
    part = _if_numbers(op.view_of_operand, place.strides)
    if part is None:
        return None
    elements = op.elements_of_operand() or _elements_at(part, result, source, place)
    view = _part_of(place, part, source)
    if elements is None or not placement.takes(result, view, source):
        return None
    if result in placement.places:
        # It was told where to lie: free if its operand has been told to lie there as well.
        return elements if placement.places[result] == view else None
    if not _views_may_leave(result, view) or placement.is_read_by_a_whole(result, source, op):
        return None
    placement.places[result] = view
    placement.inside[result] = source
    return elements


def _elements_at(
    part: MemoryPart, result: SSAValue, source: SSAValue, place: Place
) -> Elements | None:
    """
    The elements of `source`, which lies at `place`, that lie at `part` of it.

    For operations that do not say it themselves; None where the layouts are not those of rows, or
    sizes are no numbers.
    """
    if layout_of(source).inner or layout_of(result).inner:
        return None
    extents = (*extents_of(source), *extents_of(result), *place.strides, part.offset, *part.strides)
    if any(isinstance(n, Size) for n in extents):
        return None
    shape, tag = shape_of(source), layout_of(source)
    counts = dense_strides(shape)
    along = sorted(zip(numbers_of(place.strides), tag.outer, strict=True), reverse=True)

    def number(offset: int) -> int:
        """Which element lies that many elements behind the first."""
        found = 0
        for stride, dim in along:
            if shape[dim] > 1:
                index, offset = divmod(offset, stride)
                found += index * counts[dim]
        return found

    [offset], strides = numbers_of([part.offset]), numbers_of(part.strides)
    first = number(offset)
    steps = [0] * len(shape_of(result))
    for stride, dim in zip(strides, layout_of(result).outer, strict=True):
        if shape_of(result)[dim] > 1:
            steps[dim] = number(offset + stride) - first
    return Elements(first, tuple(steps))


def _views_may_leave(result: SSAValue, view: Place) -> bool:
    """Reference operations, branches and loops read dense rows only."""
    if view.strides == dense_stride_extents_of(result) and layout_of(result).row_major:
        return True
    borders = (ReferenceOp, IfOp, LoopOp, YieldOp)
    return not any(isinstance(use.operation, borders) for use in result.uses)


def _overwrite(op: Operation, position: int, needed: _Needed, placement: Placement) -> None:
    """Let the first result of `op` take the buffer of an operand that dies here."""
    if not isinstance(op, EngineOp) or not op.results or op.results[0] in placement.places:
        return
    result = op.results[0]
    assert isinstance(result.type, TensorType)
    for number in op.may_overwrite():
        value = op.operands[number]
        place = placement.places[value]
        root = place.root
        if not isinstance(root, OpResult) or is_constant_root(root) or place.steps:
            continue
        if value.type != result.type:
            continue
        whole = place.offset == 0 and place.strides == dense_stride_extents_of(
            value
        ) == dense_stride_extents_of(root)
        if not whole or physical_extents_of(value) != physical_extents_of(root):
            continue
        if needed.until[root] > position:
            continue
        others = [v for v in op.operands if v is not value]
        if any(placement.places[v].root == root for v in others) or value in others:
            continue
        placement.places[result] = place
        return
