"""How long a convolution by register tiles takes: for choosing layouts and chunks."""

from __future__ import annotations

from ...targets.target import Target
from .tiles import Tiling


def tiled_seconds(tiling: Tiling, maps: int, target: Target) -> float:
    """Estimated time on one thread of `maps` times what the tiling covers."""
    return target.machine.seconds(maps * tiling.cycles)
