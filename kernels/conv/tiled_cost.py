"""How long a convolution by register tiles takes: for choosing layouts and chunks."""

from __future__ import annotations

from .tiles import CLOCK_HZ, Tiling


def tiled_seconds(tiling: Tiling, maps: int) -> float:
    """Estimated time on one thread of `maps` times what the tiling covers."""
    return maps * tiling.cycles / CLOCK_HZ
