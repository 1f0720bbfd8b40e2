"""`poly-expand`: polynomials as scalar code."""

from dataclasses import dataclass
from typing import ClassVar

from xdsl.context import Context
from xdsl.dialects.arith import AddfOp, ConstantOp, MulfOp
from xdsl.dialects.builtin import AnyFloat, FloatAttr, ModuleOp
from xdsl.ir import Block, Region
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from stepwell.dialects.engine import MapOp, YieldOp
from stepwell.dialects.engine.base import carry_provenance, element_of, scalar_block
from stepwell_poly.dialect import HornerOp


@dataclass(frozen=True)
class PolyExpandPass(ModulePass):
    """Write polynomials up to a degree as `engine.map`, which others fuse with."""

    name = "poly-expand"
    exactness: ClassVar[str] = "rounding"
    max_degree: int = 4

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for found in [inner for inner in op.walk() if isinstance(inner, HornerOp)]:
            if len(found.numbers) <= self.max_degree + 1 and found.results:
                region = Region(self._body(found))
                expanded = MapOp([found.input], region, found.res[0].type)
                carry_provenance([found], [expanded])
                Rewriter.replace_op(found, expanded)

    def _body(self, op: HornerOp) -> Block:
        element = element_of(op.input)
        assert isinstance(element, AnyFloat)
        block = scalar_block([element])
        *rest, last = [ConstantOp(FloatAttr(c, element)) for c in op.numbers]
        block.add_ops([*rest, last])
        value = last.result
        for coefficient in reversed(rest):
            product = MulfOp(value, block.args[0])
            sum_ = AddfOp(product.result, coefficient.result)
            block.add_ops([product, sum_])
            value = sum_.result
        block.add_op(YieldOp(value))
        return block
