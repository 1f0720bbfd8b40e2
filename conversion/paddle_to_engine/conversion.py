"""The conversion of the paddle dialect."""

from __future__ import annotations

from functools import partial

from ...interpreters.paddle.functions import SEMANTICS
from ...interpreters.table_functions import table_evaluate
from ..to_engine.dialect_conversion import DialectConversion
from .late_types import late_types
from .size_elements import size_elements
from .table import conversions

PADDLE = DialectConversion(
    "paddle",
    conversions,
    partial(table_evaluate, SEMANTICS),
    late_types=late_types,
    size_elements=size_elements,
)
