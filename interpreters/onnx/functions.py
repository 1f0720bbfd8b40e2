"""
The `onnx` dialect on xDSL's interpreter.

A tensor is a numpy array, a sequence a list, a map a dictionary, an absent optional None.
Operators mean what `onnx.reference` says they mean; subgraphs are regions and run as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import onnx
from xdsl.context import Context
from xdsl.interpreter import (
    Interpreter,
    InterpreterFunctions,
    OpImplResult,
    PythonValues,
    ReturnedValues,
    TerminatorValue,
    impl_terminator,
    register_impls,
)
from xdsl.ir import Attribute, Operation, Region

from ...dialects.engine.weights import Array, WeightStore, weight_store
from ...dialects.framework import element_of, element_type_of_ir
from ...dialects.onnx import OnnxOp, YieldOp, op_classes
from ...dialects.onnx.protos import attribute_protos, constant_array
from ...errors import StepwellError
from ...runtime.reference_ops import FreshResults
from ..result_room import out_of_memory, require_result_room, takes_much
from .corrections import CORRECTIONS
from .forests import FORESTS
from .ml_features import label_encoder, zip_map
from .reference import OnnxValue, run_operator
from .subgraphs import SUBGRAPHS

_PREPARED = {"onnx.ml.LabelEncoder": label_encoder, "onnx.ml.ZipMap": zip_map}
"""`(op, read) -> (inputs -> results)` of operators at the end of pipelines, where what the
attributes say takes longer to work out than the results of a few rows."""


@register_impls
class OnnxFunctions(InterpreterFunctions):
    """Reference semantics of the `onnx` dialect; constants come from the context's store."""

    def __init__(self, ctx: Context):
        self._store: WeightStore = weight_store(ctx)

    @classmethod
    def _impls(cls) -> Iterable[Any]:
        yield from super()._impls()
        for op_type in op_classes().values():
            yield op_type, _run_onnx_op

    @impl_terminator(YieldOp)
    def run_yield(
        self, interpreter: Interpreter, op: YieldOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()

    def results(
        self, interpreter: Interpreter | None, op: OnnxOp, inputs: Sequence[OnnxValue | None]
    ) -> Sequence[OnnxValue | None]:
        """The results of one operation by position; the interpreter runs its subgraphs."""
        if op.name == "onnx.Constant" and "value" in op.properties:
            return [constant_array(op.properties["value"], self._store.array)]
        subgraphs = SUBGRAPHS.get(op.name)
        if subgraphs is not None:

            def run(region: Region, args: Sequence[OnnxValue]) -> Sequence[OnnxValue]:
                assert interpreter is not None
                return interpreter.run_ssacfg_region(region, tuple(args), op.name)

            return subgraphs(op, inputs, run)
        prepare = _PREPARED.get(op.name)
        if prepare is not None:
            return prepare(op, self._store.array)(inputs)
        forest = FORESTS.get(op.name)
        if forest is not None:
            return forest(op, inputs, self._store.array)
        correction = CORRECTIONS.get(op.name)
        corrected = None if correction is None else correction(op, inputs)
        if corrected is not None:
            return corrected
        schema = op.schema
        attributes = [*attribute_protos(op, self._store.array), *self._graphs(op)]
        wanted = [slot is not None for slot in op.result_slots]
        return run_operator(schema.name, schema.domain, attributes, inputs, wanted)

    def _graphs(self, op: OnnxOp) -> list[onnx.AttributeProto]:
        """Subgraphs of operators whose meaning is a function in the schema."""
        if not op.regions:
            return []
        from ...dialects.onnx.graph_writer import GraphWriter

        return GraphWriter(self._store, inline=True).graph_attributes(op)


def _run_onnx_op(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    assert isinstance(functions, OnnxFunctions)
    assert isinstance(op, OnnxOp)
    values = iter(args)
    inputs = [None if slot is None else next(values) for slot in op.operand_slots]
    require_result_room(op, op.label)
    results = _named_errors(op, partial(functions.results, interpreter, op), inputs)
    pairs = zip(op.result_slots, results, strict=False)
    present = tuple(_typed(value, slot.type) for slot, value in pairs if slot is not None)
    return OpImplResult(present, None)


def _named_errors(
    op: OnnxOp,
    results: Callable[[Sequence[OnnxValue | None]], Sequence[OnnxValue | None]],
    inputs: Sequence[OnnxValue | None],
) -> Sequence[OnnxValue | None]:
    """The results by position; whatever goes wrong is an error with the operation's name."""
    try:
        return results(inputs)
    except StepwellError:
        raise
    except MemoryError as error:
        raise out_of_memory(op.label, error) from error
    except Exception as error:
        raise StepwellError(f"{op.label}: {error}") from error


def alone(
    ctx: Context, op: Operation
) -> Callable[[Sequence[OnnxValue]], Sequence[OnnxValue]] | None:
    """
    The results of one operation from its operands, both those that are there, without an
    interpreter; None for an operation with subgraphs.
    """
    if not isinstance(op, OnnxOp) or op.regions:
        return None
    functions = OnnxFunctions(ctx)
    present = [slot is not None for slot in op.operand_slots]
    full = all(present)
    converts = [None if slot is None else _conversion(slot.type) for slot in op.result_slots]
    prepare = _PREPARED.get(op.name)
    compute = (
        partial(functions.results, None, op)
        if prepare is None
        else prepare(op, weight_store(ctx).array)
    )
    much = takes_much(op)

    def run(operands: Sequence[OnnxValue]) -> list[OnnxValue]:
        inputs: Sequence[OnnxValue | None] = operands
        if not full:
            values = iter(operands)
            inputs = [next(values) if there else None for there in present]
        if much:
            require_result_room(op, op.label)
        results = _named_errors(op, compute, inputs)
        pairs = zip(converts, results, strict=False)
        return [convert(value) for convert, value in pairs if convert is not None]

    return run if prepare is None else FreshResults(run)


def _conversion(type_: Attribute) -> Callable[[OnnxValue], OnnxValue]:
    """What `_typed` does for values of a type."""
    if element_of(type_) is None:
        return _unchanged
    return lambda value: _typed(value, type_)


def _unchanged(value: OnnxValue) -> OnnxValue:
    return value


def _typed(value: OnnxValue, type_: Attribute) -> OnnxValue:
    """A tensor as an array of the type's dtype; the reference is free with scalars and widths."""
    element = element_of(type_)
    if value is None or element is None:
        return value
    row = element_type_of_ir(element)
    array: Array = np.asarray(value)
    return array if row is None else array.astype(row.numpy, copy=False)
