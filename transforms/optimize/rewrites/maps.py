"""Elementwise operations into one another and into reductions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Operation, SSAValue

from ....dialects.engine import MapOp, ReduceOp
from ....dialects.engine.base import extents_of
from ....dialects.engine.integer_division import may_divide_by_zero
from ..rewriting.coded_operand import is_decoded_by_readers
from ..rewriting.rewrite import Match, has_one_use, in_more_trips, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder

MAX_OPERANDS = 12
"""A fused map reads at most this many tensors, so that its addresses stay in registers."""

MAX_SCALAR_OPS = 94
"""A fused region computes at most this many scalars, so that they stay in registers."""


@rewrite(
    MapOp,
    after=(MapOp,),
    exactness="bitwise",
    group="fuse",
    source="TVM FuseOps; MLIR linalg",
    rows=("07.H1",),
    evidence="proved",
)
def fuse_map_into_map(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(map{g}(x), y) => map{f . g}(x, y)  if only this map reads map{g}(x) and no element of
    it is needed twice.

    The last map of a chain that fits together takes in all others at once, so that the code of
    each is copied once.
    """
    m.require(not is_decoded_by_readers(op), "what reads it does not decode codes by itself")
    lacking = "an operand is a map of the result's shape, read only here"
    m.require(any(_reads_alone(op, value) for value in op.inputs), lacking)
    fusion = _Fusion(op)
    refused = fusion.grow()
    m.leave_to(fusion.reader_that_fits())
    maps = fusion.maps
    for inner in maps[:-1]:
        m.consumed(inner)
    m.require(len(maps) > 1, refused or lacking)
    builder = RegionBuilder()
    values = {v: builder.argument(v) for v in fusion.operands}
    for part in maps:
        [values[part.results[0]]] = builder.inline(part.body, [values[v] for v in part.inputs])
    region = builder.finish(values[op.results[0]])
    return [m.insert(MapOp(builder.operands, region, op.results[0].type)).results[0]]


def _reads_alone(op: MapOp, value: SSAValue) -> bool:
    """Whether a value is computed by a map and read by `op` only."""
    inner = producer_of(value, MapOp)
    if inner is None or in_more_trips(op, inner):
        return False
    return all(use.operation is op for use in value.uses)


class _Fusion:
    """Maps that become one, each before those that read it, and what they read from outside."""

    def __init__(self, op: MapOp):
        self.last = op
        self.members: dict[Operation, None] = {op: None}
        self.operands = dict.fromkeys(op.inputs)
        self.size = _size(op)
        self.shape = extents_of(op.results[0])

    @property
    def maps(self) -> list[MapOp]:
        """The maps, in an order in which they can be computed."""
        return [op for op in reversed(self.members) if isinstance(op, MapOp)]

    def grow(self) -> str:
        """Take in as many maps as fit; gives the limit that kept one out, if any."""
        refused = ""
        while True:
            for value in self.operands:
                inner = producer_of(value, MapOp)
                if inner is None or not self.may_take(inner):
                    continue
                operands = dict.fromkeys((*inner.inputs, *self.operands))
                del operands[value]
                size = self.size + _size(inner)
                if clause := _limit(len(operands), size):
                    refused = refused or clause
                    continue
                self.members[inner] = None
                self.operands, self.size = operands, size
                break
            else:
                return refused

    def may_take(self, inner: MapOp) -> bool:
        """Whether `inner` has the shape of the result and is read by these maps alone."""
        [result] = inner.results
        if any(use.operation not in self.members for use in result.uses):
            return False
        if in_more_trips(self.last, inner):
            return False
        return result.type is self.last.results[0].type or extents_of(result) == self.shape

    def reader_that_fits(self) -> MapOp | None:
        """The map that alone reads the result and has room for all of these, if there is one."""
        [result] = self.last.results
        first = next(iter(result.uses), None)
        reader = None if first is None else first.operation
        if not isinstance(reader, MapOp) or extents_of(reader.results[0]) != self.shape:
            return None
        if in_more_trips(reader, self.last):
            return None
        operands = {*self.operands, *reader.inputs} - {result}
        if any(use.operation is not reader for use in result.uses):
            return None
        return None if _limit(len(operands), self.size + _size(reader)) else reader


def _limit(operands: int, size: int) -> str:
    """The limit that a map with so many operands and scalar operations exceeds, if any."""
    if operands > MAX_OPERANDS:
        return f"at most {MAX_OPERANDS} operands"
    return f"at most {MAX_SCALAR_OPS} scalar operations" if size > MAX_SCALAR_OPS else ""


def _size(op: MapOp) -> int:
    """How many scalars the map computes for an element."""
    return sum(1 for _ in op.regions[0].block.ops) - 1


@rewrite(
    ReduceOp,
    after=(MapOp,),
    exactness="bitwise",
    group="fuse",
    source="TVM FuseOps",
    rows=("07.H1",),
)
def fuse_map_into_reduce(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{k}(map{g}(x)) => reduce{k, g}(x)  if only this reduction reads map{g}(x).
    """
    m.require(op.body is None, "the reduction has no region yet")
    inner = m.producer(op.inputs[0], MapOp)
    m.require(has_one_use(inner.results[0]), "the map has one use")
    m.require(not may_divide_by_zero(inner.body), "the map divides no integers by what may be 0")
    m.require(1 <= len(inner.inputs) <= MAX_OPERANDS, f"the map has 1 to {MAX_OPERANDS} operands")
    builder = RegionBuilder()
    values = builder.inline(inner.body, [builder.argument(v) for v in inner.inputs])
    fused = ReduceOp(
        builder.operands,
        op.kind.data,
        op.axis_list,
        op.results[0].type,
        keepdims=op.keepdims is not None,
        body=builder.finish(*values),
    )
    return [m.insert(fused).results[0]]


RULES = (
    fuse_map_into_map,
    fuse_map_into_reduce,
)
