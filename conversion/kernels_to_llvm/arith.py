"""Emitters of `arith`, for scalars and vectors alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from llvmlite import ir
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    BFloat16Type,
    DenseIntOrFPElementsAttr,
    FixedBitwidthType,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    VectorType,
)
from xdsl.ir import Attribute, Operation

from ...dialects.vector_arith import CMPF_PREDICATES, CMPI_PREDICATES, VECTOR_FORM
from ...errors import CompileError
from .constants import splat
from .emitter import EMIT, Emitter, FunctionEmitter, Value, emits, mangle
from .minmax import maximumf, maxnumf, minimumf, minnumf
from .narrow_floats import arithmetic_type, bf16_to_f32, f16_to_f32, like, to_bf16, to_f16
from .types import lower_type


def element_of(type: Attribute) -> Attribute:
    """Element type of a vector type, or the type itself."""
    return type.element_type if isinstance(type, VectorType) else type


def bit_width(type: Attribute) -> int:
    """Bits of a scalar, or of one lane of a vector; `index` has 64."""
    element = element_of(type)
    return element.bitwidth if isinstance(element, FixedBitwidthType) else 64


def fast_flags(op: Operation) -> tuple[str, ...]:
    """The fast-math flags written on an op, as LLVM spells them."""
    flags = op.properties.get("fastmath")
    if flags is None or not isinstance(flags, arith.FastMathFlagsAttr) or not flags.data:
        return ()
    return tuple(sorted(flag.value for flag in flags.data))


# ---------------------------------------------------------------------- constants


@emits(arith.ConstantOp)
def _constant(e: FunctionEmitter, op: arith.ConstantOp) -> None:
    type = lower_type(op.result.type)
    value = op.value
    if isinstance(value, IntegerAttr):
        e.set(op, ir.Constant(type, _integer(value.value.data, type)))
    elif isinstance(value, FloatAttr):
        e.set(op, ir.Constant(type, _float(value.value.data, op.result.type)))
    elif isinstance(value, DenseIntOrFPElementsAttr) and isinstance(type, ir.VectorType):
        numbers = cast("Sequence[float | int]", value.get_values())
        element = element_of(op.result.type)
        is_float = not isinstance(element, IntegerType | IndexType)
        lanes = [
            _float(float(number), element) if is_float else _integer(int(number), type.element)
            for number in (numbers[:1] if value.is_splat() else numbers)
        ]
        if len(lanes) == 1:
            e.set(op, splat(type, lanes[0]))
        else:
            e.set(op, ir.Constant(type, [ir.Constant(type.element, lane) for lane in lanes]))
    else:
        raise CompileError(f"arith.constant {value}: only numbers and dense vectors have code")


def _integer(value: int, type: ir.Type) -> int:
    """i1 constants print as true/false from 1/0, whatever the attribute stored (-1 or True)."""
    if isinstance(type, ir.IntType) and type.width == 1:
        return value & 1
    return int(value)


def _float(value: float, element: Attribute) -> float | int:
    """bf16 constants are their upper sixteen bits, rounded to nearest even."""
    if not isinstance(element_of(element), BFloat16Type):
        return value
    import struct

    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    if value != value:
        return 0x7FC0
    return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16


# ---------------------------------------------------------------------- binary operations

_INTEGER_BINARY: dict[type[Operation], str] = {
    arith.AddiOp: "add",
    arith.SubiOp: "sub",
    arith.MuliOp: "mul",
    arith.DivUIOp: "udiv",
    arith.DivSIOp: "sdiv",
    arith.RemUIOp: "urem",
    arith.RemSIOp: "srem",
    arith.AndIOp: "and_",
    arith.OrIOp: "or_",
    arith.XOrIOp: "xor",
    arith.ShLIOp: "shl",
    arith.ShRUIOp: "lshr",
    arith.ShRSIOp: "ashr",
}

_FLOAT_BINARY: dict[type[Operation], str] = {
    arith.AddfOp: "fadd",
    arith.SubfOp: "fsub",
    arith.MulfOp: "fmul",
    arith.DivfOp: "fdiv",
}


def _integer_binary(instruction: str) -> Emitter:
    def emit(e: FunctionEmitter, op: Operation) -> None:
        left, right = e.operands(op)
        overflow = op.properties.get("overflowFlags")
        flags: tuple[str, ...] = ()
        if isinstance(overflow, arith.IntegerOverflowAttr) and overflow.data:
            flags = tuple(sorted(flag.value for flag in overflow.data))
        e.set(op, getattr(e.builder, instruction)(left, right, flags=flags))

    return emit


def refuse_bf16(op: Operation) -> None:
    """bf16 travels as its bits, on which float arithmetic means nothing."""
    if isinstance(element_of(op.operands[0].type), BFloat16Type):
        raise CompileError(f"{op.name} on bf16: extend to f32 first (arith.extf)")


def _float_binary(instruction: str) -> Emitter:
    def emit(e: FunctionEmitter, op: Operation) -> None:
        refuse_bf16(op)
        left, right = e.operands(op)
        e.set(op, getattr(e.builder, instruction)(left, right, flags=fast_flags(op)))

    return emit


for _op, _instruction in _INTEGER_BINARY.items():
    EMIT[_op] = _integer_binary(_instruction)
for _op, _instruction in _FLOAT_BINARY.items():
    EMIT[_op] = _float_binary(_instruction)


@emits(arith.NegfOp)
def _negf(e: FunctionEmitter, op: arith.NegfOp) -> None:
    refuse_bf16(op)
    e.set(op, e.builder.fneg(e[op.operand], flags=fast_flags(op)))


def _integer_choice(instruction: str) -> Emitter:
    def emit(e: FunctionEmitter, op: Operation) -> None:
        e.set(op, e.float_intrinsic(instruction, *e.operands(op)))

    return emit


for _op, _instruction in {
    arith.MinSIOp: "smin",
    arith.MaxSIOp: "smax",
    arith.MinUIOp: "umin",
    arith.MaxUIOp: "umax",
}.items():
    EMIT[_op] = _integer_choice(_instruction)


@emits(arith.FloorDivSIOp)
def _floordiv(e: FunctionEmitter, op: arith.FloorDivSIOp) -> None:
    """`q - 1` where the remainder is not zero and its sign differs from the divisor's."""
    left, right = e.operands(op)
    b, zero = e.builder, splat(left.type, 0)
    quotient = b.sdiv(left, right)
    remainder = b.srem(left, right)
    inexact = b.icmp_signed("!=", remainder, zero)
    differ = b.icmp_signed("<", b.xor(remainder, right), zero)
    e.set(op, b.add(quotient, b.sext(b.and_(inexact, differ), left.type)))


@emits(arith.CeilDivSIOp)
def _ceildiv(e: FunctionEmitter, op: arith.CeilDivSIOp) -> None:
    """`q + 1` where the remainder is not zero and its sign is the divisor's."""
    left, right = e.operands(op)
    b, zero = e.builder, splat(left.type, 0)
    quotient = b.sdiv(left, right)
    remainder = b.srem(left, right)
    inexact = b.icmp_signed("!=", remainder, zero)
    same = b.icmp_signed(">=", b.xor(remainder, right), zero)
    e.set(op, b.add(quotient, b.zext(b.and_(inexact, same), left.type)))


@emits(arith.CeilDivUIOp)
def _ceildivui(e: FunctionEmitter, op: arith.CeilDivUIOp) -> None:
    left, right = e.operands(op)
    b, zero = e.builder, splat(left.type, 0)
    inexact = b.icmp_unsigned("!=", b.urem(left, right), zero)
    e.set(op, b.add(b.udiv(left, right), b.zext(inexact, left.type)))


@emits(arith.AddUIExtendedOp)
def _addui_extended(e: FunctionEmitter, op: arith.AddUIExtendedOp) -> None:
    left, right = e.operands(op)
    total = e.builder.add(left, right)
    e.set(op, total, e.builder.icmp_unsigned("<", total, left))


def _extended_multiply(extend: str) -> Emitter:
    def emit(e: FunctionEmitter, op: Operation) -> None:
        left, right = e.operands(op)
        b, type = e.builder, left.type
        width = bit_width(op.operands[0].type)
        wide = like(type, ir.IntType(2 * width))
        product = b.mul(getattr(b, extend)(left, wide), getattr(b, extend)(right, wide))
        high = b.trunc(b.lshr(product, splat(wide, width)), type)
        e.set(op, b.trunc(product, type), high)

    return emit


EMIT[arith.MulUIExtendedOp] = _extended_multiply("zext")
EMIT[arith.MulSIExtendedOp] = _extended_multiply("sext")


@emits(arith.MaximumfOp)
def _maximumf(e: FunctionEmitter, op: arith.MaximumfOp) -> None:
    refuse_bf16(op)
    e.set(op, maximumf(e, e[op.lhs], e[op.rhs], fast_flags(op)))


@emits(arith.MinimumfOp)
def _minimumf(e: FunctionEmitter, op: arith.MinimumfOp) -> None:
    refuse_bf16(op)
    e.set(op, minimumf(e, e[op.lhs], e[op.rhs], fast_flags(op)))


@emits(arith.MaxnumfOp)
def _maxnumf(e: FunctionEmitter, op: arith.MaxnumfOp) -> None:
    refuse_bf16(op)
    e.set(op, maxnumf(e, e[op.lhs], e[op.rhs], fast_flags(op)))


@emits(arith.MinnumfOp)
def _minnumf(e: FunctionEmitter, op: arith.MinnumfOp) -> None:
    refuse_bf16(op)
    e.set(op, minnumf(e, e[op.lhs], e[op.rhs], fast_flags(op)))


# ---------------------------------------------------------------------- comparison, choice

_INTEGER_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@emits(arith.CmpiOp, VECTOR_FORM[arith.CmpiOp])
def _cmpi(e: FunctionEmitter, op: arith.CmpiOp) -> None:
    name = CMPI_PREDICATES[op.predicate.value.data]
    left, right = e.operands(op)
    if name in ("eq", "ne"):
        e.set(op, e.builder.icmp_unsigned(_INTEGER_SYMBOLS[name], left, right))
        return
    compare = e.builder.icmp_signed if name[0] == "s" else e.builder.icmp_unsigned
    e.set(op, compare(_INTEGER_SYMBOLS[name[1:]], left, right))


@emits(arith.CmpfOp, VECTOR_FORM[arith.CmpfOp])
def _cmpf(e: FunctionEmitter, op: arith.CmpfOp) -> None:
    refuse_bf16(op)
    name = CMPF_PREDICATES[op.predicate.value.data]
    left, right = e.operands(op)
    b, flags = e.builder, fast_flags(op)
    if name in ("false", "true"):
        e.set(op, splat(lower_type(op.result.type), int(name == "true")))
    elif name in ("ord", "uno"):
        compare = b.fcmp_ordered if name == "ord" else b.fcmp_unordered
        e.set(op, compare(name, left, right, flags=flags))
    else:
        compare = b.fcmp_ordered if name[0] == "o" else b.fcmp_unordered
        e.set(op, compare(_INTEGER_SYMBOLS[name[1:]], left, right, flags=flags))


@emits(arith.SelectOp, VECTOR_FORM[arith.SelectOp])
def _select(e: FunctionEmitter, op: arith.SelectOp) -> None:
    e.set(op, e.builder.select(*e.operands(op)))


# ---------------------------------------------------------------------- casts


def _cast(instruction: str) -> Emitter:
    def emit(e: FunctionEmitter, op: Operation) -> None:
        result = arithmetic_type(e, lower_type(op.results[0].type))
        e.set(op, getattr(e.builder, instruction)(e[op.operands[0]], result))

    return emit


def _to_integer(instruction: str, signed: str) -> Emitter:
    """
    Floats to integers; those of less than 32 bits by way of 32 signed ones, whose low bits they
    are, as with numpy and onnxruntime: what lies outside of the type is undefined to LLVM, which
    makes -2.0 of a ui8 that is a float again.
    """

    def emit(e: FunctionEmitter, op: Operation) -> None:
        result = arithmetic_type(e, lower_type(op.results[0].type))
        value, width = e[op.operands[0]], bit_width(op.results[0].type)
        if width < _WIDE or (width == _WIDE and instruction == signed):
            wide: ir.Type = ir.IntType(_WIDE)
            if isinstance(result, ir.VectorType):
                wide = ir.VectorType(wide, result.count)
            rounded = _rounded_at_once(e, op, wide)
            if rounded is None:
                rounded = getattr(e.builder, signed)(value, wide)
            e.set(op, rounded if width == _WIDE else e.builder.trunc(rounded, result))
            return
        e.set(op, getattr(e.builder, instruction)(value, result))

    return emit


_WIDE = 32


def _rounded_at_once(e: FunctionEmitter, op: Operation, wide: ir.Type) -> Value | None:
    """
    The nearest integer, ties to even, where one instruction gives it (`vcvtps2dq`); None elsewhere.

    Only x86: on AArch64 the code generator joins the two by itself, wasm would call a library.
    """
    source = op.operands[0].owner
    if e.target.architecture != "x86_64" or not isinstance(source, math.RoundEvenOp):
        return None
    if not isinstance(element_of(source.operand.type), Float32Type | Float64Type):
        return None
    number = e[source.operand]
    return e.intrinsic("lrint", wide, [number], f"{mangle(wide)}.{mangle(number.type)}")


for _op, _instruction in {arith.FPToSIOp: "fptosi", arith.FPToUIOp: "fptoui"}.items():
    EMIT[_op] = EMIT[VECTOR_FORM[_op]] = _to_integer(_instruction, "fptosi")

for _op, _instruction in {
    arith.SIToFPOp: "sitofp",
    arith.UIToFPOp: "uitofp",
    arith.TruncIOp: "trunc",
    arith.ExtSIOp: "sext",
    arith.ExtUIOp: "zext",
}.items():
    EMIT[_op] = _cast(_instruction)
    EMIT[VECTOR_FORM[_op]] = EMIT[_op]


@emits(arith.IndexCastOp, VECTOR_FORM[arith.IndexCastOp])
def _index_cast(e: FunctionEmitter, op: arith.IndexCastOp) -> None:
    from_width, to_width = bit_width(op.input.type), bit_width(op.result.type)
    value = e[op.input]
    if from_width < to_width:
        value = e.builder.sext(value, lower_type(op.result.type))
    elif from_width > to_width:
        value = e.builder.trunc(value, lower_type(op.result.type))
    e.set(op, value)


@emits(arith.BitcastOp)
def _bitcast(e: FunctionEmitter, op: arith.BitcastOp) -> None:
    value = e[op.input]
    result = lower_type(op.result.type)
    if getattr(value, "type", result) != result:
        value = e.builder.bitcast(value, result)
    e.set(op, value)


@emits(arith.ExtFOp)
def _extf(e: FunctionEmitter, op: arith.ExtFOp) -> None:
    value = e[op.input]
    source = element_of(op.input.type)
    if isinstance(source, BFloat16Type):
        value = bf16_to_f32(e, value)
    elif isinstance(source, Float16Type):
        value = f16_to_f32(e, value)
    result = lower_type(op.result.type)
    e.set(op, value if value.type == result else e.builder.fpext(value, result))


@emits(arith.TruncFOp)
def _truncf(e: FunctionEmitter, op: arith.TruncFOp) -> None:
    value = e[op.input]
    element = element_of(op.result.type)
    if isinstance(element, BFloat16Type):
        if isinstance(element_of(op.input.type), Float16Type):
            value = f16_to_f32(e, value)
        e.set(op, to_bf16(e, value))
    elif isinstance(element, Float16Type):
        e.set(op, to_f16(e, value))
    else:
        e.set(op, e.builder.fptrunc(value, lower_type(op.result.type)))


ON_FLOATS: tuple[type[Operation], ...] = (
    *_FLOAT_BINARY,
    *(arith.NegfOp, arith.MaximumfOp, arith.MinimumfOp, arith.MaxnumfOp, arith.MinnumfOp),
    *(
        form
        for op in (arith.CmpfOp, arith.FPToSIOp, arith.FPToUIOp, arith.SIToFPOp, arith.UIToFPOp)
        for form in (op, VECTOR_FORM[op])
    ),
)
"""What computes with floats, conversions between them aside."""
