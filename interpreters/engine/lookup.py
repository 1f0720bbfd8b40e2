"""What `engine.lookup` computes."""

from __future__ import annotations

import numpy as np

from ...dialects.engine import LookupOp
from ...dialects.engine.weights import Array


def lookup(_: LookupOp, codes: Array, table: Array) -> tuple[Array, ...]:
    """`table[code]`, the code read as 0 to 255."""
    return (table[np.ascontiguousarray(codes).view(np.uint8)],)
