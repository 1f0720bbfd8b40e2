"""The conversion of the onnx dialect."""

from __future__ import annotations

from ..to_engine.dialect_conversion import DialectConversion
from .control import results_of_parts
from .evaluation import evaluate
from .late_types import late_relations, late_types
from .size_elements import size_elements
from .table import conversions
from .tensors.sequences import OPAQUE_OPERANDS

SAME_SHAPE = frozenset(
    f"onnx.{name}"
    for name in (
        *("Abs", "Cast", "CastLike", "Ceil", "Cos", "Erf", "Exp", "Floor", "Identity", "Log"),
        *("Neg", "Not", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sin", "Sqrt", "Tanh"),
    )
)
"""Operators whose first result has the shape of their first operand."""

OPAQUE_RESULTS = frozenset(
    f"onnx.ml.{name}" for name in ("LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier")
)
"""Operators whose labels may be strings, looked up behind what is computed natively."""

ONNX = DialectConversion(
    "onnx",
    conversions,
    evaluate,
    results_of_parts,
    late_types,
    late_relations,
    size_elements,
    SAME_SHAPE,
    opaque_operands=OPAQUE_OPERANDS,
    opaque_results=OPAQUE_RESULTS,
)
