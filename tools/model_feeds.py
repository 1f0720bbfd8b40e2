"""Inputs for a model on the command line: from a file, or random ones of the right types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .function_inputs import function_named, input_names, load_npz, random_inputs
from .ir_file import load_module

if TYPE_CHECKING:
    from ..runtime.program import TensorSignature

Array = npt.NDArray[Any]


def feeds_for(model: Path, inputs: Path | None, seed: int) -> dict[str, Array]:
    """The arrays in `inputs`, or random ones for the inputs of `model`."""
    if inputs is not None:
        return load_npz(str(inputs))
    if model.suffix.lower() == ".well":
        return _artifact_feeds(model, seed)
    from ..dialects import make_context

    function = function_named(load_module(make_context(), str(model)), "main")
    return dict(zip(input_names(function), random_inputs(function, seed), strict=True))


def _artifact_feeds(model: Path, seed: int) -> dict[str, Array]:
    from ..runtime.artifact import read_artifact

    return random_feeds(read_artifact(model).inputs, seed, model)


def random_feeds(inputs: Sequence[TensorSignature], seed: int, model: Path) -> dict[str, Array]:
    """Random arrays for the inputs of a compiled model; integers are 0 and 1.

    Raises:
        InputError: for sizes that are not known.
    """
    from ..runtime.program import numpy_dtype

    rng = np.random.default_rng(seed)
    feeds: dict[str, Array] = {}
    for tensor in inputs:
        if any(isinstance(size, str) for size in tensor.shape):
            raise InputError(
                f"{model}: input '{tensor.name}' has sizes known only when it runs; "
                "give inputs with --inputs"
            )
        shape = [int(size) for size in tensor.shape]
        dtype = numpy_dtype(tensor.dtype)
        draw = rng.integers(0, 2, shape) if dtype.kind in "iub" else rng.standard_normal(shape)
        feeds[tensor.name] = draw.astype(dtype)
    return feeds
