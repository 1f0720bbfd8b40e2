"""
Integer arithmetic of TensorFlow Lite's own kernels, for what its default delegate does not take.

A real multiplier is an integer of 31 bits and a power of two. A product by it is rounded twice:
the high half of the doubled product, halves away from zero, then the shift (gemmlowp,
<https://github.com/google/gemmlowp/blob/master/doc/quantization.md>).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...dialects.engine.weights import Array

i64 = np.int64


class Multiplier(NamedTuple):
    """`mantissa * 2 ^ (exponent - 31)`"""

    mantissa: int
    exponent: int


def multiplier_of(real: float) -> Multiplier:
    """A positive number as a multiplier."""
    fraction, exponent = np.frexp(np.float64(real))
    mantissa, power = int(np.floor(float(fraction) * 2.0**31 + 0.5)), int(exponent)
    return (
        Multiplier(mantissa // 2, power + 1) if mantissa == 1 << 31 else Multiplier(mantissa, power)
    )


def doubled_high(a: Array, b: int, bits: int = 32) -> Array:
    """The high half of `2 a b`, halves away from zero."""
    half = 1 << (bits - 2)
    product = a.astype(i64) * b
    moved = product + np.where(product >= 0, half, 1 - half)
    return np.sign(moved) * (np.abs(moved) >> (bits - 1))


def rounded_shift(x: Array, by: int) -> Array:
    """`x / 2 ^ by`, halves away from zero."""
    if by <= 0:
        return x
    mask = (1 << by) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> by) + ((x & mask) > threshold)


def multiplied(x: Array, multiplier: Multiplier) -> Array:
    """`x` times a multiplier."""
    left, right = max(multiplier.exponent, 0), max(-multiplier.exponent, 0)
    return rounded_shift(doubled_high(x.astype(i64) << left, multiplier.mantissa), right)


def multiplied_wide(x: Array, multiplier: Multiplier) -> Array:
    """Sums of 48 bits times a multiplier of 15 bits, rounded once."""
    mantissa, exponent = multiplier
    short = (mantissa + (1 << 15)) >> 16 if mantissa < 0x7FFF0000 else 0x7FFF
    shift = 15 - exponent
    return (x.astype(i64) * short + (1 << (shift - 1))) >> shift


def short_multiplier(real: float) -> Multiplier:
    """A positive number as `mantissa * 2 ^ (exponent - 15)`."""
    mantissa, exponent = multiplier_of(real)
    return Multiplier((mantissa + (1 << 15)) >> 16 if mantissa < 0x7FFF0000 else 0x7FFF, exponent)


def hard_swish(x: Array, scales: tuple[float, float], zero: int) -> Array:
    """
    `x * relu6(x + 3) / 6` of bytes less their zero point, in 16-bit fixed point.

    `scales` are those of operand and result, `zero` the zero point of the result.
    """
    before, after = np.float32(scales[0]) * np.float32(1 / 128), np.float32(scales[1])
    out, gate = (
        short_multiplier(float(r)) for r in (before / after, before / np.float32(3 / 32768))
    )
    high = x.astype(i64) * 128
    unshifted = np.clip(doubled_high(high, out.mantissa, 16), -32768, 32767)
    relu = high
    if gate.exponent > 0:
        relu = np.clip(relu << (gate.exponent - 1), -32768, 32767)
    relu = np.clip(doubled_high(relu, gate.mantissa, 16), -32768, 32767)
    if gate.exponent > 0:
        relu = np.clip(relu << 1, -32768, 32767)
    relu = (rounded_shift(relu, -gate.exponent) + (1 << 15)) >> 1
    product = relu * unshifted
    cut = np.sign(product) * (np.abs(product) >> 15)
    return rounded_shift(cut, -out.exponent) + zero
