"""A module that runs on samples of whatever sizes they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...dialects.framework import dims_of
from ...ir.bind_sizes import bind_sizes
from ...runtime.engine import Engine
from ...runtime.size import Size, name_of
from ..compile import compile as compile_module
from ..function_inputs import input_names
from ..planned_program import main_of

AnyArray = npt.NDArray[Any]


class Runner:
    """
    Compiles a module of level 1 for the sizes of the first sample; when another brings others, once
    more for all sizes.
    """

    def __init__(self, module: ModuleOp, ctx: Context, threads: int = 1):
        self.module = module
        self.ctx = ctx
        self.threads = threads
        self._engine: Engine | None = None
        self._sizes: dict[str, int] = {}
        self._names = open_sizes(module)

    def __call__(self, feeds: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
        """The outputs, by name."""
        sizes = {label: feeds[name].shape[axis] for label, name, axis in self._names}
        if self._engine is None:
            bound = self.module.clone()
            bind_sizes(bound, sizes)
            self._engine, self._sizes = self._compiled(bound), sizes
        elif sizes != self._sizes and self._sizes:
            self._engine, self._sizes = self._compiled(self.module), {}
        results = self._engine.run(feeds)
        return {name: np.asarray(value) for name, value in results.items()}

    def _compiled(self, module: ModuleOp) -> Engine:
        return compile_module(module, context=self.ctx, threads=self.threads)


def open_sizes(module: ModuleOp) -> list[tuple[str, str, int]]:
    """The names in the sizes of a module's inputs, each with an input and an axis that has it."""
    main, found = main_of(module), list[tuple[str, str, int]]()
    for name, argument in zip(input_names(main), main.body.block.args, strict=True):
        for axis, dim in enumerate(dims_of(argument.type) or ()):
            if isinstance(dim, Size) and (label := name_of(dim)):
                found.append((label, name, axis))
    return found


def sizes_in(module: ModuleOp, feeds: Mapping[str, AnyArray]) -> dict[str, int]:
    """The numbers of names in the sizes of a module's inputs."""
    return {label: feeds[name].shape[axis] for label, name, axis in open_sizes(module)}
