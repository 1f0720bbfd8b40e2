"""The `stablehlo` and `chlo` dialects on xDSL's interpreter."""

from __future__ import annotations

from ...dialects.engine import WeightStore
from ..framework_calls import Semantics
from ..table_functions import table_semantics
from .table import SEMANTICS


def semantics(store: WeightStore) -> Semantics:
    """What the operations mean, with constants in `store`."""
    return table_semantics(SEMANTICS, store)
