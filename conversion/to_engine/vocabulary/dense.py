"""Matrix products."""

from __future__ import annotations

from xdsl.builder import ImplicitBuilder
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import MatmulOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers


def matmul(lo: Lowering, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
    """numpy's matmul: leading dimensions broadcast, a vector is a matrix of one row or column."""
    left, right = extents_of(lhs), extents_of(rhs)
    if len(left) == 1:
        lhs = lo.reshape(lhs, (1, *left))
    if len(right) == 1:
        rhs = lo.reshape(rhs, (*right, 1))
    result = lo.emit(MatmulOp(lhs, rhs))
    shape = list(extents_of(result))
    if len(right) == 1:
        del shape[-1]
    if len(left) == 1:
        del shape[-1 if len(right) == 1 else -2]
    return lo.reshape(result, shape)


def dense(
    lo: Lowering,
    a: SSAValue,
    b: SSAValue,
    bias: SSAValue | None = None,
    *,
    trans_lhs: bool = False,
    trans_rhs: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
) -> SSAValue:
    """`alpha * a . b + beta * bias` of two matrices; the bias broadcasts to the result."""
    n = Numbers(element_of(a))
    if not n.floating and (alpha != 1.0 or beta != 1.0):
        raise NoNativeForm("alpha or beta on integers")
    operands = [] if bias is None or beta == 0.0 else [bias]
    epilogue = None
    if operands or alpha != 1.0:
        block = Block(arg_types=[n.scalar] * (1 + len(operands)))
        with ImplicitBuilder(block):
            result = block.args[0] if alpha == 1.0 else n.mul(block.args[0], n.number(alpha))
            for extra in block.args[1:]:
                term = extra if beta == 1.0 else n.mul(extra, n.number(beta))
                result = n.add(result, term)
            YieldOp(result)
        epilogue = Region(block)
    shape = (extents_of(a)[1 if trans_lhs else 0], extents_of(b)[0 if trans_rhs else 1])
    return lo.emit(
        MatmulOp(
            a,
            b,
            tensor(shape, element_of(a)),
            trans_lhs=trans_lhs,
            trans_rhs=trans_rhs,
            epilogue_operands=operands,
            epilogue=epilogue,
        )
    )
