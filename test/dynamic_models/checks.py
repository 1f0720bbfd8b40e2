"""What every model with open sizes must do, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell
from stepwell.compiler.open_model import PER_SIZES
from stepwell.errors import InputError
from stepwell.runtime.engine import Engine

from .dynamic_model import DynamicModel
from .graph import Array

POINTS = 6
"""Sizes that a test tries."""

ROUNDING = 1e-5
"""Of results against those of the model compiled for these sizes, in parts of the largest."""


def check(model: DynamicModel) -> None:
    """Compile a model once and call it with drawn sizes, as its fields say."""
    proto = model.graph.model()
    engine = stepwell.compile(proto, threads=1)
    why_not = _why_not(engine)
    assert model.per_sizes in why_not, why_not
    assert bool(model.per_sizes) == bool(why_not), why_not
    theirs = _session(proto)
    points = model.points(POINTS)
    calls = [model.graph.feeds(sizes) for sizes in points]
    results = [list(engine.run(feeds).values()) for feeds in calls]
    references = {step.op_type.removeprefix("onnx.") for step in engine.reference_steps}
    assert references == model.references, references
    for sizes, feeds, found in zip(points, calls, results, strict=True):
        if not model.too_small_for_theirs.intersection(sizes.values()):
            _assert_close(found, theirs.run(None, feeds), model.tolerance, sizes)
    _check_threads(_with_two_threads(engine, proto), calls, results)
    _check_bound(model, proto, points[-1], calls[-1], results[-1])
    _check_refusals(engine, calls[0], results[0])


def _why_not(engine: Engine) -> str:
    """Why there is no program for all sizes; empty where there is one."""
    if not engine.program.is_open:
        return ""
    return str(engine.program.provenance.options[PER_SIZES])


def _session(proto: onnx.ModelProto) -> Any:
    options: Any = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(proto.SerializeToString(), options)


def _with_two_threads(engine: Engine, proto: onnx.ModelProto) -> Engine:
    if engine.program.is_open or engine.program.reference_ops:
        return stepwell.compile(proto, threads=2)
    return Engine(engine.program, threads=2)


def _check_threads(
    engine: Engine, calls: Sequence[Mapping[str, Array]], results: Sequence[Sequence[Array]]
) -> None:
    """Two threads compute the same bits, and two callers with other sizes do not disturb."""

    def call(at: int) -> None:
        found = engine.run(calls[at % len(calls)]).values()
        for ours, expected in zip(found, results[at % len(calls)], strict=True):
            assert ours.tobytes() == expected.tobytes()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(call, range(3 * len(calls))))


def _check_bound(
    model: DynamicModel,
    proto: onnx.ModelProto,
    sizes: Mapping[str, int],
    feeds: Mapping[str, Array],
    found: Sequence[Array],
) -> None:
    """The model compiled for these sizes alone gives the same but for rounding."""
    bound = stepwell.compile(proto, shapes=dict(sizes))
    wanted = list(bound.run(feeds).values())
    _assert_close(found, wanted, max(ROUNDING, model.tolerance / 10), sizes)


def _check_refusals(engine: Engine, feeds: Mapping[str, Array], results: Sequence[Array]) -> None:
    """Inputs that do not fit are refused with their name, and the engine works on."""
    name, given = max(feeds.items(), key=lambda item: item[1].ndim)
    with pytest.raises(InputError, match=name):
        engine.run({**feeds, name: given[np.newaxis]})
    for tensor in engine.inputs:
        for axis, size in enumerate(tensor.shape):
            if isinstance(size, int):
                more = np.concatenate([feeds[tensor.name]] * 2, axis)
                with pytest.raises(InputError, match=tensor.name):
                    engine.run({**feeds, tensor.name: more})
                break
    for ours, expected in zip(engine.run(feeds).values(), results, strict=True):
        assert ours.tobytes() == expected.tobytes()


def _assert_close(
    found: Sequence[Array], wanted: Sequence[Any], tolerance: float, sizes: Mapping[str, int]
) -> None:
    for ours, other in zip(found, map(np.asarray, wanted), strict=True):
        assert (ours.shape, ours.dtype) == (other.shape, other.dtype), sizes
        if ours.size:
            a, b = ours.astype(np.float64), other.astype(np.float64)
            assert np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), 1e-6), sizes
