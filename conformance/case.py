"""One test case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import onnx

DataSet = tuple[list[Any], list[Any]]
"""Inputs and expected outputs, in the order of the model's."""


@dataclass(frozen=True)
class Case:
    """One test case; `load` reads or copies its model and its data sets."""

    kind: str
    name: str
    rtol: float
    atol: float
    load: Callable[[], tuple[onnx.ModelProto, list[DataSet]]]
    operator: tuple[str, str] | None = None
    """Domain and name, of a case of one operator."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"
