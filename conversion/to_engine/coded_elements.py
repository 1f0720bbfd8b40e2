"""
Numbers of less than a byte and floats of at most eight bits, decoded and encoded by their bits.

In regions such an element is the byte that holds it (`i8`). Integers of two and four bits are its
low bits. A float of one sign, `e` exponent and `m` mantissa bits is read by putting its bits where
an f32 has them and correcting the exponent by a multiplication, which is exact, subnormals
included. It is written with one rounding to nearest, ties to even: integer arithmetic on the bits
of the f32 for normal results, an f32 addition that leaves no place for more bits for subnormal
ones. Formats: OCP 8-bit floating point 1.0 (e4m3fn, e5m2), "8-bit numerical formats for deep
neural networks" (fnuz), OCP microscaling formats 1.0 (e2m1, e2m3, e3m2, e8m0).
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    Float4E2M1FNType,
    Float6E2M3FNType,
    Float6E3M2FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    IntegerType,
    Signedness,
    f32,
    f64,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import is_coded
from .lowering import NoNativeForm, number_of


@dataclass(frozen=True)
class Rounding:
    """What the attributes of a cast ask for."""

    saturate: bool = True
    """Whether a number beyond the largest becomes the largest, not infinity or NaN."""
    mode: str = "up"
    """`up`, `down` or `nearest`: only for powers of two (e8m0)."""


@dataclass(frozen=True)
class SmallFloat:
    """A format of sign, `exponent` and `mantissa` bits."""

    exponent: int
    mantissa: int
    bias: int
    largest: int
    """The code of the largest finite number."""
    infinity: int | None = None
    nan: int | None = None
    """The code of a NaN; formats without one take `unlike` for it."""
    unlike: int = 0
    negative_zero: bool = True

    @property
    def sign(self) -> int:
        """The place of the sign bit."""
        return self.exponent + self.mantissa


_FLOATS: dict[type[Attribute], SmallFloat] = {
    Float8E4M3FNType: SmallFloat(4, 3, 7, largest=0x7E, nan=0x7F),
    Float8E4M3FNUZType: SmallFloat(4, 3, 8, largest=0x7F, nan=0x80, negative_zero=False),
    Float8E5M2Type: SmallFloat(5, 2, 15, largest=0x7B, infinity=0x7C, nan=0x7E),
    Float8E5M2FNUZType: SmallFloat(5, 2, 16, largest=0x7F, nan=0x80, negative_zero=False),
    Float4E2M1FNType: SmallFloat(2, 1, 1, largest=0x7, unlike=0x8),
    Float6E2M3FNType: SmallFloat(2, 3, 1, largest=0x1F, unlike=0x20),
    Float6E3M2FNType: SmallFloat(3, 2, 3, largest=0x1F, unlike=0x20),
}


def plain_element(element: Attribute) -> Attribute:
    """The element type in which numbers of a coded type are computed with."""
    if not is_coded(element):
        return element
    return i32 if isinstance(element, IntegerType) else f32


def decoded(code: SSAValue, element: Attribute) -> SSAValue:
    """The number, of type `plain_element(element)`, that a byte stands for."""
    if isinstance(element, IntegerType):
        return _decoded_integer(code, element)
    bits = arith.ExtUIOp(code, i32).result
    if isinstance(element, Float8E8M0FNUType):
        return _as_float(_decoded_power(bits))
    return _decoded_float(bits, _format(element))


def encoded(number: SSAValue, element: Attribute, rounding: Rounding) -> SSAValue:
    """The byte for a number of type `plain_element(element)`; integers wrap."""
    if isinstance(element, IntegerType):
        return _byte(_and(number, (1 << element.width.data) - 1))
    if isinstance(element, Float8E8M0FNUType):
        return _byte(_encoded_power(_bits(number), rounding))
    return _byte(_encoded_float(_bits(number), _format(element), rounding))


def sticky(number: SSAValue) -> SSAValue:
    """
    An f64 of 24 bits, the last of them set where others were dropped, so that `encoded` is the only
    rounding. (An f32 has that many, and a float of eight bits is coarser than any subnormal f32.)
    """
    bits = arith.BitcastOp(number, i64).result
    dropped = arith.AndIOp(bits, number_of((1 << 29) - 1, i64)).result
    inexact = arith.CmpiOp(dropped, number_of(0, i64), "ne").result
    last = arith.ShLIOp(arith.ExtUIOp(inexact, i64).result, number_of(29, i64)).result
    kept = arith.AndIOp(bits, number_of(-(1 << 29), i64)).result
    return arith.BitcastOp(arith.OrIOp(kept, last).result, f64).result


def _format(element: Attribute) -> SmallFloat:
    found = _FLOATS.get(type(element))
    if found is None:
        raise NoNativeForm(f"of {element}")
    return found


def _int(number: int) -> SSAValue:
    return number_of(number, i32)


def _bits(number: SSAValue) -> SSAValue:
    return arith.BitcastOp(number, i32).result


def _as_float(bits: SSAValue) -> SSAValue:
    return arith.BitcastOp(bits, f32).result


def _byte(code: SSAValue) -> SSAValue:
    return arith.TruncIOp(code, i8).result


def _and(a: SSAValue, mask: int) -> SSAValue:
    return arith.AndIOp(a, _int(mask)).result


def _left(a: SSAValue, by: int) -> SSAValue:
    return arith.ShLIOp(a, _int(by)).result


def _right(a: SSAValue, by: int) -> SSAValue:
    return arith.ShRUIOp(a, _int(by)).result


def _add(a: SSAValue, b: SSAValue) -> SSAValue:
    return arith.AddiOp(a, b).result


def _or(a: SSAValue, b: SSAValue) -> SSAValue:
    return arith.OrIOp(a, b).result


def _when(predicate: str, a: SSAValue, b: int, then: SSAValue, otherwise: SSAValue) -> SSAValue:
    holds = arith.CmpiOp(a, _int(b), predicate).result
    return arith.SelectOp(holds, then, otherwise).result


def _decoded_integer(code: SSAValue, element: IntegerType) -> SSAValue:
    wide = arith.ExtUIOp(code, i32).result
    width = element.width.data
    if element.signedness.data == Signedness.UNSIGNED:
        return _and(wide, (1 << width) - 1)
    return arith.ShRSIOp(_left(wide, 32 - width), _int(32 - width)).result


_QUIET_NAN = 0x7FC00000
_INFINITY = 0x7F800000


def _decoded_float(code: SSAValue, form: SmallFloat) -> SSAValue:
    magnitude = _and(code, (1 << form.sign) - 1)
    raw = _as_float(_left(magnitude, 23 - form.mantissa))
    scaled = arith.MulfOp(raw, number_of(2.0 ** (127 - form.bias), f32)).result
    bits = _bits(scaled)
    if form.infinity is not None:
        above = _when("ugt", magnitude, form.infinity, _int(_QUIET_NAN), _int(_INFINITY))
        bits = _when("uge", magnitude, form.infinity, above, bits)
    elif form.nan is not None:
        tested = magnitude if form.negative_zero else code
        bits = _when("eq", tested, form.nan, _int(_QUIET_NAN), bits)
    sign = _left(_and(_right(code, form.sign), 1), 31)
    return _as_float(_or(bits, sign))


def _encoded_float(bits: SSAValue, form: SmallFloat, rounding: Rounding) -> SSAValue:
    shift = 23 - form.mantissa
    magnitude = _and(bits, 0x7FFFFFFF)
    odd = _and(_right(magnitude, shift), 1)
    rounded = _right(_add(_add(magnitude, odd), _int((1 << (shift - 1)) - 1)), shift)
    normal = _add(rounded, _int(-((127 - form.bias) << form.mantissa)))
    # The unit of the last place of this power of two is the smallest subnormal number.
    power = 2.0 ** (1 - form.bias - form.mantissa + 23)
    summed = arith.AddfOp(_as_float(magnitude), number_of(power, f32)).result
    small = arith.SubiOp(_bits(summed), _bits(number_of(power, f32))).result
    code = _when("ult", magnitude, (128 - form.bias) << 23, small, normal)
    beyond = form.largest
    if not rounding.saturate:
        beyond = next((c for c in (form.infinity, form.nan) if c is not None), form.largest)
    code = _when("ugt", code, form.largest, _int(beyond), code)
    sign = _left(_right(bits, 31), form.sign)
    signed = _or(code, sign)
    if not form.negative_zero:
        signed = _when("eq", code, 0, code, signed)
    nan = form.unlike if form.nan is None else form.nan
    return _when("ugt", magnitude, _INFINITY, _int(nan), signed)


def _decoded_power(code: SSAValue) -> SSAValue:
    """The bits of `2 ^ (code - 127)`, which is subnormal for 0 and NaN for 255."""
    bits = _when("eq", code, 0, _int(0x00400000), _left(code, 23))
    return _when("eq", code, 0xFF, _int(_QUIET_NAN), bits)


def _encoded_power(bits: SSAValue, rounding: Rounding) -> SSAValue:
    exponent = _and(_right(bits, 23), 0xFF)
    fraction = _and(bits, 0x7FFFFF)
    up, same = _add(exponent, _int(1)), exponent
    if rounding.mode == "up":
        code = _when("ne", fraction, 0, up, same)
    elif rounding.mode == "nearest":
        # A tie goes up, but for the least power of two, which ends in a zero.
        above = _when("ugt", fraction, 0x400000, up, same)
        tie = _when("ne", exponent, 0, up, same)
        code = _when("eq", fraction, 0x400000, tie, above)
    elif rounding.mode == "down":
        code = same
    else:
        raise NoNativeForm(f"with the rounding '{rounding.mode}'")
    if rounding.saturate:
        code = _when("eq", exponent, 0xFE, exponent, code)
    return _when("eq", exponent, 0xFF, exponent, code)
