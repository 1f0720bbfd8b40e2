"""Sliding windows: the strides, pads and dilations that convolutions and pools share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .lowering import Lowering


@dataclass(frozen=True)
class Window:
    """A window over spatial dimensions; `pads` holds all begins, then all ends."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]


def window_of(
    lo: Lowering, extents: Sequence[int], kernel: Sequence[int], *, transposed: bool = False
) -> Window:
    """The window of the operation's attributes, its automatic padding worked out."""
    rank = len(extents)
    strides = tuple(lo.integers("strides") or [1] * rank)
    dilations = tuple(lo.integers("dilations") or [1] * rank)
    pads = tuple(lo.integers("pads") or [0] * (2 * rank))
    auto = lo.text("auto_pad", "NOTSET")
    if auto == "VALID":
        pads = (0,) * (2 * rank)
    elif auto in ("SAME_UPPER", "SAME_LOWER") and not transposed:
        pads = _same(auto, extents, kernel, strides, dilations)
    return Window(tuple(kernel), strides, pads, dilations)


def _same(
    auto: str,
    extents: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> tuple[int, ...]:
    """Pads that make the output extent `ceil(input / stride)`; an odd one goes to one side."""
    totals = [
        max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        for n, k, s, d in zip(extents, kernel, strides, dilations, strict=True)
    ]
    small = [total // 2 for total in totals]
    large = [total - half for total, half in zip(totals, small, strict=True)]
    return (*small, *large) if auto == "SAME_UPPER" else (*large, *small)
