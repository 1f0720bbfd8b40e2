"""Level 5 of interleaved channels on blocks."""

from __future__ import annotations

from ..builder import Index, KernelBuilder
from ..common.chunking import each_of
from ..template import Kernel, kernel_function
from .shuffle_plan import Lanes, ShufflePlan


class ShuffleWriter:
    """Writes the kernel of one shuffle on blocks of channels."""

    def __init__(self, plan: ShufflePlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.b = builder

    def write(self) -> Kernel:
        """Add the kernel to the module."""
        plan, b = self.plan, self.b
        channels, groups, result = plan.channels, plan.op.group_count, plan.result
        columns, lanes = result.columns, result.lanes
        with kernel_function(b, self.name, plan.op, chunks=plan.chunks) as arguments:
            chunk, source, target = arguments
            x, y = plan.input.cast(b, source), plan.result.cast(b, target)

            def vector(pattern: Lanes, step: Index, block: Index, image: Index, row: Index) -> None:
                """One block of a row of pixels; it reads what lies `step` blocks behind."""
                with b.loop(0, columns) as loop:
                    vectors = [
                        b.vload(x, (image, b.add(found, step), row, loop.index, 0), lanes)
                        for found in pattern.blocks
                    ]
                    combined = pattern.combine(b, vectors)
                    b.vstore(combined, y, (image, block, row, loop.index, 0))

            full = channels // lanes
            with each_of(b, (result.images, result.rows), chunk, plan.chunks) as (image, row):
                for first, pattern in plan.patterns.items():
                    if first == full:
                        vector(pattern, 0, full, image, row)
                        continue
                    with b.loop(0, -(-(full - first) // groups)) as loop:
                        block = b.add(b.mul(loop.index, groups), first)
                        vector(pattern, loop.index, block, image, row)
        return Kernel(plan.chunks)
