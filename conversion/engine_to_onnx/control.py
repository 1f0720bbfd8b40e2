"""`if` and `loop`: If and Loop, with their regions as graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import i1, i64
from xdsl.ir import Attribute, Block, Region, SSAValue

from ...dialects.engine import IfOp, LoopOp, ReshapeOp, SliceOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.engine.data_sizes import AsSizeOp
from ...dialects.engine.sizes import extent_values
from ...dialects.framework import tensor_type
from ...dialects.onnx import YieldOp as GraphYield
from ...dialects.onnx import op_class
from ...runtime.size import Extent, name_of
from .nodes import Nodes, NoOnnxForm, sizes
from .size_values import size_value

ConvertBlock = Callable[[Nodes, Block], Sequence[SSAValue]]
"""The nodes of a block; gives what it ends with."""


def convert_if(nodes: Nodes, op: IfOp, convert: ConvertBlock) -> Sequence[SSAValue]:
    """If."""
    regions: dict[str, Region] = {}
    for name, region in (("then_branch", op.then_region), ("else_branch", op.else_region)):
        inner = Nodes(nodes.store, Block(), nodes)
        inner.block.add_op(GraphYield(convert(inner, region.block)))
        regions[name] = Region(inner.block)
    types = [type_of(v) for v in op.res]
    return _made(nodes, "If", [nodes.value(op.condition)], types, regions)


def convert_loop(nodes: Nodes, op: LoopOp, convert: ConvertBlock) -> Sequence[SSAValue]:
    """
    Loop; a slice of a scanned value is a Gather in its graph.

    Where a loop may end before all rows of a stacked result are there, ONNX has as many as trips
    were made; whoever reads the result must read these alone.
    """
    if op.growing is not None:
        raise NoOnnxForm("a value grows in it, by rows that are there beforehand")
    rows = [_rows(nodes, op, value) for value in op.stacked]
    block = Block(arg_types=[tensor_type(i64, []), tensor_type(i1, [])])
    number, going_on = block.args
    inner = Nodes(nodes.store, block, nodes)
    inner.bind(op.number, number)
    for value in op.carried:
        made = block.insert_arg(type_of(value), len(block.args))
        inner.bind(value, made)
    counted = op.count is not None and not op.stacked
    trips = block.insert_arg(tensor_type(i64, []), len(block.args)) if counted else None
    for place, (whole, piece) in enumerate(zip(op.scanned, op.slices, strict=True)):
        at = number
        if op.is_backwards(place):
            at = inner.each("Sub", inner.number(-1, i64), number)
        operands = [nodes.value(whole), at]
        inner.bind(piece, inner.like("Gather", operands, piece, {"axis": 0}))
    yielded = list(convert(inner, op.body.block))
    if op.condition is None:
        yielded.insert(0, going_on)
    if trips is not None:
        yielded.insert(1 + len(op.inits), inner.each("Add", trips, inner.number(1, i64)))
    block.add_op(GraphYield(yielded))

    condition = None if op.condition is None else nodes.value(op.condition)
    first = [nodes.value(v) for v in op.inits]
    types = [type_of(v) for v in op.res[: len(op.inits)]]
    if trips is not None:
        first.append(nodes.number(0, i64))
        types.append(tensor_type(i64, []))
    types += [
        tensor_type(element_of(value), [count, *extents_of(value)[1:]])
        for value, count in zip(op.stacked, rows, strict=True)
    ]
    results = list(
        _made(nodes, "Loop", [_limit(nodes, op), condition, *first], types, {"body": Region(block)})
    )
    last = results[: len(op.inits)]
    stacked = [
        _in_order(nodes, op, n, v) for n, v in enumerate(results[-len(rows) or len(results) :])
    ]
    if op.count is None:
        return [*last, *stacked]
    if trips is not None:
        return [*last, results[len(op.inits)]]
    shape = nodes.one("Shape", [stacked[0]], i64, (1,), {"start": 0, "end": 1})
    return [*last, *stacked, nodes.one("Squeeze", [shape], i64, ())]


def convert_as_size(nodes: Nodes, op: AsSizeOp) -> Sequence[SSAValue]:
    """The same integers, which are sizes from here on."""
    made = nodes.value(op.input)
    names = op.defined_names
    for place, name in enumerate(names):
        one = made
        if len(names) > 1:
            one = nodes.one("Gather", [made, nodes.integers([place])], i64, (1,), {"axis": 0})
        elif not sizes(made):
            one = nodes.one("Unsqueeze", [made, nodes.integers([0])], i64, (1,))
        nodes.say(name, one)
    return [made]


def rows_made(op: SliceOp) -> bool:
    """Whether a slice takes the rows of a loop's result that the trips made, and nothing less."""
    loop = op.input.owner
    if not isinstance(loop, LoopOp) or op.input not in loop.stacked or loop.count is None:
        return False
    starts, taken = extent_values(op.starts), extent_values(op.sizes)
    whole = list(zip(starts, taken, extents_of(op.input), strict=True))[1:]
    if starts[0] != 0 or any(start != 0 or size != n for start, size, n in whole):
        return False
    return name_of(taken[0]) in _names_of(loop.count)


def _names_of(count: SSAValue) -> set[str]:
    """The names that a number of trips has as a size."""
    found: set[str] = set()
    pending = [count]
    while pending:
        for use in pending.pop().uses:
            if isinstance(use.operation, AsSizeOp):
                found.update(use.operation.defined_names)
            elif isinstance(use.operation, ReshapeOp):
                pending.append(use.operation.results[0])
    return found


def _rows(nodes: Nodes, op: LoopOp, value: SSAValue) -> Extent:
    """How many rows a stacked result has in ONNX."""
    readers = [use.operation for use in value.uses]
    taken = {
        extents_of(reader.results[0])[0]
        for reader in readers
        if isinstance(reader, SliceOp) and rows_made(reader)
    }
    whole = len(taken) == 1 and all(isinstance(r, SliceOp) and rows_made(r) for r in readers)
    if whole:
        return taken.pop()
    if _may_end_before(nodes, op):
        raise NoOnnxForm("it may end before all rows of a result are there, which are read")
    return extents_of(value)[0]


def _in_order(nodes: Nodes, op: LoopOp, place: int, rows: SSAValue) -> SSAValue:
    """A stacked result, the other way round where it is filled from its last row on."""
    if not op.is_upwards(place):
        return rows
    if _may_end_before(nodes, op):
        raise NoOnnxForm("it fills a result from its last row on, and may end before")
    operands = [nodes.integers([n]) for n in (-1, -(2**63) + 1, 0, -1)]
    return nodes.one("Slice", [rows, *operands], element_of(op.stacked[place]), sizes(rows))


def _may_end_before(nodes: Nodes, op: LoopOp) -> bool:
    """Whether there may be fewer trips than a stacked result has rows."""
    if op.condition is not None or op.capacity is None:
        return True
    limit = None if op.limit is None else nodes.array(op.limit)
    known = limit is not None and isinstance(op.capacity, int) and int(limit) >= op.capacity
    return op.limit is not None and not known


def _limit(nodes: Nodes, op: LoopOp) -> SSAValue | None:
    """How many trips there are at most."""
    given = None if op.limit is None else nodes.value(op.limit)
    capacity = op.capacity
    number = None if op.limit is None else nodes.array(op.limit)
    if capacity is None or (number is not None and int(number) == capacity):
        return given
    length = nodes.one("Squeeze", [size_value(nodes, capacity)], i64, ())
    return length if given is None else nodes.each("Min", given, length)


def _made(
    nodes: Nodes,
    operator: str,
    operands: Sequence[SSAValue | None],
    types: Sequence[Attribute],
    regions: dict[str, Region],
) -> Sequence[SSAValue]:
    kind = op_class(operator)
    assert kind is not None
    op = kind.make(list(operands), list(types), {}, regions)
    nodes.add(op)
    return op.results


def type_of(value: SSAValue) -> Attribute:
    """The type of a value of level 2 in ONNX."""
    return tensor_type(element_of(value), [None if n == -1 else n for n in extents_of(value)])
