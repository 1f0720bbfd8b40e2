"""What a caller of `quantize` asked for, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ...runtime.arguments import callable_or_none, integer
from .judge import Metric
from .products import Product
from .ranges import RANGES
from .schemes import SCHEMES, WEIGHTS_INT4

BUDGET = 0.05
"""Of the root mean square error over the deviation of the outputs, where none is given."""


@dataclass(frozen=True)
class Asked:
    """The arguments, checked."""

    scheme: str
    ranges: str
    budget: float
    metric: Metric | None
    keep: str | None
    equalise: float | None
    block: int
    microsoft: bool = False

    def __post_init__(self) -> None:
        problems: list[str] = []
        for what, value, known in (
            ("scheme", self.scheme, SCHEMES),
            ("ranges", self.ranges, tuple(RANGES)),
        ):
            if value not in known:
                problems.append(f"{what} is {value!r}, expected one of {', '.join(known)}")
        if not _is_number(self.budget) or not self.budget >= 0:
            problems.append(f"budget is {self.budget!r}, expected a number of at least 0")
        if self.equalise is not None and (
            not _is_number(self.equalise) or not 0 <= self.equalise <= 1
        ):
            problems.append(f"equalise is {self.equalise!r}, expected a number from 0 to 1")
        block = integer("block", self.block)
        if block < 16 or block & (block - 1):
            problems.append(f"block is {block}, expected a power of two of at least 16")
        if self.microsoft and self.scheme != WEIGHTS_INT4:
            problems.append(f"MatMulNBits is for {WEIGHTS_INT4}, and scheme is {self.scheme}")
        try:
            re.compile(self.keep or "")
        except (re.error, TypeError) as error:
            problems.append(f"keep is {self.keep!r}, not a regular expression ({error})")
        if problems:
            raise UsageError("; ".join(problems))
        callable_or_none("metric", self.metric)

    def keeps(self, product: Product) -> bool:
        """Whether a product is to stay as it is."""
        if self.keep is None:
            return False
        return any(re.search(self.keep, name) for name in (product.name, *product.op.nodes))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
