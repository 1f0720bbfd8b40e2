"""
Small models of what exporters of PyTorch, TensorFlow, Keras and Paddle write, and public reports of
converters are about: each a graph as text, with the inputs to run it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import parser


def floats(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    """Reproducible normal numbers."""
    rng = np.random.default_rng(sum(shape) * 31 + len(shape))
    return rng.standard_normal(shape).astype(dtype)


def integers(*values: int, dtype: Any = np.int64) -> np.ndarray:
    return np.array(values, dtype)


@dataclass(frozen=True)
class Idiom:
    """One model; what it is fed has the shapes that it is compiled for."""

    name: str
    graph: str
    feeds: dict[str, Any]
    opset: int = 17
    ir_version: int = 8
    native: bool = True
    """Whether all of it has a native form."""
    tolerance: float = 1e-5

    def model(self) -> onnx.ModelProto:
        """The model as a file has it, without types of inner values."""
        head = f'<ir_version: {self.ir_version}, opset_import: ["": {self.opset}]>'
        return parser.parse_model(f"{head} {self.name} {self.graph}")
