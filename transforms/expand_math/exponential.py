"""exp, exp2, expm1 and what is made of them: tanh, erf, sinh, cosh."""

from __future__ import annotations

import math as numbers
from typing import NamedTuple

from xdsl.dialects import math
from xdsl.ir import SSAValue

from ...kernels.builder import KernelBuilder
from .formats import F32, LN2, LOG2_E, Format, format_of, horner, shift_left

# -log(1 - erf(t)) / t on [0, 3.95], error 2e-8
_ERF_EXPONENT_32 = (
    -1.0453691634235276e-07,
    2.6178424770852843e-06,
    -2.921435971244811e-05,
    0.00019016019957003772,
    -0.0007773410648212227,
    0.0018319003488990937,
    -0.0002668496203778411,
    -0.01911653697003387,
    0.10277200830811384,
    0.6366197105571442,
    1.1283791684907405,
)

# the same on [0, 6], error 2e-17
_ERF_EXPONENT_64 = (
    -4.075161803574572e-23,
    4.210428209114663e-21,
    -2.082300592326096e-19,
    6.562303976044866e-18,
    -1.4800502790223435e-16,
    2.5433963857511484e-15,
    -3.461629657557488e-14,
    3.828806134680757e-13,
    -3.5034299694770424e-12,
    2.6849629616219657e-11,
    -1.7376388375447428e-10,
    9.539822655702357e-10,
    -4.446650082175314e-09,
    1.7528654499329833e-08,
    -5.7794842706373e-08,
    1.5555370040619286e-07,
    -3.232679838287485e-07,
    4.404107593440034e-07,
    -8.090930152197378e-08,
    -1.271050998461753e-06,
    2.4035729407446676e-06,
    3.7262301381404676e-06,
    -2.9911627342996726e-05,
    6.457820971839826e-05,
    2.5848157551480272e-05,
    -0.0005901175649344752,
    0.0016962048874718484,
    -0.00020919450510450627,
    -0.01912844701994154,
    0.10277260330241254,
    0.6366197723675731,
    1.1283791670955126,
)


class _Reduced(NamedTuple):
    """`x = n ln 2 + r` with `|r| <= ln(2)/2`; the low bits of `shifted` hold n."""

    shifted: SSAValue
    r: SSAValue


def _reduce(b: KernelBuilder, x: SSAValue, f: Format) -> _Reduced:
    shifted = b.fma(x, LOG2_E, f.magic)
    n = b.subf(shifted, f.magic)
    r = b.fma(n, -f.ln2_low, b.fma(n, -f.ln2_high, x))
    return _Reduced(shifted, r)


def _exponent(b: KernelBuilder, shifted: SSAValue, f: Format) -> SSAValue:
    """n moved to where the exponent stands."""
    return shift_left(b, b.bitcast(shifted, f.int), f.mantissa)


def _scaled(b: KernelBuilder, p: SSAValue, shifted: SSAValue, f: Format) -> SSAValue:
    """`p * 2^n` by adding n to the exponent of p; right while the result is normal."""
    bits = b.addi(b.bitcast(p, f.int), _exponent(b, shifted, f))
    return b.bitcast(bits, f.float)


def _outside(b: KernelBuilder, x: SSAValue, value: SSAValue, low: float, high: float) -> SSAValue:
    """Zero below `low`, infinity above `high`, NaN for NaN."""
    value = b.select(b.cmpf("ugt", x, high), b.mulf(x, numbers.inf), value)
    return b.select(b.cmpf("olt", x, low), 0.0, value)


def exp(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """`e^x`: at most 0.9 ulp; subnormal results are flushed to zero."""
    f = format_of(x)
    shifted, r = _reduce(b, x, f)
    p = horner(b, r, (*f.exp_tail, 1.0, 1.0))
    return _outside(b, x, _scaled(b, p, shifted, f), f.exp_low, f.exp_high)


def exp2(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """`2^x`: at most 1 ulp; subnormal results are flushed to zero."""
    f = format_of(x)
    shifted = b.addf(x, f.magic)
    r = b.mulf(b.subf(x, b.subf(shifted, f.magic)), LN2)
    p = horner(b, r, (*f.exp_tail, 1.0, 1.0))
    # 2^x overflows from the power itself on: the largest argument below is one step less.
    high = numbers.nextafter(f.bias + 1, 0) if f is not F32 else 127.99999237060547
    return _outside(b, x, _scaled(b, p, shifted, f), float(1 - f.bias), high)


def _expm1(b: KernelBuilder, x: SSAValue, f: Format) -> SSAValue:
    """`e^x - 1` for `-saturates <= x <= exp_high`: `2 (2^(n-1) (e^r - 1) + 2^(n-1) - 1/2)`."""
    shifted, r = _reduce(b, x, f)
    tail = horner(b, r, f.exp_tail)
    p = b.fma(b.mulf(tail, r), r, r)
    half = b.bitcast(
        b.addi(_exponent(b, shifted, f), (f.bias - 1) << f.mantissa), f.float
    )  # 2^(n-1), so that n = bias + 1 does not overflow
    value = b.fma(half, p, b.subf(half, 0.5))
    return b.addf(value, value)


def expm1(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """`e^x - 1`: at most 1.5 ulp (f32), 2 ulp (f64)."""
    f = format_of(x)
    value = _expm1(b, b.maximumf(x, -f.saturates), f)
    value = b.select(b.cmpf("ogt", x, f.exp_high), numbers.inf, value)
    return b.apply(math.CopySignOp, value, x)


def tanh(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Hyperbolic tangent as `t / (t + 2)`, `t = e^(2|x|) - 1`: at most 2.5 ulp."""
    f = format_of(x)
    bound = 9.1 if f is F32 else 19.1
    size = b.minimumf(b.apply(math.AbsFOp, x), bound)
    t = _expm1(b, b.addf(size, size), f)
    return b.apply(math.CopySignOp, b.divf(t, b.addf(t, 2.0)), x)


def erf(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """
    Error function as `1 - e^(-|x| q(|x|))`: at most 3 ulp.

    The polynomial q stands for `-log(1 - erf(t)) / t`, which is smooth and nearly a straight
    line, and `1 - e^y` is computed without cancellation, so small arguments keep their digits.
    """
    f = format_of(x)
    bound, q = (3.95, _ERF_EXPONENT_32) if f is F32 else (6.0, _ERF_EXPONENT_64)
    t = b.minimumf(b.apply(math.AbsFOp, x), bound)
    y = b.mulf(t, b.negf(horner(b, t, q)))
    return b.apply(math.CopySignOp, b.apply(math.AbsFOp, _expm1(b, y, f)), x)


def sinh(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Hyperbolic sine as `(t + t / (t + 1)) / 2`, `t = e^|x| - 1`: at most 3 ulp."""
    f = format_of(x)
    size = b.apply(math.AbsFOp, x)
    t = _expm1(b, b.minimumf(size, f.saturates), f)
    near = b.mulf(b.addf(t, b.divf(t, b.addf(t, 1.0))), 0.5)
    value = b.select(b.cmpf("ult", size, f.saturates), near, _half_exp(b, size))
    return b.apply(math.CopySignOp, value, x)


def cosh(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """Hyperbolic cosine as `(e^|x| + e^-|x|) / 2`: at most 3 ulp."""
    f = format_of(x)
    size = b.apply(math.AbsFOp, x)
    e = exp(b, b.minimumf(size, f.saturates))
    near = b.fma(e, 0.5, b.divf(b.constant(0.5, x.type), e))
    return b.select(b.cmpf("ult", size, f.saturates), near, _half_exp(b, size))


def _half_exp(b: KernelBuilder, x: SSAValue) -> SSAValue:
    """`e^x / 2` for large x, finite wherever the result is: the square of `e^(x/2)`, halved."""
    root = exp(b, b.mulf(x, 0.5))
    return b.mulf(b.mulf(root, 0.5), root)
