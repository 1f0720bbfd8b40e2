"""Scalar regions that the tests of contractions give their operations."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import Attribute, Region

from stepwell.dialects.engine.base import YieldOp, scalar_block


def sum_then_relu(elements: Sequence[Attribute]) -> Region:
    """`max(a0 + a1 + ..., 0)` of f32 arguments."""
    block = scalar_block(elements)
    with ImplicitBuilder(block):
        total = block.args[0]
        for argument in block.args[1:]:
            total = arith.AddfOp(total, argument).result
        zero = arith.ConstantOp(FloatAttr(0.0, f32)).result
        YieldOp(arith.MaximumfOp(total, zero).result)
    return Region(block)
