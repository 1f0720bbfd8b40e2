"""One program for all sizes of a model, where all its operations have kernels that take them."""

from __future__ import annotations

from dataclasses import replace

from xdsl.dialects.func import FuncOp

from ..conversion.engine_to_kernels.weights_image import WeightsImage
from ..dialects.engine import ReferenceOp
from ..dialects.engine.base import names_of
from ..dialects.engine.said_sizes import said_sizes
from ..errors import CompileError
from ..runtime.program import CompiledProgram
from ..runtime.size_facts import names_of as names_of_sizes
from ..runtime.size_solving import SizeSolving
from .compilation import Compilation, without_data_sizes
from .finish import finish
from .planned_program import main_of


def general_program(
    compilation: Compilation, name: str, weights: WeightsImage | None = None
) -> tuple[CompiledProgram | None, str]:
    """
    The program that takes the names in the sizes of a model as they come, or None and why not.

    The compilation stays as it is. Constants are added to `weights`, where programs share them.
    """
    try:
        return _program(compilation, name, weights), ""
    except CompileError as error:
        return None, str(error)


def _program(compilation: Compilation, name: str, weights: WeightsImage | None) -> CompiledProgram:
    """With names for sizes that only the data knows, else without."""
    try:
        return finish(for_all_sizes(compilation), name, weights=weights)
    except CompileError:
        compilation.infer_sizes()
        spare = without_data_sizes(compilation)
        if spare is None:
            raise
    _, options, _ = spare
    return finish(for_all_sizes(replace(compilation, options=options)), name, weights=weights)


def for_all_sizes(compilation: Compilation) -> Compilation:
    """
    A copy at level 2, from which `finish` makes the program for all sizes.

    Raises:
        CompileError: for a reference operation that lacks a size in its results.
    """
    copy = Compilation(
        compilation.ctx,
        compilation.module.clone(),
        compilation.options,
        compilation.level,
        compilation.progress,
        compilation.given,
    )
    copy.lower_to("engine")
    _require_sizes(main_of(copy.module))
    return copy


def _require_sizes(main: FuncOp) -> None:
    """
    See that the operands of every reference operation say the names in its sizes.

    It runs by itself, and knows nothing of the program around it.
    """
    for op in main.walk():
        if not isinstance(op, ReferenceOp):
            continue
        shapes = {f"operand {at}": said_sizes(value) for at, value in enumerate(op.inputs)}
        results = [said_sizes(value) for value in op.res]
        try:
            given = SizeSolving(shapes).names
        except CompileError:
            given = ()
        needed = names_of_sizes(n for shape in (*shapes.values(), *results) for n in shape)
        missing = sorted(set(needed) - set(given))
        if missing:
            nodes = ", ".join(names_of(op, "nodes")) or op.name
            raise CompileError(
                f"'{nodes}' runs by its reference semantics, with sizes that its operands do not "
                f"give: {', '.join(missing)}"
            )
