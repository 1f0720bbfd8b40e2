"""
Recurrent layers as `engine.recurrence`, one direction at a time.

The input projection of all time steps is one matrix product outside of the loop, with the biases
in its epilogue; the cell is a scalar region. A GRU whose reset gate scales the state has a second
region, which computes the operand of the candidate's product.

Frameworks lay gates out in different orders. A cell is told the order of its blocks, `iofc` or
`zrh`, and picks its scalars by it, so that no weight is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ConcatOp, MatmulOp, PadOp, RecurrenceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, shape_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.weights import Array, dtype_of
from ....runtime.size import is_one, sum_of
from ..lowering import Lowering, attribute_of
from ..scalars import Numbers, fold_left
from .convolution import bias_epilogue
from .dense import dense

Activation = Callable[[Numbers, SSAValue], SSAValue]
Scalars = Sequence[SSAValue]
CellBuilder = Callable[[Numbers, Scalars], list[SSAValue]]


@dataclass(frozen=True)
class Cell:
    """What makes a recurrent layer: its gates, states and the step."""

    gates: int
    states: int
    build: CellBuilder
    """From the scalars of the region's arguments to the new states: one of each gate's input, one
    of each gate's recurrent product, the states, the extras."""
    second: CellBuilder | None = None
    """The operand of the product of the last gate, for a step of two products."""
    scales_bias: bool = False
    """Whether another gate scales the recurrent bias of the last one, which the cell then adds."""


def _clipped(n: Numbers, x: SSAValue, clip: float | None) -> SSAValue:
    if clip is None:
        return x
    return n.minimum(n.maximum(x, n.number(-clip)), n.number(clip))


def lstm_cell(
    activations: Sequence[Activation],
    *,
    gates: str = "iofc",
    clip: float | None = None,
    cell_clip: float | None = None,
    coupled: str = "",
) -> Cell:
    """
    Long short-term memory; `gates` orders input, output, forget and cell.

    Extras are peepholes of input, output and forget. `clip` holds for the input of every
    activation, that of the cell state included; `cell_clip` for the cell state itself. `coupled`:
    the `forget` gate is one less the input gate, or the `input` gate one less the forget gate.
    """
    f, g, h = activations
    at = {gate: gates.index(gate) for gate in "iofc"}

    def build(n: Numbers, args: Scalars) -> list[SSAValue]:
        inputs, recurrent, (_, cell), peepholes = args[:4], args[4:8], args[8:10], args[10:]

        def gate(name: str, state: SSAValue | None) -> SSAValue:
            total = n.add(inputs[at[name]], recurrent[at[name]])
            if peepholes and state is not None:
                total = n.add(total, n.mul(peepholes["iof".index(name)], state))
            return _clipped(n, total, clip)

        def other(name: str) -> SSAValue:
            return n.sub(n.number(1), f(n, gate(name, cell)))

        i = other("f") if coupled == "input" else f(n, gate("i", cell))
        forget = other("i") if coupled == "forget" else f(n, gate("f", cell))
        candidate = g(n, gate("c", None))
        new_cell = n.add(n.mul(forget, cell), n.mul(i, candidate))
        new_cell = _clipped(n, new_cell, cell_clip)
        o = f(n, gate("o", new_cell))
        return [n.mul(o, h(n, _clipped(n, new_cell, clip))), new_cell]

    return Cell(4, 2, build)


def gru_cell(
    activations: Sequence[Activation],
    *,
    gates: str = "zrh",
    clip: float | None = None,
    reset_after: bool = False,
) -> Cell:
    """
    Gated recurrent unit; `gates` orders update, reset and candidate, the candidate last.

    `reset_after`: the reset gate scales the product with its bias, not the state before it.
    """
    f, g = activations
    z, r = gates.index("z"), gates.index("r")

    def mixed(n: Numbers, update: SSAValue, candidate: SSAValue, h: SSAValue) -> list[SSAValue]:
        return [n.add(n.mul(n.sub(n.number(1), update), candidate), n.mul(update, h))]

    def after(n: Numbers, args: Scalars) -> list[SSAValue]:
        inputs, recurrent, h, extras = args[:3], args[3:6], args[6], args[7:]
        update = f(n, _clipped(n, n.add(inputs[z], recurrent[z]), clip))
        reset = f(n, _clipped(n, n.add(inputs[r], recurrent[r]), clip))
        scaled = n.add(recurrent[2], extras[0]) if extras else recurrent[2]
        candidate = g(n, _clipped(n, n.add(inputs[2], n.mul(reset, scaled)), clip))
        return mixed(n, update, candidate, h)

    def reset_state(n: Numbers, args: Scalars) -> list[SSAValue]:
        """The state scaled by the reset gate: one recurrent gate fewer is there yet."""
        inputs, recurrent, h = args[:3], args[3:5], args[5]
        return [n.mul(f(n, _clipped(n, n.add(inputs[r], recurrent[r]), clip)), h)]

    def before(n: Numbers, args: Scalars) -> list[SSAValue]:
        inputs, recurrent, h = args[:3], args[3:6], args[6]
        update = f(n, _clipped(n, n.add(inputs[z], recurrent[z]), clip))
        candidate = g(n, _clipped(n, n.add(inputs[2], recurrent[2]), clip))
        return mixed(n, update, candidate, h)

    if reset_after:
        return Cell(3, 1, after, scales_bias=True)
    return Cell(3, 1, before, second=reset_state)


def rnn_cell(activations: Sequence[Activation], *, clip: float | None = None) -> Cell:
    """`h = f(x + h)` of the two products."""

    def build(n: Numbers, args: Scalars) -> list[SSAValue]:
        return [activations[0](n, _clipped(n, n.add(args[0], args[1]), clip))]

    return Cell(1, 1, build)


@dataclass(frozen=True)
class Projection:
    """The input gates of all steps, and what the steps themselves need."""

    gates: SSAValue
    weight: SSAValue
    late: SSAValue | None
    """The weight of the second product."""
    extras: list[SSAValue]


def project(
    lo: Lowering,
    cell: Cell,
    x: SSAValue,
    w: SSAValue,
    r: SSAValue,
    biases: tuple[SSAValue, SSAValue] | None,
) -> Projection:
    """The projection of `x` `[T, B, I]` by `w` `[I, G * H]`, for a step by `r` `[H, G * H]`.

    `biases` are those of the inputs and of the recurrent gates, `[G * H]` each.
    """
    hidden, n = shape_of(r)[0], Numbers(element_of(x))
    late = None
    if cell.second is not None:
        early = (cell.gates - 1) * hidden
        late = lo.slice(r, [0, early], [hidden, hidden])
        r = lo.slice(r, [0, 0], [hidden, early])
    bias, extras = (None, []) if biases is None else _biases(lo, cell, *biases)
    fused = [] if bias is None else [bias]
    epilogue = None if bias is None else bias_epilogue(n)
    return Projection(
        lo.emit(MatmulOp(x, w, epilogue_operands=fused, epilogue=epilogue)), r, late, extras
    )


def _biases(lo: Lowering, cell: Cell, w: SSAValue, r: SSAValue) -> tuple[SSAValue, list[SSAValue]]:
    """The bias of the input projection, and what the cell adds to recurrent gates itself."""
    if not cell.scales_bias:
        return _sum(lo, [w, r]), []
    hidden = shape_of(w)[0] // cell.gates
    first = (cell.gates - 1) * hidden
    early = _sum(lo, [lo.slice(w, [0], [first]), lo.slice(r, [0], [first])])
    late_w, late_r = (lo.slice(v, [first], [hidden]) for v in (w, r))
    return _joined(lo, [early, late_w]), [late_r]


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


def recurrence(
    lo: Lowering,
    cell: Cell,
    projection: Projection,
    states: Sequence[SSAValue],
    *,
    extras: Sequence[SSAValue] = (),
    lengths: SSAValue | None = None,
    reverse: bool = False,
) -> Sequence[SSAValue]:
    """The outputs `[T, B, H]` and the final states `[B, H]` of one direction.

    `extras` are vectors `[H]` for the cell, `lengths` the steps of each row.
    """
    n = Numbers(element_of(projection.gates))
    extras = [*projection.extras, *extras]
    others = len(states) + len(extras)

    def region(build: CellBuilder, arguments: int) -> Region:
        block = Block(arg_types=[n.scalar] * (arguments + others))
        with ImplicitBuilder(block):
            YieldOp(*build(n, block.args))
        return Region(block)

    second = None if cell.second is None else region(cell.second, 2 * cell.gates - 1)
    op = RecurrenceOp(
        projection.gates,
        projection.weight,
        states,
        region(cell.build, 2 * cell.gates),
        extras=extras,
        lengths=lengths,
        second_weight=projection.late,
        second=second,
        reverse=reverse,
    )
    lo.emit(op)
    return op.res


@dataclass(frozen=True)
class StateProjection:
    """What a step makes of its output before it is given out, and goes into the next step."""

    weight: SSAValue
    """`[H, P]`"""
    bias: SSAValue | None = None
    """`[P]`"""


def projected_recurrence(
    lo: Lowering,
    cell: Cell,
    x: SSAValue,
    w: SSAValue,
    r: SSAValue,
    biases: tuple[SSAValue, SSAValue] | None,
    states: Sequence[SSAValue],
    projection: StateProjection,
    *,
    extras: Sequence[SSAValue] = (),
    reverse: bool = False,
) -> Sequence[SSAValue]:
    """
    A recurrence whose output `h` is projected: `[T, B, P]`, and the final states.

    `r` is `[P, G * H]`. The loop keeps `u` with `h = u p + b`, so that its product is
    `h r = u (p r) + b r`: `p r` is a constant where weights are, and `b r` a bias. The first step
    has the state that is given in place of `u p + b`, which is added to what goes into its gates.
    """
    n = Numbers(element_of(x))
    inner = _product(lo, projection.weight, r)
    hidden = shape_of(inner)[0]
    total = biases
    first = states[0]
    if projection.bias is not None:
        moved = _product(lo, lo.reshape(projection.bias, (1, *shape_of(projection.bias))), r)
        moved = lo.reshape(moved, (shape_of(moved)[1],))
        zeros = lo.constant(np.zeros(shape_of(moved), np.float32), "no bias")
        total = (moved, zeros) if biases is None else (_sum(lo, [biases[0], moved]), biases[1])
        first = lo.map([first, projection.bias], n.sub)
    parts = project(lo, cell, x, w, inner, total)
    if not _is_zero(lo, first):
        start = dense(lo, first, r)
        parts = replace(parts, gates=_with_first(lo, parts.gates, start, reverse=reverse))
    nothing = lo.constant(np.zeros((1, hidden), dtype_of(n.element)), "state")
    begin = lo.broadcast(nothing, (extents_of(first)[0], hidden))
    output, last, *others = recurrence(
        lo, cell, parts, [begin, *states[1:]], extras=extras, reverse=reverse
    )
    return [*(_projected(lo, v, projection) for v in (output, last)), *others]


def _projected(lo: Lowering, value: SSAValue, projection: StateProjection) -> SSAValue:
    bias = projection.bias
    epilogue = None if bias is None else bias_epilogue(Numbers(element_of(value)))
    operands = [] if bias is None else [bias]
    return lo.emit(
        MatmulOp(value, projection.weight, epilogue_operands=operands, epilogue=epilogue)
    )


def _product(lo: Lowering, a: SSAValue, b: SSAValue) -> SSAValue:
    """The product of two matrices, a constant computed in f64 where both are."""
    attrs = [attr for attr in map(constant_of, (a, b)) if attr is not None]
    if len(attrs) < 2:
        return dense(lo, a, b)

    def compute(x: Array, y: Array) -> Array:
        return np.asarray(x.astype(np.float64) @ y.astype(np.float64), x.dtype)

    shape = (shape_of(a)[0], shape_of(b)[1])
    return lo.derived("product", compute, attrs, shape, element_of(a), "weights")


def _is_zero(lo: Lowering, value: SSAValue) -> bool:
    array = lo.array_of(value)
    return array is not None and not array.any()


def _with_first(lo: Lowering, gates: SSAValue, start: SSAValue, *, reverse: bool) -> SSAValue:
    """The gates of all steps `[T, B, G * H]` and something more in those of the first one."""
    n, steps = Numbers(element_of(gates)), extents_of(gates)[0]
    row = lo.reshape(start, (1, *extents_of(start)))
    none, others = [0, 0, 0], [sum_of([steps, -1]), 0, 0]
    low, high = (others, none) if reverse else (none, others)
    zero = attribute_of(0, n.scalar)
    around = row if is_one(steps) else lo.emit(PadOp(row, low, high, zero))
    return lo.map([gates, around], n.add)
