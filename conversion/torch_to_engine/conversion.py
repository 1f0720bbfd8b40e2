"""The conversion of the torch dialect."""

from __future__ import annotations

from ...interpreters.torch.functions import evaluate
from ..to_engine.dialect_conversion import DialectConversion, no_relations
from .control_flow import results_of_parts
from .data_sizes import size_elements
from .table import conversions

TORCH = DialectConversion(
    "torch",
    conversions,
    evaluate,
    results_of_parts,
    late_relations=no_relations,
    size_elements=size_elements,
    declares_sizes=True,
)
