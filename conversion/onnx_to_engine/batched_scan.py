"""
Scans whose steps do not depend on each other, as one computation over all steps.

Converters of classical models write the distances of all pairs of rows so: the state is handed
from step to step as it is, and every step compares it with one row. A body of elementwise operators
and reductions runs on all rows at once when these get a leading dimension: a value of rank `r` in a
body whose values have at most rank `K` becomes `[steps, 1 (K - r times), *its own]`, so that
everything still broadcasts as in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of, tensor
from ...dialects.engine.weights import Array
from ...dialects.framework import constant_type
from ...dialects.framework.constant_array import constant_array
from ...dialects.onnx import OnnxOp, YieldOp, op_class
from ..to_engine.dialect_conversion import RunBlock
from ..to_engine.lowering import Lowering, positive
from ..to_engine.vocabulary.loop_parts import discard

_ELEMENTWISE = frozenset(
    f"onnx.{name}"
    for name in (
        *("Abs", "Add", "Cast", "Cos", "Div", "Exp", "Identity", "Log", "Max", "Min", "Mul"),
        *("Neg", "Pow", "Reciprocal", "Relu", "Sigmoid", "Sign", "Sin", "Sqrt", "Sub", "Sum"),
        *("Tanh", "Where", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not"),
    )
)
_REDUCTIONS = frozenset(
    f"onnx.Reduce{kind}"
    for kind in ("L1", "L2", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")
)


def batched_scan(
    lo: Lowering,
    run: RunBlock,
    body: Block,
    states: Sequence[SSAValue],
    inputs: Sequence[SSAValue],
) -> list[SSAValue] | None:
    """
    The results of a scan along the first axis of `inputs`, stacked along the first axis; None for
    a body that has other operators, changes a state, or has sizes that are not known.
    """
    *ops, last = body.ops
    yielded = list(last.operands)
    arguments = body.args[: len(states)]
    if [_origin(value) for value in yielded[: len(states)]] != list(arguments):
        return None
    values = [*body.args, *(r for op in ops for r in op.results)]
    if not all(isinstance(v.type, TensorType) and _has_numbers(v) for v in (*values, *inputs)):
        return None
    rank = max(rank_of(v) for v in values)
    steps = shape_of(inputs[0])[0]
    batch = _Batch(lo, steps, rank, {})
    block = batch.block(body, len(states))
    if not batch.fill(block, ops) or not all(v in batch.values for v in yielded[len(states) :]):
        discard(block)
        return None
    outputs = [
        batch.reshaped(block, batch.values[v], (steps, *shape_of(v)))
        for v in yielded[len(states) :]
    ]
    block.add_op(YieldOp(outputs))
    given = [
        lo.reshape(x, shape_of(argument))
        for x, argument in zip(inputs, block.args[len(states) :], strict=True)
    ]
    try:
        return [*states, *run(block, [*states, *given])]
    finally:
        discard(block)


def _has_numbers(value: SSAValue) -> bool:
    return all(isinstance(n, int) and n >= 0 for n in extents_of(value))


def _origin(value: SSAValue) -> SSAValue:
    """What a value is but for identities."""
    while isinstance(value, OpResult) and value.op.name == "onnx.Identity":
        value = value.op.operands[0]
    return value


@dataclass(frozen=True)
class _Batch:
    """The values of the body that differ from step to step, by what stands for all steps."""

    lo: Lowering
    steps: int
    rank: int
    values: dict[SSAValue, SSAValue]

    def type_of(self, value: SSAValue) -> TensorType:
        """The type for all steps."""
        shape = shape_of(value)
        ones = [1] * (self.rank - len(shape))
        return tensor((self.steps, *ones, *shape), element_of(value))

    def block(self, body: Block, states: int) -> Block:
        """A block that takes the states and what all steps read."""
        types: list[Attribute] = [a.type for a in body.args[:states]]
        block = Block(arg_types=[*types, *(self.type_of(a) for a in body.args[states:])])
        pairs = zip(body.args[states:], block.args[states:], strict=True)
        self.values.update(pairs)
        return block

    def fill(self, block: Block, ops: Sequence[Operation]) -> bool:
        """Append the operations for all steps; whether all of them have such a form."""
        same: dict[SSAValue, SSAValue] = {}
        for op in ops:
            if not any(v in self.values for v in op.operands):
                if op.regions:
                    return False
                new = op.clone({**same, **self._states(block, op)})
                block.add_op(new)
                same.update(zip(op.results, new.results, strict=True))
                continue
            mapped = {**same, **self._states(block, op), **self.values}
            if op.name in _ELEMENTWISE:
                new = type(op).create(
                    operands=[mapped.get(v, v) for v in op.operands],
                    result_types=[self.type_of(op.results[0])],
                    properties=dict(op.properties),
                    attributes=dict(op.attributes),
                )
                block.add_op(new)
                self.values[op.results[0]] = new.results[0]
            elif not (op.name in _REDUCTIONS and self._reduce(block, op)):
                return False
        return True

    def _states(self, block: Block, op: Operation) -> dict[SSAValue, SSAValue]:
        """The arguments of the block for those operands that are states."""
        return {
            v: block.args[v.index]
            for v in op.operands
            if isinstance(v, BlockArgument) and v not in self.values and v.block is op.parent
        }

    def _reduce(self, block: Block, op: Operation) -> bool:
        """Append a reduction over the same axes, counted from the end."""
        assert isinstance(op, OnnxOp)
        x, axes = op.operands[0], self._axes(op)
        source = self.values.get(x)
        if source is None or axes is None or op.attribute("noop_with_empty_axes"):
            return False
        rank, shape = rank_of(x), shape_of(source)
        from_end = [positive(axis, rank) - rank for axis in axes or range(rank)]
        kept = [1 if at - len(shape) in from_end else n for at, n in enumerate(shape)]
        constant = self._constant(block, np.array(from_end, np.int64))
        type_ = tensor(tuple(kept), element_of(x))
        new = type(op).make([source, constant], [type_], {"keepdims": 1})
        new.attributes.update(op.attributes)
        block.add_op(new)
        result = op.results[0]
        self.values[result] = self.reshaped(block, new.results[0], shape_of(self.type_of(result)))
        return True

    def _axes(self, op: OnnxOp) -> list[int] | None:
        """The axes of a reduction, none for all; None where they are not constant."""
        given = op.operand("axes")
        if given is None:
            return []
        if isinstance(given, OpResult) and given.op.name == "onnx.Constant":
            value = given.op.properties.get("value")
            return None if value is None else _integers(self.lo, value)
        array = self.lo.array_of(given)
        return None if array is None else [int(v) for v in array.reshape(-1)]

    def reshaped(self, block: Block, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """Append a reshape, if one is needed."""
        if shape_of(value) == tuple(shape):
            return value
        reshape = op_class("Reshape")
        assert reshape is not None
        wanted = self._constant(block, np.array(shape, np.int64))
        new = reshape.make([value, wanted], [tensor(tuple(shape), element_of(value))])
        block.add_op(new)
        return new.results[0]

    def _constant(self, block: Block, numbers: Array) -> SSAValue:
        attribute, constant = self.lo.store.add(numbers, "sizes"), op_class("Constant")
        assert constant is not None
        new = constant.make([], [constant_type(attribute)], {"value": attribute})
        block.add_op(new)
        return new.results[0]


def _integers(lo: Lowering, attribute: Attribute) -> list[int]:
    return [int(v) for v in constant_array(attribute, lo.store.array).reshape(-1)]
