"""
`keep-roundings`: marks what computes numbers that are rounded to integers further on.

    map{x * s + z}(x); ...; map{round}  =>  map{x * s + z}(x) {keeps_roundings}; ...; map{round}

Kernels make one instruction of a product and the sum that follows, which rounds once. Where the
rounding to an integer is in another operation, they learn of it by this mark; where it is in the
same region they see it themselves (`dialects/engine/integer_rounding.py`). Under `bitwise` every
operation is marked that has a product and a sum.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from ..dialects.engine.base import EngineOp
from ..dialects.engine.integer_rounding import KEEPS_ROUNDINGS, feeds_rounding, rounds


@dataclass(frozen=True)
class KeepRoundingsPass(ModulePass):
    """Mark operations whose products and sums are rounded to integers further on."""

    name = "keep-roundings"
    exactness: str = "rounding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp):
                self._mark(function, everything=self.exactness == "bitwise")

    def _mark(self, function: func.FuncOp, *, everything: bool) -> None:
        if not everything and not rounds(function.walk()):
            return
        for op in function.walk():
            if not isinstance(op, EngineOp) or not _may_contract(op):
                continue
            if everything or any(feeds_rounding(result) for result in op.results):
                op.attributes[KEEPS_ROUNDINGS] = UnitAttr()


def _may_contract(op: Operation) -> bool:
    """Whether a region has a product that a sum reads."""
    return any(
        isinstance(use.operation, arith.AddfOp | arith.SubfOp)
        for region in op.regions
        for block in region.blocks
        for inner in block.ops
        if isinstance(inner, arith.MulfOp)
        for use in inner.result.uses
    )
