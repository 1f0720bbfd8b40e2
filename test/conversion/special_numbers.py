"""
One node natively on inputs with NaN, infinities, zeros of either sign and subnormal numbers.

A case is compiled once; hypothesis then chooses which numbers stand where. Results must have NaN
and infinities where the oracle has them, and the same finite numbers beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.test.conversion.onnx_to_engine.node_check import Array, node_model, numbers, typed

NUMBERS = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40)
"""What hypothesis puts into inputs."""

Run = Callable[[dict[str, Array]], list[Array]]


@dataclass(frozen=True, eq=False)
class Case:
    """A node; `constants` are the inputs that are part of the model and stay as they are."""

    label: str
    op: str
    inputs: tuple[Any, ...]
    constants: tuple[int, ...] = ()
    outputs: int = 1
    opset: int = 21
    reference: bool = False
    """Whether the oracle is `onnx.reference` and not onnxruntime."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])


def case(label: str, op: str, *inputs: Any, **options: Any) -> Case:
    """A case; options that are not fields of it are attributes of the node."""
    names = ("constants", "outputs", "opset", "reference")
    known = {key: options.pop(key) for key in names if key in options}
    return Case(label, op, inputs, attributes=options, **known)


def normal(*shape: int, seed: int = 0) -> Array:
    """Normal numbers, the same each time."""
    return numbers(shape, seed=seed, spread=1.0)


def weights(*shape: int, seed: int = 1) -> Array:
    """Normal numbers, some of which are zero: zero times infinity is NaN."""
    made = normal(*shape, seed=seed)
    return np.where(np.random.default_rng(seed).random(shape) < 0.1, np.float32(0), made)


def by_onnx(model: onnx.ModelProto) -> Run:
    """The outputs by `onnx.reference`."""
    evaluator = ReferenceEvaluator(model)

    def run(feeds: dict[str, Array]) -> list[Array]:
        with np.errstate(all="ignore"):
            return [np.asarray(a) for a in evaluator.run(None, feeds)]

    return run


def by_onnxruntime(model: onnx.ModelProto) -> Run:
    """The outputs by onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return lambda feeds: [np.asarray(a) for a in session.run(None, feeds)]


@lru_cache(maxsize=4)
def prepared(item: Case) -> tuple[stepwell.Engine, Run, dict[str, Array]]:
    """The compiled node, its oracle, and inputs without special numbers."""
    model, feeds = node_model(
        item.op, item.inputs, item.constants, item.outputs, item.opset, **item.attributes
    )
    results = by_onnx(model)(feeds) if item.reference else None
    if results is None:
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    else:
        for info, array in zip(model.graph.output, results, strict=True):
            info.CopyFrom(typed(info.name, array))
    engine = stepwell.compile(model)
    assert engine.reference_ops == ()
    return engine, (by_onnx if item.reference else by_onnxruntime)(model), feeds


def spoiled(feeds: dict[str, Array], data: st.DataObject, chosen: Sequence[float]) -> Any:
    """Copies of the inputs of which some have some of the chosen numbers in some places."""
    made = {name: array.copy() for name, array in feeds.items()}
    floats = sorted(name for name, array in made.items() if array.dtype.kind == "f")
    places = st.tuples(st.sampled_from(floats), st.floats(0, 1, exclude_max=True))
    spots = st.lists(st.tuples(places, st.sampled_from(chosen)), min_size=1, max_size=5)
    for (name, place), number in data.draw(spots):
        made[name].flat[int(place * made[name].size)] = number
    return made


def assert_same(found: Array, wanted: Array) -> None:
    """NaN and infinities in the same places, the rest within 1e-4 or 1e-5 of the largest."""
    assert found.shape == wanted.shape
    finite = np.abs(wanted[np.isfinite(wanted)]).astype(np.float64)
    size = finite.max() if finite.size else 0.0
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * size)


def check_case(item: Case, data: st.DataObject, chosen: Sequence[float] = NUMBERS) -> None:
    """One example of a case."""
    engine, oracle, feeds = prepared(item)
    given = spoiled(feeds, data, chosen)
    for found, wanted in zip(engine.run(given).values(), oracle(given), strict=True):
        assert_same(found, wanted)
