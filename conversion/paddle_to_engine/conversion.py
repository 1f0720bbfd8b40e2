"""The conversion of the paddle dialect."""

from __future__ import annotations

from functools import partial

from ...interpreters.paddle.functions import SEMANTICS
from ...interpreters.table_functions import table_evaluate
from ..to_engine.dialect_conversion import DialectConversion
from .size_elements import size_elements
from .table import conversions

PADDLE = DialectConversion(
    "paddle",
    conversions,
    partial(table_evaluate, SEMANTICS),
    size_elements=size_elements,
)
