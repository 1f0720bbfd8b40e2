"""The results of operations on constants, and on sizes, by their semantics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array
from ...dialects.framework import FrameworkOp
from ...interpreters.table_functions import table_evaluate
from ...interpreters.tfl.functions import SEMANTICS
from ...runtime.size import Size
from ..shape_arithmetic import Elements, elements_of, sizes_of_type

_MOVES = frozenset(
    f"tfl.{name}"
    for name in (
        *("STRIDED_SLICE", "SLICE", "PACK", "CONCATENATION", "RESHAPE", "SQUEEZE", "EXPAND_DIMS"),
        *("GATHER", "ADD", "SUB", "MUL", "REDUCE_PROD", "TRANSPOSE"),
    )
)
"""Operators that compute shapes, whose semantics hold for sizes by name, too."""


def evaluate(
    op: FrameworkOp, arrays: Sequence[Array | None], store: WeightStore
) -> Sequence[Array | None]:
    """The results by position. Raises whatever the semantics raise."""
    return table_evaluate(SEMANTICS, op, arrays, store)


def size_elements(
    op: FrameworkOp, store: WeightStore, sizes: Mapping[SSAValue, Elements]
) -> Elements | None:
    """
    The elements of the first result where all of them are numbers or sizes by name.

    `sizes` holds those of values of which some are by name. None where nothing by name goes in.
    """
    if op.name == "tfl.SHAPE":
        extents = sizes_of_type(op.operands[0].type)
        return None if extents is None else elements_of(extents)
    if not any(v in sizes for v in op.operands):
        return None
    if op.name == "tfl.CAST":
        return sizes.get(op.operands[0])
    if op.name not in _MOVES:
        return None
    arrays: list[Array | None] = []
    for operand in op.operand_slots:
        known = None if operand is None else sizes.get(operand)
        attr = None if operand is None else constant_of(operand)
        if operand is not None and known is None and attr is None:
            return None
        arrays.append(known if attr is None else store.array(attr))
    try:
        [found] = table_evaluate(SEMANTICS, op, arrays, store)
    except Exception:
        # The semantics does not know this case; then it is computed when the model runs.
        return None
    if isinstance(found, Size):
        return elements_of([found], ())
    return found if isinstance(found, np.ndarray) and found.dtype == object else None
