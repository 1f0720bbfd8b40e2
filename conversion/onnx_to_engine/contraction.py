"""Matrix products and convolutions, their bias in the epilogue."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import ImplicitBuilder
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine import ConvOp, ConvTransposeOp, MatmulOp, YieldOp
from ...dialects.engine.base import element_of, shape_of, tensor
from .einsum import Einsum
from .elementwise import Operator
from .lowering import Lowering, NoNativeForm
from .scalars import Numbers
from .windows import Window, window_of


def bias_epilogue(n: Numbers) -> Region:
    """`accumulator + bias`"""
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        YieldOp(n.add(block.args[0], block.args[1]))
    return Region(block)


def per_channel(lo: Lowering, value: SSAValue, rank: int) -> SSAValue:
    """A vector over channels in the shape `[C, 1, ...]` that meets dimension 1."""
    return lo.reshape(value, (*shape_of(value), *([1] * (rank - 2))))


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
    extras = [] if c is None or beta == 0.0 else [c]
    epilogue = None
    if extras or alpha != 1.0:
        block = Block(arg_types=[n.scalar] * (1 + len(extras)))
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
            extras=extras,
            epilogue=epilogue,
        )
    )


def _bias(lo: Lowering, rank: int, name: str) -> tuple[list[SSAValue], Region | None]:
    bias = lo.optional(name)
    if bias is None:
        return [], None
    n = Numbers(element_of(bias))
    return [per_channel(lo, bias, rank)], bias_epilogue(n)


def Conv(lo: Lowering) -> SSAValue:
    """Convolution with an optional bias per output channel."""
    x, w = lo.operand("X"), lo.operand("W")
    window = window_of(lo, shape_of(x)[2:], shape_of(w)[2:])
    extras, epilogue = _bias(lo, len(shape_of(x)), "B")
    return lo.emit(
        ConvOp(
            x,
            w,
            strides=window.strides,
            pads=window.pads,
            dilations=window.dilations,
            groups=lo.integer("group", 1),
            extras=extras,
            epilogue=epilogue,
        )
    )


def ConvTranspose(lo: Lowering) -> SSAValue:
    """Transposed convolution with an optional bias per output channel."""
    x, w = lo.operand("X"), lo.operand("W")
    shape, rank, groups = shape_of(x), len(shape_of(x)), lo.integer("group", 1)
    window = window_of(lo, shape[2:], shape_of(w)[2:], transposed=True)
    extra = lo.integers("output_padding") or [0] * (rank - 2)
    full = [
        s * (n - 1) + e + (k - 1) * d + 1
        for n, k, s, d, e in zip(
            shape[2:], window.kernel, window.strides, window.dilations, extra, strict=True
        )
    ]
    pads = _transposed_pads(lo, window, full, shape[2:])
    extents = [n - a - b for n, a, b in zip(full, pads[: rank - 2], pads[rank - 2 :], strict=True)]
    extras, epilogue = _bias(lo, rank, "B")
    result = tensor((shape[0], shape_of(w)[1] * groups, *extents), element_of(x))
    return lo.emit(
        ConvTransposeOp(
            x,
            w,
            result,
            strides=window.strides,
            pads=pads,
            dilations=window.dilations,
            output_padding=extra,
            groups=groups,
            extras=extras,
            epilogue=epilogue,
        )
    )


def _transposed_pads(
    lo: Lowering, window: Window, full: Sequence[int], extents: Sequence[int]
) -> list[int]:
    """The pads given, or those that lead to `output_shape` or to the automatic one."""
    wanted = lo.integers("output_shape")
    auto = lo.text("auto_pad", "NOTSET")
    if wanted is None and auto not in ("SAME_UPPER", "SAME_LOWER"):
        return list(window.pads)
    if wanted is None:
        wanted = [n * s for n, s in zip(extents, window.strides, strict=True)]
    totals = [n - m for n, m in zip(full, wanted[-len(full) :], strict=True)]
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return [*small, *large] if auto == "SAME_UPPER" else [*large, *small]


OPERATORS: dict[str, Operator] = {
    "Conv": Conv,
    "ConvTranspose": ConvTranspose,
    "Einsum": Einsum,
    "Gemm": Gemm,
    "MatMul": MatMul,
}
