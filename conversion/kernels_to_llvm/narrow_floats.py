"""
Conversions to and from 16-bit floats, each with one rounding, on every processor.

f16 has conversions on AArch64 and, from and to f32, on x86 with F16C; elsewhere they are integer
arithmetic on the bits. bf16 is the upper half of an f32. No processor so far narrows f64 to either
in one step but AArch64, so it goes through an f32 that is *rounded to odd*: an inexact result gets
an odd last bit, which keeps the second rounding from taking it for a tie (Boldo and Melquiond,
"Emulation of a FMA and correctly rounded sums", 2008; 24 bits are at least 11 + 2).

Where there are no conversions, arithmetic on f16 is computed in f32 and each result rounded
(`through_f32`), which is what LLVM makes of it elsewhere on x86.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from xdsl.dialects.builtin import Float16Type, VectorType
from xdsl.ir import Attribute, Operation

from .constants import constant_number, splat
from .emitter import Emitter, FunctionEmitter, Value
from .types import I32, I64

I16 = ir.IntType(16)
FLOAT = ir.FloatType()
HALF = ir.HalfType()

_MAGNITUDE = 0x7FFFFFFF
_INFINITY = 0x7F800000


def like(type: ir.Type, element: ir.Type) -> ir.Type:
    """`element`, or a vector of as many as `type` has."""
    return ir.VectorType(element, type.count) if isinstance(type, ir.VectorType) else element


def _element(type: ir.Type) -> ir.Type:
    return type.element if isinstance(type, ir.VectorType) else type


# ---------------------------------------------------------------------- f64


def f64_to_odd_f32(e: FunctionEmitter, value: Value) -> Value:
    """
    The f32 next to an f64 whose last bit is odd, the f64 itself where it is an f32.

    The nearest f32 is taken back to the one below in size, then its last bit is set.
    """
    b = e.builder
    single, integers = like(value.type, FLOAT), like(value.type, I32)
    nearest = b.fptrunc(value, single)
    again = b.fpext(nearest, value.type)
    size = like(value.type, I64)
    # Magnitudes compare as their bits do; NaN is equal to nothing and left alone.
    positive = splat(size, (1 << 63) - 1)
    beyond = b.icmp_unsigned(
        ">", b.and_(b.bitcast(again, size), positive), b.and_(b.bitcast(value, size), positive)
    )
    inexact = b.fcmp_ordered("!=", again, value)
    bits = b.bitcast(nearest, integers)
    bits_below = b.sub(bits, b.zext(beyond, integers))
    odd = b.or_(bits_below, splat(integers, 1))
    return b.bitcast(b.select(inexact, odd, bits), single)


# ---------------------------------------------------------------------- bf16


def bf16_to_f32(e: FunctionEmitter, value: Value) -> Value:
    """The sixteen bits as the upper half of an f32."""
    bits = e.builder.zext(value, like(value.type, I32))
    bits = e.builder.shl(bits, splat(bits.type, 16))
    return e.builder.bitcast(bits, like(value.type, FLOAT))


def to_bf16(e: FunctionEmitter, value: Value) -> Value:
    """An f32 or f64 rounded to nearest even; NaN stays a (quiet) NaN."""
    b = e.builder
    if _element(value.type) != FLOAT:
        value = f64_to_odd_f32(e, value)
    bits = b.bitcast(value, like(value.type, I32))
    high = b.lshr(bits, splat(bits.type, 16))
    odd = b.and_(high, splat(bits.type, 1))
    rounded = b.lshr(b.add(b.add(bits, splat(bits.type, 0x7FFF)), odd), splat(bits.type, 16))
    quiet = b.or_(high, splat(bits.type, 0x40))
    chosen = b.select(b.fcmp_unordered("uno", value, value), quiet, rounded)
    return b.trunc(chosen, like(value.type, I16))


# ---------------------------------------------------------------------- f16


def f16_to_f32(e: FunctionEmitter, value: Value) -> Value:
    """The same number; constants stay constants."""
    b, single = e.builder, like(value.type, FLOAT)
    number = constant_number(value)
    if number is not None:
        return splat(single, number)
    if e.target.converts_f16:
        return b.fpext(value, single)
    integers = like(value.type, I32)
    bits = b.zext(b.bitcast(value, like(value.type, I16)), integers)
    shifted = b.shl(b.and_(bits, splat(integers, 0x7FFF)), splat(integers, 13))
    # The exponent is off by 127 - 15; the product is exact, also for subnormal numbers.
    scaled = b.fmul(b.bitcast(shifted, single), splat(single, 2.0**112))
    special = b.icmp_unsigned(">=", shifted, splat(integers, 0x7C00 << 13))
    size = b.select(
        special, b.or_(shifted, splat(integers, _INFINITY)), b.bitcast(scaled, integers)
    )
    sign = b.shl(b.and_(bits, splat(integers, 0x8000)), splat(integers, 16))
    return b.bitcast(b.or_(size, sign), single)


def to_f16(e: FunctionEmitter, value: Value) -> Value:
    """An f32 or f64 rounded once to nearest even; what is beyond 65520 becomes infinity."""
    b, half = e.builder, like(value.type, HALF)
    if _element(value.type) != FLOAT:
        if e.target.architecture == "aarch64":
            return b.fptrunc(value, half)
        value = f64_to_odd_f32(e, value)
    if e.target.converts_f16:
        return b.fptrunc(value, half)
    single, integers = value.type, like(value.type, I32)

    def number(n: int) -> Value:
        return splat(integers, n)

    bits = b.bitcast(value, integers)
    size = b.and_(bits, number(_MAGNITUDE))
    odd = b.and_(b.lshr(size, number(13)), number(1))
    rounded = b.lshr(b.add(b.add(size, odd), number(0xFFF)), number(13))
    normal = b.sub(rounded, number((127 - 15) << 10))
    normal = b.select(b.icmp_unsigned(">", normal, number(0x7C00)), number(0x7C00), normal)
    # Beside 0.5 the last place of an f32 is the smallest f16, so the addition rounds.
    summed = b.fadd(b.bitcast(size, single), splat(single, 0.5))
    small = b.sub(b.bitcast(summed, integers), number(0x3F000000))
    code = b.select(b.icmp_unsigned("<", size, number(113 << 23)), small, normal)
    nan = b.or_(number(0x7E00), b.and_(b.lshr(size, number(13)), number(0x1FF)))
    code = b.select(b.icmp_unsigned(">", size, number(_INFINITY)), nan, code)
    sign = b.and_(b.lshr(bits, number(16)), number(0x8000))
    return b.bitcast(b.trunc(b.or_(code, sign), like(value.type, I16)), half)


# ---------------------------------------------------------------------- arithmetic on f16


def _is_half(type: Attribute) -> bool:
    return isinstance(type.element_type if isinstance(type, VectorType) else type, Float16Type)


def through_f32(emit: Emitter) -> Emitter:
    """
    The emitter of an operation that, on a target without conversions of f16, computes in f32 what
    has operands or a result of f16.
    """

    def emit_wide(e: FunctionEmitter, op: Operation) -> None:
        if e.target.converts_f16:
            emit(e, op)
            return
        halves = [value for value in op.operands if _is_half(value.type)]
        kept = {value: e.values[value] for value in halves}
        for value, narrow in kept.items():
            e.values[value] = f16_to_f32(e, narrow)
        emit(e, op)
        e.values.update(kept)
        for result in op.results:
            if _is_half(result.type):
                e.values[result] = to_f16(e, e.values[result])

    return emit_wide


def arithmetic_type(e: FunctionEmitter, type: ir.Type) -> ir.Type:
    """The type a result is computed in: f32 for f16 on a target without conversions of it."""
    return like(type, FLOAT) if _element(type) == HALF and not e.target.converts_f16 else type


def compute_in_f32(table: dict[type[Operation], Any], ops: Sequence[type[Operation]]) -> None:
    """Put `through_f32` around the emitters of `ops`."""
    for op in ops:
        table[op] = through_f32(table[op])
