"""Modules in files: `.mlir` with its weights beside it, and models of frameworks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.printer import Printer

from ...errors import UsageError
from ...ir.module_file import SUFFIX, read_module
from ...runtime.output_file import destination, output_file
from ...runtime.size import Extent
from ...runtime.size_facts import Dim
from .model_parts import NO_PARTS, ModelParts

SEPARATOR = "// -----"


def chunks(text: str) -> list[str]:
    """The pieces between lines of `// -----`, each moved down to the lines it stood on."""
    pieces: list[str] = []
    current: list[str] = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if line.startswith(SEPARATOR):
            pieces.append("".join(current))
            current = ["\n"] * number
        else:
            current.append(line)
    return [*pieces, "".join(current)]


def load_module(
    ctx: Context,
    path: str,
    shapes: Mapping[str, Sequence[int]] | None = None,
    values: Mapping[str, Any] | None = None,
    parts: ModelParts = NO_PARTS,
) -> ModuleOp:
    """The module in a `.mlir` file (its weights go into the context's store) or in a model's file.

    Raises:
        StepwellError: if the file cannot be read, parsed or imported.
        UsageError: for shapes with a module, in whose types they stand.
    """
    if not is_module_file(path):
        # Which says what a file is that is neither.
        return import_file(ctx, path, shapes, values, parts=parts)
    if parts != NO_PARTS:
        raise UsageError(
            f"{path}: --weights and --signature are for models; a module has its weights beside it"
        )
    if shapes:
        raise UsageError(f"{path}: shapes are for models; in a module they stand in the types")
    return read_module(ctx, path)


def is_module_file(path: str) -> bool:
    """Whether a path names IR: standard input, or a file named so that is not of a framework."""
    if path == "-":
        return True
    if Path(path).suffix.lower() != SUFFIX:
        return False
    from ...conversion.stablehlo_import.recognise import is_program_file

    return not is_program_file(path)


def is_model(path: str) -> bool:
    """Whether a file is a model of a framework and not IR: text named so is IR of any dialect."""
    if path == "-" or Path(path).suffix.lower() == SUFFIX:
        return False
    from ...conversion.import_model import holds_model

    return holds_model(path)


def import_file(
    ctx: Context,
    path: str,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    sizes: Mapping[str, Dim] | None = None,
    parts: ModelParts = NO_PARTS,
) -> ModuleOp:
    """The model in a file, as a module of its framework's dialect."""
    from ...conversion.import_model import import_model

    return import_model(path, ctx, shapes=shapes, values=values, sizes=sizes, **parts.options)


def module_text(module: ModuleOp, *, generic: bool = False) -> str:
    """The module as text, ending in a newline."""
    stream = StringIO()
    Printer(stream=stream, print_generic_format=generic).print_op(module)
    return stream.getvalue() + "\n"


def save_modules(
    ctx: Context, modules: list[ModuleOp], text: str, path: str, keep: Sequence[Path]
) -> None:
    """Write `text` to `path`, and the large weights of `modules` to the `.safetensors` beside it.

    Each appears whole or not at all.

    Raises:
        UsageError: if one of the two would take the place of a file of `keep`.
        StepwellError: if they cannot be written.
    """
    with output_file(path, keep) as part:
        part.write_text(text, encoding="utf-8")
        if not destination(path).is_stream:
            _save_weights(ctx, modules, path, keep)


def _save_weights(ctx: Context, modules: list[ModuleOp], path: str, keep: Sequence[Path]) -> None:
    if "engine" not in {dialect.name for dialect in ctx.loaded_dialects}:
        return
    from ...dialects.engine.weights import weight_store, weights_used

    store = weight_store(ctx)
    used = [weight for module in modules for weight in weights_used(module) if weight in store]
    if used:
        store.save(Path(path).with_suffix(".safetensors"), used, keep)
