"""
LSTM, GRU and RNN as `engine.recurrence`, one per direction.

The input projection of all time steps is one matrix product outside of the loop, with both
biases in its epilogue; the cell is a scalar region. A GRU whose reset gate scales the state has a
second region, which computes the operand of the candidate's product.

A row ends with its sequence length: the reverse direction starts at its last valid step, what
comes after it is zero, and the last state is that of the last step taken. A row of length zero
keeps its initial state.

Operators: GRU, LSTM, RNN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ConcatOp, MatmulOp, RecurrenceOp, YieldOp
from ....dialects.engine.base import element_of, shape_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.weights import Array, dtype_of
from ...to_engine.lowering import Lowering
from ...to_engine.run_time_operands import checked
from ...to_engine.scalars import Numbers, fold_left, select
from .convolution import bias_epilogue
from .recurrence_activations import Activation, activations_of

Scalars = Sequence[SSAValue]
CellBuilder = Callable[[Lowering, Numbers, Sequence[Activation], Scalars], list[SSAValue]]


@dataclass(frozen=True)
class Cell:
    """What makes an operator of this family: its gates, states and the step."""

    gates: int
    states: int
    activations: tuple[str, ...]
    build: CellBuilder
    """From the scalars of the region's arguments to the new states."""
    second: CellBuilder | None = None
    """The operand of the product of the last gate, for a step of two products."""


def _clipped(lo: Lowering, n: Numbers, x: SSAValue) -> SSAValue:
    limit = lo.op.attribute("clip")
    if not isinstance(limit, float) or limit <= 0:
        return x
    return n.minimum(n.maximum(x, n.number(-limit)), n.number(limit))


def _lstm_cell(
    lo: Lowering, n: Numbers, activations: Sequence[Activation], args: Scalars
) -> list[SSAValue]:
    """
    ONNX's gate order is input, output, forget, cell; peepholes are input, output, forget.

    `clip` holds for the input of every activation, that of the cell state included.
    """
    f, g, h = activations
    inputs, recurrent, (_, cell), peepholes = args[:4], args[4:8], args[8:10], args[10:]

    def gate(index: int, state: SSAValue | None, peephole: int) -> SSAValue:
        total = n.add(inputs[index], recurrent[index])
        if peepholes and state is not None:
            total = n.add(total, n.mul(peepholes[peephole], state))
        return _clipped(lo, n, total)

    i = f(n, gate(0, cell, 0))
    forget = n.sub(n.number(1), i) if lo.integer("input_forget") else f(n, gate(2, cell, 2))
    candidate = g(n, gate(3, None, 0))
    new_cell = n.add(n.mul(forget, cell), n.mul(i, candidate))
    o = f(n, gate(1, new_cell, 1))
    return [n.mul(o, h(n, _clipped(lo, n, new_cell))), new_cell]


def _gru_cell(
    lo: Lowering, n: Numbers, activations: Sequence[Activation], args: Scalars
) -> list[SSAValue]:
    """`linear_before_reset`: the reset gate scales the product with its bias, not the state."""
    f, g = activations
    (zx, rx, hx), (zh, rh, hh), h, extras = args[:3], args[3:6], args[6], args[7:]
    update = f(n, _clipped(lo, n, n.add(zx, zh)))
    reset = f(n, _clipped(lo, n, n.add(rx, rh)))
    recurrent = n.add(hh, extras[0]) if extras else hh
    candidate = g(n, _clipped(lo, n, n.add(hx, n.mul(reset, recurrent))))
    keep = n.mul(update, h)
    return [n.add(n.mul(n.sub(n.number(1), update), candidate), keep)]


def _reset_state(
    lo: Lowering, n: Numbers, activations: Sequence[Activation], args: Scalars
) -> list[SSAValue]:
    """The state scaled by the reset gate, the third input and the second product."""
    (_, rx, _), (_, rh), h = args[:3], args[3:5], args[5]
    return [n.mul(activations[0](n, _clipped(lo, n, n.add(rx, rh))), h)]


def _gru_cell_after_reset(
    lo: Lowering, n: Numbers, activations: Sequence[Activation], args: Scalars
) -> list[SSAValue]:
    """The candidate's recurrent gate is the product of what the reset gate scaled."""
    f, g = activations
    (zx, _, hx), (zh, _, hh), h = args[:3], args[3:6], args[6]
    update = f(n, _clipped(lo, n, n.add(zx, zh)))
    candidate = g(n, _clipped(lo, n, n.add(hx, hh)))
    return [n.add(n.mul(n.sub(n.number(1), update), candidate), n.mul(update, h))]


def _rnn_cell(
    lo: Lowering, n: Numbers, activations: Sequence[Activation], args: Scalars
) -> list[SSAValue]:
    x, h = args[0], args[1]
    return [activations[0](n, _clipped(lo, n, n.add(x, h)))]


LSTM_CELL = Cell(4, 2, ("Sigmoid", "Tanh", "Tanh"), _lstm_cell)
GRU_CELL = Cell(3, 1, ("Sigmoid", "Tanh"), _gru_cell)
RESET_FIRST_CELL = Cell(3, 1, ("Sigmoid", "Tanh"), _gru_cell_after_reset, _reset_state)
RNN_CELL = Cell(1, 1, ("Tanh",), _rnn_cell)

STATES = ("initial_h", "initial_c")


def _direction_slice(lo: Lowering, value: SSAValue, direction: int) -> SSAValue:
    """`value[direction]`"""
    part = lo.slice_axis(value, 0, direction, 1)
    return lo.reshape(part, shape_of(value)[1:])


def _sum(lo: Lowering, values: Sequence[SSAValue]) -> SSAValue:
    """The sum of vectors, a constant where all are."""
    n = Numbers(element_of(values[0]))
    attrs = [attr for attr in map(constant_of, values) if attr is not None]
    if len(attrs) < len(values):

        def build(*xs: SSAValue) -> SSAValue:
            return fold_left(n.add, xs)

        return lo.map(values, build)

    def compute(*arrays: Array) -> Array:
        total = arrays[0].copy()
        for array in arrays[1:]:
            total += array
        return total

    return lo.derived("sum", compute, attrs, shape_of(values[0]), n.element, "bias")


def _biases(
    lo: Lowering, cell: Cell, direction: int, hidden: int
) -> tuple[SSAValue | None, list[SSAValue]]:
    """The bias of the input projection, and what the cell adds to recurrent gates itself."""
    bias = lo.optional("B")
    if bias is None:
        return None, []
    both = _direction_slice(lo, bias, direction)
    width = cell.gates * hidden
    w, r = lo.slice(both, [0], [width]), lo.slice(both, [width], [width])
    if cell is not GRU_CELL:
        return _sum(lo, [w, r]), []
    # The candidate's recurrent bias is scaled by the reset gate: it stays inside.
    early = _sum(lo, [lo.slice(w, [0], [2 * hidden]), lo.slice(r, [0], [2 * hidden])])
    late_w, late_r = (lo.slice(v, [2 * hidden], [hidden]) for v in (w, r))
    return _joined(lo, [early, late_w]), [late_r]


def _joined(lo: Lowering, values: Sequence[SSAValue]) -> SSAValue:
    """The concatenation of vectors, a constant where all are."""
    attrs = [attr for attr in map(constant_of, values) if attr is not None]
    if len(attrs) < len(values):
        return lo.emit(ConcatOp(values, 0))
    shape = (sum(shape_of(v)[0] for v in values),)
    element = element_of(values[0])

    def compute(*arrays: Array) -> Array:
        return np.concatenate(arrays)

    return lo.derived("concat", compute, attrs, shape, element, "bias")


def _initial(lo: Lowering, name: str, direction: int, shape: tuple[int, ...]) -> SSAValue:
    value = lo.optional(name)
    if value is None:
        zeros = np.zeros((), dtype_of(element_of(lo.operand("X"))))
        return lo.broadcast(lo.constant(zeros, "zero"), shape)
    if lo.integer("layout"):
        value = lo.transpose(value, (1, 0, 2))
    return _direction_slice(lo, value, direction)


def _lengths(lo: Lowering, steps: int) -> SSAValue | None:
    """The steps of each row, checked; None where all take all."""
    lengths = lo.optional("sequence_lens")
    if lengths is None:
        return None
    known = lo.array_of(lengths)
    if known is not None and (known == steps).all():
        return None
    n = Numbers(element_of(lengths))

    def fits(x: SSAValue) -> SSAValue:
        low, high = n.compare("ge", x, n.number(0)), n.compare("le", x, n.number(steps))
        return select(low, high, low)

    message = f"sequence_lens has a length that is not from 0 to {steps}"
    return checked(lo, lengths, lo.map([lengths], fits, i1), message)


def _regions(
    lo: Lowering, cell: Cell, direction: int, n: Numbers, others: int
) -> tuple[Region, Region | None]:
    """The cell, and what comes before its second product if it has one."""
    activations = activations_of(lo, cell.activations, direction)

    def region(build: CellBuilder, arguments: int) -> Region:
        block = Block(arg_types=[n.scalar] * (arguments + others))
        with ImplicitBuilder(block):
            YieldOp(*build(lo, n, activations, block.args))
        return Region(block)

    second = None if cell.second is None else region(cell.second, 2 * cell.gates - 1)
    return region(cell.build, 2 * cell.gates), second


def _one_direction(
    lo: Lowering,
    cell: Cell,
    x: SSAValue,
    lengths: SSAValue | None,
    direction: int,
    reverse: bool,
) -> Sequence[SSAValue]:
    """The outputs `[T, B, H]` and the final states `[B, H]` of one direction."""
    _, batch, _ = shape_of(x)
    hidden = shape_of(lo.operand("R"))[-1]
    n = Numbers(element_of(x))
    w = lo.transpose(_direction_slice(lo, lo.operand("W"), direction), (1, 0))
    r = lo.transpose(_direction_slice(lo, lo.operand("R"), direction), (1, 0))
    late = None
    if cell.second is not None:
        early = (cell.gates - 1) * hidden
        late = lo.slice(r, [0, early], [hidden, hidden])
        r = lo.slice(r, [0, 0], [hidden, early])
    bias, extras = _biases(lo, cell, direction, hidden)
    fused = [] if bias is None else [bias]
    epilogue = None if bias is None else bias_epilogue(n)
    gates = lo.emit(MatmulOp(x, w, epilogue_operands=fused, epilogue=epilogue))
    states = [_initial(lo, name, direction, (batch, hidden)) for name in STATES[: cell.states]]
    if cell is LSTM_CELL and lo.optional("P") is not None:
        peepholes = _direction_slice(lo, lo.operand("P"), direction)
        extras = [lo.slice(peepholes, [g * hidden], [hidden]) for g in range(3)]
    body, second = _regions(lo, cell, direction, n, len(states) + len(extras))
    op = RecurrenceOp(
        gates,
        r,
        states,
        body,
        extras=extras,
        lengths=lengths,
        second_weight=late,
        second=second,
        reverse=reverse,
    )
    lo.emit(op)
    return op.res


def _recurrent(lo: Lowering, cell: Cell) -> list[SSAValue | None]:
    x = lo.operand("X")
    batch_first = bool(lo.integer("layout"))
    if batch_first:
        x = lo.transpose(x, (1, 0, 2))
    steps, batch, _ = shape_of(x)
    lengths = _lengths(lo, steps)
    hidden = shape_of(lo.operand("R"))[-1]
    direction = lo.text("direction", "forward")
    reverses = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]
    runs = [_one_direction(lo, cell, x, lengths, d, back) for d, back in enumerate(reverses)]
    results: list[SSAValue | None] = []
    for at, name in enumerate(("Y", "Y_h", "Y_c")[: 1 + cell.states]):
        if not lo.is_used(name):
            results.append(None)
            continue
        shape = (steps, 1, batch, hidden) if at == 0 else (1, batch, hidden)
        parts = [lo.reshape(run[at], shape) for run in runs]
        axis = 1 if at == 0 else 0
        whole = parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))
        if batch_first:
            whole = lo.transpose(whole, (2, 0, 1, 3) if at == 0 else (1, 0, 2))
        results.append(whole)
    return results


def LSTM(lo: Lowering) -> list[SSAValue | None]:
    """Long short-term memory, with peepholes."""
    return _recurrent(lo, LSTM_CELL)


def GRU(lo: Lowering) -> list[SSAValue | None]:
    """Gated recurrent unit."""
    return _recurrent(lo, GRU_CELL if lo.integer("linear_before_reset") else RESET_FIRST_CELL)


def RNN(lo: Lowering) -> list[SSAValue | None]:
    """`h = f(x . W + h . R + b)`"""
    return _recurrent(lo, RNN_CELL)


OPERATORS = {"GRU": GRU, "LSTM": LSTM, "RNN": RNN}
