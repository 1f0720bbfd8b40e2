"""The recorded layers of `tools/record/caffe.py`: the net of each, operands and results."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "recorded" / "layers.npz"


@cache
def recorded() -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each case by what they are: `net`, `in/0`, `out/0`."""
    found: dict[str, dict[str, np.ndarray]] = {}
    with np.load(FILE) as file:
        for key in file.files:
            case, _, part = key.partition("/")
            found.setdefault(case, {})[part] = file[key]
    return found


def operands_of(case: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What the net is run on."""
    return [case[f"in/{at}"] for at in range(sum(key.startswith("in/") for key in case))]


def results_of(case: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What it gives."""
    return [case[f"out/{at}"] for at in range(sum(key.startswith("out/") for key in case))]
