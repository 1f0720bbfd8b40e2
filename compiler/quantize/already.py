"""Models that are quantised already."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from ...dialects.framework import FrameworkOp
from ...errors import CompileError

_CODED = frozenset(
    (
        "ConvInteger",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "MatMulInteger",
        "QLinearConv",
        "QLinearMatMul",
        "QuantizeLinear",
        "QUANTIZE",
        "DEQUANTIZE",
    )
)
_SHOWN = 5


def refuse_codes(module: ModuleOp, name: str) -> None:
    """Raise `CompileError` for a module of level 1 with operators of codes, naming their nodes."""
    found = [
        op.label
        for op in module.walk()
        if isinstance(op, FrameworkOp) and op.SIGNATURE.schema.operator in _CODED
    ]
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise CompileError(
            f"{name or 'the model'} is quantised already: {', '.join(found[:_SHOWN])}{more}; "
            "give the model that it was made from"
        )
