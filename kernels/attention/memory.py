"""What a block of attention works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from ..builder import Index, KernelBuilder


@dataclass(frozen=True)
class KeysPart:
    """
    Keys `first ... first + count`, a block or what some rows see of it.

    `last` says whether those rows see no keys after it; None where all keys are one block.
    """

    first: Index
    count: Index
    last: SSAValue | None

    def begins(self, builder: KernelBuilder) -> SSAValue:
        """Whether no keys come before it."""
        return builder.cmpi("eq", self.first, 0)


@dataclass
class BlockMemory:
    """
    What a block works on: operands of one head, and scratch.

    `keys` holds packed panels [panels, depth, panel] (with `AttentionPlan.direct_keys` it is the
    key matrix itself; where the kernel asks for the number of rows, that is `matrix`), `scores`
    [rows of a block, keys of a block], `top` and `total` the running maximum and sum of each query
    row, and `factor` what the rows of a block are multiplied by: the inverse of the sum, or, where
    there may be several blocks of keys, the correction of what earlier blocks gave. What their
    results are then multiplied by is `inverse`: the inverse of the sum, or one, if keys follow.
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
    inverse: SSAValue | None = None
    matrix: SSAValue | None = None

    def as_list(self) -> list[SSAValue]:
        """In the order of a block function's arguments."""
        mask = [] if self.mask is None else [self.mask]
        inverse = [] if self.inverse is None else [self.inverse]
        matrix = [] if self.matrix is None else [self.matrix]
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
            *inverse,
            *matrix,
        ]

    def inside(self, values: Sequence[SSAValue]) -> BlockMemory:
        """The same ones as the arguments of a function that takes `as_list`."""
        query, value, out, *rest = values
        mask = rest.pop(0) if self.mask is not None else None
        matrix = rest.pop() if self.matrix is not None else None
        return BlockMemory(query, value, out, mask, *rest, matrix=matrix)
