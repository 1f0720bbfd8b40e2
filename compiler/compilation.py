"""
One model on its way down the levels.

    import   a model         -> its framework's dialect    level 1
    engine   level 1         -> engine    level 2: converted, then rewritten to a fixpoint
    layout   engine          -> engine    level 3: every tensor has its layout
    plan     engine          -> engine    level 4: memrefs into one arena
    kernels  engine          -> func/scf/vector/memref    level 5
    code     level 5         -> objects, linked into one image

The stages between levels are the named pipelines of `pipelines.py`, which `opt-tool` knows too.
Kernels are built one by one and their object code is kept in a cache on disk, so that the level-5
module of a whole program is made only when somebody wants to read it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..conversion.engine_to_kernels.main_builder import KernelStep
from ..conversion.frontend import InferringFrontend
from ..conversion.frontends import frontends
from ..conversion.stablehlo_import.recognise import is_program_file
from ..conversion.to_engine.data_names import NO_SIZES
from ..dialects import make_context
from ..dialects.engine.opaque import is_unsized
from ..dialects.engine.weights import WeightStore, weight_store
from ..errors import UsageError
from ..ir.level import FRAMEWORK, TITLES
from ..ir.level import LEVELS as TEXT_LEVELS
from ..ir.module_file import SUFFIX, read_module
from ..runtime.arguments import callable_or_none, file_path
from .donations import donate_inputs
from .given_module import checked_level
from .observer import Observer
from .options import Options, Progress, Step
from .pipelines import STAGES
from .planned_program import main_of

LEVELS = (*TEXT_LEVELS, "llvm", "asm")
"""What a model can be lowered to."""


def level_named(name: str) -> str:
    """The level that a name stands for: level 1 also goes by the name of a framework's dialect."""
    return FRAMEWORK if name in frontends() else name


@dataclass
class Compilation:
    """One model on its way down; `module` is at `level`."""

    ctx: Context
    module: ModuleOp
    options: Options
    level: str = FRAMEWORK
    progress: Progress | None = None
    given: str = FRAMEWORK
    """The level at which the model was given."""
    steps: Sequence[KernelStep] = ()
    """What the program does, once there is one."""
    observer: Observer | None = None
    """Who is told of each pass."""

    @staticmethod
    def of(
        model: Any,
        options: Options,
        progress: Progress | None = None,
        context: Context | None = None,
    ) -> Compilation:
        """
        Import `model`: a path, bytes, an object of a framework, or a module of any level.

        `context` is that of a module and has its weights.
        """
        start = time.perf_counter()
        callable_or_none("progress", progress)
        ctx = _checked_context(context) or make_context()
        if isinstance(model, ModuleOp):
            self = Compilation.of_module(ctx, model.clone(), options, progress)
        elif _is_module_file(model):
            self = Compilation.of_module(ctx, read_module(ctx, str(model)), options, progress)
        else:
            from ..conversion.import_model import import_model

            module = import_model(
                model,
                ctx,
                shapes=options.shapes,
                values=options.values,
                overridable=options.overridable,
                sizes=options.sizes,
                weights=options.weights,
                signature=options.signature,
            )
            self = Compilation(ctx, module, options, progress=progress)
        if options.donate:
            if self.level != FRAMEWORK and self.given not in ("engine", "layout"):
                raise UsageError(
                    f"donate is for programs above level 4; the module is at {TITLES[self.given]}"
                )
            donate_inputs(main_of(self.module), options.donate)
        self.report("import", start, self.module)
        return self

    @staticmethod
    def of_module(
        ctx: Context, module: ModuleOp, options: Options, progress: Progress | None = None
    ) -> Compilation:
        """
        Begin with a module of any level, which is changed; the level is found from what is in it.

        Raises:
            InvalidIRError: for one that does not verify or is of several levels.
            UsageError: for shapes, which are written into the module's types, and for values.
        """
        if "engine" not in ctx.registered_dialect_names:
            raise UsageError(
                "the context has no engine dialect, which holds the weights; make it with "
                "stepwell.dialects.make_context()"
            )
        if options.shapes or options.sizes:
            raise UsageError(
                "shapes and sizes are for models of a framework; in a module they stand in the"
                " types and in attributes of its function"
            )
        if options.values or options.overridable:
            raise UsageError(
                "values and overridable are for models of a framework; a module has its constants"
            )
        if options.weights is not None or options.signature is not None:
            raise UsageError(
                "weights and signature are for models of a framework; a module has its weights "
                "beside it, and what is compiled is @main"
            )
        level = checked_level(ctx, module)
        # What is written by hand has not been rewritten yet; where all is done nothing changes.
        begin = FRAMEWORK if level == "engine" else level
        return Compilation(ctx, module, options, begin, progress, given=level)

    def report(self, name: str, start: float, module: ModuleOp | None = None) -> None:
        """Say that a step that began at `start` has ended."""
        if self.progress is not None:
            self.progress(Step(name, time.perf_counter() - start, module=module))

    def kernel_done(self, seconds: float, done: int, total: int) -> None:
        """Say that one more kernel is there."""
        if self.progress is not None:
            self.progress(Step("kernels", seconds, done, total))

    def infer_sizes(self) -> None:
        """
        Have the values of a module at level 1 say their sizes, as far as these follow from the
        inputs: for who reads that level, or binds sizes in it.
        """
        if self.level != FRAMEWORK or self.given != FRAMEWORK:
            return
        dialects = {op.dialect_name() for function in self.module.ops for op in function.walk()}
        for dialect in sorted(dialects & frontends().keys()):
            frontend = frontends()[dialect]
            if isinstance(frontend, InferringFrontend):
                frontend.infer_sizes(self.module, self.ctx)

    def lower_to(self, level: str, *, verify: bool = True) -> None:
        """Run the stages between the current level and `level`, and verify what each gives."""
        last = LEVELS.index(level_named(level))
        for stage in LEVELS[LEVELS.index(self.level) + 1 : last + 1]:
            start = time.perf_counter()
            pipeline = STAGES[stage](self.options)
            if self.observer is None:
                pipeline.apply(self.ctx, self.module)
            else:
                self.observer.run(stage, pipeline, self.ctx, self.module)
            if verify and stage != "engine":  # what `optimize` gives it has verified itself
                self.module.verify()
            self.level = stage
            self.report(stage, start, self.module)

    @property
    def store(self) -> WeightStore:
        """The constants of this compilation."""
        return weight_store(self.ctx)


def without_data_sizes(compilation: Compilation) -> tuple[ModuleOp, Options, str] | None:
    """
    Module, options and level to begin with again, so that no operation finds sizes which only the
    data knows; None where none can: the module is below level 1, or says all sizes.
    """
    options = compilation.options
    if compilation.level != FRAMEWORK or options.data_sizes == NO_SIZES:
        return None
    values = (result for op in compilation.module.walk() for result in op.results)
    if not any(is_unsized(value) for value in values):
        return None
    return compilation.module.clone(), replace(options, data_sizes=NO_SIZES), FRAMEWORK


def given_model(model: Any) -> Any:
    """What is to be compiled as `Compilation.of` takes it: paths as strings, and all bytes as such.

    Raises:
        UsageError: for values of Python's own types that are none of these.
    """
    if isinstance(model, bytearray | memoryview):
        return bytes(cast("bytearray", model))
    if isinstance(model, str | os.PathLike):
        return file_path("model", model)
    if type(model).__module__ == "builtins" and not isinstance(model, bytes):
        raise UsageError(
            f"model is {model!r:.60} of type {type(model).__name__}, expected a path, the bytes of "
            "a file, an object of a framework, or a module"
        )
    return model


def _checked_context(context: Any) -> Context | None:
    if context is not None and not isinstance(context, Context):
        raise UsageError(
            f"context is of type {type(context).__name__}, expected one that "
            "stepwell.dialects.make_context() gives"
        )
    return context


def is_module(model: Any) -> bool:
    """Whether a model is given as a module, or as the path of a `.mlir` file of Stepwell."""
    return isinstance(model, ModuleOp) or _is_module_file(model)


def _is_module_file(model: Any) -> bool:
    if not isinstance(model, str | Path) or Path(model).suffix.lower() != SUFFIX:
        return False
    return not is_program_file(str(model))
