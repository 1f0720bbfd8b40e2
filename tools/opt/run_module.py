"""`opt-tool --run`: the results of `@main` by the reference interpreters, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import MemRefType, ModuleOp

from ...compiler.function_inputs import (
    function_inputs,
    function_named,
    input_names,
    input_types,
    output_names,
)
from ...errors import StepwellError
from ...interpreters.kernels.plain import DIALECTS
from ...ir.interface import say_names
from ...runtime.abi import MAIN
from ...runtime.value_text import value_text
from .check_numerics import run_function

Array = npt.NDArray[Any]


_UNKNOWN = re.compile(r"Could not find interpretation function for op (\S+)")


def results_text(ctx: Context, module: ModuleOp, inputs: Sequence[str], seed: int) -> str:
    """Run `@main` on the inputs in files, or on random ones, and format its results.

    A function without results has its say in the memory it was given: what stands there afterwards
    is printed. If there is none, that is said.

    Raises:
        StepwellError: if there is no `@main`, or it cannot run on these inputs.
    """
    say_names(module)
    function = function_named(module, MAIN)
    if function.is_declaration:
        raise StepwellError("@main is only declared; --run needs its body")
    feeds = function_inputs(function, inputs, seed)
    results = _run(ctx, module, feeds)
    names = output_names(function, len(results))
    if not results:
        written = zip(input_names(function), input_types(function), feeds, strict=True)
        memory = [(name, feed) for name, type_, feed in written if isinstance(type_, MemRefType)]
        if not memory:
            return "@main has run; it has no results and was given no memory to write to\n"
        names, results = zip(*memory, strict=True)
    return "".join(value_text(name, a) for name, a in zip(names, results, strict=True))


def _run(ctx: Context, module: ModuleOp, feeds: list[Any]) -> list[Any]:
    try:
        return run_function(ctx, module, MAIN, feeds)
    except StepwellError as error:
        if (unknown := _UNKNOWN.search(str(error))) is None:
            raise
        raise StepwellError(
            f"@main cannot run: no interpreter knows what '{unknown[1]}' computes; known are the "
            "dialects of the models, engine, and functions of scalars, vectors and memory "
            f"in {', '.join(DIALECTS)}"
        ) from error
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        raise StepwellError(f"@main cannot run: {type(error).__name__}: {error}") from error
