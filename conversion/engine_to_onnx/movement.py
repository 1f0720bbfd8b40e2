"""Operations that move elements: `reshape`, `broadcast`, `transpose`, `slice`, `concat`, `pad`,
`shuffle` and `pick`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ...dialects.engine import (
    BroadcastOp,
    ConcatOp,
    PadOp,
    PickOp,
    ReshapeOp,
    ShuffleOp,
    SliceOp,
    TransposeOp,
)
from ...dialects.engine.base import element_of, extents_of, int_values
from ...dialects.engine.sizes import extent_values
from ...dialects.framework import tensor_type
from ...runtime.size import Extent
from .control import rows_made
from .nodes import Nodes, NoOnnxForm
from .size_values import reshape_operand, shape_operand, size_value

_BEFORE_ALL = -(2**63) + 1
"""An end of a slice that walks back to the first element."""


def convert_reshape(nodes: Nodes, op: ReshapeOp) -> Sequence[SSAValue]:
    """Reshape."""
    before, after = extents_of(op.input), extents_of(op.results[0])
    shape = reshape_operand(nodes, before, after)
    return [nodes.like("Reshape", [nodes.value(op.input), shape], op.results[0])]


def convert_broadcast(nodes: Nodes, op: BroadcastOp) -> Sequence[SSAValue]:
    """Expand."""
    shape = shape_operand(nodes, extents_of(op.results[0]))
    return [nodes.like("Expand", [nodes.value(op.input), shape], op.results[0])]


def convert_transpose(nodes: Nodes, op: TransposeOp) -> Sequence[SSAValue]:
    """Transpose."""
    attributes = {"perm": list(int_values(op.perm))}
    return [nodes.like("Transpose", [nodes.value(op.input)], op.results[0], attributes)]


def convert_concat(nodes: Nodes, op: ConcatOp) -> Sequence[SSAValue]:
    """Concat."""
    operands = [nodes.value(v) for v in op.inputs]
    return [nodes.like("Concat", operands, op.results[0], {"axis": op.axis.value.data})]


def convert_slice(nodes: Nodes, op: SliceOp) -> Sequence[SSAValue]:
    """A part of a Split where slices cut all of the input, else Slice."""
    if (split := _split(nodes, op)) is not None:
        return [split]
    before, sizes = extents_of(op.input), extent_values(op.sizes)
    starts, steps = extent_values(op.starts), int_values(op.steps)
    axes = [
        axis
        for axis, (n, start, size, step) in enumerate(
            zip(before, starts, sizes, steps, strict=True)
        )
        if not (start == 0 and size == n and step == 1)
    ]
    if rows_made(op):
        axes.remove(0)
    if not axes:
        return [nodes.value(op.input)]
    ends = [_end(starts[axis], sizes[axis], steps[axis]) for axis in axes]
    operands = [
        nodes.value(op.input),
        shape_operand(nodes, [starts[axis] for axis in axes]),
        _numbers(nodes, ends),
        nodes.integers(axes),
    ]
    if any(steps[axis] != 1 for axis in axes):
        operands.append(nodes.integers([steps[axis] for axis in axes]))
    return [nodes.like("Slice", operands, op.results[0])]


def _end(start: Extent, size: Extent, step: int) -> Extent:
    if step > 0:
        return start + size * step
    end = start + size * step
    return _BEFORE_ALL if isinstance(end, int) and end < 0 else end


def _numbers(nodes: Nodes, extents: Sequence[Extent]) -> SSAValue:
    """Sizes, of which those that are numbers may be below 0."""
    if all(isinstance(n, int) for n in extents):
        return nodes.integers([n for n in extents if isinstance(n, int)])
    return shape_operand(nodes, extents)


Cut = tuple[int, int, int]
"""Axis, first element and number of elements of a slice along one axis."""


def _cut(op: SliceOp) -> Cut | None:
    before = extents_of(op.input)
    starts, sizes, steps = extent_values(op.starts), extent_values(op.sizes), int_values(op.steps)
    found: list[Cut] = []
    for axis, (n, start, size, step) in enumerate(zip(before, starts, sizes, steps, strict=True)):
        if start == 0 and size == n and step == 1:
            continue
        if step != 1 or not all(isinstance(v, int) for v in (n, start, size)):
            return None
        assert isinstance(start, int)
        assert isinstance(size, int)
        found.append((axis, start, size))
    return found[0] if len(found) == 1 and found[0][2] else None


def _split(nodes: Nodes, op: SliceOp) -> SSAValue | None:
    """This slice as a part of the Split that all slices of its input are."""
    cut = _cut(op)
    if cut is None:
        return None
    others = [use.operation for use in op.input.uses if isinstance(use.operation, SliceOp)]
    found: dict[Cut, SliceOp] = {}
    for other in others:
        where = _cut(other) if other.parent is op.parent else None
        if where is not None and where[0] == cut[0]:
            found[where] = other
    cuts = sorted(found)
    place = 0
    for _, start, size in cuts:
        if start != place:
            return None
        place = start + size
    axis = cut[0]
    if place != extents_of(op.input)[axis] or len(cuts) < 2:
        return None
    types = [
        tensor_type(
            element_of(op.input), [None if n == -1 else n for n in extents_of(s.results[0])]
        )
        for s in (found[c] for c in cuts)
    ]
    operands = [nodes.value(op.input), nodes.integers([size for _, _, size in cuts])]
    parts = nodes.several("Split", operands, types, {"axis": axis})
    return parts[cuts.index(cut)]


def convert_pad(nodes: Nodes, op: PadOp) -> Sequence[SSAValue]:
    """Pad."""
    low, high = extent_values(op.low), extent_values(op.high)
    amounts = (*low, *high)
    if all(isinstance(n, int) for n in amounts):
        pads = nodes.integers([n for n in amounts if isinstance(n, int)])
    else:
        parts = [size_value(nodes, n) for n in amounts]
        pads = nodes.one("Concat", parts, i64, (len(parts),), {"axis": 0})
    operands = [nodes.value(op.input), pads]
    if op.mode.data == "constant":
        operands.append(nodes.number(op.value.value.data, element_of(op.input)))
    return [nodes.like("Pad", operands, op.results[0], {"mode": op.mode.data})]


def convert_shuffle(nodes: Nodes, op: ShuffleOp) -> Sequence[SSAValue]:
    """Reshape, Transpose and Reshape."""
    shape, groups = extents_of(op.input), op.group_count
    channels = shape[1]
    if not isinstance(channels, int):
        raise NoOnnxForm("it interleaves channels whose number is open")
    element = element_of(op.input)
    apart = (shape[0], groups, channels // groups, *shape[2:])
    turned = (shape[0], channels // groups, groups, *shape[2:])
    order = [0, 2, 1, *range(3, len(apart))]
    made = nodes.value(op.input)
    made = nodes.one("Reshape", [made, shape_operand(nodes, apart)], element, apart)
    made = nodes.one("Transpose", [made], element, turned, {"perm": order})
    return [nodes.like("Reshape", [made, shape_operand(nodes, shape)], op.results[0])]


def convert_pick(nodes: Nodes, op: PickOp) -> Sequence[SSAValue]:
    """Gather of the channels, of a Concat where there are several inputs."""
    operands = [nodes.value(v) for v in op.inputs]
    made = operands[0]
    if len(operands) > 1:
        shape = list(extents_of(op.inputs[0]))
        total: Extent = 0
        for v in op.inputs:
            total = total + extents_of(v)[1]
        shape[1] = total
        made = nodes.one("Concat", operands, element_of(op.inputs[0]), shape, {"axis": 1})
    channels = nodes.integers(int_values(op.channels))
    return [nodes.like("Gather", [made, channels], op.results[0], {"axis": 1})]
