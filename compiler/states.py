"""What a program keeps between calls, as the run time is told."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.func import FuncOp
from xdsl.utils.exceptions import VerifyException

from ..dialects.engine.weights import WeightStore
from ..dialects.framework import StateAttr, state_of
from ..errors import CompileError
from ..runtime.program import State, TensorSignature


def states_of(
    main: FuncOp,
    store: WeightStore,
    inputs: Sequence[TensorSignature],
    outputs: Sequence[TensorSignature],
) -> tuple[State, ...]:
    """
    The states of `@main`, at any level.

    Raises:
        CompileError: for one that is no input and output of one type, in numbers.
    """
    try:
        found = state_of(main)
    except VerifyException as error:
        raise CompileError(str(error)) from None
    return tuple(_state(state, store, inputs, outputs) for state in found)


def _state(
    state: StateAttr,
    store: WeightStore,
    inputs: Sequence[TensorSignature],
    outputs: Sequence[TensorSignature],
) -> State:
    title, argument, result = state.title.data, state.argument.data, state.result.data
    if argument >= len(inputs) or result >= len(outputs):
        raise CompileError(
            f"state '{title}' is input {argument} and output {result} of a function of "
            f"{len(inputs)} and {len(outputs)}"
        )
    given, kept = inputs[argument], outputs[result]
    if (given.dtype, given.shape) != (kept.dtype, kept.shape) or not all(
        isinstance(size, int) for size in given.shape
    ):
        raise CompileError(
            f"state '{title}' is {given.type} as an input and {kept.type} as an output; expected "
            "one type, with numbers for sizes"
        )
    initial = None if state.first is None else store.array(state.first)
    return State(
        title, argument, result, initial if initial is not None and initial.any() else None
    )
