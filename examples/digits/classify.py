"""Digits from an artifact: all that a program which uses a compiled model has to do.

    python examples/digits/classify.py MODEL.well IMAGES.npz OUT.npy

Reads `images` float32 [N, 1, 8, 8] and writes probabilities float32 [N, 10]. No compiler runs and
no framework is imported: the artifact is mapped and called.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from stepwell import Engine, StepwellError, load

Array = npt.NDArray[Any]


def classify(engine: Engine, images: Array) -> Array:
    """Probabilities of ten digits; `images` come in a multiple of the batch of the model."""
    batch = engine.inputs[0].shape[0]
    assert isinstance(batch, int)
    return np.concatenate([engine(part) for part in np.split(images, len(images) // batch)])


def main(model: str, images: str, output: str) -> None:
    start = time.perf_counter()
    engine = load(model)
    print(f"loaded in {1e3 * (time.perf_counter() - start):.1f} ms")
    with np.load(images) as arrays:
        np.save(output, classify(engine, arrays["images"]))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except StepwellError as error:
        sys.exit(f"classify: {error}")
