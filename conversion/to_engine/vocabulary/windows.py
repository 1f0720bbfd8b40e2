"""
Sliding windows: the kernel, strides, pads and dilations that convolutions and pools share, and
padding that is worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A window over spatial dimensions; `pads` holds all begins, then all ends."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]


def same_pads(
    extents: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    *,
    more_before: bool = False,
) -> tuple[int, ...]:
    """Pads that make the output extent `ceil(input / stride)`, for each dimension
    `max((out - 1) * stride + (kernel - 1) * dilation + 1 - input, 0)` in all."""
    totals = [
        max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        for n, k, s, d in zip(extents, kernel, strides, dilations, strict=True)
    ]
    return split_pads(totals, more_before=more_before)


def split_pads(totals: Sequence[int], *, more_before: bool = False) -> tuple[int, ...]:
    """Half of each total before and half behind; of an odd one the larger half goes behind."""
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return (*large, *small) if more_before else (*small, *large)


def unpadded_extents(
    extents: Sequence[int], window: Window, output_padding: Sequence[int]
) -> list[int]:
    """The extents of a transposed convolution before its pads are cut off:
    `(n - 1) * stride + (kernel - 1) * dilation + 1 + output_padding`."""
    return [
        s * (n - 1) + e + (k - 1) * d + 1
        for n, k, s, d, e in zip(
            extents, window.kernel, window.strides, window.dilations, output_padding, strict=True
        )
    ]
