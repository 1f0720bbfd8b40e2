"""`opt-tool --run`: the results of `@main` by the reference interpreters, as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...runtime.abi import MAIN
from ..inputs.function_inputs import function_inputs, function_named, output_names
from ..inputs.named_arrays import named_arrays
from .check_numerics import run_function

Array = npt.NDArray[Any]


def results_text(ctx: Context, module: ModuleOp, inputs: str | None, seed: int) -> str:
    """Run `@main` on the inputs of a `.npz` file, or on random ones, and format its results.

    Raises:
        StepwellError: if there is no `@main`, or it cannot run on these inputs.
    """
    function = function_named(module, MAIN)
    feeds = function_inputs(function, inputs, seed)
    results = run_function(ctx, module, MAIN, feeds)
    names = output_names(function, len(results))
    return "".join(value_text(name, a) for name, a in zip(names, results, strict=True))


def value_text(name: str, value: Any) -> str:
    """The text of the arrays that a value is; that of a sequence has one for each element."""
    arrays = named_arrays(name, value)
    if not arrays:
        return f"{name}: absent\n"
    if isinstance(value, list) and not value:
        return f"{name}: an empty sequence\n"
    return "".join(array_text(part, array) for part, array in arrays.items())


def array_text(name: str, array: Array) -> str:
    """`name: dtype[shape]` and the numbers, of a large array those at its corners."""
    shape = ", ".join(map(str, array.shape))
    return f"{name}: {array.dtype}[{shape}]\n{np.array2string(array, threshold=64)}\n"
