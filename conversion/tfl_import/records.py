"""What a `.tflite` file holds, as plain records; nothing here knows the IR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ABSENT = -1
"""The number of a tensor that an operator does without."""


@dataclass(frozen=True)
class Quantization:
    """`real = scale * (stored - zero_point)`, once or for each index of an axis."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int


@dataclass(frozen=True)
class SparseDimension:
    """One dimension of a sparse tensor in the order in which it is walked."""

    dense_size: int
    segments: Array | None = None
    """Of a compressed one: where the entries of each row above begin; None of a dense one."""
    indices: Array | None = None


@dataclass(frozen=True)
class Sparsity:
    """How the numbers of a sparse tensor lie: the first dimensions are those of the tensor, the
    others those of blocks of it."""

    order: tuple[int, ...]
    block_map: tuple[int, ...]
    dimensions: tuple[SparseDimension, ...]


@dataclass(frozen=True)
class Tensor:
    """A value of a subgraph."""

    name: str
    code: int
    """Of the element type."""
    shape: tuple[int, ...] | None
    """The sizes, -1 for one that is not known before the model runs; None for an unknown rank."""
    buffer: int
    quantization: Quantization | None = None
    sparsity: Sparsity | None = None
    is_variable: bool = False


@dataclass(frozen=True)
class Operator:
    """A call of an operator."""

    name: str
    """As in `CONV_2D`; that of a custom one as in `custom.TFLite_Detection_PostProcess`."""
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Fields of its options that the file has; enumerations as words, where there is one."""
    problem: str = ""
    """What is wrong with its options."""


@dataclass(frozen=True)
class Subgraph:
    """A function of the model."""

    name: str
    tensors: Sequence[Tensor]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: Sequence[Operator]

    def label(self, operator: Operator) -> str:
        """An operator as messages call it, by its first result: `CONV_2D 'stem/conv'`."""
        name = next((self.tensors[t].name for t in operator.outputs if t != ABSENT), "")
        return f"{operator.name} '{name}'" if name else operator.name


@dataclass(frozen=True)
class Signature:
    """An entry of the model, with names for inputs and outputs by number of tensor."""

    key: str
    subgraph: int
    inputs: Mapping[int, str]
    outputs: Mapping[int, str]


@dataclass(frozen=True)
class TflModel:
    """A whole model."""

    description: str
    subgraphs: Sequence[Subgraph]
    signatures: Sequence[Signature]
    buffers: Sequence[memoryview]
    """The bytes of each buffer, as views of the file; empty for a value that is computed."""
    metadata: Mapping[str, memoryview]

    def text_of(self, name: str) -> str:
        """An entry of the metadata as text, empty where there is none."""
        raw = bytes(self.metadata.get(name, b""))[:256]
        return raw.rstrip(b"\0").decode("utf-8", "backslashreplace")


def as_array(raw: memoryview, dtype: np.dtype[Any], shape: Sequence[int]) -> Array:
    """The numbers of a buffer as a view. Raises `ValueError` for bytes of another number."""
    needed = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if needed != len(raw):
        raise ValueError(f"has {len(raw)} bytes of data; expected {needed}")
    return np.frombuffer(raw, dtype).reshape(shape)
