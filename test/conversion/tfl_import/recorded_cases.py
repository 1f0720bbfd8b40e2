"""The recorded models of `tools/record/tfl.py`: each with what it takes and gives, by steps."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "recorded" / "operators.xz"


@dataclass(frozen=True)
class Recorded:
    """A model, and for each step its inputs and outputs in order."""

    name: str
    model: bytes
    steps: list[tuple[list[np.ndarray], list[np.ndarray]]]


@cache
def recorded() -> dict[str, Recorded]:
    """All cases by name."""
    return read_records(FILE)


def read_records(path: Path) -> dict[str, Recorded]:
    """The cases of a file by name."""
    line, _, data = lzma.decompress(path.read_bytes()).partition(b"\n")
    found: dict[str, Recorded] = {}
    at = 0
    for name, ins, steps, arrays in json.loads(line):
        values: list[np.ndarray] = []
        for dtype, shape in arrays:
            kind, count = np.dtype(dtype), int(np.prod(shape, dtype=int))
            values.append(np.frombuffer(data, kind, count, at).reshape(shape))
            at += count * kind.itemsize
        model, *rest = values
        each = len(rest) // steps
        parts = [rest[s * each : (s + 1) * each] for s in range(steps)]
        found[name] = Recorded(name, model.tobytes(), [(p[:ins], p[ins:]) for p in parts])
    return found
