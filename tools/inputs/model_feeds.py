"""Inputs for a model on the command line: from a file, or random ones of the right types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...runtime.abi import MAIN
from .function_inputs import (
    function_named,
    input_names,
    load_npz,
    opaque_inputs,
    random_inputs,
)
from .ir_file import load_module
from .named_arrays import random_opaque, with_opaque

if TYPE_CHECKING:
    from ...runtime.program import TensorSignature


def feeds_for(model: Path, inputs: Path | None, seed: int) -> dict[str, Any]:
    """The values in `inputs`, or random ones for the inputs of `model`."""
    if model.suffix.lower() == ".well":
        return _artifact_feeds(model, inputs, seed)
    from ...dialects import make_context

    function = function_named(load_module(make_context(), str(model)), MAIN)
    if inputs is not None:
        return with_opaque(load_npz(str(inputs)), opaque_inputs(function), str(inputs))
    return dict(zip(input_names(function), random_inputs(function, seed), strict=True))


def _artifact_feeds(model: Path, inputs: Path | None, seed: int) -> dict[str, Any]:
    from ...runtime.artifact import read_artifact

    tensors = read_artifact(model).inputs
    return random_feeds(tensors, seed, model) if inputs is None else engine_feeds(inputs, tensors)


def engine_feeds(file: Path, inputs: Sequence[TensorSignature]) -> dict[str, Any]:
    """What a `.npz` file gives to an engine with these inputs.

    Raises:
        InputError: if it cannot be read, or an object in it is not whole.
    """
    return with_opaque(load_npz(str(file)), [t for t in inputs if t.is_opaque], str(file))


def random_feeds(inputs: Sequence[TensorSignature], seed: int, model: Path) -> dict[str, Any]:
    """Random values for the inputs of a compiled model; integers are 0 and 1.

    Raises:
        InputError: for sizes that are not known.
    """
    from ...runtime.program import numpy_dtype

    rng = np.random.default_rng(seed)
    feeds: dict[str, Any] = {}
    for tensor in inputs:
        if tensor.is_opaque:
            feeds[tensor.name] = random_opaque(tensor, rng)
            continue
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
