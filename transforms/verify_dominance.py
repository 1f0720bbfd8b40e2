"""
`verify-dominance`: every value is defined before it is used (`ir/dominance.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..ir.dominance import verify_dominance


@dataclass(frozen=True)
class VerifyDominancePass(ModulePass):
    """Fail unless every value is defined before it is used; changes nothing."""

    name = "verify-dominance"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        verify_dominance(op)
