"""
Blocks of places as channels or as images of a batch, and back.

Operators: BATCH_TO_SPACE_ND, DEPTH_TO_SPACE, SPACE_TO_BATCH_ND, SPACE_TO_DEPTH.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine.base import rank_of, shape_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from .movement import padded, pairs
from .quantization import result_quantization


def _space_to_depth(lo: Lowering) -> SSAValue:
    x, b = lo.operand("input"), lo.integer("block_size")
    n, h, w, c = shape_of(x)
    parts = lo.transpose(lo.reshape(x, (n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
    return lo.reshape(parts, (n, h // b, w // b, b * b * c))


def _depth_to_space(lo: Lowering) -> SSAValue:
    x, b = lo.operand("input"), lo.integer("block_size")
    n, h, w, c = shape_of(x)
    parts = lo.transpose(lo.reshape(x, (n, h, w, b, b, c // (b * b))), (0, 1, 3, 2, 4, 5))
    return lo.reshape(parts, (n, h * b, w * b, c // (b * b)))


def _space_to_batch(lo: Lowering) -> SSAValue:
    x, quantized = lo.operand("input"), result_quantization(lo)
    blocks = lo.constant_integers("block_shape") or []
    low, high = pairs(lo, "paddings")
    rest = [0] * (rank_of(x) - 1 - len(blocks))
    zero = 0 if quantized is None else quantized.zero
    x = padded(lo, x, [0, *low, *rest], [0, *high, *rest], zero)
    batch, *shape = shape_of(x)
    count, tail = len(blocks), shape[len(blocks) :]
    outer = [n // b for n, b in zip(shape, blocks, strict=False)]
    split = [m for pair in zip(outer, blocks, strict=True) for m in pair]
    moved = [2 + 2 * i for i in range(count)]
    kept = [1 + 2 * i for i in range(count)]
    behind = range(1 + 2 * count, 1 + 2 * count + len(tail))
    parts = lo.transpose(lo.reshape(x, (batch, *split, *tail)), (*moved, 0, *kept, *behind))
    return lo.reshape(parts, (batch * int(np.prod(blocks)), *outer, *tail))


def _batch_to_space(lo: Lowering) -> SSAValue:
    x, blocks = lo.operand("input"), lo.constant_integers("block_shape") or []
    low, high = pairs(lo, "crops")
    batch, *shape = shape_of(x)
    count, tail = len(blocks), shape[len(blocks) :]
    left = batch // int(np.prod(blocks))
    order = [count, *(m for i in range(count) for m in (count + 1 + i, i))]
    behind = range(2 * count + 1, 2 * count + 1 + len(tail))
    apart = lo.reshape(x, (*blocks, left, *shape))
    sizes = [n * b for n, b in zip(shape, blocks, strict=False)]
    joined = lo.reshape(lo.transpose(apart, (*order, *behind)), (left, *sizes, *tail))
    starts = [0, *low, *[0] * len(tail)]
    counts = [n - a - b for n, a, b in zip(sizes, low, high, strict=True)]
    return lo.slice(joined, starts, (left, *counts, *tail))


OPERATORS: dict[str, Conversion] = {
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "SPACE_TO_DEPTH": _space_to_depth,
}
