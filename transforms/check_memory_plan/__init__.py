"""
`check-memory-plan`: proves of a level-4 module that every operation reads what was written for it.

In two parts, which share nothing with the planner. *Memory does what the text says*: a memref that
an operation writes is a value of its own, a view with `elements` is another view of the value in
its base, and at every read all bytes of the value are still those that were written for it, each
element where the reader looks for it. *The text says what was planned*: the digests of what the
outputs are computed from (`ir/value_digests.py`) are those that `plan-memory` has noted, so no
operand, constant, property or operation has become another one. A function without that note, one
written by hand, is proven by the first part alone.

The first part follows the operations in order and keeps, for each cell of memory
(`byte_cells.py`), which value was written there last. An operation may write over what it reads
only where it says so (`may_overwrite`) and element upon element; the operands that `concat` and
`pad` find in place (`absorbed`) must lie exactly where they belong (`element_addresses.py`).

A plan for open sizes is proven for all of them as far as places go, and byte for byte at some
(`open_plan.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...dialects.engine.plan import plan_of
from .donations import check_donations
from .open_plan import check_open_function
from .regions import check_bound_function


@dataclass(frozen=True)
class CheckMemoryPlanPass(ModulePass):
    """Prove that every operation of a memory plan reads what was written for it."""

    name = "check-memory-plan"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                check_function(function)


def check_function(function: func.FuncOp) -> None:
    """
    Check one planned function.

    Raises:
        CompileError: naming the operation, the operand that is not what was written for it, and
            what was written there instead; for open sizes also the places that may meet.
    """
    check_donations(function)
    plan = plan_of(function)
    if plan is None:
        check_bound_function(function)
    else:
        check_open_function(function, plan)


__all__ = ["CheckMemoryPlanPass", "check_function"]
