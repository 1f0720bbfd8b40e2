"""The recorded programs of `tools/record/paddle.py`, in both formats."""

from __future__ import annotations

import lzma
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "recorded"

FORMATS = ("pir", "legacy")


@cache
def recorded(kind: str) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each case by what they are: `program`, `parameters`, `in/0`, `out/0`."""
    found: dict[str, dict[str, np.ndarray]] = {}
    packed = lzma.decompress((FOLDER / f"{kind}.npz.xz").read_bytes())
    with np.load(BytesIO(packed)) as file:
        for key in file.files:
            case, _, part = key.partition("/")
            found.setdefault(case, {})[part] = file[key]
    return found


def arrays_of(case: dict[str, np.ndarray], part: str) -> list[np.ndarray]:
    """The operands (`in`) or results (`out`) of a case."""
    return [case[f"{part}/{at}"] for at in range(sum(key.startswith(f"{part}/") for key in case))]
