"""
Sizes that a program computes: `shape`, and what follows from it by arithmetic on integers.

What only moves elements means the same for sizes by name as for numbers, so the semantics is run on
arrays of them; arithmetic has functions of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import SSAValue

from ...dialects.engine import WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.framework import FrameworkOp
from ...dialects.framework import element_of as framework_element_of
from ...errors import StepwellError
from ...interpreters.paddle.functions import SEMANTICS
from ...interpreters.table_functions import table_evaluate
from ...runtime.size import Size
from ..shape_arithmetic import (
    Combine,
    Elements,
    added,
    count_of,
    divided,
    elements_of,
    largest,
    multiplied,
    remaining,
    sizes_of_type,
    smallest,
    subtracted,
)

_MOVED = frozenset(
    f"paddle.{name}"
    for name in (
        *("assign", "concat", "expand", "flatten", "gather", "index_select", "reshape", "slice"),
        *("share_data", "squeeze", "stack", "strided_slice", "tile", "transpose", "unsqueeze"),
    )
)
"""Operators that move elements."""

_COMBINED: dict[str, Combine] = {
    "paddle.add": added,
    "paddle.divide": divided,
    "paddle.floor_divide": divided,
    "paddle.maximum": largest,
    "paddle.minimum": smallest,
    "paddle.multiply": multiplied,
    "paddle.remainder": remaining,
    "paddle.subtract": subtracted,
    "paddle.trunc_divide": divided,
}

_Given = Callable[[SSAValue], Elements | None]


def size_elements(
    op: FrameworkOp, store: WeightStore, sizes: Mapping[SSAValue, Elements]
) -> Elements | None:
    """
    The elements of the first result where all of them are numbers or sizes by name.

    `sizes` holds those of values of which some are by name. None where nothing by name goes in.
    """
    if op.name in ("paddle.shape", "paddle.shape64", "paddle.numel"):
        return _of_type(op)
    if not any(value in sizes for value in op.operands):
        return None

    def given(value: SSAValue) -> Elements | None:
        if value in sizes:
            return sizes[value]
        attr = constant_of(value)
        return None if attr is None else store.array(attr).astype(object)

    found = _found(op, store, given)
    if found is None or not all(isinstance(e, int | Size) for e in found.reshape(-1).tolist()):
        return None
    return found


def _found(op: FrameworkOp, store: WeightStore, given: _Given) -> Elements | None:
    values = [given(value) for value in op.operands]
    if op.name == "paddle.cast":
        return (
            values[0] if isinstance(framework_element_of(op.results[0].type), IntegerType) else None
        )
    if op.name == "paddle.scale":
        return _scaled(op, values[0])
    combine = _COMBINED.get(op.name)
    known = [value for value in values if value is not None]
    if len(known) != len(values):
        return None
    if combine is not None:
        return combine(known[0], known[1])
    if op.name not in _MOVED:
        return None
    try:
        [first, *_] = table_evaluate(SEMANTICS, op, _slots(op, known), store)
    except (StepwellError, ValueError, TypeError, IndexError):
        return None  # a size by name where the semantics needs a number
    return np.asarray(first, object)


def _slots(op: FrameworkOp, known: list[Elements]) -> list[Elements | None]:
    values = iter(known)
    return [None if slot is None else next(values) for slot in op.operand_slots]


def _scaled(op: FrameworkOp, x: Elements | None) -> Elements | None:
    """`factor * x + bias` of integers."""
    numbers = [op.attribute("scale"), op.attribute("bias")]
    if x is None or len(op.operands) > 1:
        return None
    wanted = [int(n) for n in numbers if isinstance(n, int | float) and float(n).is_integer()]
    if len(wanted) != len(numbers):
        return None
    factor, bias = (np.full((), n, object) for n in wanted)
    if op.attribute("bias_after_scale"):
        return added(multiplied(x, factor), bias)
    return multiplied(added(x, bias), factor)


def _of_type(op: FrameworkOp) -> Elements | None:
    extents = sizes_of_type(op.operands[0].type)
    if extents is None:
        return None
    if op.name == "paddle.numel":
        return elements_of([count_of(extents)], ())
    return elements_of(extents)
