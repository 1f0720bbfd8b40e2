"""
`contract-codes`: products of codes of eight bits, before anything else becomes of what they read.

The rules are those of `optimize` about codes that move, become codes again, are looked up, and are
multiplied.
They match what a quantised model says: a map from codes to numbers in front of a product. That map
would be folded into weights, or into what computes its operand, by others; so these are first.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.passes import ModulePass

from ..dialects.engine.contraction import CODES
from .optimize import OptimizePass
from .optimize.choice import DEFAULT_LEVEL
from .optimize.rewrites import coded_joins, coded_moves, coded_products, coded_tables

RULES = tuple(
    rule.name
    for rule in (
        coded_tables.tabulate_map,
        coded_moves.drop_code_round_trip,
        coded_moves.move_codes,
        *coded_joins.RULES,
        *coded_products.RULES,
    )
)
"""The rules, by name."""


@dataclass(frozen=True)
class ContractCodesPass(ModulePass):
    """Apply the rules about products of codes, where there are codes."""

    name = "contract-codes"

    exactness: str | None = None
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    optimization: int = DEFAULT_LEVEL

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if _has_codes(op):
            OptimizePass(
                exactness=self.exactness,
                only=RULES,
                enable=self.enable,
                disable=self.disable,
                optimization=self.optimization,
            ).apply(ctx, op)


def _has_codes(module: ModuleOp) -> bool:
    """Whether any tensor has elements of eight bits."""
    for op in module.walk():
        for result in op.results:
            type_ = result.type
            if type(type_) is TensorType and type_.element_type in CODES:
                return True
        for region in op.regions:
            for argument in region.blocks[0].args if region.blocks else ():
                type_ = argument.type
                if type(type_) is TensorType and type_.element_type in CODES:
                    return True
    return False
