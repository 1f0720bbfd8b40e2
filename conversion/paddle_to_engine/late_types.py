"""
Types of results that follow from operands whose sizes are known by now.

A program says -1 for sizes that calls decide. Once inputs have sizes, those of an operator without
a native form are what its semantics gives for zeros, so that what takes its results is native.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from ...dialects.engine import WeightStore
from ...dialects.engine.base import element_of, extents_of, static, tensor
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array, dtype_of
from ...dialects.framework import FrameworkOp
from ...dialects.framework import element_of as framework_element_of
from ...errors import StepwellError
from ...interpreters.paddle.functions import SEMANTICS
from ...interpreters.table_functions import table_evaluate
from ...runtime.size import numbers_of

_BY_DATA = frozenset(("paddle.nonzero",))
"""Operators whose results have sizes that the data decides."""

_MOST = 1 << 24
"""Elements of operands beyond which nothing is tried out."""


def late_types(op: FrameworkOp, store: WeightStore) -> Sequence[Attribute | None]:
    """The types of the results of an operation by position, as they were where nothing follows."""
    before = [None if slot is None else slot.type for slot in op.result_slots]
    if op.name in _BY_DATA:
        return before
    operands: list[Array | None] = []
    for value in op.operand_slots:
        if value is None:
            operands.append(None)
            continue
        if not isinstance(value.type, TensorType) or not static(extents_of(value)):
            return before
        shape = numbers_of(extents_of(value))
        if prod(shape) > _MOST:
            return before
        attr = constant_of(value)
        given = None if attr is None else store.array(attr)
        operands.append(np.zeros(shape, dtype_of(element_of(value))) if given is None else given)
    try:
        found = table_evaluate(SEMANTICS, op, operands, store)
    except (StepwellError, ValueError, TypeError, IndexError, ArithmeticError):
        return before
    types: list[Attribute | None] = []
    for old, array in zip(before, found, strict=False):
        element = None if old is None else framework_element_of(old)
        types.append(old if element is None or array is None else tensor(array.shape, element))
    return types
