"""Maps of one tensor of codes of eight bits that give codes again: a table says what they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects import math
from xdsl.ir import Operation, OpResult, SSAValue

from ....dialects.engine import LookupOp, MapOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import CODES
from ....dialects.engine.lookup import ENTRIES
from ....dialects.engine.weights import Array, dtype_of
from ....interpreters.engine import evaluate
from ....interpreters.engine.scalar import run_scalar_region
from ....runtime.size import is_one, product_of
from ..rewriting.rewrite import Match, rewrite

MOST_MAPS = 48
"""Operations that are looked through at most."""

CHEAP = (math.RoundEvenOp, math.AbsFOp, math.FloorOp, math.CeilOp, math.TruncOp, math.RoundOp)
"""Functions that are an instruction."""


@rewrite(
    MapOp,
    exactness="bitwise",
    group="fuse",
    source="onnxruntime QDQSelectorActionTransformer",
)
def tabulate_map(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map(... map(q, c) ..., q) => lookup(q, table)  if the result and q are codes of eight bits of
    one shape, c are single numbers, and a function that is no instruction is computed on the way.

    The table is what the maps give for each of the 256 codes.
    """
    [result] = op.results
    m.require(element_of(result) in CODES, "the result is codes of eight bits")
    found = _Formula(op, m).source()
    m.require(found is not None, "it depends on one tensor of codes of eight bits alone")
    assert found is not None
    codes, maps = found
    m.require(any(map(_is_dear, maps)), "a function that is no instruction is computed")
    for inner in maps:
        m.consumed(inner)
    table = _table(result, codes, maps, m)
    name = result.name_hint or "table"
    entries = m.insert_constant(m.store.add(table, f"{name}_table"))
    return [m.insert(LookupOp(codes, entries)).results[0]]


def _is_dear(op: Operation) -> bool:
    """Whether more than instructions are computed; a table is, which one less is read of then."""
    return isinstance(op, LookupOp) or any(
        inner.name.startswith("math.") and not isinstance(inner, CHEAP)
        for inner in op.regions[0].block.ops
    )


@dataclass
class _Formula:
    """The maps and tables behind a result, as far as they are elementwise."""

    op: MapOp
    m: Match
    maps: dict[Operation, int] = field(default_factory=dict[Operation, int])
    """How many operands of maps further on each of them is."""

    def source(self) -> tuple[SSAValue, list[Operation]] | None:
        """The farthest tensor of codes that everything comes from, and the maps between."""
        if not self._fits(self.op):
            return None
        self._collect()
        ready: list[Operation] = [self.op]
        waiting: dict[SSAValue, None] = {}
        taken: list[Operation] = []
        missing = dict(self.maps)
        best: tuple[SSAValue, list[Operation]] | None = None
        while ready:
            op = ready.pop()
            taken.append(op)
            waiting.pop(op.results[0], None)
            for value in self._operands(op):
                waiting[value] = None
                inner = value.owner
                if isinstance(inner, Operation) and inner in missing:
                    missing[inner] -= 1
                    if not missing[inner]:
                        ready.append(inner)
            if len(waiting) == 1:
                [value] = waiting
                if element_of(value) in CODES:
                    best = value, list(reversed(taken))
        return best

    def _collect(self) -> None:
        """The maps that the result is made of, nearest first, and how often each is read."""
        pending: list[Operation] = [self.op]
        self.maps[self.op] = 0
        while pending:
            op = pending.pop(0)
            for value in self._operands(op):
                inner = value.owner
                if not isinstance(inner, MapOp | LookupOp) or len(inner.results) != 1:
                    continue
                if inner in self.maps:
                    self.maps[inner] += 1
                elif len(self.maps) < MOST_MAPS and self._fits(inner):
                    self.maps[inner] = 1
                    pending.append(inner)

    def _operands(self, op: Operation) -> Iterator[SSAValue]:
        """The operands of a map that are no single known numbers, each once for each use."""
        for value in op.operands[:1] if isinstance(op, LookupOp) else op.operands:
            if number_behind(value, self.m) is None:
                yield value

    def _fits(self, op: Operation) -> bool:
        """Whether operands have the shape of the result, so that elements go by themselves."""
        shape = extents_of(self.op.results[0])
        tables = not isinstance(op, LookupOp) or constant_of(op.table) is not None
        return tables and all(extents_of(value) == shape for value in self._operands(op))


def number_behind(value: SSAValue, m: Match) -> Array | None:
    """The number of a constant of one element, or of a map of such; None for all else."""
    if not is_one(product_of(extents_of(value))):
        return None
    attr = constant_of(value)
    if attr is not None:
        return m.store.array(attr)
    if not isinstance(value, OpResult) or not isinstance(value.op, MapOp):
        return None
    attrs = [constant_of(v) for v in value.op.inputs]
    known = [attr for attr in attrs if attr is not None]
    if len(known) < len(attrs):
        return None
    return evaluate(value.op, *map(m.store.array, known))[0]


def _table(result: SSAValue, codes: SSAValue, maps: Sequence[Operation], m: Match) -> Array:
    """What `maps`, in order, make of each code."""
    every = np.arange(ENTRIES, dtype=np.uint8).view(dtype_of(element_of(codes)))
    values: dict[SSAValue, Array] = {codes: every}

    def array(value: SSAValue) -> Array:
        if value not in values:
            number = number_behind(value, m)
            assert number is not None
            values[value] = number.reshape(())
        return values[value]

    for op in maps:
        [given] = op.results
        if isinstance(op, LookupOp):
            found = m.array(op.table)[array(op.input).view(np.uint8)]
        else:
            assert isinstance(op, MapOp)
            [found] = run_scalar_region(op.body, [array(v) for v in op.inputs], [element_of(given)])
        values[given] = np.ascontiguousarray(np.broadcast_to(found, (ENTRIES,)))
    return values[result]


RULES = (tabulate_map,)
