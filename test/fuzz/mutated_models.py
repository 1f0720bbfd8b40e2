"""
Mutated files of ONNX: a result or a `StepwellError`.

Where `onnx.reference` and onnxruntime both take a mutant and agree, our result must agree.
"""

from __future__ import annotations

import random
import tempfile
from contextlib import suppress
from pathlib import Path

import onnx

from stepwell.test.fuzz.base_models import EXTERNAL_DATA, EXTERNAL_FILE, base_models
from stepwell.test.fuzz.case_feeds import model_bytes
from stepwell.test.fuzz.judge_model import judged_model
from stepwell.test.fuzz.kind import Announce
from stepwell.test.fuzz.model_mutations import MUTATIONS, spoilt_bytes
from stepwell.test.fuzz.outcome import Outcome


def mutated_model(seed: int) -> bytes:
    """A file with one to four mutations; one in ten is mutated as bytes."""
    rng = random.Random(seed)
    data = base_models()[seed % len(base_models())]
    if rng.random() < 0.1:
        return spoilt_bytes(rng, data)
    model = onnx.load_from_string(data)
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
        with suppress(IndexError):  # there is nothing left of the kind
            rng.choice(MUTATIONS)(rng, model)
    return model.SerializeToString()


class MutatedModels:
    """The kind of cases; a file is a model."""

    suffix = ".onnx"

    def made(self, seed: int) -> bytes:
        return mutated_model(seed)

    def judged(self, data: bytes, announce: Announce) -> Outcome:
        data = model_bytes(data)
        if b"external_data" not in data and EXTERNAL_FILE.encode() not in data:
            return judged_model(data, announce)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            path.write_bytes(data)
            (path.parent / EXTERNAL_FILE).write_bytes(EXTERNAL_DATA)
            return judged_model(path, announce)
