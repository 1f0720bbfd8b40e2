"""LSTM, GRU and RNN against onnxruntime: directions, states, peepholes, activations."""

from typing import Any

import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnxruntime,
    check_node,
    converted,
    node_model,
    numbers,
    reasons,
    typed,
)

STEPS, BATCH, INPUT, HIDDEN = 5, 3, 4, 6
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5, "oracle": by_onnxruntime}
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def parameters(op, directions=1, bias=True, states=False, steps=STEPS):
    """X, W, R, B, sequence lengths and initial states of an operator."""
    gates = GATES[op]
    w, r = [directions, gates * HIDDEN, INPUT], [directions, gates * HIDDEN, HIDDEN]
    state = [directions, BATCH, HIDDEN]
    inputs = [
        numbers([steps, BATCH, INPUT], spread=1),
        numbers(w, seed=1, spread=0.5),
        numbers(r, seed=2, spread=0.5),
        numbers([directions, 2 * gates * HIDDEN], seed=3, spread=0.5) if bias else None,
        None,
        numbers(state, seed=4, spread=1) if states else None,
    ]
    if op == "LSTM":
        inputs.append(numbers(state, seed=5, spread=1) if states else None)
    return inputs


OUTPUTS = {"LSTM": 3, "GRU": 2, "RNN": 2}


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize("constant", [True, False])
def test_directions_and_states(op, direction, states, constant):
    inputs = parameters(op, 2 if direction == "bidirectional" else 1, states=states)
    options: dict[str, Any] = {"linear_before_reset": 1} if op == "GRU" else {}
    check_node(
        op,
        inputs,
        constants=[1, 2, 3] if constant else [],
        outputs=OUTPUTS[op],
        hidden_size=HIDDEN,
        direction=direction,
        **CLOSE,
        **options,
    )


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
def test_without_bias(op):
    options: dict[str, Any] = {"linear_before_reset": 1} if op == "GRU" else {}
    check_node(op, parameters(op, bias=False), hidden_size=HIDDEN, **CLOSE, **options)


def test_peepholes():
    inputs = [*parameters("LSTM", states=True), numbers([1, 3 * HIDDEN], seed=6, spread=0.5)]
    check_node("LSTM", inputs, outputs=3, hidden_size=HIDDEN, **CLOSE)


def test_clip_and_coupled_gates():
    check_node("LSTM", parameters("LSTM"), hidden_size=HIDDEN, clip=0.5, **CLOSE)
    check_node("LSTM", parameters("LSTM"), hidden_size=HIDDEN, input_forget=1, **CLOSE)


@pytest.mark.parametrize(
    "names",
    [
        ["HardSigmoid", "Softsign", "Relu"],
        ["Sigmoid", "Relu", "Tanh"],
        ["Sigmoid", "Softplus", "Tanh"],
    ],
)
def test_activations(names):
    check_node("LSTM", parameters("LSTM"), hidden_size=HIDDEN, activations=names, **CLOSE)


def test_activation_parameters():
    leaky: dict[str, Any] = {"activations": ["LeakyRelu"], "activation_alpha": [0.3]}
    check_node("RNN", parameters("RNN"), hidden_size=HIDDEN, **leaky, **CLOSE)
    scaled: dict[str, Any] = {"activations": ["ScaledTanh"], "activation_alpha": [0.7]}
    scaled["activation_beta"] = [1.3]
    check_node("RNN", parameters("RNN"), hidden_size=HIDDEN, **scaled, **CLOSE)


def test_full_sequence_lengths_are_native():
    inputs = parameters("LSTM")
    inputs[4] = np.full(BATCH, STEPS, np.int32)
    check_node("LSTM", inputs, constants=[4], hidden_size=HIDDEN, **CLOSE)


def test_different_lengths_stay_on_the_host():
    inputs = parameters("RNN")
    inputs[4] = np.array([1, 5, 3], np.int32)
    model, _ = node_model("RNN", inputs, [4], hidden_size=HIDDEN, opset=21)
    model.graph.output[0].CopyFrom(typed("o0", numbers([STEPS, 1, BATCH, HIDDEN])))
    _, module = converted(model)
    assert reasons(module) == ["RNN with sequences of different lengths"]


def test_gru_with_the_reset_before_stays_on_the_host():
    check_node("GRU", parameters("GRU"), native=False, hidden_size=HIDDEN, rtol=1e-4, atol=1e-5)


def test_the_input_projection_is_one_product():
    module = check_node(
        "LSTM", parameters("LSTM"), constants=[1, 2, 3], hidden_size=HIDDEN, **CLOSE
    )
    names = [op.name for op in module.walk() if op.name.startswith("engine")]
    assert names.count("engine.matmul") == 1
    assert "engine.slice" not in names
