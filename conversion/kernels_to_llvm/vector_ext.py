"""
Emitters of `vector_ext`: dot products of bytes and tables of them, by what the target has.

`Target.dot8` names the instructions:

    vnni    vpdpbusd: unsigned times signed
    dot     sdot and udot of AArch64: equal signs
    i8mm    the same, and usdot
    madd    pmaddwd: pairs of 16 bits, which all x86 has; every other byte is widened in place
    wasm    i32x4.dot_i16x8_s, the same of wasm
    ""      32-bit multiplications

Where the instruction does not take the signs that are asked for, code is that of the last but
two, or the last. `pmaddubsw` is not used: it saturates.

`Target.table8` names what takes bytes out of a table in registers:

    vbmi    vpermi2b of AVX-512: 128 entries at once
    tbl     tbl and tbx of AArch64: 64 entries at once
    ""      byte by byte
"""

from __future__ import annotations

from llvmlite import ir

from ...dialects.vector_ext import (
    DotHalvesOp,
    DotOp,
    DotPairsOp,
    LookupOp,
    NumberOfNibbleOp,
    RoundHalvesOp,
)
from .constants import lane_list, poison, splat
from .emitter import FunctionEmitter, Value, emits
from .narrow_floats import to_bf16
from .types import I16, I32

_INTRINSICS = {
    "vnni": {"us": "x86.avx512.vpdpbusd"},
    "dot": {"ss": "aarch64.neon.sdot", "uu": "aarch64.neon.udot"},
    "i8mm": {
        "ss": "aarch64.neon.sdot",
        "uu": "aarch64.neon.udot",
        "us": "aarch64.neon.usdot",
    },
}
"""Instructions by target and signs; the rest is computed otherwise."""

_PAIRS = {
    128: "x86.sse2.pmadd.wd",
    256: "x86.avx2.pmadd.wd",
    512: "x86.avx512.pmaddw.d.512",
}
"""Sums of two products of 16 bits by the bits of a vector."""

_SWAPPED = {"su": "us"}


@emits(DotOp)
def _dot(e: FunctionEmitter, op: DotOp) -> None:
    acc, a, b = e.operands(op)
    signs, target = op.signs.data, e.target
    known = _INTRINSICS.get(target.dot8, {})
    if signs not in known and _SWAPPED.get(signs) in known:
        a, b, signs = b, a, _SWAPPED[signs]
    widest = min(target.vector_bits, 512)
    parts: list[Value] = []
    lanes: int = acc.type.count
    step = min(lanes, widest // 32)
    if lanes % step:
        step = lanes
    for start in range(0, lanes, step):
        parts.append(
            _part(
                e,
                _slice(e, acc, start, step),
                _slice(e, a, 4 * start, 4 * step),
                _slice(e, b, 4 * start, 4 * step),
                signs,
            )
        )
    e.set(op, _joined(e, parts))


def _part(e: FunctionEmitter, acc: Value, a: Value, b: Value, signs: str) -> Value:
    """The dot product on vectors of one register, or of less."""
    dot8, bits = e.target.dot8, 32 * acc.type.count
    name = _INTRINSICS.get(dot8, {}).get(signs)
    if name is not None and dot8 == "vnni" and bits in _PAIRS:
        return e.intrinsic(name, acc.type, [acc, a, b], str(bits))
    if name is not None and dot8 != "vnni" and bits in (64, 128):
        return e.intrinsic(name, acc.type, [acc, a, b], f"v{bits // 32}i32.v{bits // 8}i8")
    if dot8 in ("vnni", "madd") and bits in _PAIRS:
        return _pairs(e, acc, a, b, signs, _PAIRS[bits])
    if dot8 == "wasm" and bits == 128:
        return _pairs(e, acc, a, b, signs, "wasm.dot")
    return _by_byte(e, acc, a, b, signs)


def _pairs(e: FunctionEmitter, acc: Value, a: Value, b: Value, signs: str, name: str) -> Value:
    """
    Even and odd bytes apart, widened to 16 bits where they are: no lane changes its place, and the
    two sums of two products belong to the lane of the four.
    """
    b_ = e.builder
    pair = ir.VectorType(I16, 2 * acc.type.count)
    even_a, odd_a = _halves(e, a, signs[0], pair)
    even_b, odd_b = _halves(e, b, signs[1], pair)
    function = _pair_function(e, acc.type, pair, name)
    even = b_.call(function, [even_a, even_b])
    odd = b_.call(function, [odd_a, odd_b])
    return b_.add(b_.add(acc, even), odd)


def _pair_function(e: FunctionEmitter, acc: ir.Type, pair: ir.Type, name: str) -> ir.Function:
    """The instruction that adds two products of 16 bits, by its name."""
    full = f"llvm.{name}"
    function = e.state.functions.get(full)
    if function is None:
        function = ir.Function(e.state.module, ir.FunctionType(acc, [pair, pair]), full)
        e.state.functions[full] = function
    return function


def _halves(
    e: FunctionEmitter, bytes_: Value, sign: str, pair: ir.VectorType
) -> tuple[Value, Value]:
    """Bytes of even and of odd number as numbers of 16 bits."""
    b = e.builder
    words, eight = b.bitcast(bytes_, pair), splat(pair, 8)
    if sign == "u":
        return b.and_(words, splat(pair, 255)), b.lshr(words, eight)
    return b.ashr(b.shl(words, eight), eight), b.ashr(words, eight)


def _by_byte(e: FunctionEmitter, acc: Value, a: Value, b: Value, signs: str) -> Value:
    """Four multiplications of 32 bits for each lane: right on every target."""
    builder, type_ = e.builder, acc.type

    def byte(vector: Value, number: int, sign: str) -> Value:
        words = builder.bitcast(vector, type_)
        left = builder.shl(words, splat(type_, 24 - 8 * number)) if number < 3 else words
        shift = builder.lshr if sign == "u" else builder.ashr
        return shift(left, splat(type_, 24))

    for number in range(4):
        product = builder.mul(byte(a, number, signs[0]), byte(b, number, signs[1]))
        acc = builder.add(acc, product)
    return acc


def _slice(e: FunctionEmitter, value: Value, start: int, count: int) -> Value:
    if value.type.count == count:
        return value
    lanes = lane_list(range(start, start + count))
    return e.builder.shuffle_vector(value, poison(value.type), lanes)


def _joined(e: FunctionEmitter, parts: list[Value]) -> Value:
    """Vectors laid end to end; their number is a power of two, or one."""
    while len(parts) > 1:
        size = parts[0].type.count
        lanes = lane_list(range(2 * size))
        parts = [
            e.builder.shuffle_vector(parts[i], parts[i + 1], lanes) for i in range(0, len(parts), 2)
        ]
    return parts[0]


@emits(DotPairsOp)
def _dot_pairs(e: FunctionEmitter, op: DotPairsOp) -> None:
    acc, a, b = e.operands(op)
    lanes = int(acc.type.count)
    step = min(lanes, min(e.target.vector_bits, 512) // 32)
    step = lanes if lanes % step else step
    parts: list[Value] = []
    for start in range(0, lanes, step):
        sides = [_slice(e, side, 2 * start, 2 * step) for side in (a, b)]
        parts.append(_pair_part(e, _slice(e, acc, start, step), *sides))
    e.set(op, _joined(e, parts))


def _pair_part(e: FunctionEmitter, acc: Value, a: Value, b: Value) -> Value:
    """Two products on vectors of one register, or of less."""
    builder, type_, bits = e.builder, acc.type, 32 * acc.type.count
    name = _PAIRS.get(bits) if e.target.architecture == "x86_64" else None
    if e.target.dot8 == "wasm" and bits == 128:
        name = "wasm.dot"
    if name is not None:
        function = _pair_function(e, type_, ir.VectorType(I16, 2 * type_.count), name)
        return builder.add(acc, builder.call(function, [a, b]))
    sixteen = splat(type_, 16)
    for odd in (False, True):
        sides: list[Value] = []
        for side in (a, b):
            words = builder.bitcast(side, type_)
            sides.append(builder.ashr(words if odd else builder.shl(words, sixteen), sixteen))
        acc = builder.add(acc, builder.mul(*sides))
    return acc


class _BFloat(ir.Type):
    """The type of bf16 in LLVM, which only its instructions want."""

    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BFloat)

    def __hash__(self) -> int:
        return hash(_BFloat)


@emits(DotHalvesOp)
def _dot_halves(e: FunctionEmitter, op: DotHalvesOp) -> None:
    acc, a, b = e.operands(op)
    lanes: int = acc.type.count
    step = min(lanes, min(e.target.vector_bits, 512) // 32)
    step = lanes if lanes % step else step
    parts = [
        _half_part(
            e,
            _slice(e, acc, start, step),
            _slice(e, a, 2 * start, 2 * step),
            _slice(e, b, 2 * start, 2 * step),
        )
        for start in range(0, lanes, step)
    ]
    e.set(op, _joined(e, parts))


def _half_part(e: FunctionEmitter, acc: Value, a: Value, b: Value) -> Value:
    """Pairs on vectors of one register: an instruction, or both halves widened where they are."""
    builder, lanes = e.builder, int(acc.type.count)
    bits = 32 * lanes
    if e.target.dot16 == "bf16" and bits in (128, 256, 512):
        halves = ir.VectorType(_BFloat(), 2 * lanes)
        sides = [builder.bitcast(side, halves) for side in (a, b)]
        return e.intrinsic("x86.avx512bf16.dpbf16ps", acc.type, [acc, *sides], str(bits))
    words = ir.VectorType(I32, lanes)

    def half(side: Value, upper: bool) -> Value:
        whole = builder.bitcast(side, words)
        if upper:
            kept = builder.and_(whole, splat(words, -65536))
        else:
            kept = builder.shl(whole, splat(words, 16))
        return builder.bitcast(kept, acc.type)

    for upper in (False, True):
        product = builder.fmul(half(a, upper), half(b, upper), flags=["contract"])
        acc = builder.fadd(acc, product, flags=["contract"])
    return acc


@emits(NumberOfNibbleOp)
def _number_of_nibble(e: FunctionEmitter, op: NumberOfNibbleOp) -> None:
    table, words = e.operands(op)
    lanes = int(words.type.count)
    if e.target.vector_bits < 512 or e.target.architecture != "x86_64" or lanes % 16:
        e.set(op, _one_by_one(e, table, words))
        return
    name, parts = "x86.avx512.permvar.sf", list[Value]()
    for start in range(0, lanes, 16):
        part = _slice(e, words, start, 16)
        parts.append(e.intrinsic(name, table.type, [table, part], "512"))
    e.set(op, _joined(e, parts))


def _one_by_one(e: FunctionEmitter, table: Value, words: Value) -> Value:
    """Entries one after the other, where no instruction takes sixteen."""
    b = e.builder
    places = b.and_(words, splat(words.type, 15))
    found = poison(ir.VectorType(table.type.element, words.type.count))
    for lane in range(int(words.type.count)):
        at = ir.Constant(I32, lane)
        found = b.insert_element(found, b.extract_element(table, b.extract_element(places, at)), at)
    return found


@emits(RoundHalvesOp)
def _round_halves(e: FunctionEmitter, op: RoundHalvesOp) -> None:
    [value] = e.operands(op)
    lanes = int(value.type.count)
    step = min(lanes, min(e.target.vector_bits, 512) // 32)
    if e.target.dot16 != "bf16" or lanes % step or step not in (8, 16):
        e.set(op, to_bf16(e, value))
        return
    halves, integers = ir.VectorType(_BFloat(), step), ir.VectorType(I16, step)
    name = "x86.avx512bf16.cvtneps2bf16"
    parts = [
        e.builder.bitcast(
            e.intrinsic(name, halves, [_slice(e, value, start, step)], str(32 * step)), integers
        )
        for start in range(0, lanes, step)
    ]
    e.set(op, _joined(e, parts))


@emits(LookupOp)
def _lookup(e: FunctionEmitter, op: LookupOp) -> None:
    table, codes = e.operands(op)
    known, lanes = e.target.table8, int(codes.type.count)
    step = {"vbmi": 64, "tbl": 16}.get(known, 0)
    if not step or lanes % step:
        e.set(op, _byte_by_byte(e, table, codes))
        return
    look = _vbmi if known == "vbmi" else _tbl
    parts = [look(e, table, _slice(e, codes, start, step)) for start in range(0, lanes, step)]
    e.set(op, _joined(e, parts))


def _vbmi(e: FunctionEmitter, table: Value, codes: Value) -> Value:
    """Each half of the table by seven bits of the code, and the half that the eighth names."""
    b, type_ = e.builder, codes.type
    quarters = [_slice(e, table, 64 * i, 64) for i in range(4)]
    low, high = (
        e.intrinsic("x86.avx512.vpermi2var.qi", type_, [quarters[i], codes, quarters[i + 1]], "512")
        for i in (0, 2)
    )
    return b.select(b.icmp_signed("<", codes, splat(type_, 0)), high, low)


def _tbl(e: FunctionEmitter, table: Value, codes: Value) -> Value:
    """A quarter of the table after the other; a code beyond it leaves what is there."""
    b, type_ = e.builder, codes.type
    found: Value | None = None
    for quarter in range(4):
        own = [_slice(e, table, 64 * quarter + 16 * i, 16) for i in range(4)]
        at = b.sub(codes, splat(type_, 64 * quarter))
        if found is None:
            found = e.intrinsic("aarch64.neon.tbl4", type_, [*own, at], "v16i8")
        else:
            found = e.intrinsic("aarch64.neon.tbx4", type_, [found, *own, at], "v16i8")
    assert found is not None
    return found


def _byte_by_byte(e: FunctionEmitter, table: Value, codes: Value) -> Value:
    b = e.builder
    found = poison(codes.type)
    for lane in range(codes.type.count):
        at = ir.Constant(I32, lane)
        code = b.zext(b.extract_element(codes, at), I32)
        found = b.insert_element(found, b.extract_element(table, code), at)
    return found
