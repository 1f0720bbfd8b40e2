"""
Recurrent layers; the states that kernels change in place are further results.

Quantised LSTMs are computed as the numbers that they stand for, and quantised at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...dialects.engine.weights import Array
from ..table_functions import Call, Function
from .elementwise import logistic
from .fixed_point import multiplied, multiplier_of
from .numbers import (
    activated,
    f32,
    less_zero,
    operand_quantization,
    optional_real,
    quantize,
    real,
    result_quantization,
    storage_range,
)


@dataclass(frozen=True)
class Gate:
    """One gate of an LSTM."""

    weights: Array
    recurrent: Array
    bias: Array | None
    peephole: Array | None = None
    norm: Array | None = None

    def __call__(self, x: Array, h: Array, cell: Array | None) -> Array:
        """What goes into its activation."""
        total = x @ self.weights.T + h @ self.recurrent.T
        if self.peephole is not None and cell is not None:
            total = total + cell * self.peephole
        if self.norm is not None:
            mean, deviation = total.mean(-1, keepdims=True), total.std(-1, keepdims=True)
            total = (total - mean) / np.maximum(deviation, f32(1e-8)) * self.norm
        return total if self.bias is None else total + self.bias


@dataclass(frozen=True)
class Lstm:
    """The weights of one direction. Without an input gate, it is one less the forget gate."""

    gates: dict[str, Gate]
    projection: Array | None
    projection_bias: Array | None
    activation: str
    cell_clip: float
    projection_clip: float

    @staticmethod
    def of(call: Call, prefix: str = "") -> Lstm:
        """The weights of a call, those of a direction by its prefix."""
        gates: dict[str, Gate] = {}
        for name in ("input", "forget", "cell", "output"):
            weights = optional_real(call, f"{prefix}input_to_{name}_weights")
            recurrent = optional_real(call, f"{prefix}recurrent_to_{name}_weights")
            if weights is None or recurrent is None:
                continue
            peephole = None
            if name != "cell":
                peephole = optional_real(call, f"{prefix}cell_to_{name}_weights")
            norms = f"{name}_layer_norm_coefficients"
            norm = optional_real(call, norms) if norms in _operands(call) else None
            bias = optional_real(call, f"{prefix}{name}_gate_bias")
            gates[name] = Gate(weights, recurrent, bias, peephole, norm)
        return Lstm(
            gates,
            optional_real(call, f"{prefix}projection_weights"),
            optional_real(call, f"{prefix}projection_bias"),
            call.text("fused_activation_function", "NONE"),
            call.number("cell_clip"),
            call.number("proj_clip"),
        )

    def step(self, x: Array, h: Array, cell: Array) -> tuple[Array, Array]:
        """The output and the cell after one step."""
        forget = logistic(self.gates["forget"](x, h, cell))
        given = self.gates.get("input")
        update = f32(1) - forget if given is None else logistic(given(x, h, cell))
        candidate = activated(self.gates["cell"](x, h, None), self.activation)
        cell = forget * cell + update * candidate
        if self.cell_clip > 0:
            cell = np.clip(cell, -self.cell_clip, self.cell_clip)
        output = logistic(self.gates["output"](x, h, cell)) * activated(cell, self.activation)
        if self.projection is not None:
            output = output @ self.projection.T
            if self.projection_bias is not None:
                output = output + self.projection_bias
            if self.projection_clip > 0:
                output = np.clip(output, -self.projection_clip, self.projection_clip)
        return output.astype(f32), cell.astype(f32)


def _operands(call: Call) -> tuple[str, ...]:
    return call.op.SIGNATURE.operand_names


def _placed(call: Call, x: Array, at: int) -> Array:
    quantized = result_quantization(call, at)
    return x if quantized is None else quantize(x, quantized, *storage_range(quantized))


def _sequence(call: Call) -> tuple[Array, bool]:
    """The input as `[T, B, I]`, and whether it lay so."""
    x, first = real(call, "input"), call.flag("time_major")
    return (x if first else np.swapaxes(x, 0, 1)), first


def _unidirectional_lstm(call: Call) -> list[Array]:
    steps, first = _sequence(call)
    cells = Lstm.of(call)
    h, cell = real(call, "output_state"), real(call, "cell_state")
    outputs: list[Array] = []
    for x in steps:
        h, cell = cells.step(x, h, cell)
        outputs.append(h)
    output = np.stack(outputs, 0 if first else 1)
    return [_placed(call, value, at) for at, value in enumerate((output, h, cell))]


def _bidirectional_lstm(call: Call) -> list[Array | None]:
    """Both directions, side by side in one result where they are merged."""
    if call.optional("aux_input") is not None:
        raise ValueError("has an auxiliary input, which is not supported")
    steps, first = _sequence(call)
    found: list[Array] = []
    states: list[Array] = []
    for prefix, order in (("fw_", 1), ("bw_", -1)):
        cells = Lstm.of(call, prefix)
        h, cell = real(call, f"{prefix}output_state"), real(call, f"{prefix}cell_state")
        outputs: list[Array] = []
        for x in steps[::order]:
            h, cell = cells.step(x, h, cell)
            outputs.append(h)
        found.append(np.stack(outputs[::order], 0 if first else 1))
        states += [h, cell]
    merged = call.flag("merge_outputs")
    results = [np.concatenate(found, -1), None] if merged else found
    return [*results, *states]


def _rnn_steps(call: Call, prefix: str, steps: Array, state: str) -> tuple[list[Array], Array]:
    """The states of a simple recurrent layer, and the last one."""
    weights, recurrent = real(call, f"{prefix}weights"), real(call, f"{prefix}recurrent_weights")
    bias, h = real(call, f"{prefix}bias"), real(call, state)
    activation = call.text("fused_activation_function", "NONE")
    found: list[Array] = []
    for x in steps:
        h = activated(x @ weights.T + h @ recurrent.T + bias, activation)
        found.append(h)
    return found, h


def _rnn(call: Call) -> list[Array]:
    """One step."""
    _, h = _rnn_steps(call, "", real(call, "input")[None], "hidden_state")
    return [h, h]


def _unidirectional_rnn(call: Call) -> list[Array]:
    steps, first = _sequence(call)
    found, h = _rnn_steps(call, "", steps, "hidden_state")
    return [np.stack(found, 0 if first else 1), h]


def _bidirectional_rnn(call: Call) -> list[Array | None]:
    if call.optional("aux_input") is not None:
        raise ValueError("has an auxiliary input, which is not supported")
    steps, first = _sequence(call)
    axis = 0 if first else 1
    forward, last = _rnn_steps(call, "fw_", steps, "fw_hidden_state")
    backward, final = _rnn_steps(call, "bw_", steps[::-1], "bw_hidden_state")
    found = [np.stack(forward, axis), np.stack(backward[::-1], axis)]
    if call.flag("merge_outputs"):
        return [np.concatenate(found, -1), None, last, final]
    return [*found, last, final]


def _svdf(call: Call) -> list[Array]:
    """A filter of rank 1 for each feature over the last steps, summed by unit."""
    if result_quantization(call) is not None:
        return _integer_svdf(call)
    x, feature, time = (real(call, n) for n in ("input", "weights_feature", "weights_time"))
    state, bias = real(call, "state"), optional_real(call, "bias")
    filters, memory = time.shape
    past = state.reshape(-1, filters, memory)
    past = np.concatenate([past[:, :, 1:], (x @ feature.T)[:, :, None]], -1)
    sums = (past * time).sum(-1, dtype=f32)
    output = sums.reshape(len(x), -1, call.integer("rank")).sum(-1, dtype=f32)
    output = output if bias is None else output + bias
    activation = call.text("fused_activation_function", "NONE")
    return [activated(output, activation), past.reshape(state.shape)]


def _integer_svdf(call: Call) -> list[Array]:
    """The same of bytes with states of 16 bits, each product in fixed point; the kernel does not
    look at the activation, whose limits are those of the result's type."""
    kinds = [
        operand_quantization(call, n) for n in ("input", "weights_feature", "weights_time", "state")
    ]
    given, feature_kind, time_kind, state_kind = kinds
    result = result_quantization(call)
    assert given is not None
    assert feature_kind is not None
    assert time_kind is not None
    assert state_kind is not None
    assert result is not None
    first, second = svdf_factors(
        [given.scale, feature_kind.scale, time_kind.scale, state_kind.scale, result.scale]
    )
    x = less_zero(call.operand("input"), given)
    feature = call.operand("weights_feature").astype(np.int64)
    time = call.operand("weights_time").astype(np.int64)
    state, bias = call.operand("state"), call.optional("bias")
    filters, memory = time.shape
    past = state.reshape(-1, filters, memory).astype(np.int64)
    new = np.clip(multiplied(x @ feature.T, multiplier_of(first)), -32768, 32767)
    past = np.concatenate([past[:, :, 1:], new[:, :, None]], -1)
    sums = (past * time).sum(-1).reshape(len(x), -1, call.integer("rank")).sum(-1)
    total = sums if bias is None else sums + bias
    output = multiplied(total, multiplier_of(second)) + result.zero
    return [np.clip(output, *storage_range(result)), past.reshape(state.shape)]


def svdf_factors(scales: list[float]) -> tuple[float, float]:
    """What features and what sums over time are multiplied by; scales of input, features, time,
    state and result."""
    given, feature, time, state, result = (float(f32(s)) for s in scales)
    return given * feature / state, state * time / result


OPERATORS: dict[str, Function] = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _unidirectional_lstm,
    "BIDIRECTIONAL_SEQUENCE_LSTM": _bidirectional_lstm,
    "RNN": _rnn,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _unidirectional_rnn,
    "BIDIRECTIONAL_SEQUENCE_RNN": _bidirectional_rnn,
    "SVDF": _svdf,
}
