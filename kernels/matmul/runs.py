"""
Deep products in runs of the sum: all tiles and panels of a chunk take one run before the next.

What a run needs of both operands stays in the second-level cache, which whole rows of a depth of
thousands do not. The partial sums wait in a scratch buffer; the last run finishes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Attribute, SSAValue

from ..builder import Index, KernelBuilder
from ..common.register_tile import partial_sums
from ..common.strided_view import StridedView

TOTALS_BYTES = 256 << 10
"""Most stack for the partial sums of a chunk."""


@dataclass(frozen=True)
class Run:
    """Steps `start ... start + length` of the sum; the `first` run stores, the `last` finishes."""

    start: int
    length: int
    first: bool
    last: bool


@dataclass(frozen=True)
class RunTotals:
    """The partial sums of a chunk: [panels, rows, width]."""

    view: StridedView

    @staticmethod
    def of(element: Attribute, panels: int, rows: int, width: int) -> RunTotals:
        """For `panels` panels of `width` columns and `rows` rows."""
        extents = (panels, rows, width)
        return RunTotals(StridedView(element, extents, (rows * width, width, 1)))

    def allocate(self, builder: KernelBuilder) -> SSAValue:
        """The buffer, on the stack."""
        return builder.alloca(self.view.shape, self.view.element)

    def panel(self, builder: KernelBuilder, memory: SSAValue, number: Index) -> SSAValue:
        """The sums of one panel, [rows, width]."""
        return self.view.slice(builder, memory, [number])


def runs_of(depth: int) -> tuple[Run, ...]:
    """The runs of a sum of `depth` terms."""
    cuts = partial_sums(depth)
    last = len(cuts) - 1
    return tuple(
        Run(start, stop - start, i == 0, i == last) for i, (start, stop) in enumerate(cuts)
    )
