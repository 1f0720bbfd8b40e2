"""
Where every tensor of a function lies: views, pieces of larger buffers, and values in place.

A value is stored in a *root*: a buffer of the arena, an input, a constant or an output. Four
rules let it share one with another value, so that nothing is copied:

- an output is written by the operation that computes it;
- the operands of `concat`, and the operand of a constant `pad`, are written straight into
  their part of the result (a strided view) by whoever computes them;
- `reshape`, `transpose` and `slice` of a stored value are other views of the same bytes;
- an operation may overwrite an operand that nobody needs afterwards.

Pieces are decided from consumers to producers, views and overwriting in program order. Values
without a buffer (`dialects/engine/opaque.py`) have no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import func
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, OpResult, SSAValue

from ...dialects.engine import (
    ConcatOp,
    ConstantOp,
    PadOp,
    ReferenceOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ...dialects.engine.base import (
    EngineOp,
    element_of,
    layout_of,
    physical_shape_of,
    shape_of,
)
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.weights import dtype_of
from ...runtime.format_tag import FormatTag, dense_strides


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
    aliases: set[Operation] = field(default_factory=set[Operation])
    """View operations that cost nothing and disappear."""
    copies: list[int] = field(default_factory=list[int])
    """Function results that must be copied from where their value lies."""


def dense(value: SSAValue) -> tuple[int, ...]:
    """Physical strides of a value in a buffer of its own."""
    return dense_strides(physical_shape_of(value))


def canonical_strides(value: SSAValue, strides: Sequence[int]) -> tuple[int, ...]:
    """`strides` with those of dimensions of extent 1, which never matter, as in a dense array."""
    shape = physical_shape_of(value)
    pairs = zip(shape, strides, dense_strides(shape), strict=True)
    return tuple(own if n == 1 else given for n, given, own in pairs)


def _owner(value: SSAValue) -> Operation | None:
    return value.op if isinstance(value, OpResult) else None


def _itemsize(value: SSAValue) -> int:
    return dtype_of(element_of(value)).itemsize


def _dim_offset(
    tag: FormatTag, dim: int, start: int, size: int, whole: int, strides: Sequence[int]
) -> int | None:
    """
    Elements from the start of a buffer to index `start` of logical dimension `dim`.

    None when a blocked dimension would be cut inside a block.
    """
    block = tag.blocked.get(dim, 1)
    if start % block or (size % block and start + size != whole):
        return None
    return start // block * strides[tag.outer.index(dim)]


def place_values(block: Block) -> Placement:
    """Decide where each tensor of the function body `block` lies."""
    placement = Placement()
    ops = list(block.ops)
    for op in reversed(ops):
        if isinstance(op, func.ReturnOp):
            _place_outputs(op, placement)
        elif isinstance(op, ConcatOp):
            _place_concat(op, placement)
        elif isinstance(op, PadOp):
            _place_pad(op, placement)
        elif isinstance(op, ReshapeOp):
            _place_behind_reshape(op, placement)
    for value in _with_buffers(block.args):
        placement.places[value] = Place(value, 0, dense(value))
    last_use = _last_uses(ops)
    for position, op in enumerate(ops):
        if isinstance(op, ConstantOp):
            placement.places[op.res] = Place(op.res, 0, dense(op.res))
        elif isinstance(op, EngineOp) and op.IS_VIEW and _alias(op, placement):
            placement.aliases.add(op)
        else:
            _overwrite(op, position, last_use, placement)
            for result in _with_buffers(op.results):
                own = Place(result, 0, dense(result))
                placement.places.setdefault(result, own)
    return placement


def _with_buffers(values: Sequence[SSAValue]) -> list[SSAValue]:
    return [value for value in values if not is_opaque(value)]


def _last_uses(ops: Sequence[Operation]) -> dict[SSAValue, int]:
    last: dict[SSAValue, int] = {}
    for position, op in enumerate(ops):
        for operand in op.operands:
            last[operand] = position
    return last


def _placeable(value: SSAValue, placement: Placement, *, strided: bool) -> bool:
    """Whether the operation that computes `value` may be told where to write it."""
    owner = _owner(value)
    if not isinstance(owner, EngineOp | ReferenceOp) or value in placement.places:
        return False
    if isinstance(owner, EngineOp) and owner.IS_VIEW:
        return False
    if not strided:
        return True
    # Reference operations and free reshapes want dense rows.
    users = [use.operation for use in value.uses]
    return not isinstance(owner, ReferenceOp) and not any(
        isinstance(user, ReferenceOp | ReshapeOp) for user in users
    )


def _place_outputs(op: func.ReturnOp, placement: Placement) -> None:
    for number, value in enumerate(op.arguments):
        if is_opaque(value):
            continue
        if layout_of(value).row_major and _placeable(value, placement, strided=False):
            placement.places[value] = Place(number, 0, dense(value))
        elif not _output_behind_view(value, number, placement):
            placement.copies.append(number)


def _output_behind_view(value: SSAValue, number: int, placement: Placement) -> bool:
    """A returned reshape: its operand may be written as the output instead."""
    owner = _owner(value)
    if not isinstance(owner, ReshapeOp) or value in placement.places:
        return False
    source = owner.input
    row_major = layout_of(source).row_major and layout_of(value).row_major
    if not row_major or not _placeable(source, placement, strided=False):
        return False
    placement.places[value] = Place(number, 0, dense(value))
    placement.places[source] = Place(number, 0, dense(source))
    return True


def _place_behind_reshape(op: ReshapeOp, placement: Placement) -> None:
    """The operand of a reshape whose result has been told where to lie densely."""
    [result] = op.results
    place = placement.places.get(result)
    if place is None or place.strides != dense(result):
        return
    source = op.input
    row_major = layout_of(source).row_major and layout_of(result).row_major
    if row_major and _placeable(source, placement, strided=False):
        placement.places[source] = Place(place.root, place.offset, dense(source))


def _home(value: SSAValue, placement: Placement) -> Place:
    return placement.places.get(value) or Place(value, 0, dense(value))


def _place_concat(op: ConcatOp, placement: Placement) -> None:
    [result] = op.results
    home, tag, axis = _home(result, placement), layout_of(result), op.axis.value.data
    whole = shape_of(result)[axis]
    absorbed: list[int] = []
    for number, (value, start) in enumerate(zip(op.inputs, op.offsets, strict=True)):
        offset = _dim_offset(tag, axis, start, shape_of(value)[axis], whole, home.strides)
        fits = (
            offset is not None
            and layout_of(value) == tag
            and list(op.inputs).count(value) == 1
            and _placeable(value, placement, strided=True)
        )
        if fits and offset is not None:
            strides = canonical_strides(value, home.strides)
            place = Place(home.root, home.offset + offset * _itemsize(value), strides)
            placement.places[value] = place
            absorbed.append(number)
    if absorbed:
        placement.places.setdefault(result, home)
        placement.absorbed[op] = tuple(absorbed)


def _place_pad(op: PadOp, placement: Placement) -> None:
    [result] = op.results
    home, tag = _home(result, placement), layout_of(result)
    value, shape = op.input, shape_of(result)
    if op.mode.data != "constant" or layout_of(value) != tag:
        return
    if not _placeable(value, placement, strided=True):
        return
    total = 0
    for dim, (low, high) in enumerate(op.amounts):
        offset = _dim_offset(tag, dim, low, shape_of(value)[dim], shape[dim], home.strides)
        if low < 0 or high < 0 or offset is None:
            return
        total += offset
    strides = canonical_strides(value, home.strides)
    place = Place(home.root, home.offset + total * _itemsize(value), strides)
    placement.places[value] = place
    placement.places.setdefault(result, home)
    placement.absorbed[op] = (0,)


def _alias(op: EngineOp, placement: Placement) -> bool:
    """Make the result of a view operation another view of its operand, if it can be one."""
    source, [result] = op.operands[0], op.results
    place = placement.places[source]
    if result in placement.places:
        # A reshape that was told where to lie, with its operand told the same, is free too.
        there = placement.places[result]
        return (
            isinstance(op, ReshapeOp)
            and (there.root, there.offset) == (place.root, place.offset)
            and place.strides == dense(source)
            and there.strides == dense(result)
        )
    view: Place | None = None
    if isinstance(op, ReshapeOp):
        row_major = layout_of(source).row_major and layout_of(result).row_major
        if row_major and place.strides == dense(source):
            view = Place(place.root, place.offset, dense(result))
    elif isinstance(op, TransposeOp):
        if layout_of(source).permuted(op.permutation) == layout_of(result):
            view = Place(place.root, place.offset, canonical_strides(result, place.strides))
    elif isinstance(op, SliceOp):
        view = _slice_view(op, place)
    if view is None or not _views_may_leave(result, view):
        return False
    placement.places[result] = view
    return True


def _slice_view(op: SliceOp, place: Place) -> Place | None:
    source, [result] = op.input, op.results
    tag, shape = layout_of(source), shape_of(source)
    if layout_of(result) != tag:
        return None
    strides, total = list(place.strides), 0
    for dim, (start, size, step) in enumerate(op.ranges()):
        offset = _dim_offset(tag, dim, start, size, shape[dim], place.strides)
        if step < 1 or offset is None or (step > 1 and dim in tag.blocked):
            return None
        total += offset
        strides[tag.outer.index(dim)] *= step
    # The innermost dimension must stay contiguous for vector loads.
    if strides[-1] != place.strides[-1]:
        return None
    fixed = canonical_strides(result, strides)
    return Place(place.root, place.offset + total * _itemsize(source), fixed)


def _views_may_leave(result: SSAValue, view: Place) -> bool:
    """Reference operations read dense rows only."""
    if view.strides == dense(result) and layout_of(result).row_major:
        return True
    return not any(isinstance(use.operation, ReferenceOp) for use in result.uses)


def _overwrite(
    op: Operation, position: int, last_use: dict[SSAValue, int], placement: Placement
) -> None:
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
        whole = place.offset == 0 and place.strides == dense(value) == dense(root)
        if not whole or physical_shape_of(value) != physical_shape_of(root):
            continue
        sharers = [v for v, p in placement.places.items() if p.root == root]
        others = [v for v in op.operands if v is not value]
        if any(last_use.get(v, -1) > position for v in sharers):
            continue
        if any(placement.places[v].root == root for v in others) or value in others:
            continue
        placement.places[result] = place
        return
