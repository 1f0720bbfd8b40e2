"""
One model on its way down the levels.

    import   .onnx           -> onnx      level 1
    engine   onnx            -> engine    level 2: converted, then rewritten to a fixpoint
    layout   engine          -> engine    level 3: every tensor has its layout
    plan     engine          -> engine    level 4: memrefs into one arena
    kernels  engine          -> func/scf/vector/memref    level 5
    code     level 5         -> objects, linked into one image

The stages between levels are the named pipelines of `pipelines.py`, which `opt-tool` knows too.
Kernels are built one by one and their object code is kept in a cache on disk, so that the level-5
module of a whole program is made only when somebody wants to read it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..conversion.engine_to_kernels.convert import KernelStep
from ..dialects import make_context
from ..dialects.engine.weights import WeightStore, weight_store
from .options import Options, Progress, Step
from .pipelines import STAGES

LEVELS = ("onnx", "engine", "layout", "plan", "kernels", "llvm", "asm")
"""What a model can be lowered to."""


@contextmanager
def fewer_collections() -> Generator[None]:
    """IR is full of cycles that all live to the end; looking for garbage in it is wasted time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass
class Compilation:
    """One model on its way down; `module` is at `level`."""

    ctx: Context
    module: ModuleOp
    options: Options
    level: str = "onnx"
    progress: Progress | None = None
    steps: Sequence[KernelStep] = ()
    """What the program does, once there is one."""

    @staticmethod
    def of(model: Any, options: Options, progress: Progress | None = None) -> Compilation:
        """Import `model`: a path, bytes, or an `onnx.ModelProto`."""
        from ..conversion.import_onnx import import_model

        start = time.perf_counter()
        ctx = make_context()
        module = import_model(model, ctx, shapes=options.shapes)
        self = Compilation(ctx, module, options, progress=progress)
        self.report("import", start, module)
        return self

    def report(self, name: str, start: float, module: ModuleOp | None = None) -> None:
        """Say that a step that began at `start` has ended."""
        if self.progress is not None:
            self.progress(Step(name, time.perf_counter() - start, module=module))

    def kernel_done(self, seconds: float, done: int, total: int) -> None:
        """Say that one more kernel is there."""
        if self.progress is not None:
            self.progress(Step("kernels", seconds, done, total))

    def lower_to(self, level: str, *, verify: bool = True) -> None:
        """Run the stages between the current level and `level`, and verify what each gives."""
        for stage in LEVELS[LEVELS.index(self.level) + 1 : LEVELS.index(level) + 1]:
            start = time.perf_counter()
            STAGES[stage](self.options).apply(self.ctx, self.module)
            if verify:
                self.module.verify()
            self.level = stage
            self.report(stage, start, self.module)

    @property
    def store(self) -> WeightStore:
        """The constants of this compilation."""
        return weight_store(self.ctx)
