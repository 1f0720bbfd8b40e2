"""
The Einsum operator.

Operators: Einsum.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering
from ...to_engine.vocabulary.einsum import einsum


def Einsum(lo: Lowering) -> SSAValue:
    """The sum of products that the equation says."""
    return einsum(lo, lo.text("equation"), lo.operands)


OPERATORS: dict[str, Conversion] = {"Einsum": Einsum}
