"""A Caffe net as records, with nothing left of the versions of its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

Parameter = bool | int | float | str | list[int] | list[float] | list[str]


@dataclass(frozen=True)
class Blob:
    """A trained tensor of a layer."""

    shape: tuple[int, ...]
    data: memoryview | None
    """Its numbers where they lie in the file, as f32; None where they are in `values`."""
    values: Array | None = None
    """A few numbers, or those of a blob in f64."""

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    def array(self) -> Array:
        """The numbers, f32, as a view of the file where they lie in one.

        Raises `ValueError` where there are more or fewer than the shape says.
        """
        found: Array
        if self.data is not None:
            if len(self.data) % 4:
                raise ValueError(f"it has {len(self.data)} bytes, which are no whole numbers")
            found = np.frombuffer(self.data, np.dtype("<f4"))
        else:
            found = np.zeros(0, np.float32) if self.values is None else self.values
        if found.size != self.count:
            raise ValueError(f"it has {found.size} numbers, its shape {list(self.shape)} is others")
        return found.reshape(self.shape)


@dataclass(frozen=True)
class Layer:
    """A layer by its newest name."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    """What the net says of it; what it leaves to defaults is not there."""
    blobs: tuple[Blob, ...] = ()

    @property
    def label(self) -> str:
        """The layer as messages call it."""
        return f"{self.type} '{self.name}'"


@dataclass(frozen=True)
class Net:
    """The layers that run in the phase TEST, in their order, and the inputs of the net."""

    name: str
    version: str
    """What messages call its format: `V2 layers`."""
    inputs: Mapping[str, tuple[int, ...] | None]
    """The sizes of each input, None where the net does not say them."""
    layers: tuple[Layer, ...]
