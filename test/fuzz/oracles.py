"""What others make of a model: `onnx.reference` and onnxruntime, and how sure they can be."""

from __future__ import annotations

import re
import signal
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

Array = npt.NDArray[Any]
Feeds = Mapping[str, Any]

SECONDS = 8
"""What an oracle may take; some mutants loop for ever."""

MOVING = frozenset(
    re.findall(
        r"[\w.]+",
        "Transpose Reshape Flatten Squeeze Unsqueeze Slice Concat Split Pad Tile Expand Gather "
        "Identity GatherElements GatherND DepthToSpace SpaceToDepth Trilu ReverseSequence Shape "
        "Where Max Min ConstantOfShape Range EyeLike CenterCropPad Relu Neg Abs Sign Ceil Floor "
        "Round Clip MaxPool Constant OneHot TopK ReduceMax ReduceMin GlobalMaxPool",
    )
)
"""Operators that round nothing."""

ROUNDED_ONCE = frozenset(["Add", "Sub", "Mul", "Div", "Sqrt", "Cast", "Reciprocal"])
"""Operators whose every result is the nearest number to the true one."""

STEPS = frozenset(["QuantizeLinear", "Round", "Floor", "Ceil", "DynamicQuantizeLinear"])
"""Operators before which no rewrite may move a rounding."""

WHOLE = frozenset((2, 3, 4, 5, 6, 7, 12, 13))
"""Element types of integers, a cast to which is a step too."""

EPSILON = {"float64": 2e-15, "float32": 5e-7, "float16": 1e-3, "bfloat16": 8e-3}
RUNS = 5


class OracleError(Exception):
    """An oracle that does not run the model."""


@contextmanager
def limited_time() -> Generator[None]:
    def stop(*_: object) -> None:
        raise OracleError("took too long")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def by_reference(model: Any, feeds: Feeds) -> list[Any]:
    """The outputs by `onnx.reference`; raises `OracleError` for whatever goes wrong there."""
    try:
        with limited_time(), np.errstate(all="ignore"):
            return list(ReferenceEvaluator(model).run(None, dict(feeds)))
    except Exception as error:
        raise OracleError(str(error)) from error


def by_onnxruntime(model: Any, feeds: Feeds) -> list[Any]:
    """The outputs by onnxruntime without its rewrites; `OracleError` as above."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    given = model if isinstance(model, str | bytes) else model.SerializeToString()
    try:
        session = onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
        return list(session.run(None, dict(feeds)))
    except Exception as error:
        raise OracleError(str(error)) from error


def with_noise(
    model: onnx.ModelProto, values: Mapping[str, Array], seed: int, *, bitwise: bool
) -> onnx.ModelProto:
    """
    The model with an error of some units in the last place behind every node that rounds.

    Where `bitwise`, nodes whose result is the nearest number have none; elsewhere they have, as
    rewrites may reassociate, but not right before a step.
    """
    rng = np.random.default_rng(seed)
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    stepped = {name for node in model.graph.node if _is_step(node) for name in node.input}
    for node in model.graph.node:
        copy = made.graph.node.add()
        copy.CopyFrom(node)
        if node.op_type in MOVING or (bitwise and node.op_type in ROUNDED_ONCE):
            continue
        if node.op_type in ROUNDED_ONCE and node.output[0] in stepped:
            continue
        sources = [values[name] for name in node.input if name in values]
        for at, name in enumerate(node.output):
            array = values.get(name)
            if array is None or (epsilon := EPSILON.get(array.dtype.name)) is None:
                continue
            copy.output[at] = f"{name}/exact"
            noise = _noise(array, sources, rng, epsilon)
            made.graph.initializer.append(numpy_helper.from_array(noise, f"{name}/noise"))
            made.graph.node.add(
                op_type="Add", input=[f"{name}/exact", f"{name}/noise"], output=[name]
            )
    return made


def _is_step(node: onnx.NodeProto) -> bool:
    if node.op_type == "Cast":
        return any(a.name == "to" and a.i in WHOLE for a in node.attribute)
    return node.op_type in STEPS


def _noise(
    array: Array, sources: Sequence[Array], rng: np.random.Generator, epsilon: float
) -> Array:
    """Errors relative to each number, and smaller ones relative to the largest thing summed."""
    wide = np.abs(np.nan_to_num(array.astype(np.float64), posinf=0, neginf=0))
    tops = [np.abs(a.astype(np.float64)).max(initial=0) for a in sources if a.dtype.kind == "f"]
    largest = max([wide.max(initial=0), *(t for t in tops if np.isfinite(t))])
    spread = epsilon * (wide + 0.3 * largest)
    return np.asarray(rng.standard_normal(array.shape) * spread).astype(array.dtype)


def spread_of(
    model: onnx.ModelProto, feeds: Feeds, expected: Sequence[Any], *, bitwise: bool
) -> list[Array | None]:
    """How far each number of each output moves by errors of rounding; None where unknown."""
    values = _values(model, feeds)
    moved: list[Array | None] = [np.zeros(np.shape(e)) if _is_number(e) else None for e in expected]
    for seed in range(RUNS):
        noisy = with_noise(model, values, seed, bitwise=bitwise)
        try:
            results = by_onnxruntime(noisy, feeds)
        except OracleError:
            results = by_reference(noisy, feeds)
        for at, (found, wanted) in enumerate(zip(results, expected, strict=True)):
            before = moved[at]
            if before is None or np.shape(found) != np.shape(wanted):
                moved[at] = None
                continue
            with np.errstate(all="ignore"):
                distance = np.abs(found.astype(np.float64) - np.asarray(wanted, np.float64))
            moved[at] = np.fmax(before, np.nan_to_num(distance, nan=np.inf))
    return moved


def _is_number(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind in "fiub"


def _values(model: onnx.ModelProto, feeds: Feeds) -> dict[str, Array]:
    """Every value at the top of the graph."""
    with np.errstate(all="ignore"):
        found: Any = ReferenceEvaluator(model).run(None, dict(feeds), intermediate=True)
    return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}
