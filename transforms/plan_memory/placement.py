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
views and overwriting in program order. Values without a buffer (`dialects/engine/opaque.py`) have
no place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import func
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, OpResult, SSAValue

from ...dialects.engine import ConstantOp, ReferenceOp
from ...dialects.engine.base import (
    EngineOp,
    dense_strides_of,
    element_of,
    layout_of,
    physical_shape_of,
    shape_of,
)
from ...dialects.engine.memory_part import Elements, MemoryPart
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.weights import dtype_of
from ...runtime.format_tag import dense_strides
from ...runtime.size import numbers_of


@dataclass(frozen=True)
class Place:
    """`value` starts `offset` bytes into `root` and has these physical strides, in elements."""

    root: SSAValue | int
    """The value whose buffer this is, or the number of a function result."""
    offset: int
    strides: tuple[int, ...]


@dataclass
class Placement:
    """The places of all values of a block, and what is absorbed or needs copying."""

    places: dict[SSAValue, Place] = field(default_factory=dict[SSAValue, Place])
    absorbed: dict[Operation, tuple[int, ...]] = field(
        default_factory=dict[Operation, tuple[int, ...]]
    )
    """Operand positions of concat and pad operations that are written in place."""
    aliases: dict[Operation, Elements] = field(default_factory=dict[Operation, Elements])
    """View operations that cost nothing and disappear, and which elements their results have."""
    copies: list[int] = field(default_factory=list[int])
    """Function results that must be copied from where their value lies."""


def _owner(value: SSAValue) -> Operation | None:
    return value.op if isinstance(value, OpResult) else None


def _itemsize(value: SSAValue) -> int:
    return dtype_of(element_of(value)).itemsize


def place_values(block: Block) -> Placement:
    """Decide where each tensor of the function body `block` lies."""
    placement = Placement()
    ops = list(block.ops)
    for op in reversed(ops):
        if isinstance(op, func.ReturnOp):
            _place_outputs(op, placement)
        elif isinstance(op, EngineOp) and op.IS_VIEW:
            _place_behind_view(op, placement)
        elif isinstance(op, EngineOp):
            _place_absorbed(op, placement)
    for value in _with_buffers(block.args):
        placement.places[value] = Place(value, 0, dense_strides_of(value))
    needed = _Needed.of(ops, placement)
    for position, op in enumerate(ops):
        if isinstance(op, ConstantOp):
            placement.places[op.res] = Place(op.res, 0, dense_strides_of(op.res))
        elif isinstance(op, EngineOp) and op.IS_VIEW and (elements := _alias(op, placement)):
            placement.aliases[op] = elements
        else:
            _overwrite(op, position, needed, placement)
            for result in _with_buffers(op.results):
                own = Place(result, 0, dense_strides_of(result))
                placement.places.setdefault(result, own)
        for result in _with_buffers(op.results):
            needed.add(result, placement.places[result])
    return placement


def _with_buffers(values: Sequence[SSAValue]) -> list[SSAValue]:
    return [value for value in values if not is_opaque(value)]


@dataclass
class _Needed:
    """The last operation that reads each root, through any of the values that lie in it."""

    last_uses: dict[SSAValue, int]
    until: dict[SSAValue | int, int] = field(default_factory=dict["SSAValue | int", int])

    @staticmethod
    def of(ops: Sequence[Operation], placement: Placement) -> _Needed:
        """Those of the values that have been placed so far."""
        last: dict[SSAValue, int] = {}
        for position, op in enumerate(ops):
            for operand in op.operands:
                last[operand] = position
        needed = _Needed(last)
        for value, place in placement.places.items():
            needed.add(value, place)
        return needed

    def add(self, value: SSAValue, place: Place) -> None:
        """Note that `value` lies at `place`."""
        last = self.last_uses.get(value, -1)
        self.until[place.root] = max(self.until.get(place.root, -1), last)


def _placeable(value: SSAValue, placement: Placement, *, strided: bool) -> bool:
    """Whether the operation that computes `value` may be told where to write it."""
    owner = _owner(value)
    if not isinstance(owner, EngineOp | ReferenceOp) or value in placement.places:
        return False
    if isinstance(owner, EngineOp) and owner.IS_VIEW:
        return False
    if not strided:
        return True
    # Whoever reads row-major wants dense rows.
    readers = (use.operation for use in value.uses)
    return not isinstance(owner, ReferenceOp) and not any(
        isinstance(reader, EngineOp | ReferenceOp) and reader.READS_ROW_MAJOR for reader in readers
    )


def _place_outputs(op: func.ReturnOp, placement: Placement) -> None:
    for number, value in enumerate(op.arguments):
        if is_opaque(value):
            continue
        if layout_of(value).row_major and _placeable(value, placement, strided=False):
            placement.places[value] = Place(number, 0, dense_strides_of(value))
        elif not _output_behind_view(value, number, placement):
            placement.copies.append(number)


def _output_behind_view(value: SSAValue, number: int, placement: Placement) -> bool:
    """A returned view: its operand may be written as the output instead."""
    owner = _owner(value)
    if not isinstance(owner, EngineOp) or not owner.IS_VIEW or value in placement.places:
        return False
    home = Place(number, 0, dense_strides_of(value))
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
    part = op.view_of_result(place.strides)
    if part is None or not _placeable(source, placement, strided=False):
        return False
    placement.places[source] = _part_of(place, part, source)
    return True


def _part_of(place: Place, part: MemoryPart, value: SSAValue) -> Place:
    """
    The place of a part of what lies at `place`, with elements as those of `value`.

    One without elements has no bytes that could lie behind the first one.
    """
    [first] = numbers_of([part.offset])
    offset = first * _itemsize(value) if 0 not in shape_of(value) else 0
    return Place(place.root, place.offset + offset, numbers_of(part.strides))


def _place_absorbed(op: EngineOp, placement: Placement) -> None:
    """The operands that can be written straight into their parts of the result."""
    if len(op.results) != 1 or is_opaque(op.results[0]):
        return
    [result] = op.results
    home = placement.places.get(result) or Place(result, 0, dense_strides_of(result))
    parts = op.absorbed_parts(home.strides)
    if not parts:
        return
    times = Counter(op.operands)
    absorbed: list[int] = []
    for number, part in parts.items():
        value = op.operands[number]
        if times[value] == 1 and _placeable(value, placement, strided=True):
            placement.places[value] = _part_of(home, part, value)
            absorbed.append(number)
    if absorbed:
        placement.places.setdefault(result, home)
        placement.absorbed[op] = tuple(absorbed)


def _alias(op: EngineOp, placement: Placement) -> Elements | None:
    """
    Make the result of a view operation another view of its operand, if it can be one.

    Gives the elements of the operand that it has then, else None.
    """
    source, [result] = op.operands[0], op.results
    place = placement.places[source]
    part = op.view_of_operand(place.strides)
    if part is None:
        return None
    elements = op.elements_of_operand() or _elements_at(part, result, source, place)
    view = _part_of(place, part, source)
    if elements is None:
        return None
    if result in placement.places:
        # It was told where to lie: free if its operand has been told to lie there as well.
        return elements if placement.places[result] == view else None
    if not _views_may_leave(result, view):
        return None
    placement.places[result] = view
    return elements


def _elements_at(
    part: MemoryPart, result: SSAValue, source: SSAValue, place: Place
) -> Elements | None:
    """
    The elements of `source`, which lies at `place`, that lie at `part` of it.

    For operations that do not say it themselves; None where the layouts are not those of rows.
    """
    if layout_of(source).inner or layout_of(result).inner:
        return None
    shape, tag = shape_of(source), layout_of(source)
    counts = dense_strides(shape)
    along = sorted(zip(place.strides, tag.outer, strict=True), reverse=True)

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
    """Reference operations read dense rows only."""
    if view.strides == dense_strides_of(result) and layout_of(result).row_major:
        return True
    return not any(isinstance(use.operation, ReferenceOp) for use in result.uses)


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
        if not isinstance(root, OpResult) or isinstance(root.op, ConstantOp):
            continue
        if value.type != result.type:
            continue
        whole = place.offset == 0 and place.strides == dense_strides_of(value) == dense_strides_of(
            root
        )
        if not whole or physical_shape_of(value) != physical_shape_of(root):
            continue
        if needed.until[root] > position:
            continue
        others = [v for v in op.operands if v is not value]
        if any(placement.places[v].root == root for v in others) or value in others:
            continue
        placement.places[result] = place
        return
