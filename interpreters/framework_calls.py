"""
Operations of frameworks on xDSL's interpreter, whatever says what they mean.

A tensor is a numpy array, a sequence a list, a map a dictionary, an absent optional None. Results
are given the element types that the operation says: references are free with scalars and widths.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.interpreter import (
    Interpreter,
    InterpreterFunctions,
    OpImplResult,
    PythonValues,
    ReturnedValues,
    register_impls,
)
from xdsl.ir import Attribute, Operation, Region

from ..dialects.framework import FrameworkOp, FrameworkYield, element_of, element_type_of_ir
from ..errors import StepwellError
from ..runtime.reference_ops import FreshResults
from .result_room import out_of_memory, require_result_room, takes_much

Value = Any
"""A tensor (array), a sequence (list), a map (dict) or an absent optional (None)."""

Values = Sequence[Value | None]
"""Operands or results by position, None where one is absent."""

RunRegion = Callable[[Region, Sequence[Value]], Sequence[Value]]
"""Runs a region of the operation with arguments for its block; what it yields."""

Compute = Callable[[Values], Values]
"""From the operands of one operation to its results."""


def _nothing_prepared(op: FrameworkOp) -> Compute | None:
    del op
    return None


@dataclass(frozen=True)
class Semantics:
    """What the operations of a dialect mean."""

    results: Callable[[FrameworkOp, Values, RunRegion | None], Values]
    """Of one operation, by position. `run` is None where the operation has no regions."""
    prepared: Callable[[FrameworkOp], Compute | None] = _nothing_prepared
    """An operation whose attributes are worked out once, for one that is run again and again; its
    results then share no memory with its operands. None for all others."""

    def of(self, op: FrameworkOp, run: RunRegion | None) -> Compute:
        """The results of `op` as a function of its operands."""

        def compute(inputs: Values) -> Values:
            return self.results(op, inputs, run)

        return compute


def framework_functions(
    semantics: Semantics, kinds: Collection[type[Operation]]
) -> InterpreterFunctions:
    """The functions of operations of the given classes, for xDSL's interpreter."""

    class FrameworkFunctions(InterpreterFunctions):
        """The operations and terminators of one dialect."""

        @classmethod
        def _impls(cls) -> Iterable[Any]:
            yield from super()._impls()
            for kind in kinds:
                yield kind, _end_region if issubclass(kind, FrameworkYield) else run_operation

    def run_operation(
        functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
    ) -> OpImplResult:
        assert isinstance(op, FrameworkOp)

        def run(region: Region, values: Sequence[Value]) -> Sequence[Value]:
            return interpreter.run_ssacfg_region(region, tuple(values), op.name)

        given = iter(args)
        inputs = [None if slot is None else next(given) for slot in op.operand_slots]
        require_result_room(op, op.label)
        runs = run if op.regions else None
        compute = semantics.prepared(op) or semantics.of(op, runs)
        results = _named_errors(op, compute, inputs)
        pairs = zip(op.result_slots, results, strict=False)
        present = tuple(_typed(value, slot.type) for slot, value in pairs if slot is not None)
        return OpImplResult(present, None)

    return register_impls(FrameworkFunctions)()


def _end_region(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    return OpImplResult((), ReturnedValues(args))


def alone(
    semantics: Semantics, op: Operation
) -> Callable[[Sequence[Value]], Sequence[Value]] | None:
    """
    The results of one operation from its operands, both those that are there, without an
    interpreter; None for an operation with subgraphs.
    """
    if not isinstance(op, FrameworkOp) or op.regions:
        return None
    present = [slot is not None for slot in op.operand_slots]
    full = all(present)
    converts = [None if slot is None else _conversion(slot.type) for slot in op.result_slots]
    prepared = semantics.prepared(op)
    compute = prepared or semantics.of(op, None)
    much = takes_much(op)

    def run(operands: Sequence[Value]) -> list[Value]:
        inputs: Values = operands
        if not full:
            values = iter(operands)
            inputs = [next(values) if there else None for there in present]
        if much:
            require_result_room(op, op.label)
        results = _named_errors(op, compute, inputs)
        pairs = zip(converts, results, strict=False)
        return [convert(value) for convert, value in pairs if convert is not None]

    return run if prepared is None else FreshResults(run)


def _named_errors(op: FrameworkOp, compute: Compute, inputs: Values) -> Values:
    """The results by position; whatever goes wrong is an error with the operation's name."""
    try:
        return compute(inputs)
    except StepwellError:
        raise
    except MemoryError as error:
        raise out_of_memory(op.label, error) from error
    except Exception as error:
        raise StepwellError(f"{op.label}: {error}") from error


def _conversion(type_: Attribute) -> Callable[[Value], Value]:
    """What `_typed` does for values of a type."""
    if element_of(type_) is None:
        return _unchanged
    return lambda value: _typed(value, type_)


def _unchanged(value: Value) -> Value:
    return value


def _typed(value: Value, type_: Attribute) -> Value:
    """A tensor as an array of the type's dtype."""
    element = element_of(type_)
    if value is None or element is None:
        return value
    row = element_type_of_ir(element)
    array = np.asarray(value)
    return array if row is None else array.astype(row.numpy, copy=False)
