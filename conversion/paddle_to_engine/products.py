"""
Products of matrices.

Operators: addmm, baddbmm, bmm, dot, matmul, matmul_with_flatten, mv.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers
from ..to_engine.vocabulary.dense import matmul
from ..to_engine.vocabulary.reduce import reduce


def _swapped(lo: Lowering, x: SSAValue) -> SSAValue:
    rank = rank_of(x)
    return x if rank < 2 else lo.transpose(x, [*range(rank - 2), rank - 1, rank - 2])


def _matmul(lo: Lowering) -> SSAValue:
    x, y = lo.operand("x"), lo.operand("y")
    x = _swapped(lo, x) if lo.flag("transpose_x") else x
    return matmul(lo, x, _swapped(lo, y) if lo.flag("transpose_y") else y)


def _plain(lo: Lowering) -> SSAValue:
    return matmul(lo, *lo.operands)


def _with_flatten(lo: Lowering) -> SSAValue:
    """Leading and trailing dimensions of both operands as those of two matrices."""
    x, y = lo.operand("x"), lo.operand("y")
    rows, depth = lo.integer("x_num_col_dims", 1), lo.integer("y_num_col_dims", 1)
    left, right = extents_of(x), extents_of(y)
    a = lo.reshape(x, (product_of(left[:rows]), product_of(left[rows:])))
    b = lo.reshape(y, (product_of(right[:depth]), product_of(right[depth:])))
    return lo.reshape(matmul(lo, a, b), (*left[:rows], *right[depth:]))


def _addmm(lo: Lowering) -> SSAValue:
    """`beta input + alpha x y`"""
    alpha, beta = lo.number("alpha", 1), lo.number("beta", 1)
    product = matmul(lo, lo.operand("x"), lo.operand("y"))
    n = Numbers(element_of(product))

    def build(c: SSAValue, p: SSAValue) -> SSAValue:
        c = c if beta == 1 else n.mul(c, n.number(beta))
        return n.add(c, p if alpha == 1 else n.mul(p, n.number(alpha)))

    return lo.map([lo.operand("input"), product], build)


def _dot(lo: Lowering) -> SSAValue:
    x, y = lo.operand("x"), lo.operand("y")
    product = lo.map([x, y], Numbers(element_of(x)).mul)
    return reduce(lo, "sum", product, [rank_of(x) - 1], keep=False)


OPERATORS: dict[str, Conversion] = {
    "addmm": _addmm,
    "baddbmm": _addmm,
    "bmm": _plain,
    "dot": _dot,
    "matmul": _matmul,
    "matmul_with_flatten": _with_flatten,
    "mv": _plain,
}
