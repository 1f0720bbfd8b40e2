"""Version steps of elementwise operators."""

from __future__ import annotations

from typing import cast

import numpy as np
import onnx

from .step import Step, StepRule

_LOWEST, _LARGEST = float(np.finfo(np.float32).min), float(np.finfo(np.float32).max)


def _broadcast_attributes(step: Step) -> None:
    """broadcast=1, axis=k: the second input's dimensions meet those of the first from k on.

    op(a, b) {axis = k} => op(a, reshape(b, shape(b) ++ [1] * (rank(a) - k - rank(b))))
    """
    step.take("broadcast")
    axis = step.take("axis")
    if axis is None:
        return
    a, b = step.node.input[0], step.node.input[1]
    rank_a, rank_b = (step.add("Size", [step.add("Shape", [name])]) for name in (a, b))
    behind = step.add("Sub", [rank_a, step.constant(axis, np.int64)])
    count = step.add("Reshape", [step.add("Sub", [behind, rank_b]), step.integers([1])])
    ones = step.add(
        "ConstantOfShape", [count], value=onnx.numpy_helper.from_array(np.ones(1, np.int64))
    )
    shape = step.add("Concat", [step.add("Shape", [b]), ones], axis=0)
    step.node.input[1] = step.add("Reshape", [b, shape])


def _cast_to_number(step: Step) -> None:
    """to = "FLOAT" => to = 1"""
    name = cast(str, step.take("to"))
    codes = onnx.TensorProto.DataType.items()
    code = next((value for key, value in codes if key == str(name).upper()), None)
    step.refuse_unless(code is not None, f"casts to '{name}', which is not an element type")
    step.put("to", code)


def _clip_defaults(step: Step) -> None:
    """The limits were optional; from version 6 on they are the largest numbers of f32."""
    for name, value in (("min", _LOWEST), ("max", _LARGEST)):
        step.put(name, float(step.take(name, value)))


def _clip_inputs(step: Step) -> None:
    """clip(x) {min, max} => clip(x, min, max)"""
    x = step.node.input[0]
    for at, (name, value) in enumerate((("min", _LOWEST), ("max", _LARGEST)), start=1):
        step.set_input(at, step.like(float(step.take(name, value)), x))


def _prelu_broadcast(step: Step) -> None:
    """A slope for each channel met dimension 1; now it broadcasts from the last.

    prelu(x, s) => prelu(x, reshape(s, [-1] ++ [1] * (rank(x) - 2)))
    """
    x, slope = step.node.input[0], step.node.input[1]
    rank = step.facts.rank(x)
    if rank is not None:
        shape = step.integers([-1] + [1] * max(rank - 2, 0))
    else:
        count = step.add("Size", [step.add("Shape", [x], start=2)])
        vector = step.add("Reshape", [count, step.integers([1])])
        tensor = onnx.numpy_helper.from_array(np.ones(1, np.int64))
        ones = step.add("ConstantOfShape", [vector], value=tensor)
        shape = step.add("Concat", [step.integers([-1]), ones], axis=0)
    step.node.input[1] = step.add("Reshape", [slope, shape])


def _selu_defaults(step: Step) -> None:
    """Version 1 had rounded constants."""
    step.put("alpha", float(step.take("alpha", 1.6732)))
    step.put("gamma", float(step.take("gamma", 1.0507)))


ELEMENTWISE_STEPS: dict[tuple[str, str, int], StepRule] = {
    **{
        ("", op_type, 7): _broadcast_attributes
        for op_type in (
            "Add",
            "And",
            "Div",
            "Equal",
            "Greater",
            "Less",
            "Mul",
            "Or",
            "Pow",
            "Sub",
            "Xor",
        )
    },
    ("", "Cast", 6): _cast_to_number,
    ("", "Clip", 6): _clip_defaults,
    ("", "Clip", 11): _clip_inputs,
    ("", "PRelu", 7): _prelu_broadcast,
    ("", "Selu", 6): _selu_defaults,
}
