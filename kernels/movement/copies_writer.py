"""Level 5 of data movement: copies of boxes or of single elements, and borders."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine.base import EngineOp, element_of
from ...runtime.size import Extent
from ..builder import KernelBuilder
from ..common.copy_nest import CopyWriter
from ..common.element_copy import copy_elements, reshape_elements
from ..common.fill import fill, fill_elements
from ..template import Kernel, kernel_function
from .copies_plan import Border, CopiesPlan, Copy


class CopiesWriter:
    """Writes the kernel of one movement."""

    def __init__(self, plan: CopiesPlan, name: str, builder: KernelBuilder):
        self.plan = plan
        self.name = name
        self.b = builder

    def write(self) -> Kernel:
        """Add the kernel to the module."""
        plan = self.plan
        with kernel_function(self.b, self.name, plan.op, chunks=plan.chunks) as values:
            chunk, *memories, result = values
            for copy in plan.copies:
                write_copy(
                    self.b, plan.op, copy, (memories[copy.number], result), (chunk, plan.chunks)
                )
            if plan.border is not None:
                write_border(self.b, plan.op, plan.border, result, (chunk, plan.chunks))
        return Kernel(plan.chunks)


def write_copy(
    b: KernelBuilder,
    op: EngineOp,
    copy: Copy,
    memories: tuple[SSAValue, SSAValue],
    part: tuple[SSAValue, Extent],
) -> None:
    """One copy between the memory of its operand and that of the result; `part`: chunk, chunks."""
    target = op.destinations[0]
    if copy.boxes is not None:
        CopyWriter(b, *memories, element_of(target), *part).write(copy.boxes)
        return
    read, write = (op.sources[copy.number].type, memories[0]), (target.type, memories[1])
    if copy.runs is None:
        reshape_elements(b, read, write, part)
    else:
        copy_elements(b, read, write, copy.runs, part, copy.permutation)


def write_border(
    b: KernelBuilder,
    op: EngineOp,
    border: Border,
    result: SSAValue,
    part: tuple[SSAValue, Extent],
) -> None:
    """The constant of a pad around its operand."""
    target = op.destinations[0]
    if border.boxes is not None:
        fill(b, result, target, border.boxes, border.value, part)
    else:
        fill_elements(b, result, target, border.ranges, border.value, part)
