"""
Matrix products.

Operators: Gemm, MatMul.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.vocabulary.dense import dense, matmul


def MatMul(lo: Lowering) -> SSAValue:
    """numpy's matmul."""
    lhs, rhs = lo.operands
    return matmul(lo, lhs, rhs)


def Gemm(lo: Lowering) -> SSAValue:
    """`alpha * A . B + beta * C`"""
    return dense(
        lo,
        lo.operand("A"),
        lo.operand("B"),
        lo.optional("C"),
        trans_lhs=bool(lo.integer("transA")),
        trans_rhs=bool(lo.integer("transB")),
        alpha=lo.number("alpha", 1.0),
        beta=lo.number("beta", 1.0),
    )


OPERATORS: dict[str, Conversion] = {"Gemm": Gemm, "MatMul": MatMul}
