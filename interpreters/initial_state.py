"""What a function that keeps values between calls takes in the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import FunctionType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from ..dialects.engine.base import element_of, names_of, shape_of
from ..dialects.engine.weights import Array, dtype_of, weight_store
from ..dialects.framework import StateAttr, state_of, stored
from ..errors import InputError
from ..runtime.abi import OUTPUT_NAMES, SIGNATURE


def with_initial_state(
    ctx: Context, main: FuncOp, names: Sequence[str], inputs: Mapping[str, Any] | Sequence[Any]
) -> Mapping[str, Any] | Sequence[Any]:
    """
    The inputs of a call, with what the function keeps at first where that is not given.

    By position, either all inputs are given, or all but those that are kept.

    Raises `InputError` for a function whose state is none.
    """
    try:
        states = {state.argument.data: state for state in state_of(main)}
    except VerifyException as error:
        raise InputError(str(error)) from None
    if not states:
        return inputs
    types = _input_types(main, len(names))
    if isinstance(inputs, Mapping):
        missing = {names[at]: at for at in states if at < len(names) and names[at] not in inputs}
        return {**inputs, **{n: _initial(ctx, states[at], types[at]) for n, at in missing.items()}}
    if len(inputs) != len(types) - len(states):
        return inputs
    given = iter(inputs)
    return [
        _initial(ctx, states[at], type_) if at in states else next(given)
        for at, type_ in enumerate(types)
    ]


def _initial(ctx: Context, state: StateAttr, type_: Attribute) -> Array:
    if state.first is not None:
        return weight_store(ctx).array(state.first)
    return np.zeros(shape_of(type_), dtype_of(stored(element_of(type_))))


def _input_types(main: FuncOp, count: int) -> Sequence[Attribute]:
    """The types of the inputs: below tensors, other arguments stand before and after them."""
    said = main.attributes.get(SIGNATURE)
    if isinstance(said, FunctionType):
        return said.inputs.data
    types = main.function_type.inputs.data
    if not count:
        return types
    after = max(len(names_of(main, OUTPUT_NAMES)) - len(main.function_type.outputs), 0)
    return types[len(types) - after - count : len(types) - after]
