"""
Codes of weights: with a sign and without a zero point, a scale for each channel or block.

Eight bits go from -127 to 127, so that a code's negative is a code. Four bits go from -8 to 7; the
scale of a block is the one of some that leaves the least square error, as half-quadratic
quantisation searches it (Badri and Shaji, 2023), with a weight for each row that says how large
the numbers are that it meets.
"""

from __future__ import annotations

from dataclasses import dataclass

import ml_dtypes
import numpy as np
import numpy.typing as npt

from .products import Product

FloatArray = npt.NDArray[np.float32]

_SMALLEST = 2.0**-100
_MOST_BIAS = 2.0**30
"""Of a bias in 32 bits: half of its range, the other half is for the sum that it is added to."""


@dataclass(frozen=True)
class CodedWeight:
    """
    Codes and scales of a weight; `axis` is the channel's, or the one that is divided into blocks of
    `block` (0: none).
    """

    codes: npt.NDArray[np.int8]
    scales: FloatArray
    axis: int
    block: int = 0
    bits: int = 8

    @property
    def decoded(self) -> FloatArray:
        """The numbers that the codes stand for."""
        numbers = self.codes.astype(np.float32)
        if self.block:
            whole = np.repeat(self.scales, self.block, self.axis)
            used = (slice(None),) * self.axis + (slice(0, numbers.shape[self.axis]),)
            return numbers * whole[used]
        shape = [1] * numbers.ndim
        shape[self.axis] = -1
        return numbers * self.scales.reshape(shape)

    @property
    def bytes(self) -> int:
        """That it takes in a file."""
        return self.codes.size * self.bits // 8 + self.scales.nbytes


def by_channel(
    product: Product, weight: FloatArray, scale_of_data: float = 0.0, bias: FloatArray | None = None
) -> CodedWeight:
    """
    Eight bits, a scale for each channel of the result.

    With a bias, a channel's scale is large enough for the bias to be a code of 32 bits with the
    scale `scale_of_data * scale`.
    """
    largest = np.abs(product.rows(weight)).max(1).astype(np.float64)
    scales = np.maximum(largest / 127, _SMALLEST)
    scales[largest == 0] = 1.0 / 127
    if bias is not None and scale_of_data > 0:
        scales = np.maximum(scales, np.abs(bias.astype(np.float64)) / scale_of_data / _MOST_BIAS)
    rounded = scales.astype(np.float32)
    codes = np.clip(np.rint(weight / product.along(rounded, weight)), -127, 127)
    return CodedWeight(codes.astype(np.int8), rounded, product.channel)


def by_block(
    product: Product, weight: FloatArray, block: int, importance: FloatArray | None = None
) -> CodedWeight:
    """Four bits, a scale for each block of a matrix along the axis that is summed over."""
    axis = product.depth
    turned = np.moveaxis(weight, axis, -1)  # [channels, depth]
    channels, depth = turned.shape
    blocks = -(-depth // block)
    padded = np.zeros((channels, blocks * block), np.float32)
    padded[:, :depth] = turned
    cut = padded.reshape(channels, blocks, block)
    heavy = np.zeros(blocks * block, np.float32)
    heavy[:depth] = 1.0 if importance is None else importance
    scales = _searched(cut, heavy.reshape(blocks, block))
    codes = np.clip(np.rint(cut / scales[..., None]), -8, 7).astype(np.int8)
    flat = codes.reshape(channels, -1)[:, :depth]
    return CodedWeight(
        np.ascontiguousarray(np.moveaxis(flat, -1, axis)),
        np.ascontiguousarray(np.moveaxis(scales, -1, axis)),
        axis,
        block,
        4,
    )


def _searched(cut: FloatArray, heavy: FloatArray) -> FloatArray:
    """The scale of each block that leaves the least weighted square error."""
    full = np.maximum(np.abs(cut).max(-1) / 7, _SMALLEST).astype(np.float32)
    full[full <= _SMALLEST] = 1.0 / 7
    best, least = full.copy(), np.full(full.shape, np.inf, np.float32)
    for factor in np.linspace(0.6, 1.05, 19, dtype=np.float32):
        scales = full * factor
        off = np.clip(np.rint(cut / scales[..., None]), -8, 7) * scales[..., None] - cut
        error = (off * off * heavy).sum(-1)
        better = error < least
        best[better], least[better] = scales[better], error[better]
    return best


def narrowed(weight: FloatArray) -> FloatArray:
    """A weight rounded to 16 bits (bfloat16), as numbers of 32."""
    return weight.astype(ml_dtypes.bfloat16).astype(np.float32)
