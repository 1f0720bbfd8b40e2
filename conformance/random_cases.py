"""
Cases whose expected values are one draw of a random generator.

No two implementations draw alike. What the standard promises is the distribution, so these cases
are judged on it: the model is compiled for many more elements than the case has, and every
probability must be met within five standard deviations. Element type and shape are judged on the
case itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx

from ..onnx_backend import prepare

RANDOM_OPERATORS = frozenset(
    ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform")
) | {"RandomUniformLike"}

DRAWS = 4096
DEVIATIONS = 5.0


def is_random(model: onnx.ModelProto) -> bool:
    """Whether the values of a case are random; no case has more than one random node."""
    return any(node.op_type in RANDOM_OPERATORS for node in model.graph.node)


def random_difference(
    model: onnx.ModelProto,
    inputs: Sequence[Any],
    results: Sequence[Any],
    expected: Sequence[Any],
    target: str = "native",
) -> str | None:
    """What is wrong with the results of a random case, None for nothing.

    All random cases are Bernoulli trials with the input as probabilities.
    """
    for result, other in zip(results, expected, strict=True):
        if result.dtype != other.dtype or result.shape != other.shape:
            return f"{result.dtype}{list(result.shape)}, expected {other.dtype}{list(other.shape)}"
    if not model.graph.name.startswith("test_bernoulli"):
        return "no test of its distribution is written"
    [given] = inputs
    probabilities = np.tile(given.reshape(-1), (DRAWS, 1)).astype(given.dtype)
    [drawn] = prepare(_of_shape(model, probabilities.shape), target=target).run([probabilities])
    p = given.reshape(-1)
    # The function body of the standard compares the wrong way round: random > p.
    expanded = any(node.op_type == "Greater" for node in model.graph.node)
    return bernoulli_difference(np.asarray(drawn, np.float64), 1 - p if expanded else p)


def bernoulli_difference(drawn: Any, probabilities: Any) -> str | None:
    """What is wrong with rows of trials, one column for each probability."""
    if not np.isin(drawn, (0.0, 1.0)).all():
        return "there are values other than 0 and 1"
    p = np.asarray(probabilities, np.float64)
    deviation = np.sqrt(p * (1 - p) / len(drawn))
    far = np.abs(drawn.mean(0) - p) > DEVIATIONS * deviation + 1e-12
    if far.any():
        at = int(np.argmax(far))
        return f"ones of probability {p[at]:.4f} came up with frequency {drawn.mean(0)[at]:.4f}"
    return None


def _of_shape(model: onnx.ModelProto, shape: Sequence[int]) -> onnx.ModelProto:
    """The model with inputs and outputs of another shape."""
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for info in (*other.graph.input, *other.graph.output):
        del info.type.tensor_type.shape.dim[:]
        for size in shape:
            info.type.tensor_type.shape.dim.add().dim_value = size
    return other
