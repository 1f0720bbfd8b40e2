"""How long a depthwise convolution takes: for choosing layouts and chunks."""

from __future__ import annotations

from ...targets.target import Target
from ..cost import typical
from .blocked import ConvSizes
from .depthwise_tiles import DepthwiseTile

CHANNELS_LAST_COST = 1.25
"""
Time with channels last against that of blocks: 1.06 to 1.5. Pixels whole vectors apart share few
sets of the first-level cache, so rows that several bands read come from the second level again.
"""


def depthwise_seconds(sizes: ConvSizes, blocks: int, tile: DepthwiseTile, target: Target) -> float:
    """Estimated time on one thread for `blocks` vectors of channels."""
    return target.machine.seconds(typical(sizes.images) * blocks * tile.cycles)
