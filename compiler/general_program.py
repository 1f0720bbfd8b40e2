"""One program for all sizes of a model, where all its operations have kernels that take them."""

from __future__ import annotations

from xdsl.dialects.func import FuncOp

from ..conversion.engine_to_kernels.weights_image import WeightsImage
from ..dialects.engine import ReferenceOp
from ..dialects.engine.base import names_of
from ..errors import CompileError
from ..runtime.program import CompiledProgram
from .compilation import Compilation
from .finish import finish
from .planned_program import main_of


def general_program(
    compilation: Compilation, name: str, weights: WeightsImage | None = None
) -> tuple[CompiledProgram | None, str]:
    """
    The program that takes the names in the sizes of a model as they come, or None and why not.

    The compilation stays as it is. Constants are added to `weights`, where programs share them.
    """
    copy = Compilation(
        compilation.ctx,
        compilation.module.clone(),
        compilation.options,
        compilation.level,
        compilation.progress,
        compilation.given,
    )
    try:
        copy.lower_to("engine")
        _require_native(main_of(copy.module))
        return finish(copy, name, weights=weights), ""
    except CompileError as error:
        return None, str(error)


def _require_native(main: FuncOp) -> None:
    for op in main.walk():
        if isinstance(op, ReferenceOp):
            nodes = ", ".join(names_of(op, "nodes")) or op.name
            raise CompileError(f"'{nodes}' runs by its reference semantics")
