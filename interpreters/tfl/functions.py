"""The semantics of the `tfl` dialect: a function for each operator, in families."""

from __future__ import annotations

from ...dialects.engine.weights import WeightStore
from ..framework_calls import Semantics
from ..table_functions import Table, table_semantics
from . import (
    arithmetic,
    control,
    elementwise,
    layers,
    movement,
    recurrent,
    resize,
    selection,
    suppression,
)

FAMILIES = (
    arithmetic,
    control,
    elementwise,
    layers,
    movement,
    recurrent,
    resize,
    selection,
    suppression,
)
"""The files of operators; each has a table `OPERATORS`."""

SEMANTICS: Table = {
    f"tfl.{name}": function for family in FAMILIES for name, function in family.OPERATORS.items()
}
"""Functions by operation name, as in `tfl.CONV_2D`."""


def semantics(store: WeightStore) -> Semantics:
    """The meaning of all operations; the numbers of constants are in `store`."""
    return table_semantics(SEMANTICS, store)
