"""The records of what torch's operators give (`tools/record/torch_operators.py`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue

from stepwell.dialects.framework import element_type_of_numpy
from stepwell.dialects.torch import TorchOp, make

Array = np.ndarray

FILE = Path(__file__).parent / "operators.npz"


@dataclass(frozen=True)
class Record:
    """A call of an operator and what torch gave."""

    operator: str
    arguments: Mapping[str, Any]
    """By the names of the signature; a tensor is an array."""
    results: Sequence[Array]

    @property
    def arrays(self) -> list[Array]:
        """The arrays among the arguments, in order."""
        found: list[Array] = []
        for value in self.arguments.values():
            parts = value if isinstance(value, list) else [value]
            found += [part for part in parts if isinstance(part, Array)]
        return found

    def operation(
        self, values: Sequence[SSAValue], gives: Sequence[Attribute] | None = None
    ) -> TorchOp:
        """The operation on values that stand for the arrays; its results may have other types."""
        rest = iter(values)

        def value_of(part: Any) -> Any:
            if isinstance(part, list):
                return [value_of(p) for p in part]
            return next(rest) if isinstance(part, Array) else part

        given = {name: value_of(value) for name, value in self.arguments.items()}
        return make(self.operator, given, gives or [type_of(r) for r in self.results])


def type_of(array: Array) -> TensorType:
    """The type of an array."""
    row = element_type_of_numpy(array.dtype)
    assert row is not None
    return TensorType(row.ir, array.shape)


@cache
def records() -> tuple[Record, ...]:
    """All records of the file."""
    with np.load(FILE) as file:
        data, calls = file["data"].tobytes(), json.loads(file["calls"].tobytes())

    def unpacked(value: Any) -> Any:
        if isinstance(value, dict):
            dtype, shape = np.dtype(value["dtype"]), value["shape"]
            count = int(np.prod(shape))
            return np.frombuffer(data, dtype, count, value["at"]).reshape(shape)
        return [unpacked(v) for v in value] if isinstance(value, list) else value

    return tuple(
        Record(
            row["operator"],
            {name: unpacked(value) for name, value in row["arguments"].items()},
            unpacked(row["results"]),
        )
        for row in calls
    )


def tolerance(record: Record) -> float:
    """How far a result may be off, of the largest magnitude."""
    types = {a.dtype for a in (*record.arrays, *record.results)}
    return 2e-3 if np.dtype(np.float16) in types else 2e-5


def assert_alike(record: Record, found: Sequence[Array | None], allowed: float) -> None:
    """What was computed is what torch gave."""
    for at, expected in enumerate(record.results):
        result = found[at] if at < len(found) else None
        if result is None:
            continue
        assert result.shape == expected.shape, f"result {at}: {result.shape}"
        assert result.dtype == expected.dtype, f"result {at}: {result.dtype}"
        if expected.dtype.kind not in "fc":
            np.testing.assert_array_equal(result, expected)
            continue
        finite = np.abs(expected[np.isfinite(expected)])
        most = float(finite.max(initial=0))
        np.testing.assert_allclose(result, expected, rtol=allowed, atol=allowed * max(most, 1e-3))
