"""The conversion of the tfl dialect."""

from __future__ import annotations

from ...dialects.tfl.quantized import note_quantized_types
from ..to_engine.dialect_conversion import DialectConversion, no_relations
from .control import results_of_parts
from .evaluation import evaluate, size_elements
from .table import conversions

TFL = DialectConversion(
    "tfl",
    conversions,
    evaluate,
    results_of_parts,
    late_relations=no_relations,
    size_elements=size_elements,
    prepare=note_quantized_types,
)
