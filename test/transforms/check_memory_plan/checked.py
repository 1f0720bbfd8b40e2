"""Plans as text, checked."""

from __future__ import annotations

from stepwell.dialects import make_context
from stepwell.ir.parse_ir import parse_ir
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass


def check(text: str) -> None:
    """What the pass says of a module; raises as it does."""
    ctx = make_context()
    CheckMemoryPlanPass().apply(ctx, parse_ir(ctx, text, "<plan>"))
