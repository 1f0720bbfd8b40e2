"""The conversion of the torch dialect."""

from __future__ import annotations

from ...interpreters.torch.functions import evaluate, operation_named
from ..to_engine.dialect_conversion import DialectConversion, no_relations
from . import fourier
from .complex_numbers import require_meaning
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
    complex_results=frozenset(map(operation_named, fourier.ON_COMPLEX)),
    prepare=require_meaning,
    declares_sizes=True,
)
