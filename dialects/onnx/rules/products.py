"""Products, and what is broadcast."""

from __future__ import annotations

from ...framework.fit import (
    Dims,
    broadcast_dims,
    differ,
    refuse,
    require_broadcasts_to,
    require_least,
    require_rank,
    shown,
)
from .form import Form, Rule


def _broadcast(form: Form) -> None:
    """All operands together; those of unknown rank are left out."""
    known = [(form.name(at), d) for at in range(form.count) if (d := form.dims(at)) is not None]
    if len(known) > 1:
        broadcast_dims([d for _, d in known], [n for n, _ in known])


def _slope(form: Form) -> None:
    dims = form.dims(0)
    if dims is not None:
        require_broadcasts_to(form.dims(1), dims, "slope", "the operand")


def _expand(form: Form) -> None:
    dims, target = form.dims(0), form.vector(1)
    if target is None:
        return
    require_least(target, 0, "shape")
    if dims is not None:
        broadcast_dims([dims, tuple(target)], [form.name(0), "shape"])


def _inner(left: Dims, right: Dims) -> None:
    """The sizes of a product of matrices or stacks of matrices, or of a vector."""
    inner = right[-2:][0]
    if differ(left[-1], inner):
        refuse(
            f"the inner sizes of {shown(left)} and {shown(right)} differ: {left[-1]} and {inner}"
        )
    broadcast_dims([left[:-2], right[:-2]], ["batch dimensions", "batch dimensions"])


def _matmul(left: int, right: int) -> Rule:
    def rule(form: Form) -> None:
        a, b = form.dims(left), form.dims(right)
        for dims, at in ((a, left), (b, right)):
            if dims == ():
                refuse(f"{form.name(at)} is a scalar; expected a vector, a matrix or a stack")
        if a is not None and b is not None:
            _inner(a, b)

    return rule


def _gemm(form: Form) -> None:
    for at in (0, 1):
        require_rank(form.dims(at), form.name(at), 2, 2)
    a, b = form.dims(0), form.dims(1)
    if a is None or b is None:
        return
    a = a[::-1] if form.integer("transA") else a
    b = b[::-1] if form.integer("transB") else b
    _inner(a, b)
    require_broadcasts_to(form.dims(2), (a[0], b[1]), "C", "the product")


_ELEMENTWISE = (
    "Add", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater",
    "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow",
    "StringConcat", "Sub", "Sum", "Where", "Xor",
)  # fmt: skip

PRODUCTS: dict[str, Rule] = {
    **{f"onnx.{name}": _broadcast for name in _ELEMENTWISE},
    "onnx.Expand": _expand,
    "onnx.Gemm": _gemm,
    "onnx.MatMul": _matmul(0, 1),
    "onnx.MatMulInteger": _matmul(0, 1),
    "onnx.PRelu": _slope,
    "onnx.QLinearMatMul": _matmul(0, 3),
}
