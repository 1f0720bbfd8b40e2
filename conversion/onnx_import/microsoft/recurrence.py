"""Recurrent layers with quantised weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper

from .body import Body
from .expansion import operator

_ACTIVATIONS = ["sigmoid", "tanh", "tanh"]


@operator(
    "X W R B? sequence_lens? initial_h? initial_c? P? W_scale W_zero_point R_scale R_zero_point",
    activation_alpha=(),
    activation_beta=(),
    activations=(),
    clip=0.0,
    direction="forward",
    hidden_size=None,
    input_forget=0,
)
def DynamicQuantizeLSTM(b: Body) -> Sequence[str]:
    """
    An LSTM whose weights are integers: the input is quantised at once, the state at each step, and
    their products with the weights are exact in 32 bits.
    """
    backward = {"forward": [0], "reverse": [1], "bidirectional": [0, 1]}.get(b.text("direction"))
    if backward is None:
        b.refuse(True, f"has the direction '{b.text('direction')}'")
        return []
    _refuse_the_rare(b, len(backward))
    sums = b.add_many("DynamicQuantizeLinear", [b.name("X")], 3)
    outputs: list[str] = []
    states: list[list[str]] = [[], []]
    for direction, back in enumerate(backward):
        steps, *last = _one_direction(b, sums, direction, bool(back))
        outputs.append(b.add("Unsqueeze", steps, b.constant([1])))
        for found, state in zip(states, last, strict=True):
            found.append(b.add("Unsqueeze", state, b.constant([0])))
    joined = [b.add("Concat", *outputs, axis=1)]
    return [*joined, *(b.add("Concat", *found, axis=0) for found in states)]


def _refuse_the_rare(b: Body, directions: int) -> None:
    given = b.attributes["activations"]
    activations = [str(a.decode() if isinstance(a, bytes) else a) for a in given]
    wanted = _ACTIVATIONS * directions
    other = bool(activations) and [a.lower() for a in activations] != wanted
    b.refuse(other, f"has the activations {', '.join(activations)}")
    b.refuse(b.has("sequence_lens"), "has lengths of sequences")
    b.refuse(b.has("P"), "has peepholes")
    b.refuse(b.number("clip") > 0, "has a limit of its gates (clip)")
    b.refuse(bool(b.integer("input_forget")), "couples its input and forget gates")


def _part(b: Body, name: str, direction: int) -> str:
    """What an operand has for one direction, without the dimension of directions."""
    return b.add("Gather", b.name(name), b.constant(direction), axis=0)


def _initial(b: Body, name: str, direction: int) -> str:
    """`[batch, hidden]`, zeros where there is none."""
    if b.has(name):
        return _part(b, name, direction)
    batch = b.add("Shape", b.name("X"), start=1, end=2)
    shape = b.add("Concat", batch, b.constant([b.size("R", 1)]), axis=0)
    return b.add("Expand", b.constant(0, np.float32), shape)


def _one_direction(b: Body, quantized: Sequence[str], direction: int, back: bool) -> list[str]:
    """The outputs `[steps, batch, hidden]`, and the last states."""
    x, scale, zero = quantized
    weight, weight_zero = _part(b, "W", direction), _part(b, "W_zero_point", direction)
    product = b.cast(b.add("MatMulInteger", x, weight, zero, weight_zero), np.float32)
    projection = b.add("Mul", product, b.add("Mul", scale, _part(b, "W_scale", direction)))
    if b.has("B"):
        first, second = b.add_many("Split", [_part(b, "B", direction)], 2, axis=0, num_outputs=2)
        projection = b.add("Add", projection, b.add("Add", first, second))
    states = [_initial(b, name, direction) for name in ("initial_h", "initial_c")]
    weights = [_part(b, name, direction) for name in ("R", "R_zero_point", "R_scale")]
    step = _step(b, weights, direction)
    h, c, steps = b.add_many(
        "Scan",
        [*states, projection],
        3,
        body=step,
        num_scan_inputs=1,
        scan_input_directions=[int(back)],
        scan_output_directions=[int(back)],
    )
    return [steps, h, c]


def _step(b: Body, weights: Sequence[str], direction: int) -> onnx.GraphProto:
    """From states and the projected input of a step to the next states; gates are i, o, f, c."""
    prefix = f"{b.prefix}step{direction}_"
    nodes: list[onnx.NodeProto] = []

    def add(op_type: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        names = [f"{prefix}{name}" for name in outputs]
        nodes.append(helper.make_node(op_type, list(inputs), names, name=b.node.name, **attributes))
        return names[0]

    def inner(name: str) -> str:
        return f"{prefix}{name}"

    weight, weight_zero, weight_scale = weights
    add("DynamicQuantizeLinear", [inner("h")], "codes", "scale", "zero")
    product = add("MatMulInteger", [inner("codes"), weight, inner("zero"), weight_zero], "sums")
    product = add("Cast", [product], "product", to=onnx.TensorProto.FLOAT)
    both = add("Mul", [inner("scale"), weight_scale], "both")
    gates = add("Add", [inner("x"), add("Mul", [product, both], "scaled")], "gates")
    add("Split", [gates], "i", "o", "f", "g", axis=-1, num_outputs=4)
    i, o, f = (add("Sigmoid", [inner(gate)], f"{gate}_open") for gate in "iof")
    kept = add("Mul", [f, inner("c")], "kept")
    new = add("Mul", [i, add("Tanh", [inner("g")], "g_bent")], "new")
    c = add("Add", [kept, new], "c_next")
    h = add("Mul", [o, add("Tanh", [c], "c_bent")], "h_next")
    output = add("Identity", [h], "output")
    return helper.make_graph(
        nodes,
        "step",
        [onnx.ValueInfoProto(name=inner(name)) for name in ("h", "c", "x")],
        [onnx.ValueInfoProto(name=name) for name in (h, c, output)],
    )
