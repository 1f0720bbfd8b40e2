"""
Sizes of what convolutions, pools and resizes give, for inputs whose sizes may be expressions.
"""

from __future__ import annotations

from fractions import Fraction

from ..runtime.size import Extent, ceildiv, floordiv, minimum


def window_count(
    size: Extent,
    kernel: Extent,
    *,
    stride: int = 1,
    dilation: int = 1,
    before: int = 0,
    after: int = 0,
    ceil: bool = False,
) -> Extent:
    """
    How many windows fit into a dimension that is padded before and after.

    With `ceil` a last window may stick out, but does not start in what is padded after.
    """
    covered = dilation * (kernel - 1) + 1
    if not ceil:
        return floordiv(size + (before + after) - covered, stride) + 1
    # One more than ceil(room / stride), but no start at or behind the end of the input.
    return ceildiv(size + before + minimum(after + stride - covered, 0), stride)


def same_count(size: Extent, stride: int) -> Extent:
    """How many windows there are where padding makes one for each `stride` elements."""
    return ceildiv(size, stride)


def transposed_size(
    count: Extent, kernel: Extent, *, stride: int, dilation: int, padding: int, more: int
) -> Extent:
    """
    The size that `count` windows cover; `padding` is what is cut off at both ends, `more` what is
    added at one.
    """
    return (count - 1) * stride + (kernel - 1) * dilation + 1 - padding + more


LARGEST_DENOMINATOR = 64


def scaled_size(size: Extent, scale: float) -> Extent | None:
    """
    `floor(size * scale)`; None for an expression and a scale that is no simple fraction, whose
    product is rounded in ways that no expression says.
    """
    ratio = Fraction(scale)
    if ratio.denominator > LARGEST_DENOMINATOR or ratio < 0:
        return None
    return floordiv(size * ratio.numerator, ratio.denominator)
