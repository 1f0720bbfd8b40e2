"""LSTM, GRU and RNN against onnxruntime, and against the standard's text where it differs."""

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepwell
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.interpreters.onnx.recurrence import DEFAULTS, FUNCTIONS, GATES
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnxruntime,
    check_node,
    node_model,
    numbers,
    typed,
)

STEPS, BATCH, INPUT, HIDDEN = 5, 3, 4, 6


def by_the_text(model, feeds):
    """The outputs by the interpreter of the onnx level, which follows the standard's text."""
    for info in model.graph.output:
        if not info.type.ByteSize():
            info.CopyFrom(
                onnx.helper.make_tensor_value_info(info.name, onnx.TensorProto.FLOAT, None)
            )
    ctx = make_context()
    return [np.asarray(a) for a in run(ctx, import_model(model, ctx), feeds)]


CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5, "oracle": by_onnxruntime}
TEXT: dict[str, Any] = CLOSE | {"oracle": by_the_text}


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
    # The input of every activation is clipped, that of the cell state too; onnxruntime does not
    # (its issue 27224).
    check_node("LSTM", parameters("LSTM"), outputs=3, hidden_size=HIDDEN, clip=0.3, **TEXT)
    check_node("GRU", parameters("GRU"), hidden_size=HIDDEN, clip=0.5, **CLOSE)
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


def lengths_of(inputs, lengths):
    inputs[4] = np.array(lengths, np.int32)
    return inputs


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("constant", [True, False])
def test_different_lengths(op, direction, constant):
    inputs = parameters(op, 2 if direction == "bidirectional" else 1, states=True)
    check_node(
        op,
        lengths_of(inputs, [1, 5, 3]),
        constants=[1, 2, 3, 4] if constant else [],
        outputs=OUTPUTS[op],
        hidden_size=HIDDEN,
        direction=direction,
        **CLOSE,
    )


def test_a_row_of_length_zero_keeps_its_initial_state():
    inputs = lengths_of(parameters("LSTM", states=True), [0, 5, 0])
    check_node("LSTM", inputs, outputs=3, hidden_size=HIDDEN, **TEXT)


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("wrong", [-1, STEPS + 1])
def test_bad_lengths_name_the_node(constant, wrong):
    inputs = parameters("GRU")
    model, feeds = node_model(
        "GRU", lengths_of(inputs, [1, wrong, 3]), [4] if constant else [], hidden_size=HIDDEN
    )
    shape = [STEPS, 1, BATCH, HIDDEN]
    model.graph.output[0].CopyFrom(typed("o0", numbers(shape)))
    said = f"has {wrong}; expected 0 to {STEPS}" if constant else "has a length that is not"
    with pytest.raises(StepwellError, match=f"(?s)/GRU.*sequence_lens {said}"):
        stepwell.compile(model).run(feeds)


def test_gru_with_the_reset_before_the_product():
    for direction, count in (("forward", 1), ("bidirectional", 2)):
        inputs = parameters("GRU", count, states=True)
        check_node("GRU", inputs, outputs=2, hidden_size=HIDDEN, direction=direction, **CLOSE)


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
def test_batch_first(op):
    inputs = parameters(op, 2, states=True)
    for at in (0, 5, 6):
        if at < len(inputs):
            inputs[at] = np.asarray(inputs[at]).swapaxes(0, 1).copy()
    check_node(
        op,
        lengths_of(inputs, [1, 5, 3]),
        outputs=OUTPUTS[op],
        hidden_size=HIDDEN,
        direction="bidirectional",
        layout=1,
        **TEXT,
    )


def test_no_steps_at_all():
    inputs = parameters("GRU", states=True, steps=0)
    check_node("GRU", inputs, outputs=2, hidden_size=HIDDEN, **TEXT)


@pytest.mark.parametrize("name", list(FUNCTIONS))
@pytest.mark.parametrize("given", [True, False])
def test_every_activation(name, given):
    count = len(FUNCTIONS[name][1])
    options = {"activation_alpha": [0.6], "activation_beta": [0.3]} if given else {}
    options = dict(list(options.items())[:count])
    # onnxruntime has other defaults for three of them than the standard.
    check_node(
        "RNN",
        parameters("RNN"),
        outputs=2,
        hidden_size=HIDDEN,
        activations=[name],
        **options,
        **(CLOSE if given else TEXT),
    )


@given(data=st.data())
@settings(max_examples=6, deadline=None, derandomize=True)
@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
def test_native_layers(op, data):
    """All attributes together, compiled for one and two threads, against the standard's text."""
    inputs, constants, outputs, options = data.draw(layers(op))
    model, feeds = node_model(op, inputs, constants, outputs, **options)
    expected = by_the_text(model, feeds)
    for info, array in zip(model.graph.output, expected, strict=True):
        info.CopyFrom(typed(info.name, array))
    engine = stepwell.compile(model)
    assert not engine.program.reference_ops
    found = list(engine.run(feeds).values())
    for got, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    again = stepwell.compile(model, threads=2).run(feeds)
    for one, two in zip(found, again.values(), strict=True):
        np.testing.assert_array_equal(one, two)


@st.composite
def layers(draw, op):
    """Inputs, which of them are constants, the number of outputs, and attributes."""
    direction = draw(st.sampled_from(["forward", "reverse", "bidirectional"]))
    both = 2 if direction == "bidirectional" else 1
    hidden, batch = draw(st.sampled_from([1, 5, 16, 19, 32])), draw(st.sampled_from([1, 2, 7]))
    steps, gates, layout = draw(st.integers(1, 4)), GATES[op], draw(st.integers(0, 1))
    options: dict[str, Any] = {"hidden_size": hidden, "direction": direction, "layout": layout}
    rng = np.random.default_rng(draw(st.integers(0, 99)))

    def array(*shape):
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    def maybe(*shape):
        return array(*shape) if draw(st.booleans()) else None

    batches = (batch, both) if layout else (both, batch)
    inputs = [
        array(*((batch, steps) if layout else (steps, batch)), 3),
        array(both, gates * hidden, 3),
        array(both, gates * hidden, hidden),
        maybe(both, 2 * gates * hidden),
        rng.integers(0, steps + 1, batch).astype(np.int32) if draw(st.booleans()) else None,
        maybe(*batches, hidden),
    ]
    if op == "LSTM":
        inputs += [maybe(*batches, hidden), maybe(both, 3 * hidden)]
        options["input_forget"] = draw(st.integers(0, 1))
    if op == "GRU":
        options["linear_before_reset"] = draw(st.integers(0, 1))
    if draw(st.booleans()):
        options["clip"] = 0.3
    if draw(st.booleans()):
        one = st.sampled_from(list(FUNCTIONS))
        count = both * len(DEFAULTS[op])
        options["activations"] = draw(st.lists(one, min_size=count, max_size=count))
    constants = draw(st.sampled_from([[], [1, 2, 3, 4]]))
    return inputs, constants, OUTPUTS[op], options


def test_the_input_projection_is_one_product():
    module = check_node(
        "LSTM", parameters("LSTM"), constants=[1, 2, 3], hidden_size=HIDDEN, **CLOSE
    )
    names = [op.name for op in module.walk() if op.name.startswith("engine")]
    assert names.count("engine.matmul") == 1
    assert "engine.slice" not in names
