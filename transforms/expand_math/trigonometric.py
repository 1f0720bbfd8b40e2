"""
sin, cos, tan and their inverses, written for f64.

`expand-math` computes them for f32 in f64 and rounds once, so those results are within 0.51 ulp.
Up to 2^20 an angle is reduced by three pieces of pi/2, beyond that exactly (`large_angles.py`).
"""

from __future__ import annotations

from xdsl.dialects import math
from xdsl.dialects.builtin import f64
from xdsl.ir import SSAValue

from ...kernels.builder import KernelBuilder
from ...kernels.builder.types import lanes_of, with_lanes
from .formats import F64, PI, horner, shift_left
from .large_angles import LARGE, reduced

# (sin(r)/r - 1) / r^2 and (cos(r) - 1 + r^2/2) / r^4 in r^2 on |r| <= pi/4, error 1e-20
_SIN_TAIL = (
    -7.586576588171073e-13,
    1.6058529572267877e-10,
    -2.5052106219521895e-08,
    2.755731921930192e-06,
    -0.00019841269841265017,
    0.008333333333333331,
    -0.16666666666666666,
)
_COS_TAIL = (
    4.745804889760674e-14,
    -1.1470459749675607e-11,
    2.087675578389404e-09,
    -2.7557319221382114e-07,
    2.4801587301584618e-05,
    -0.0013888888888888887,
    0.041666666666666664,
)

# (atan(t)/t - 1) / t^2 in t^2 on [0, 1], error 3e-17
_ATAN_TAIL = (
    1.806195461861215e-05,
    -0.00019996189377901382,
    0.0010496035084968515,
    -0.0034958859739163094,
    0.008368931178450162,
    -0.015535152475414177,
    0.023696731580048622,
    -0.031277189066996385,
    0.03749486812535247,
    -0.04260356632601652,
    0.04737749579527779,
    -0.052579733342841106,
    0.05881506877793656,
    -0.06666564699289104,
    0.07692298971033217,
    -0.09090908590891934,
    0.11111111093490827,
    -0.14285714285384132,
    0.1999999999999753,
    -0.3333333333333333,
)

# (asin(s)/s - 1) / s^2 in s^2 on [0, 1/2], error 2e-17
_ASIN_TAIL = (
    0.02877844261259304,
    -0.014881409392818066,
    0.017419357964884856,
    0.00545087818772055,
    0.010324318288744113,
    0.011478952690257387,
    0.013971235301124539,
    0.017352391265909227,
    0.022372173002005596,
    0.030381944137085216,
    0.04464285714637338,
    0.07499999999998425,
    0.16666666666666669,
)

# pi/2 in pieces of 33 bits, so that their products with n < 2^20 are exact
_HALF_PI = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)


def _quadrant(b: KernelBuilder, x: SSAValue) -> tuple[SSAValue, SSAValue, SSAValue]:
    """`(q, sin r, cos r)` for `x = q pi/2 + r`; the low bits of q count."""

    def by_pieces() -> tuple[SSAValue, SSAValue]:
        # W. J. Cody and W. Waite, "Software manual for the elementary functions" (1980).
        shifted = b.fma(x, 2.0 / PI, F64.magic)
        n = b.subf(shifted, F64.magic)
        r = x
        for piece in _HALF_PI:
            r = b.fma(n, -piece, r)
        return r, b.bitcast(shifted, F64.int)

    large = b.cmpf("ogt", b.apply(math.AbsFOp, x), LARGE)
    lanes = lanes_of(x.type)
    any_large = large if lanes is None else b.reduce("or", large)

    def exactly() -> tuple[SSAValue, SSAValue]:
        near, exact = by_pieces(), reduced(b, x)
        return b.select(large, exact[0], near[0]), b.select(large, exact[1], near[1])

    types = (x.type, with_lanes(F64.int, lanes))
    r, q = b.if_else(any_large, exactly, by_pieces, types)
    z = b.mulf(r, r)
    sine = b.fma(b.mulf(r, z), horner(b, z, _SIN_TAIL), r)
    cosine = b.fma(b.mulf(z, z), horner(b, z, _COS_TAIL), b.fma(z, -0.5, 1.0))
    return q, sine, cosine


def _is_odd(b: KernelBuilder, q: SSAValue) -> SSAValue:
    return b.cmpi("ne", b.andi(q, 1), 0)


def _negated_by_bit_1(b: KernelBuilder, value: SSAValue, q: SSAValue) -> SSAValue:
    """`-value` where bit 1 of q is set."""
    sign = shift_left(b, b.andi(q, 2), 62)
    return b.bitcast(b.xori(b.bitcast(value, F64.int), sign), f64)


def sin(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Sine: at most 2.5 ulp (f64); NaN at infinity."""
    q, sine, cosine = _quadrant(b, x)
    value = _negated_by_bit_1(b, b.select(_is_odd(b, q), cosine, sine), q)
    return b.select(b.cmpf("oeq", x, 0.0), x, value)


def cos(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Cosine: at most 2.5 ulp (f64); NaN at infinity."""
    q, sine, cosine = _quadrant(b, x)
    value = b.select(_is_odd(b, q), sine, cosine)
    return _negated_by_bit_1(b, value, b.addi(q, 1))


def tan(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Tangent: at most 4 ulp (f64); NaN at infinity."""
    q, sine, cosine = _quadrant(b, x)
    odd = _is_odd(b, q)
    top = b.select(odd, b.negf(cosine), sine)
    value = b.divf(top, b.select(odd, sine, cosine))
    return b.select(b.cmpf("oeq", x, 0.0), x, value)


def _atan_up_to_1(b: KernelBuilder, t: SSAValue) -> SSAValue:
    z = b.mulf(t, t)
    return b.fma(b.mulf(t, z), horner(b, z, _ATAN_TAIL), t)


def atan(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Inverse tangent: at most 2 ulp (f64); `pi/2 - atan(1/|x|)` above 1."""
    size = b.apply(math.AbsFOp, x)
    large = b.cmpf("ogt", size, 1.0)
    one = b.constant(1.0, x.type)
    inner = _atan_up_to_1(b, b.select(large, b.divf(one, size), size))
    value = b.select(large, b.subf(PI / 2, inner), inner)
    return b.apply(math.CopySignOp, value, x)


def atan2(b: KernelBuilder, y: SSAValue, x: SSAValue) -> SSAValue:
    """Angle of the point (x, y): at most 2.5 ulp (f64); zeros and infinities as in C."""
    height, width = b.apply(math.AbsFOp, y), b.apply(math.AbsFOp, x)
    small, large = b.minimumf(height, width), b.maximumf(height, width)
    equal = b.select(b.cmpf("oeq", large, 0.0), b.constant(0.0, x.type), 1.0)
    ratio = b.select(b.cmpf("oeq", small, large), equal, b.divf(small, large))
    angle = _atan_up_to_1(b, ratio)
    angle = b.select(b.cmpf("ogt", height, width), b.subf(PI / 2, angle), angle)
    sign = b.apply(math.CopySignOp, b.constant(1.0, x.type), x)
    angle = b.select(b.cmpf("olt", sign, 0.0), b.subf(PI, angle), angle)
    return b.apply(math.CopySignOp, angle, y)


def _asin_parts(b: KernelBuilder, size: SSAValue) -> tuple[SSAValue, SSAValue]:
    """`(small, p)`: p is `asin(size)` up to 1/2, above it `asin(sqrt((1 - size) / 2))`."""
    small = b.cmpf("ole", size, 0.5)
    rest = b.mulf(b.subf(b.constant(1.0, size.type), size), 0.5)
    z = b.select(small, b.mulf(size, size), rest)
    s = b.select(small, size, b.apply(math.SqrtOp, rest))
    return small, b.fma(b.mulf(s, z), horner(b, z, _ASIN_TAIL), s)


def asin(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Inverse sine: at most 2.5 ulp (f64); NaN outside [-1, 1]."""
    small, p = _asin_parts(b, b.apply(math.AbsFOp, x))
    value = b.select(small, p, b.fma(p, -2.0, PI / 2))
    return b.apply(math.CopySignOp, value, x)


def acos(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Inverse cosine: at most 2 ulp (f64); NaN outside [-1, 1]."""
    small, p = _asin_parts(b, b.apply(math.AbsFOp, x))
    near = b.subf(PI / 2, b.apply(math.CopySignOp, p, x))
    twice = b.addf(p, p)
    far = b.select(b.cmpf("olt", x, 0.0), b.subf(PI, twice), twice)
    return b.select(small, near, far)
