"""How long Winograd's convolution takes: for choosing it, and its layouts."""

from __future__ import annotations

from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.winograd import POINTS, WinogradOp
from ...runtime.size import numbers_of
from ...targets.target import Target
from .tiles import choose_tiling
from .winograd_plan import VECTORS, Blocking

TRANSFORM_CYCLES = 170
"""Of one tile of one vector of channels, forward or back, with loads and stores."""


def winograd_seconds(op: WinogradOp, target: Target) -> float:
    """
    Products, transforms, and reading weights again that do not stay in cache.

    Of an operation whose sizes are numbers.
    """
    lanes = target.lanes(element_of(op.input))
    blocking = Blocking.of(op, lanes)
    images, outputs, _, _ = numbers_of(op.inferred_shapes()[0])
    groups, blocks = numbers_of((blocking.groups, blocking.blocks))
    channels = shape_of(op.input)[1]
    source, result = -(-channels // lanes), -(-outputs // lanes)
    products = choose_tiling(1, blocking.tiles, result, channels, target, VECTORS).cycles
    cycles = blocks * POINTS * POINTS * products
    tiles = blocks * blocking.tiles
    cycles += tiles * TRANSFORM_CYCLES * (source * groups + result)
    weight = POINTS * POINTS * outputs * channels * 4
    if weight > target.l2_bytes // 2:
        cycles += (blocks - 1) * weight / target.machine.again_bytes_per_cycle
    return target.machine.seconds(images * cycles)
