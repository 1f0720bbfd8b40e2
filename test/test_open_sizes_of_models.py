"""
Real models with open sizes: compiled once, called with drawn sizes.

The outputs agree with onnxruntime's within 1e-4 of the largest magnitude, and with those of the
model compiled for these sizes alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

import stepwell

from .conftest import models_folder

Array = npt.NDArray[Any]

MODELS = {
    "lstm_tagger_dyn": [{"N": 1, "S": 7}, {"N": 3, "S": 16}, {"N": 2, "S": 1}],
    "distilbert_dyn": [{"N": 1, "S": 7}, {"N": 2, "S": 16}],
    "llama_4l_dyn": [{"N": 1, "S": 1}, {"N": 2, "S": 9}],
    "resnet50_dynbatch": [{"N": 1}, {"N": 3}],
    "control_flow": [{"B": 1}, {"B": 3}],
}
"""The models whose inputs have open sizes, and the sizes they are called with."""


SLACK = 8192
"""Bytes of an arena: of tiny sizes, what layouts take that were chosen for larger ones."""

GENERAL = tuple(MODELS)
"""Models that have one program for all sizes."""


def inputs_at(name: str, sizes: dict[str, int]) -> dict[str, Array]:
    """Inputs as the list of models says them, of these sizes."""
    rng = np.random.default_rng(0)
    feeds: dict[str, Array] = {}
    for entry in json.loads((models_folder() / "zoo.json").read_text())[name]["inputs"]:
        shape = [sizes[n] if isinstance(n, str) else n for n in entry["shape"]]
        if entry["kind"] == "randint":
            value = rng.integers(entry["lo"], entry["hi"], shape)
        elif entry["kind"] == "const":
            value = np.full(shape, entry["lo"])
        else:
            value = rng.standard_normal(shape)
        feeds[entry["name"]] = np.asarray(value, entry["dtype"])
    return feeds


def assert_close(found: Array, wanted: Array, tolerance: float = 1e-4) -> None:
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    worst = np.abs(found.astype(np.float64) - wanted).max()
    assert worst <= tolerance * max(np.abs(wanted).max(), 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_drawn_sizes(name: str, model_path: Callable[[str], Path]) -> None:
    path = model_path(name)
    engine = stepwell.compile(path, threads=2)
    assert not engine.program.is_open or name not in GENERAL
    theirs: Any = onnxruntime.InferenceSession(str(path))
    calls = [(inputs_at(name, sizes), sizes) for sizes in MODELS[name]]
    for feeds, _ in calls:
        for found, wanted in zip(engine.run(feeds).values(), theirs.run(None, feeds), strict=True):
            assert_close(found, np.asarray(wanted))

    def again(at: int) -> list[bytes]:
        return [a.tobytes() for a in engine.run(calls[at % len(calls)][0]).values()]

    with ThreadPoolExecutor(2) as pool:  # alternating sizes, from two threads
        results = list(pool.map(again, range(2 * len(calls))))
    assert results[: len(calls)] == results[len(calls) :]
    if name in GENERAL:
        alone = stepwell.compile(path, threads=1)
        assert results == [
            [a.tobytes() for a in alone.run(calls[at % len(calls)][0]).values()]
            for at in range(len(results))
        ]

    feeds, sizes = calls[-1]
    bound = stepwell.compile(path, shapes=sizes)
    assert engine.reference_ops == bound.reference_ops
    assert engine.memory(**sizes).intermediate <= 1.1 * bound.arena_bytes + SLACK
    for found, wanted in zip(engine.run(feeds).values(), bound.run(feeds).values(), strict=True):
        assert_close(found, wanted, 1e-5)
