"""
`engine.attention`: softmax(scale * query . key^T + mask) . value, without the matrix of scores.

For each head, blocks of keys are packed into transposed panels (with the scale), and blocks of
query rows run against them: see `block.py`. Operands may be any strided views, such as
[1, H, S, D] inside [1, S, H*D].
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type, Float64Type

from ...dialects.engine import AttentionOp
from ...dialects.engine.base import element_of, extents_of, sized
from ...targets.target import Target
from ..builder import KernelBuilder
from ..template import ANY, STRIDED, Kernel, LayoutChoice, Template
from .cost import attention_seconds
from .plan import AttentionPlan, cut_keys
from .writer import AttentionWriter


class AttentionTemplate(Template[AttentionOp, AttentionPlan]):
    """Attention of f32 and f64, with mask, causal, grouped heads."""

    OP = AttentionOp
    GENERAL = True

    def supports(self, op: AttentionOp, target: Target) -> bool:
        """Sizes that are known, one type of float, and heads whose keys fit on the stack."""
        if not all(sized(extents_of(value)) for value in op.operands):
            return False
        elements = {element_of(value) for value in op.operands}
        if len(elements) != 1 or not isinstance(elements.pop(), Float32Type | Float64Type):
            return False
        return cut_keys(op, target) is not None

    def layouts(self, op: AttentionOp, target: Target) -> Sequence[LayoutChoice]:
        """Operands with any strides."""
        seconds = attention_seconds(op, target)
        return [LayoutChoice((STRIDED,) * len(op.sources), (ANY,), seconds)]

    def plan(self, op: AttentionOp, target: Target) -> AttentionPlan | None:
        """The blocks of keys and of query rows."""
        return AttentionPlan.of(op, target)

    def write(self, plan: AttentionPlan, name: str, builder: KernelBuilder) -> Kernel:
        """The loops of the plan."""
        return AttentionWriter(plan, name, builder).write()
