"""
Angles of any size less the nearest multiple of pi/2, exactly.

M. H. Payne and R. N. Hanek, "Radian reduction for trigonometric functions" (1983): of the product
of a large number and 2/pi, multiples of 4 do not matter, so it takes 192 bits of 2/pi only, which
begin where the number's exponent says. The product is that of integers; its two uppermost bits
count quarter turns, the others are what is left of one.

It is written once in a module, as a private function of one f64, and one for each vector width
that calls it lane by lane: `expand-math` calls them where an angle is large, which is hardly ever,
and code around a call pays for a comparison.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from xdsl.dialects import arith, func, math, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    IndexType,
    UnitAttr,
    VectorType,
    f64,
    i64,
)
from xdsl.ir import Attribute, SSAValue

from ...kernels.builder import KernelBuilder
from ...kernels.builder.types import index_array, lanes_of, vector_type
from ...runtime.abi import COLD

LARGE = float(1 << 20)
"""Beyond this the products of Cody and Waite's pieces of pi/2 are not exact without `fma`."""

FUNCTION = "large_angle"

_WORDS = 20
"""Of 64 bits of 2/pi, behind one word of zeros, for exponents up to 2^1024."""

_MANTISSA = (1 << 52) - 1

_HALF_PI_HIGH = 1.5707963267948966
_HALF_PI_LOW = 6.123233995736766e-17


@cache
def two_over_pi(words: int) -> tuple[int, ...]:
    """
    The first bits of 2/pi behind the point, in words of 64.

    pi by Machin's formula, `pi/4 = 4 atan(1/5) - atan(1/239)`, in integers.
    """
    bits = 64 * words + 64
    one = 1 << bits

    def arctangent_of_inverse(n: int) -> int:
        total, power, k = 0, one // n, 1
        while power:
            total += power // k if k % 4 == 1 else -(power // k)
            power //= n * n
            k += 2
        return total

    pi = 4 * (4 * arctangent_of_inverse(5) - arctangent_of_inverse(239))
    quotient = (2 << (2 * bits)) // pi >> 64
    return tuple(quotient >> (64 * (words - 1 - k)) & ((1 << 64) - 1) for k in range(words))


def reduced(b: KernelBuilder, x: SSAValue) -> tuple[SSAValue, SSAValue]:
    """
    `(r, q)` with `x = r + q pi/2` modulo 2 pi and `|r| <= pi/4`, for f64 beyond `LARGE`.

    Both in the lanes of `x`; r is NaN where x is infinite. Numbers up to `LARGE` give anything.
    """
    lanes = lanes_of(x.type)
    count = lanes or 1
    result = b.call(_function(b, lanes), [x], [vector_type(f64, 2 * count)])[0]
    if lanes is None:
        return b.extract(result, 0), b.bitcast(b.extract(result, 1), i64)
    rest = b.shuffle(result, result, range(count))
    quadrant = b.shuffle(result, result, range(count, 2 * count))
    return rest, b.bitcast(quadrant, i64)


def _function(b: KernelBuilder, lanes: int | None) -> str:
    """The name of the function for vectors of `lanes`, None for scalars; made at its first use."""
    name = FUNCTION if lanes is None else f"{FUNCTION}_{lanes}"
    there = any(isinstance(op, func.FuncOp) and op.sym_name.data == name for op in b.module.ops)
    if not there:
        argument: Attribute = f64 if lanes is None else vector_type(f64, lanes)
        result = vector_type(f64, 2 * (lanes or 1))
        callee = FUNCTION if lanes is None else _function(b, None)
        attributes = {COLD: UnitAttr()}
        with b.function(name, [argument], [result], private=True, attributes=attributes) as (x,):
            b.ret(_scalar(b, x) if lanes is None else _lane_by_lane(b, x, lanes, callee))
    return name


def _lane_by_lane(b: KernelBuilder, x: SSAValue, lanes: int, callee: str) -> SSAValue:
    """The rests of all lanes, then their quadrants."""
    result = b.splat(0.0, f64, 2 * lanes)
    for lane in range(lanes):
        [pair] = b.call(callee, [b.extract(x, lane)], [vector_type(f64, 2)])
        result = b.insert(b.extract(pair, 0), result, lane)
        result = b.insert(b.extract(pair, 1), result, lanes + lane)
    return result


def _scalar(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """The rest and the quadrant, as bits, of one number."""
    bits = b.bitcast(x, i64)
    biased = b.andi(_right(b, bits, 52), 0x7FF)
    mantissa = b.ori(b.andi(bits, _MANTISSA), 1 << 52)
    # The number is mantissa * 2^e; bits of 2/pi before place e - 1 make multiples of 4.
    start = b.apply(arith.MaxSIOp, b.addi(biased, 62 - 1075), 0)
    window = _window(b, start)
    product = _product(b, mantissa, window)
    quadrant, rest = _parts(b, product)
    negative = b.cmpf("olt", x, 0.0)
    rest = b.select(negative, b.negf(rest), rest)
    quadrant = b.select(negative, b.subi(_number(b, 0), quadrant), quadrant)
    rest = b.select(b.cmpi("eq", biased, 0x7FF), b.subf(x, x), rest)
    pair = b.insert(rest, b.splat(0.0, f64, 2), 0)
    return b.insert(b.bitcast(quadrant, f64), pair, 1)


def _number(b: KernelBuilder, number: int) -> SSAValue:
    return b.constant(number, i64)


def _left(b: KernelBuilder, x: SSAValue, bits: SSAValue | int) -> SSAValue:
    return b.apply(arith.ShLIOp, x, bits)


def _right(b: KernelBuilder, x: SSAValue, bits: SSAValue | int) -> SSAValue:
    return b.apply(arith.ShRUIOp, x, bits)


def _window(b: KernelBuilder, start: SSAValue) -> list[SSAValue]:
    """192 bits of 2/pi from bit `start` of the table on, the upper ones first."""
    table = (0, *two_over_pi(_WORDS - 1))
    signed = [word - (1 << 64) if word >> 63 else word for word in table]
    type_ = VectorType(i64, [_WORDS])
    attr = DenseIntOrFPElementsAttr.from_list(type_, signed)
    words = b.op(arith.ConstantOp, (), type_, {"value": attr})
    at, shift = _right(b, start, 6), b.andi(start, 63)
    found: list[SSAValue] = []
    for k in range(4):
        index = b.cast(b.addi(at, k), IndexType())
        position = {"static_position": index_array((DYNAMIC_INDEX,))}
        found.append(b.op(vector.ExtractOp, (words, index), i64, position))
    rest = b.subi(_number(b, 63), shift)
    # A shift by 64 has no result; one by 1 and one by 63 have.
    return [
        b.ori(_left(b, high, shift), _right(b, _right(b, low, 1), rest))
        for high, low in pairwise(found)
    ]


def _product(b: KernelBuilder, m: SSAValue, window: list[SSAValue]) -> list[SSAValue]:
    """The lower 192 bits of the product with a number of 192 bits, the upper ones first."""
    high, middle, low = window
    carry, p0 = _wide_product(b, m, low)
    above, p1 = _wide_product(b, m, middle)
    p1 = b.addi(p1, carry)
    overflow = b.cast(b.cmpi("ult", p1, carry), i64)
    p2 = b.addi(b.addi(b.muli(m, high), above), overflow)
    return [p2, p1, p0]


def _wide_product(b: KernelBuilder, x: SSAValue, y: SSAValue) -> tuple[SSAValue, SSAValue]:
    """The upper and lower 64 bits of a product, from those of its halves."""
    x1, x0 = _right(b, x, 32), b.andi(x, 0xFFFFFFFF)
    y1, y0 = _right(b, y, 32), b.andi(y, 0xFFFFFFFF)
    cross = b.addi(b.muli(x1, y0), _right(b, b.muli(x0, y0), 32))
    other = b.addi(b.muli(x0, y1), b.andi(cross, 0xFFFFFFFF))
    high = b.addi(b.addi(b.muli(x1, y1), _right(b, cross, 32)), _right(b, other, 32))
    return high, b.muli(x, y)


def _parts(b: KernelBuilder, product: list[SSAValue]) -> tuple[SSAValue, SSAValue]:
    """The nearest number of quarter turns, and what is left, times pi/2."""
    p2, p1, p0 = product
    f2 = b.ori(_left(b, p2, 2), _right(b, p1, 62))
    f1 = b.ori(_left(b, p1, 2), _right(b, p0, 62))
    negative = b.cmpi("slt", f2, 0)
    quadrant = b.addi(_right(b, p2, 62), b.cast(negative, i64))
    # The size of the fraction, but for 2^-128; no f64 is as near to a multiple as 2^-62.
    ones = b.select(negative, _number(b, -1), _number(b, 0))
    f2, f1 = b.xori(f2, ones), b.xori(f1, ones)
    zeros = b.apply(math.CountLeadingZerosOp, f2)
    places = b.apply(arith.MinUIOp, zeros, 63)
    rest = b.subi(_number(b, 63), places)
    f2 = b.ori(_left(b, f2, places), _right(b, _right(b, f1, 1), rest))
    upper = b.cast(_right(b, f2, 11), f64, unsigned=True)
    lower = b.mulf(b.cast(b.andi(f2, 0x7FF), f64, unsigned=True), 2.0**-11)
    nearest = b.mulf(upper, _HALF_PI_HIGH)
    error = b.fma(upper, _HALF_PI_HIGH, b.negf(nearest))
    error = b.addf(error, b.fma(upper, _HALF_PI_LOW, b.mulf(lower, _HALF_PI_HIGH)))
    exponent = b.subi(_number(b, 1023 - 53), places)
    scale = b.bitcast(_left(b, exponent, 52), f64)
    size = b.mulf(b.addf(nearest, error), scale)
    return quadrant, b.select(negative, b.negf(size), size)
