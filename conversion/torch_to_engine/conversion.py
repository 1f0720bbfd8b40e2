"""The conversion of the torch dialect."""

from __future__ import annotations

from ...interpreters.torch.functions import evaluate
from ..to_engine.dialect_conversion import DialectConversion
from .control_flow import results_of_parts
from .table import conversions

TORCH = DialectConversion("torch", conversions, evaluate, results_of_parts)
