"""The two floating-point formats functions are written for, with their constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import Float32Type, IntegerType, f32, f64
from xdsl.ir import Attribute, SSAValue

from ...kernels.builder import KernelBuilder, element_type

LOG2_E = 1.4426950408889634
LOG10_E = 0.4342944819032518
LN2 = 0.6931471805599453
PI = 3.141592653589793


@dataclass(frozen=True)
class Format:
    """
    A binary floating-point format and the numbers that depend on it.

    `magic` is 1.5 * 2^mantissa: adding it to a small number rounds that to an integer, which then
    stands in the low bits. `ln2_high` has so few digits that its product with any exponent is
    exact; `ln2_high + ln2_low` is ln 2. `exp_low` and `exp_high` bound the arguments whose
    exponential is a normal, finite number.
    """

    float: Attribute
    int: Attribute
    mantissa: int
    bias: int
    magic: float
    min_normal: float
    sqrt_half_bits: int
    ln2_high: float
    ln2_low: float
    log10_2_high: float
    log10_2_low: float
    exp_low: float
    exp_high: float
    exp_tail: Sequence[float]
    saturates: float


F32 = Format(
    float=f32,
    int=IntegerType(32),
    mantissa=23,
    bias=127,
    magic=12582912.0,
    min_normal=2.0**-126,
    sqrt_half_bits=0x3F3504F3,
    ln2_high=0.693145751953125,
    ln2_low=1.4286068203094172e-06,
    log10_2_high=0.301025390625,
    log10_2_low=4.605038981195214e-06,
    exp_low=-87.33654022216797,
    exp_high=88.72283172607422,
    # (e^r - 1 - r) / r^2 on |r| <= ln(2)/2, error 7e-8
    exp_tail=(
        0.0013926325618133463,
        0.008363292753030603,
        0.041666553762567636,
        0.16666576305560638,
        0.5,
    ),
    saturates=20.0,
)

F64 = Format(
    float=f64,
    int=IntegerType(64),
    mantissa=52,
    bias=1023,
    magic=6755399441055744.0,
    min_normal=2.0**-1022,
    sqrt_half_bits=0x3FE6A09E667F3BCD,
    ln2_high=6.93147180369123816490e-01,
    ln2_low=1.90821492927058770002e-10,
    log10_2_high=3.01029995663611771306e-01,
    log10_2_low=3.69423907715893078616e-13,
    exp_low=-708.396418532264,
    exp_high=709.782712893384,
    # (e^r - 1 - r) / r^2 on |r| <= ln(2)/2, error 2e-18
    exp_tail=(
        2.091483135138041e-09,
        2.5105419192016337e-08,
        2.7557273295539724e-07,
        2.75572549134867e-06,
        2.4801587325822283e-05,
        0.00019841269875205077,
        0.001388888888888367,
        0.008333333333326025,
        0.04166666666666667,
        0.1666666666666667,
        0.5,
    ),
    saturates=40.0,
)


def format_of(x: SSAValue) -> Format:
    """The format of a scalar or vector value."""
    return F32 if isinstance(element_type(x.type), Float32Type) else F64


def horner(b: KernelBuilder, x: SSAValue, coefficients: Sequence[float]) -> SSAValue:
    """The polynomial with `coefficients`, highest power first, at `x`."""
    first, second, *rest = coefficients
    value = b.fma(x, first, second)
    for coefficient in rest:
        value = b.fma(value, x, coefficient)
    return value


def shift_left(b: KernelBuilder, x: SSAValue, bits: int) -> SSAValue:
    """`x << bits` on integers."""
    return b.apply(arith.ShLIOp, x, bits)


def shift_right(b: KernelBuilder, x: SSAValue, bits: int) -> SSAValue:
    """`x >> bits` on integers, keeping the sign."""
    return b.apply(arith.ShRSIOp, x, bits)
