"""What JAX computed, recorded by `tools/record/stablehlo.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

RECORDED = Path(__file__).parent / "recorded"

FAMILIES = ("elementwise", "types", "movement", "contraction", "reduction", "indexing", "control")
PROGRAMS = ("mlp", "cnn", "attention", "lstm", "top_k")

Array = np.ndarray[Any, Any]

TOLERANCE = {1: 0.2, 2: 1e-2, 4: 1e-5, 8: 1e-9}
"""Of the larger of 1 and the number, by the bytes of an element."""


@dataclass
class Case:
    """A program with what it was given and what it gave."""

    text: bytes = b""
    open_text: bytes = b""
    inputs: list[Array] = field(default_factory=list[Array])
    outputs: list[Array] = field(default_factory=list[Array])


@cache
def cases(family: str) -> dict[str, Case]:
    """The cases of one file by name."""
    found: dict[str, Case] = {}
    with np.load(RECORDED / f"{family}.npz") as file:
        for key in file.files:
            name, kind, *dtype = key.split("/")
            case, array = found.setdefault(name, Case()), file[key]
            if kind == "text":
                case.text = array.tobytes()
            elif kind == "open_text":
                case.open_text = array.tobytes()
            else:
                values = array.view(ml_dtypes.bfloat16) if dtype else array
                (case.inputs if kind.startswith("in") else case.outputs).append(values)
    return found


def bytes_of(program: str, suffix: str) -> bytes:
    """The file of a program: `.mlirbc` with fixed sizes, `.jaxexport` with open ones."""
    return (RECORDED / f"{program}{suffix}").read_bytes()


def assert_close(found: Sequence[Any], wanted: Sequence[Array], factor: float = 1) -> None:
    """Equal integers and truths; floats within a tolerance of their type."""
    assert len(found) == len(wanted)
    for got, expected in zip(found, wanted, strict=True):
        array = np.asarray(got)
        assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
        if expected.dtype.kind in "iub":
            np.testing.assert_array_equal(array, expected)
            continue
        allowed = TOLERANCE[expected.dtype.itemsize] * factor
        if expected.dtype == ml_dtypes.bfloat16:
            allowed *= 8
        a, b = array.astype(np.float64), expected.astype(np.float64)
        np.testing.assert_allclose(a, b, rtol=allowed, atol=allowed)
