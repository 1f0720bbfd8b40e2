"""
Codes of eight bits in kernels: four of them are a number of 32 bits.

A dot product of bytes takes four steps of a sum at once (`vector_ext.dot`). So a kernel sees
operands of codes as words, four neighbours along the sum in each, and is otherwise the kernel of
numbers of 32 bits: tiles, panels and loops are the same. Weights are packed so that the four lie
side by side; of the other operand the four bytes of a step are read and spread over all lanes.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.contraction import UI8, ContractionOp
from ...dialects.vector_ext import GROUP
from ..builder import Index, KernelBuilder


def signs_of(op: ContractionOp) -> str | None:
    """How the codes of both operands are read, `us` for instance; None where there are none."""
    if not op.sums_codes:
        return None
    return "".join("u" if element_of(op.operands[i]) == UI8 else "s" for i in (0, 1))


def load_word_splat(
    builder: KernelBuilder, memory: SSAValue, indices: Sequence[Index], step: Index, lanes: int
) -> SSAValue:
    """
    The word of four bytes from `indices` on, in every lane.

    `step` is 1 where they lie side by side along the last index, 0 where there is one code for all.
    """
    return builder.broadcast(load_word(builder, memory, indices, step), lanes)


def load_word(
    builder: KernelBuilder, memory: SSAValue, indices: Sequence[Index], step: Index
) -> SSAValue:
    """The word of the four bytes from `indices` on, as `load_word_splat` says."""
    if builder.number(step) == 1:
        bytes_ = builder.vload(memory, indices, GROUP)
    else:
        bytes_ = builder.broadcast(builder.load(memory, indices), GROUP)
        for place in range(1, GROUP if step != 0 else 0):
            at = [*indices[:-1], builder.add(indices[-1], place)]
            bytes_ = builder.insert(builder.load(memory, at), bytes_, place)
    return builder.extract(builder.regroup(bytes_, i32), 0)
