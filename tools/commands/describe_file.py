"""`stepwell info`: what is in a model, an artifact or a module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp

from ...dialects import make_context
from ...errors import StepwellError
from ...ir.level import FRAMEWORK, TITLES, level_of
from ...ir.module_file import SUFFIX
from ...runtime.describe import artifact_rows, rows_text
from ...runtime.value_text import size_text
from ..inputs.function_inputs import input_names, input_types, output_names, output_types
from ..inputs.ir_file import is_model, load_module


def describe_file(path: Path) -> str:
    """What is in a model, a `.well` or a `.mlir` file, as lines of text.

    Raises:
        StepwellError: if it cannot be read, or is none of these.
    """
    suffix = path.suffix.lower()
    if suffix == ".well":
        return rows_text(artifact_rows(path))
    if suffix == SUFFIX or is_model(str(path)):
        return rows_text(_module(path))
    from ...conversion.source import known_kind, open_source

    kind = known_kind(open_source(path)) or "not a model of a known format"
    raise StepwellError(f"{path}: is {kind}; expected a model, or a file named .well or .mlir")


def _module(path: Path) -> Iterable[tuple[str, str]]:
    ctx = make_context()
    module = load_module(ctx, str(path))
    yield "file", f"{path} ({size_text(path.stat().st_size)})"
    yield "level", TITLES[level_of(module)] if path.suffix == SUFFIX else TITLES[FRAMEWORK]
    for function in module.ops:
        if isinstance(function, FuncOp):
            yield from _function(function)
    yield from _weights(module)
    counts = Counter(op.name for op in module.walk())
    for name, count in counts.most_common():
        yield "operation", f"{name}: {count}"


def _function(function: FuncOp) -> Iterable[tuple[str, str]]:
    yield "function", f"@{function.sym_name.data}"
    types = input_types(function)
    for name, type_ in zip(input_names(function), types, strict=True):
        yield "  input", f"{name}: {type_}"
    results = output_types(function)
    for name, type_ in zip(output_names(function, len(results)), results, strict=True):
        yield "  output", f"{name}: {type_}"


def _weights(module: ModuleOp) -> Iterable[tuple[str, str]]:
    from ...dialects.engine.weights import dtype_of, weights_used

    total = numbers = 0
    for weight in weights_used(module):
        type_ = weight.type
        assert isinstance(type_, TensorType)
        count = 1
        for extent in type_.get_shape():
            count *= extent
        numbers += count
        total += count * dtype_of(type_.element_type).itemsize
    if numbers:
        yield "weights", f"{numbers:,} numbers, {size_text(total)}"
