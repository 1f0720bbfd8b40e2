"""pow, cbrt, integer powers, and rounding half away from zero."""

from __future__ import annotations

import math as numbers

from xdsl.dialects import arith, math
from xdsl.ir import SSAValue

from ...kernels.builder import KernelBuilder
from .exponential import exp
from .logarithm import log


def pow(b: KernelBuilder, x: SSAValue, y: SSAValue) -> SSAValue:
    """
    `x^y` as `e^(y log |x|)`, written for f64: relative error up to `(2 + |y log x|) 2^-52`.

    For f32 (computed in f64, rounded once) that is 0.51 ulp. Special cases as in C: `1^y` and
    `x^0` are 1 even for NaN, a negative x takes integers y only, odd ones keep the sign.
    """
    size = b.apply(math.AbsFOp, x)
    value = exp(b, b.mulf(y, log(b, size)))
    # 0 times infinity in the exponent: 1 and -1 to an infinite power are 1.
    infinite = b.cmpf("oeq", b.apply(math.AbsFOp, y), numbers.inf)
    value = b.select(b.andi(b.cmpf("oeq", size, 1.0), infinite), 1.0, value)
    half = b.mulf(y, 0.5)
    whole = b.cmpf("oeq", y, b.apply(math.TruncOp, y))
    odd = b.andi(whole, b.cmpf("one", half, b.apply(math.TruncOp, half)))
    value = b.select(odd, b.apply(math.CopySignOp, value, x), value)
    # A negative finite x to a broken power has no value.
    undefined = b.andi(b.cmpf("olt", x, 0.0), b.cmpf("one", y, b.apply(math.TruncOp, y)))
    undefined = b.andi(undefined, b.cmpf("olt", size, numbers.inf))
    value = b.select(undefined, numbers.nan, value)
    value = b.select(b.cmpf("oeq", x, 1.0), 1.0, value)
    return b.select(b.cmpf("oeq", y, 0.0), 1.0, value)


def cbrt(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Cube root, written for f64: `e^(log|x| / 3)` and one step of Newton's method, 1.5 ulp."""
    whole = b.apply(math.AbsFOp, x)
    # Cubes of roots of the smallest numbers would be subnormal: work on x 2^300 there.
    tiny = b.cmpf("olt", whole, 2.0**-900)
    size = b.select(tiny, b.mulf(whole, 2.0**300), whole)
    y = exp(b, b.divf(log(b, size), 3.0))
    square = b.mulf(y, y)
    error = b.fma(square, y, b.negf(size))
    y = b.subf(y, b.divf(error, b.mulf(square, 3.0)))
    # Zero and infinity have no step.
    inside = b.andi(b.cmpf("ogt", size, 0.0), b.cmpf("olt", size, numbers.inf))
    y = b.select(inside, b.select(tiny, b.mulf(y, 2.0**-100), y), size)
    return b.apply(math.CopySignOp, y, x)


def integer_power(b: KernelBuilder, x: SSAValue, y: SSAValue) -> SSAValue:
    """
    `x^y` on integers by squaring, wrapping around; `x^-n` is 1/x^n rounded towards zero.

    (0 to a negative power is 0.)
    """
    from ...kernels.builder import element_type

    one = b.constant(1, x.type)
    bits = getattr(element_type(x.type), "bitwidth", 64)
    with b.loop(0, bits, 1, [one, x, y]) as loop:
        result, base, rest = loop.carried
        odd = b.cmpi("ne", b.andi(rest, 1), 0)
        result = b.select(odd, b.muli(result, base), result)
        loop.yield_(result, b.muli(base, base), b.apply(arith.ShRUIOp, rest, 1))
    power = loop.results[0]
    zero = b.constant(0, x.type)
    minus = b.select(b.cmpi("eq", b.andi(y, 1), 0), one, b.constant(-1, x.type))
    inverse = b.select(b.cmpi("eq", x, -1), minus, zero)
    inverse = b.select(b.cmpi("eq", x, 1), one, inverse)
    return b.select(b.cmpi("slt", y, 0), inverse, power)


def round_half_away(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Round to the nearest integer, halves away from zero: exact."""
    whole = b.apply(math.TruncOp, x)
    rest = b.apply(math.AbsFOp, b.subf(x, whole))
    step = b.apply(math.CopySignOp, b.constant(1.0, x.type), x)
    value = b.select(b.cmpf("oge", rest, 0.5), b.addf(whole, step), whole)
    return b.apply(math.CopySignOp, value, x)
