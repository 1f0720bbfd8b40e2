"""The regions of reductions, sorts and scatters: functions of scalars, run on many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xdsl.ir import Region, SSAValue

from ...dialects.engine.weights import Array, WeightStore
from ...dialects.framework import FrameworkOp
from ...dialects.framework.constant_array import constant_array
from ...errors import StepwellError
from ..table_functions import Call
from . import chlo, elementwise

ScalarCode = Callable[..., list[Array]]
"""From arrays that broadcast together to arrays, one for each result."""

_AS_IT_IS = frozenset(("stablehlo.reshape", "stablehlo.broadcast_in_dim", "stablehlo.transpose"))
"""Operations that leave a scalar as it is."""


def scalar_code(region: Region) -> ScalarCode:
    """
    The function that a region says of scalars, of arrays element by element.

    Raises `StepwellError` when it is called, for an operation that is not one of scalars.
    """
    block = region.block
    last = block.last_op
    assert last is not None

    def run(*arguments: Array) -> list[Array]:
        known: dict[SSAValue, Any] = dict(zip(block.args, arguments, strict=True))
        for op in block.ops:
            if op is last:
                break
            assert isinstance(op, FrameworkOp)
            known[op.results[0]] = _result(op, [known[v] for v in op.operands])
        return [np.asarray(known[v]) for v in last.operands]

    return run


def _result(op: FrameworkOp, inputs: Sequence[Array]) -> Array:
    if op.SIGNATURE.schema.constant:
        return constant_array(op.properties["value"], _NO_WEIGHTS.array)
    if op.name in _AS_IT_IS:
        return inputs[0]
    function = elementwise.SEMANTICS.get(op.name) or chlo.SEMANTICS.get(op.name)
    if function is None or op.regions or len(op.results) != 1:
        raise StepwellError(f"'{op.name}' in a function of scalars has no reference semantics")
    return np.asarray(function(Call(op, inputs, _NO_WEIGHTS.array, None)))


_NO_WEIGHTS = WeightStore()
"""Scalars stand in the text."""


_KINDS = {
    "stablehlo.add": "sum",
    "stablehlo.multiply": "prod",
    "stablehlo.maximum": "max",
    "stablehlo.minimum": "min",
    "stablehlo.or": "or",
    "stablehlo.and": "and",
}


def kind_of(region: Region) -> str | None:
    """What a region of two scalars is where it is one operation: `sum`, `max`; None for others."""
    block = region.block
    first, last = block.first_op, block.last_op
    if first is None or last is None or first.next_op is not last or len(block.args) != 2:
        return None
    fits = set(first.operands) == set(block.args) and list(last.operands) == list(first.results)
    return _KINDS.get(first.name) if fits and len(first.operands) == 2 else None


COMBINE: dict[str, elementwise.Binary] = {
    "sum": elementwise.BINARY["add"],
    "prod": elementwise.BINARY["multiply"],
    "max": elementwise.BINARY["maximum"],
    "min": elementwise.BINARY["minimum"],
    "or": elementwise.BINARY["or"],
    "and": elementwise.BINARY["and"],
}
"""The function of each kind."""
