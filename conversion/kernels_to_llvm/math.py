"""
Emitters of `math`: only what is an instruction (or a short inline sequence) everywhere.

`exp`, `log`, `tanh`, `erf`, ... have no entry: the pass `expand-math` writes them as `arith`
before. What is emitted here never becomes a call into a C library; `compile_object` checks it.
"""

from __future__ import annotations

from llvmlite import ir
from xdsl.dialects import math
from xdsl.ir import Operation

from .arith import fast_flags, refuse_bf16
from .constants import splat
from .emitter import EMIT, Emitter, FunctionEmitter, Value, emits
from .types import I1


def fused_multiply_add(e: FunctionEmitter, a: Value, b: Value, c: Value) -> Value:
    """`a * b + c`: `llvm.fma`, or a contractable pair where the target has no such instruction."""
    if e.target.has_fma:
        return e.float_intrinsic("fma", a, b, c)
    product = e.builder.fmul(a, b, flags=("contract",))
    return e.builder.fadd(product, c, flags=("contract",))


@emits(math.FmaOp)
def _fma(e: FunctionEmitter, op: math.FmaOp) -> None:
    refuse_bf16(op)
    e.set(op, fused_multiply_add(e, *e.operands(op)))


def _float_unary(name: str) -> Emitter:
    def emit(e: FunctionEmitter, op: Operation) -> None:
        refuse_bf16(op)
        e.set(op, e.float_intrinsic(name, e[op.operands[0]], flags=fast_flags(op)))

    return emit


for _op, _name in {
    math.AbsFOp: "fabs",
    math.SqrtOp: "sqrt",
    math.FloorOp: "floor",
    math.CeilOp: "ceil",
    math.TruncOp: "trunc",
    math.RoundEvenOp: "roundeven",
}.items():
    EMIT[_op] = _float_unary(_name)


@emits(math.CopySignOp)
def _copysign(e: FunctionEmitter, op: math.CopySignOp) -> None:
    e.set(op, e.float_intrinsic("copysign", *e.operands(op)))


@emits(math.AbsIOp)
def _absi(e: FunctionEmitter, op: math.AbsIOp) -> None:
    value = e[op.operand]
    e.set(op, _with_flag(e, "abs", value))


def _with_flag(e: FunctionEmitter, name: str, value: Value) -> Value:
    """Integer intrinsics with a trailing 'poison on the corner case' flag, here always false."""
    width = value.type
    suffix = (
        f"v{width.count}{width.element.intrinsic_name}"
        if isinstance(width, ir.VectorType)
        else width.intrinsic_name
    )
    return e.intrinsic(name, width, [value, ir.Constant(I1, 0)], suffix)


@emits(math.CountLeadingZerosOp)
def _ctlz(e: FunctionEmitter, op: math.CountLeadingZerosOp) -> None:
    e.set(op, _with_flag(e, "ctlz", e[op.operand]))


@emits(math.CountTrailingZerosOp)
def _cttz(e: FunctionEmitter, op: math.CountTrailingZerosOp) -> None:
    e.set(op, _with_flag(e, "cttz", e[op.operand]))


@emits(math.CtPopOp)
def _ctpop(e: FunctionEmitter, op: math.CtPopOp) -> None:
    e.set(op, e.float_intrinsic("ctpop", e[op.operand]))


@emits(math.RsqrtOp)
def _rsqrt(e: FunctionEmitter, op: math.RsqrtOp) -> None:
    """`1 / sqrt(x)`, both correctly rounded: at most one and a half ulp."""
    root = e.float_intrinsic("sqrt", e[op.operand])
    e.set(op, e.builder.fdiv(splat(root.type, 1.0), root, flags=fast_flags(op)))


ON_FLOATS: tuple[type[Operation], ...] = (
    *(math.FmaOp, math.CopySignOp, math.RsqrtOp),
    *(math.AbsFOp, math.SqrtOp, math.FloorOp, math.CeilOp, math.TruncOp, math.RoundEvenOp),
)
"""What computes with floats."""
