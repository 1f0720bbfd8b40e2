"""log, log2, log10, log1p and the inverse hyperbolic functions made of them."""

from __future__ import annotations

import math as numbers
from typing import NamedTuple

from xdsl.dialects import math
from xdsl.ir import SSAValue

from ...kernels.builder import KernelBuilder
from .formats import F32, LN2, LOG2_E, LOG10_E, Format, format_of, horner, shift_left, shift_right

# (log(1 + f) - f + f^2/2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1], error 3e-8
_LOG_TAIL_32 = (
    0.06971611471451178,
    -0.11479733846637635,
    0.1168541992348674,
    -0.12425687331451106,
    0.1424905764569748,
    -0.16667802319501254,
    0.200007157488921,
    -0.24999996957950882,
    0.33333331180030046,
)

# (2 atanh(s) / s - 2) / s^2 as a polynomial in s^2, s = f / (2 + f), error 2e-18
_ATANH_TAIL_64 = (
    0.1310072138350349,
    0.13267418596474884,
    0.15386290534658992,
    0.181817947008978,
    0.2222222240054776,
    0.2857142857076445,
    0.4000000000000094,
    0.6666666666666666,
)


class _Split(NamedTuple):
    """`x = 2^exponent (1 + f)` with `1 + f` between sqrt(1/2) and sqrt(2)."""

    exponent: SSAValue
    f: SSAValue


def _split(b: KernelBuilder, x: SSAValue, f: Format) -> _Split:
    """Positive finite x, subnormal ones included."""
    tiny = b.cmpf("olt", x, f.min_normal)
    shift = float(f.mantissa)
    bits = b.bitcast(b.select(tiny, b.mulf(x, 2.0**f.mantissa), x), f.int)
    exponent = shift_right(b, b.subi(bits, f.sqrt_half_bits), f.mantissa)
    mantissa = b.subi(bits, shift_left(b, exponent, f.mantissa))
    whole = b.cast(exponent, f.float)
    whole = b.select(tiny, b.subf(whole, shift), whole)
    return _Split(whole, b.subf(b.bitcast(mantissa, f.float), 1.0))


class _Parts(NamedTuple):
    """`log(1 + f) = f + rest`, and `f`."""

    f: SSAValue
    rest: SSAValue


def _log1p_parts(b: KernelBuilder, f: SSAValue, format: Format) -> _Parts:
    square = b.mulf(f, f)
    if format is F32:
        tail = b.mulf(b.mulf(f, square), horner(b, f, _LOG_TAIL_32))
        return _Parts(f, b.fma(square, -0.5, tail))
    # fdlibm's form: log(1 + f) = f - (f^2/2 - s (f^2/2 + R)), s = f / (2 + f)
    s = b.divf(f, b.addf(f, 2.0))
    z = b.mulf(s, s)
    r = b.mulf(z, horner(b, z, _ATANH_TAIL_64))
    half = b.mulf(square, 0.5)
    return _Parts(f, b.subf(b.mulf(s, b.addf(half, r)), half))


def _domain(b: KernelBuilder, x: SSAValue, value: SSAValue) -> SSAValue:
    """-inf at zero, NaN below, infinity at infinity, NaN for NaN."""
    value = b.select(b.cmpf("olt", x, numbers.inf), value, x)
    edge = b.select(b.cmpf("oeq", x, 0.0), b.constant(-numbers.inf, x.type), numbers.nan)
    return b.select(b.cmpf("ule", x, 0.0), edge, value)


def log(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Natural logarithm: at most 1 ulp."""
    f = format_of(x)
    exponent, fraction = _split(b, x, f)
    part = _log1p_parts(b, fraction, f)
    low = b.fma(exponent, f.ln2_low, part.rest)
    value = b.fma(exponent, f.ln2_high, b.addf(part.f, low))
    return _domain(b, x, value)


def log2(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Logarithm to base 2: at most 2 ulp; exact at powers of two."""
    f = format_of(x)
    exponent, fraction = _split(b, x, f)
    part = _log1p_parts(b, fraction, f)
    return _domain(b, x, b.fma(b.addf(part.f, part.rest), LOG2_E, exponent))


def log10(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Logarithm to base 10: at most 2 ulp."""
    f = format_of(x)
    exponent, fraction = _split(b, x, f)
    part = _log1p_parts(b, fraction, f)
    low = b.fma(b.addf(part.f, part.rest), LOG10_E, b.mulf(exponent, f.log10_2_low))
    return _domain(b, x, b.fma(exponent, f.log10_2_high, low))


def log1p(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """
    `log(1 + x)`: at most 2 ulp.

    `log(u) + (x - (u - 1)) / u` with `u = 1 + x` rounded: the second term is what the rounding
    of u lost.
    """
    u = b.addf(x, 1.0)
    lost = b.subf(x, b.subf(u, 1.0))
    main = log(b, u)
    value = b.addf(main, b.divf(lost, u))
    # At u = 0 and infinity the correction is NaN; at u = 1 the sign of a zero would get lost.
    value = b.select(b.cmpf("oeq", u, 0.0), main, value)
    value = b.select(b.cmpf("oeq", u, numbers.inf), main, value)
    return b.select(b.cmpf("oeq", u, 1.0), x, value)


def asinh(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic sine: at most 3 ulp (f64); from 2^28 on `log(2 |x|)`."""
    size = b.apply(math.AbsFOp, x)
    square = b.mulf(size, size)
    root = b.apply(math.SqrtOp, b.addf(square, 1.0))
    near = log1p(b, b.addf(size, b.divf(square, b.addf(root, 1.0))))
    far = b.addf(log(b, size), LN2)
    value = b.select(b.cmpf("ogt", size, 2.0**28), far, near)
    return b.apply(math.CopySignOp, value, x)


def acosh(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic cosine: at most 4 ulp (f64); NaN below 1."""
    t = b.subf(x, 1.0)
    near = log1p(b, b.addf(t, b.apply(math.SqrtOp, b.mulf(t, b.addf(t, 2.0)))))
    far = b.addf(log(b, x), LN2)
    value = b.select(b.cmpf("ogt", x, 2.0**28), far, near)
    return b.select(b.cmpf("olt", x, 1.0), numbers.nan, value)


def atanh(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Inverse hyperbolic tangent `log1p(2|x| / (1 - |x|)) / 2`: at most 4 ulp (f64)."""
    size = b.apply(math.AbsFOp, x)
    quotient = b.divf(b.addf(size, size), b.subf(b.constant(1.0, x.type), size))
    return b.apply(math.CopySignOp, b.mulf(log1p(b, quotient), 0.5), x)
