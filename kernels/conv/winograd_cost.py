"""How long Winograd's convolution takes: for choosing it, and its layouts."""

from __future__ import annotations

from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.winograd import POINTS, WinogradOp
from ...runtime.size import numbers_of
from ...targets.target import Target
from .tiles import choose_tiling
from .winograd_plan import Blocking

USUAL, OTHERS = 2, (1, 3, 4)
"""Vectors of a panel of output channels that are considered."""

GAIN = 0.97
"""Part of the usual width's time that another one must stay below."""

TRANSFORM_CYCLES = 170
"""Of one tile of one vector of channels, forward or back, with loads and stores."""


def best_width(op: WinogradOp, target: Target) -> int:
    """
    Vectors of a panel with the least time: channels of a last one that are not there cost as well.

    Of an operation whose sizes are numbers.
    """
    seconds = {v: winograd_seconds(op, target, v) for v in (USUAL, *OTHERS)}
    best = min(OTHERS, key=seconds.__getitem__)
    return best if seconds[best] < GAIN * seconds[USUAL] else USUAL


def winograd_seconds(op: WinogradOp, target: Target, vectors: int) -> float:
    """
    Products in panels of so many vectors, transforms, and reading weights again that do not stay
    in cache.

    Of an operation whose sizes are numbers.
    """
    lanes = target.lanes(element_of(op.input))
    blocking = Blocking.of(op, lanes, vectors)
    images, outputs, _, _ = numbers_of(op.inferred_shapes()[0])
    groups, blocks = numbers_of((blocking.groups, blocking.blocks))
    channels = shape_of(op.input)[1]
    source, result = -(-channels // lanes), -(-outputs // lanes)
    computed = -(-result // vectors) * vectors
    products = choose_tiling(1, blocking.tiles, computed, channels, target, vectors).cycles
    cycles = blocks * POINTS * POINTS * products
    tiles = blocks * blocking.tiles
    cycles += tiles * TRANSFORM_CYCLES * (source * groups + result)
    weight = POINTS * POINTS * computed * lanes * channels * 4
    if weight > target.l2_bytes // 2:
        cycles += (blocks - 1) * weight / target.machine.again_bytes_per_cycle
    return target.machine.seconds(images * cycles)
