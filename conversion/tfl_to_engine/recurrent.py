"""
Recurrent layers; the states after the last step are further results.

Operators: BIDIRECTIONAL_SEQUENCE_LSTM, BIDIRECTIONAL_SEQUENCE_RNN, RNN, SVDF,
UNIDIRECTIONAL_SEQUENCE_LSTM, UNIDIRECTIONAL_SEQUENCE_RNN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import f32, i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, ReduceOp
from ...dialects.engine.base import element_of, shape_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array
from ...dialects.tfl import QuantizedType
from ...interpreters.tfl.fixed_point import multiplier_of
from ...interpreters.tfl.numbers import storage_range
from ...interpreters.tfl.recurrent import svdf_factors
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, cast_scalar, sigmoid
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.dense import dense
from ..to_engine.vocabulary.recurrence import (
    Activation,
    StateProjection,
    lstm_cell,
    project,
    projected_recurrence,
    recurrence,
    rnn_cell,
)
from .activations import ACTIVATIONS, fused
from .fixed_point import WIDE, less, limited, multiplied
from .quantization import (
    activation_of,
    integers,
    operand_quantization,
    optional_real,
    real,
    result_quantization,
)


def _unchanged(n: Numbers, x: SSAValue) -> SSAValue:
    return x


def _scalar_activation(name: str) -> Activation:
    """A fused activation as a function of scalars."""
    if name == "NONE":
        return _unchanged
    if name not in ACTIVATIONS:
        raise NoNativeForm(f"with the activation {name}")
    return ACTIVATIONS[name]


def _joined(lo: Lowering, values: Sequence[SSAValue]) -> SSAValue:
    """Weights one below the other, a constant where all are."""
    attrs = [attr for attr in map(constant_of, values) if attr is not None]
    if len(attrs) < len(values):
        return lo.emit(ConcatOp(values, 0))

    def compute(*arrays: Array) -> Array:
        return np.concatenate(arrays)

    rows = sum(shape_of(v)[0] for v in values)
    shape = (rows, *shape_of(values[0])[1:])
    return lo.derived("concat rows", compute, attrs, shape, element_of(values[0]), "weights")


def _steps(lo: Lowering) -> tuple[SSAValue, bool]:
    """The input as `[T, B, I]`, and whether it lay so."""
    x, first = real(lo, "input"), bool(lo.integer("time_major"))
    return (x if first else lo.transpose(x, (1, 0, 2))), first


def _lstm(
    lo: Lowering, x: SSAValue, prefix: str = "", *, reverse: bool = False
) -> Sequence[SSAValue]:
    """One direction: the outputs `[T, B, H]`, and output and cell after the last step."""
    if result_quantization(lo) is not None:
        raise NoNativeForm("of quantised numbers")
    names = lo.op.SIGNATURE.operand_names
    norms = "forget_layer_norm_coefficients"
    if norms in names and lo.optional(norms) is not None:
        raise NoNativeForm("with norms")
    coupled = lo.optional(f"{prefix}input_to_input_weights") is None
    # The input gate is one less the forget gate then: that of forgetting stands in its place.
    first = "forget" if coupled else "input"
    gates = (first, "forget", "cell", "output")
    w = _joined(lo, [real(lo, f"{prefix}input_to_{g}_weights") for g in gates])
    r = _joined(lo, [real(lo, f"{prefix}recurrent_to_{g}_weights") for g in gates])
    bias = _joined(lo, [real(lo, f"{prefix}{g}_gate_bias") for g in gates])
    zeros = lo.constant(np.zeros(shape_of(bias), np.float32), "no bias")
    function = _scalar_activation(activation_of(lo))
    cell = lstm_cell(
        [sigmoid, function, function],
        gates="ifco",
        cell_clip=lo.number("cell_clip") or None,
        coupled="input" if coupled else "",
    )
    order = (first, "output", "forget")
    peepholes = [optional_real(lo, f"{prefix}cell_to_{g}_weights") for g in order]
    extras = [p for p in peepholes if p is not None]
    if extras and len(extras) < 3:
        raise NoNativeForm("with some of three peepholes")
    turned = lo.transpose(w, (1, 0)), lo.transpose(r, (1, 0))
    states = [real(lo, f"{prefix}output_state"), real(lo, f"{prefix}cell_state")]
    narrow = optional_real(lo, f"{prefix}projection_weights")
    if narrow is not None:
        if lo.number("proj_clip") > 0:
            raise NoNativeForm("with a projection that is clipped")
        added = optional_real(lo, f"{prefix}projection_bias")
        state = StateProjection(lo.transpose(narrow, (1, 0)), added)
        return projected_recurrence(
            lo, cell, x, *turned, (bias, zeros), states, state, extras=extras, reverse=reverse
        )
    projection = project(lo, cell, x, *turned, (bias, zeros))
    return recurrence(lo, cell, projection, states, extras=extras, reverse=reverse)


def _unidirectional_lstm(lo: Lowering) -> Sequence[SSAValue]:
    x, first = _steps(lo)
    output, *after = _lstm(lo, x)
    return [output if first else lo.transpose(output, (1, 0, 2)), *after]


def _bidirectional_lstm(lo: Lowering) -> Sequence[SSAValue | None]:
    if lo.optional("aux_input") is not None:
        raise NoNativeForm("with an auxiliary input")
    x, first = _steps(lo)
    forward, *ahead = _lstm(lo, x, "fw_")
    backward, *back = _lstm(lo, x, "bw_", reverse=True)
    return [*_both_ways(lo, forward, backward, first), *ahead, *back]


def _both_ways(
    lo: Lowering, forward: SSAValue, backward: SSAValue, first: bool
) -> list[SSAValue | None]:
    """The outputs of both directions, side by side in one result where they are merged."""
    found = [v if first else lo.transpose(v, (1, 0, 2)) for v in (forward, backward)]
    return [lo.emit(ConcatOp(found, 2)), None] if lo.integer("merge_outputs") else [*found]


def _direction(
    lo: Lowering, x: SSAValue, prefix: str, state: str, *, reverse: bool = False
) -> Sequence[SSAValue]:
    """One direction of a simple recurrent layer: its states and the last one."""
    cell = rnn_cell([_scalar_activation(activation_of(lo))])
    w, r = real(lo, f"{prefix}weights"), real(lo, f"{prefix}recurrent_weights")
    bias = real(lo, f"{prefix}bias")
    zeros = lo.constant(np.zeros(shape_of(bias), np.float32), "no bias")
    turned = lo.transpose(w, (1, 0)), lo.transpose(r, (1, 0))
    projection = project(lo, cell, x, *turned, (bias, zeros))
    return recurrence(lo, cell, projection, [real(lo, state)], reverse=reverse)


def _unidirectional_rnn(lo: Lowering) -> Sequence[SSAValue]:
    x, first = _steps(lo)
    output, state = _direction(lo, x, "", "hidden_state")
    return [output if first else lo.transpose(output, (1, 0, 2)), state]


def _rnn(lo: Lowering) -> Sequence[SSAValue]:
    """One step."""
    x = real(lo, "input")
    _, state = _direction(lo, lo.reshape(x, (1, *shape_of(x))), "", "hidden_state")
    return [state, state]


def _bidirectional_rnn(lo: Lowering) -> Sequence[SSAValue | None]:
    if lo.optional("aux_input") is not None:
        raise NoNativeForm("with an auxiliary input")
    x, first = _steps(lo)
    forward, last = _direction(lo, x, "fw_", "fw_hidden_state")
    backward, final = _direction(lo, x, "bw_", "bw_hidden_state", reverse=True)
    return [*_both_ways(lo, forward, backward, first), last, final]


def _shifted_in(lo: Lowering, state: SSAValue, new: SSAValue, memory: int) -> SSAValue:
    """The past `[B, F, M]` without its first step and with a new one."""
    batch, filters = shape_of(new)
    past = lo.reshape(state, (batch, filters, memory))
    kept = lo.slice_axis(past, 2, 1, memory - 1)
    latest = lo.reshape(new, (batch, filters, 1))
    return latest if memory == 1 else lo.emit(ConcatOp([kept, latest], 2))


def _summed(lo: Lowering, past: SSAValue, time: SSAValue) -> SSAValue:
    """The filters over time, summed by unit."""
    n, rank = Numbers(element_of(past)), lo.integer("rank")
    products = lo.map([past, time], n.mul)
    sums = lo.emit(ReduceOp([products], "sum", [2], keepdims=False))
    batch, filters = shape_of(sums)
    grouped = lo.reshape(sums, (batch, filters // rank, rank))
    return lo.emit(ReduceOp([grouped], "sum", [2], keepdims=False))


def _svdf(lo: Lowering) -> Sequence[SSAValue]:
    """A filter of rank 1 for each feature over the last steps, summed by unit."""
    result = result_quantization(lo)
    if result is not None:
        return _integer_svdf(lo, result)
    x, feature, time = (real(lo, n) for n in ("input", "weights_feature", "weights_time"))
    state, bias = lo.operand("state"), optional_real(lo, "bias")
    new = dense(lo, x, feature, trans_rhs=True)
    past = _shifted_in(lo, state, new, shape_of(time)[1])
    output, n = _summed(lo, past, time), Numbers(f32)
    if bias is not None:
        output = lo.map([output, bias], n.add)
    output = fused(lo, output, activation_of(lo))
    return [output, lo.reshape(past, shape_of(state))]


def _integer_svdf(lo: Lowering, result: QuantizedType) -> Sequence[SSAValue]:
    """The same of bytes with states of 16 bits, each product in fixed point."""
    names = ("input", "weights_feature", "weights_time", "state")
    kinds = [operand_quantization(lo, name) for name in names]
    known = [kind for kind in kinds if kind is not None]
    if len(known) < len(kinds):
        raise NoNativeForm("of operands only some of which are quantised")
    first, second = svdf_factors([*(k.scale for k in known), result.scale])
    x = integers(lo, lo.operand("input"), known[0], i32)
    feature = cast(lo, lo.operand("weights_feature"), i32)
    state, time = lo.operand("state"), cast(lo, lo.operand("weights_time"), i64)
    product = dense(lo, x, feature, trans_rhs=True)
    storage = element_of(state)

    def stored(a: SSAValue) -> SSAValue:
        moved = multiplied(less(a, i32, 0), multiplier_of(first))
        return cast_scalar(limited(moved, 0, (-32768, 32767)), i64, storage)

    new = lo.map([product], stored, storage)
    past = _shifted_in(lo, state, new, shape_of(time)[1])
    total = _summed(lo, cast(lo, past, i64), time)
    bias = lo.optional("bias")
    if bias is not None:
        total = lo.map([total, cast(lo, bias, i64)], WIDE.add)
    limits = storage_range(result)

    def placed(a: SSAValue) -> SSAValue:
        moved = multiplied(a, multiplier_of(second))
        return cast_scalar(limited(moved, result.zero, limits), i64, result.storage)

    return [lo.map([total], placed, result.storage), lo.reshape(past, shape_of(state))]


OPERATORS: dict[str, Conversion] = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": _bidirectional_lstm,
    "BIDIRECTIONAL_SEQUENCE_RNN": _bidirectional_rnn,
    "RNN": _rnn,
    "SVDF": _svdf,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _unidirectional_lstm,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _unidirectional_rnn,
}
