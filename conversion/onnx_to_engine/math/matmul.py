"""
Matrix products.

Operators: Gemm, MatMul.
"""

from __future__ import annotations

from xdsl.builder import ImplicitBuilder
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import MatmulOp, YieldOp
from ....dialects.engine.base import element_of, shape_of, tensor
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers


def MatMul(lo: Lowering) -> SSAValue:
    """numpy's matmul; a vector is a matrix of one row or column."""
    lhs, rhs = lo.operands
    left, right = shape_of(lhs), shape_of(rhs)
    if len(left) == 1:
        lhs = lo.reshape(lhs, (1, *left))
    if len(right) == 1:
        rhs = lo.reshape(rhs, (*right, 1))
    result = lo.emit(MatmulOp(lhs, rhs))
    shape = list(shape_of(result))
    if len(right) == 1:
        del shape[-1]
    if len(left) == 1:
        del shape[-1 if len(right) == 1 else -2]
    return lo.reshape(result, shape)


def Gemm(lo: Lowering) -> SSAValue:
    """`alpha * A . B + beta * C`"""
    a, b, c = lo.operand("A"), lo.operand("B"), lo.optional("C")
    alpha, beta = lo.number("alpha", 1.0), lo.number("beta", 1.0)
    n = Numbers(element_of(a))
    if not n.floating and (alpha != 1.0 or beta != 1.0):
        raise NoNativeForm("alpha or beta on integers")
    epilogue_operands = [] if c is None or beta == 0.0 else [c]
    epilogue = None
    if epilogue_operands or alpha != 1.0:
        block = Block(arg_types=[n.scalar] * (1 + len(epilogue_operands)))
        with ImplicitBuilder(block):
            result = block.args[0] if alpha == 1.0 else n.mul(block.args[0], n.number(alpha))
            for extra in block.args[1:]:
                term = extra if beta == 1.0 else n.mul(extra, n.number(beta))
                result = n.add(result, term)
            YieldOp(result)
        epilogue = Region(block)
    trans_lhs, trans_rhs = bool(lo.integer("transA")), bool(lo.integer("transB"))
    shape = (shape_of(a)[1 if trans_lhs else 0], shape_of(b)[0 if trans_rhs else 1])
    return lo.emit(
        MatmulOp(
            a,
            b,
            tensor(shape, element_of(a)),
            trans_lhs=trans_lhs,
            trans_rhs=trans_rhs,
            epilogue_operands=epilogue_operands,
            epilogue=epilogue,
        )
    )


OPERATORS: dict[str, Conversion] = {"Gemm": Gemm, "MatMul": MatMul}
