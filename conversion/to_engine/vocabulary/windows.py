"""
Sliding windows: the kernel, strides, pads and dilations that convolutions and pools share, and
padding that is worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....runtime.size import Extent, ceildiv, maximum, numbers_of


@dataclass(frozen=True)
class Window:
    """A window over spatial dimensions; `pads` holds all begins, then all ends."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[Extent, ...]
    dilations: tuple[int, ...]

    @property
    def fixed_pads(self) -> tuple[int, ...]:
        """The pads where they are numbers; else `NeedsNumber`."""
        return numbers_of(self.pads)


def same_pads(
    extents: Sequence[Extent],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    *,
    more_before: bool = False,
) -> tuple[Extent, ...]:
    """Pads that make the output extent `ceil(input / stride)`, for each dimension
    `max((out - 1) * stride + (kernel - 1) * dilation + 1 - input, 0)` in all."""
    totals = [
        maximum((ceildiv(n, s) - 1) * s + (k - 1) * d + 1 - n, 0)
        for n, k, s, d in zip(extents, kernel, strides, dilations, strict=True)
    ]
    return split_pads(totals, more_before=more_before)


def split_pads(totals: Sequence[Extent], *, more_before: bool = False) -> tuple[Extent, ...]:
    """Half of each total before and half behind; of an odd one the larger half goes behind."""
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return (*large, *small) if more_before else (*small, *large)


def unpadded_extents(
    extents: Sequence[Extent], window: Window, output_padding: Sequence[int]
) -> list[Extent]:
    """The extents of a transposed convolution before its pads are cut off:
    `(n - 1) * stride + (kernel - 1) * dilation + 1 + output_padding`."""
    return [
        s * (n - 1) + e + (k - 1) * d + 1
        for n, k, s, d, e in zip(
            extents, window.kernel, window.strides, window.dilations, output_padding, strict=True
        )
    ]
