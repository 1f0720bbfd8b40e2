"""`recurrence`: LSTM and RNN, both directions of one layer as one node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import i32
from xdsl.ir import Operation, SSAValue

from ...dialects.engine import BroadcastOp, MatmulOp, RecurrenceOp
from ...dialects.engine.base import element_of, extents_of, yielded_values
from ...dialects.engine.weights import Array
from ...dialects.framework import tensor_type
from ...runtime.size import Extent
from .cells import lstm_order, rnn_activation
from .nodes import Nodes, NoOnnxForm, sizes
from .scalar_forms import as_element


@dataclass(frozen=True)
class Layer:
    """A direction of a layer: what ONNX calls it, and its numbers in the order of ONNX."""

    operator: str
    activation: str
    x: SSAValue
    """What the input projection is of, a value of level 2 `[T, B, I]`."""
    w: Array
    """`[G * H, I]`"""
    r: Array
    """`[G * H, H]`"""
    bias: Array
    """Of the input projection, `[G * H]`."""


def convert_recurrence(nodes: Nodes, op: RecurrenceOp) -> Sequence[SSAValue]:
    """The results of a direction, of the node that has both where there are two."""
    layer = _layer(nodes, op)
    if layer is None:
        raise NoOnnxForm("its cell is not that of LSTM or RNN, or its weights are computed")
    other = _partner(nodes, op, layer)
    runs = [(op, layer)] if other is None else sorted([(op, layer), other], key=_direction)
    results = _node(nodes, runs)
    return _part(nodes, op, results, [run for run, _ in runs].index(op), len(runs))


def _direction(run: tuple[RecurrenceOp, Layer]) -> bool:
    """The order of a node's directions: forward, then reverse."""
    return run[0].reverse is not None


def _layer(nodes: Nodes, op: RecurrenceOp) -> Layer | None:
    if op.second is not None or op.extras:
        return None
    order: tuple[int, ...] | None
    operator, activation = "LSTM", ""
    if (order := lstm_order(op.cell)) is None:
        operator, activation, order = "RNN", rnn_activation(op.cell) or "", (0,)
        if not activation:
            return None
    recurrent = nodes.array(op.weight)
    projection = op.gates.owner
    if recurrent is None or not isinstance(projection, MatmulOp):
        return None
    w = nodes.array(projection.rhs)
    turned = projection.trans_lhs is not None or projection.trans_rhs is not None
    if w is None or w.ndim != 2 or turned or len(extents_of(projection.lhs)) != 3:
        return None
    bias = _bias(nodes, projection, recurrent)
    if bias is None:
        return None
    arranged = (_arranged(array, order) for array in (w.T, recurrent.T, bias))
    return Layer(operator, activation, projection.lhs, *arranged)


def _arranged(rows: Array, order: Sequence[int]) -> Array:
    """Equal blocks of rows in another order."""
    blocks = np.split(rows, len(order))
    return np.concatenate([blocks[at] for at in order])


def _bias(nodes: Nodes, projection: MatmulOp, recurrent: Array) -> Array | None:
    """What is added to a projection: constant, or nothing; None for anything else."""
    width = recurrent.shape[1]
    region = projection.epilogue_region
    if region is None:
        zeros: Array = np.zeros_like(recurrent[0])
        return zeros
    [yielded] = yielded_values(region)
    owner = yielded.owner
    if not isinstance(owner, Operation) or owner.name != "arith.addf":
        return None
    if set(owner.operands) != set(region.block.args) or len(region.block.args) != 2:
        return None
    array: Array | None = nodes.array(projection.epilogue_operands[0])
    if array is None or array.size not in (1, width) or array.shape[-1:] != (array.size,):
        return None
    flat: Array = array.reshape(-1)
    return np.broadcast_to(flat, (width,))


def _partner(nodes: Nodes, op: RecurrenceOp, layer: Layer) -> tuple[RecurrenceOp, Layer] | None:
    """The other direction of the same layer."""
    for use in layer.x.uses:
        results = use.operation.results
        for other in (u.operation for result in results for u in result.uses):
            if not isinstance(other, RecurrenceOp) or other.parent is not op.parent:
                continue
            opposite = (other.reverse is None) != (op.reverse is None)
            if not opposite or other.lengths is not op.lengths:
                continue
            found = _layer(nodes, other) if other.hidden_size == op.hidden_size else None
            alike = found is not None and found.x is layer.x and found.operator == layer.operator
            zero = all(_is_zero(nodes, v) for v in (*op.states, *other.states))
            if found is not None and alike and zero:
                return other, found
    return None


def _is_zero(nodes: Nodes, value: SSAValue) -> bool:
    if isinstance(value.owner, BroadcastOp):
        value = value.owner.input
    array = nodes.array(value)
    return array is not None and not array.any()


def _node(nodes: Nodes, runs: Sequence[tuple[RecurrenceOp, Layer]]) -> Sequence[SSAValue]:
    first, layer = runs[0]
    steps, batch = extents_of(first.gates)[:2]
    hidden, count = first.hidden_size, len(runs)
    zeros = np.zeros_like(layer.bias)
    operands: list[SSAValue | None] = [
        nodes.value(layer.x),
        nodes.constant(np.stack([run.w for _, run in runs]), "W"),
        nodes.constant(np.stack([run.r for _, run in runs]), "R"),
        nodes.constant(np.stack([np.concatenate([run.bias, zeros]) for _, run in runs]), "B"),
        None if first.lengths is None else as_element(nodes, nodes.value(first.lengths), i32),
    ]
    if not all(_is_zero(nodes, v) for run, _ in runs for v in run.states):
        # A layer with its partner begins with zeros.
        operands += [_lifted(nodes, state) for state in first.states]
    attributes: dict[str, object] = {
        "hidden_size": hidden,
        "direction": "bidirectional" if count == 2 else "reverse" if first.reverse else "forward",
    }
    if any(run.activation not in ("", "Tanh") for _, run in runs):
        attributes["activations"] = [run.activation for _, run in runs]
    element = element_of(first.gates)
    open_batch = None if batch == -1 else batch
    whole = [None if steps == -1 else steps, count, open_batch, hidden]
    last = tensor_type(element, [count, open_batch, hidden])
    types = [tensor_type(element, whole), *(last for _ in first.states)]
    while operands[-1] is None:
        operands.pop()
    return nodes.several(layer.operator, operands, types, attributes)


def _lifted(nodes: Nodes, value: SSAValue) -> SSAValue:
    """A state `[B, H]` as `[1, B, H]`."""
    shape = (1, *extents_of(value))
    operands = [nodes.value(value), nodes.integers([0])]
    return nodes.one("Unsqueeze", operands, element_of(value), shape)


def _part(
    nodes: Nodes, op: RecurrenceOp, results: Sequence[SSAValue], at: int, count: int
) -> Sequence[SSAValue]:
    """One direction of each result, without the dimension of directions."""
    found: list[SSAValue] = []
    for number, (made, result) in enumerate(zip(results, op.results, strict=True)):
        axis = 0 if number else 1
        if count > 1:
            shape: list[Extent] = list(sizes(made))
            shape[axis] = 1
            kind = tensor_type(element_of(result), [None if n == -1 else n for n in shape])
            operands = [made, nodes.integers([1] * count)]
            made = nodes.several("Split", operands, [kind] * count, {"axis": axis})[at]
        found.append(nodes.like("Squeeze", [made, nodes.integers([axis])], result))
    return found
