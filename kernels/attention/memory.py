"""What a block of attention works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue


@dataclass
class BlockMemory:
    """
    What a block works on: operands of one head, and scratch.

    `keys` holds packed panels [panels, depth, panel] (with `AttentionPlan.direct_keys` it is the
    key matrix itself), `scores` [rows of a block, keys of a block], `top` and `total` the running
    maximum and sum of each query row, and `factor` what the rows of a block are multiplied by:
    the inverse of the sum, or the correction of earlier blocks.
    """

    query: SSAValue
    value: SSAValue
    out: SSAValue
    mask: SSAValue | None
    keys: SSAValue
    scores: SSAValue
    top: SSAValue
    total: SSAValue
    factor: SSAValue

    def as_list(self) -> list[SSAValue]:
        """In the order of a block function's arguments."""
        mask = [] if self.mask is None else [self.mask]
        return [
            self.query,
            self.value,
            self.out,
            *mask,
            self.keys,
            self.scores,
            self.top,
            self.total,
            self.factor,
        ]

    @staticmethod
    def of(values: Sequence[SSAValue], has_mask: bool) -> BlockMemory:
        """Inverse of `as_list`."""
        query, value, out, *rest = values
        mask = rest.pop(0) if has_mask else None
        return BlockMemory(query, value, out, mask, *rest)
