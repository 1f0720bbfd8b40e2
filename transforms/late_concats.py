"""
`late-concats`: what is joined late is copied then, instead of being written into the whole early.

Whoever computes an operand of a `concat` writes it into its part of the result, which saves a
copy, and has the whole result in memory from the first operand on: for the skip connections of a
network with several scales, during most of the program. Here an operand that is computed long
before the others is copied when these are there: until then it takes its own bytes only.

The pass costs time; it runs on level 3 where it is enabled by name, or where a limit on memory asks
for it (`compiler/memory_budget.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import ConcatOp, ConstantOp, RelayoutOp
from ..dialects.engine.base import EngineOp, carry_provenance, extents_of, nbytes_of

EARLY = 0.05
"""An operand is early from this part of the block's operations before the last operand on."""

LEAST_OPERATIONS = 8
LEAST_BYTES = 1 << 16


@dataclass(frozen=True)
class LateConcatsPass(ModulePass):
    """Copy early operands of concats."""

    name = "late-concats"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for block in [b for inner in op.walk() for r in inner.regions for b in r.blocks]:
            places = {inner: at for at, inner in enumerate(block.ops)}
            for inner in places:
                if isinstance(inner, ConcatOp):
                    _copy_early(inner, places)


def _copy_early(concat: ConcatOp, places: Mapping[Operation, int]) -> None:
    sizes = [n for v in concat.inputs for n in extents_of(v)]
    if not all(isinstance(n, int) for n in sizes):
        return
    computed = [_computed_at(value, places) for value in concat.inputs]
    latest = max((at for at in computed if at is not None), default=0)
    for place, (value, at) in enumerate(zip(list(concat.inputs), computed, strict=True)):
        if (
            at is None
            or latest - at < max(EARLY * len(places), LEAST_OPERATIONS)
            or nbytes_of(value) < LEAST_BYTES
        ):
            continue
        copy = RelayoutOp(value, value.type)
        carry_provenance([concat], [copy])
        Rewriter.insert_op(copy, InsertPoint.before(concat))
        concat.operands[place] = copy.results[0]


def _computed_at(value: SSAValue, places: Mapping[Operation, int]) -> int | None:
    """Where in the block an operand is computed, behind views; None if nothing in it does."""
    while isinstance(value, OpResult) and isinstance(value.op, EngineOp) and value.op.IS_VIEW:
        value = value.op.operands[0]
    if not isinstance(value, OpResult) or isinstance(value.op, ConstantOp):
        return None
    return places.get(value.op)
