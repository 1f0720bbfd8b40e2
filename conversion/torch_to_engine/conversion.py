"""The conversion of the torch dialect."""

from __future__ import annotations

from ...interpreters.torch.functions import evaluate
from ..to_engine.dialect_conversion import DialectConversion, Results, RunBlock
from ..to_engine.lowering import Lowering, NoNativeForm
from .table import conversions


def _no_parts(lo: Lowering, run: RunBlock) -> Results:
    del lo, run
    raise NoNativeForm


TORCH = DialectConversion("torch", conversions, evaluate, _no_parts)
