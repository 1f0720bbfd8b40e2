"""What `engine.rotary` computes."""

from __future__ import annotations

import numpy as np

from ...dialects.engine import RotaryOp
from ...dialects.engine.weights import Array


def rotary(op: RotaryOp, x: Array, cos: Array, sin: Array) -> tuple[Array, ...]:
    """`x * cos + turned(x) * sin`; Su et al., RoFormer, 2021."""
    size: int = x.shape[-1]
    turned = np.empty_like(x)
    if op.interleaved is not None:
        first, second = np.s_[..., 0::2], np.s_[..., 1::2]
        positions = np.arange(size, dtype=np.int64) // 2
    else:
        first, second = np.s_[..., : size // 2], np.s_[..., size // 2 :]
        positions = np.arange(size, dtype=np.int64) % (size // 2)
    turned[first], turned[second] = -x[second], x[first]

    def spread(angles: Array) -> Array:
        return angles if angles.shape[-1] == size else angles[..., positions]

    return ((x * spread(cos) + turned * spread(sin)).astype(x.dtype),)
