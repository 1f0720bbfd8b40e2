"""The table of the meaning of layers."""

from __future__ import annotations

from ...dialects.engine.weights import WeightStore
from ..framework_calls import Semantics
from ..table_functions import Table, table_semantics
from . import detection, elementwise, layers, movement, normalization, recurrence, windows

_FAMILIES = (detection, elementwise, layers, movement, normalization, recurrence, windows)

SEMANTICS: Table = {
    f"caffe.{name}": function for family in _FAMILIES for name, function in family.SEMANTICS.items()
}
"""Functions by the name of the operation."""


def semantics(store: WeightStore) -> Semantics:
    """What the table says."""
    return table_semantics(SEMANTICS, store)
