"""`convert-to-engine`: the step from the dialects of all frameworks to the engine dialect."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...dialects.engine import weight_store
from ...errors import UsageError
from ..frontends import frontends
from .convert import convert_module
from .data_names import ALL_SIZES, DATA_SIZES

_BESIDE = {"stablehlo": "chlo"}
"""Dialects whose operations stand beside those of a framework, and are converted with them."""


@dataclass(frozen=True)
class ConvertToEnginePass(ModulePass):
    """
    Convert every function from the dialects of frameworks that occur to the engine dialect.

    Sizes that the data decides are named by the operations that find them: with `data_sizes` all,
    only those that are bounded by others, or none.
    """

    name = "convert-to-engine"
    data_sizes: str = ALL_SIZES

    def __post_init__(self) -> None:
        if self.data_sizes not in DATA_SIZES:
            raise UsageError(
                f"data_sizes is '{self.data_sizes}', expected one of {', '.join(DATA_SIZES)}"
            )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        occurring = {inner.dialect_name() for function in op.ops for inner in function.walk()}
        for dialect, frontend in frontends().items():
            if dialect in occurring or _BESIDE.get(dialect) in occurring:
                convert_module(
                    op, weight_store(ctx), frontend.conversion(), data_sizes=self.data_sizes
                )
