"""Inputs for a model on the command line: from a file, or random ones of the right types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiler.function_inputs import (
    function_named,
    input_names,
    opaque_inputs,
    random_inputs,
    state_names,
)
from ...errors import InputError
from ...ir.bind_sizes import bind_sizes
from ...runtime.abi import MAIN
from ...runtime.array_files import engine_feeds, read_arrays
from ...runtime.artifact import read_artifact
from ...runtime.named_arrays import random_opaque, with_opaque
from ...runtime.random_array import random_array
from .ir_file import is_module_file, load_module
from .model_parts import NO_PARTS, ModelParts

if TYPE_CHECKING:
    from ...runtime.program import TensorSignature


def feeds_for(
    model: Path,
    inputs: Sequence[str],
    seed: int,
    shapes: Mapping[str, Sequence[int]],
    values: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    parts: ModelParts = NO_PARTS,
) -> dict[str, Any]:
    """
    The values in the files `inputs`, or random ones for the inputs of `model`.

    `shapes` are those of inputs that leave sizes open, `sizes` the same as numbers of the names,
    for a module.
    """
    if model.suffix.lower() == ".well":
        tensors = read_artifact(model).given_inputs
        return (
            engine_feeds(inputs, tensors) if inputs else random_feeds(tensors, seed, model, shapes)
        )
    from ...dialects import make_context

    fixed = None if is_module_file(str(model)) else shapes
    module = load_module(make_context(), str(model), fixed, values, parts)
    if fixed is None:
        bind_sizes(module, sizes or {})
    function = function_named(module, MAIN)
    kept = state_names(function)
    given = [name for name in input_names(function) if name not in kept]
    if not inputs:
        feeds = dict(zip(input_names(function), random_inputs(function, seed), strict=True))
        return {name: feeds[name] for name in given}
    arrays = read_arrays(inputs, given)
    return with_opaque(arrays, opaque_inputs(function), ", ".join(inputs))


def random_feeds(
    inputs: Sequence[TensorSignature],
    seed: int,
    model: Path,
    shapes: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, Any]:
    """Random values for the inputs of a compiled model; integers are 0 and 1.

    `shapes` are those of inputs whose sizes are open.

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
        sizes = (shapes or {}).get(tensor.name, tensor.shape)
        if any(isinstance(size, str) for size in sizes):
            raise InputError(
                f"{model}: input '{tensor.name}' has sizes known only when it runs; "
                "give inputs with --inputs"
            )
        shape = [int(size) for size in sizes]
        feeds[tensor.name] = random_array(shape, numpy_dtype(tensor.dtype), rng)
    return feeds
