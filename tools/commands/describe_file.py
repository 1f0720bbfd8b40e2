"""`stepwell info`: what is in a model, an artifact or a module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp

from ...compiler.function_inputs import input_names, input_types, output_names, output_types
from ...conversion.model_summary import ModelSummary
from ...conversion.open_sizes import open_inputs
from ...dialects import make_context
from ...dialects.engine.size_facts import broadcast_relations_of, facts_of, relations_of
from ...dialects.framework import state_of
from ...errors import ImportModelError, StepwellError, UsageError
from ...ir.known_sizes import shape_options, sizes_text
from ...ir.level import FRAMEWORK, TITLES, level_of
from ...runtime.bounding_relations import relation_text
from ...runtime.describe import artifact_rows, rows_text
from ...runtime.size_facts import Dim
from ...runtime.value_text import size_text
from ..inputs.call_sizes import OpenInputs
from ..inputs.ir_file import is_module_file, load_module
from ..inputs.model_parts import NO_PARTS, ModelParts
from ..inputs.shape_option import GivenSizes


def describe_file(path: Path, sizes: GivenSizes | None = None, parts: ModelParts = NO_PARTS) -> str:
    """
    What is in a model, a `.well` or a `.mlir` file, as lines of text.

    Of an artifact with a program for all sizes, also what a call with `sizes` takes in memory.

    Raises:
        StepwellError: if it cannot be read, or is none of these.
        UsageError: for sizes of anything but an artifact, and for parts of what has none.
    """
    given = sizes or GivenSizes()
    if path.suffix.lower() == ".well":
        return rows_text([*artifact_rows(path), *_memory_rows(path, given)])
    if given.at or given.dims:
        raise UsageError(
            f"{path}: what a call takes in memory is known once a model is compiled; "
            "--size is for .well files"
        )
    if is_module_file(str(path)):
        return rows_text(_module_rows(path, parts))
    return rows_text(_model_rows(path, parts))


def _memory_rows(path: Path, sizes: GivenSizes) -> Iterator[tuple[str, str]]:
    """What a call takes in memory at each of some sizes; nothing where none are given."""
    if not (sizes.at or sizes.dims):
        return
    from ...runtime.load import load

    engine = load(path)
    for point in OpenInputs.of(path, (), {}, sizes).points((), 0):
        needs = engine.memory(**point.sizes)
        yield (
            "memory",
            f"{size_text(needs.intermediate)} for intermediate values, "
            f"{size_text(needs.arguments)} for inputs and outputs at {point.text}",
        )


def _module_rows(path: Path, parts: ModelParts) -> Iterator[tuple[str, str]]:
    module = load_module(make_context(), str(path), parts=parts)
    yield "file", f"{path} ({size_text(path.stat().st_size)})"
    yield "level", TITLES[level_of(module)]
    yield from _content(module)


def _model_rows(path: Path, parts: ModelParts) -> Iterator[tuple[str, str]]:
    """A model that can be imported as the module it gives; any other as its file describes it."""
    from ...conversion.import_model import kind_of_model, summary_of

    try:
        summary = summary_of(path, **parts.options)
    except ImportModelError as error:
        if kind_of_model(str(path)) is None and error.problems[0].startswith("is "):
            what = error.problems[0].partition("; expected ")[0]
            raise StepwellError(
                f"{path}: {what}; expected a model, or a file named .well or .mlir"
            ) from error
        raise
    yield "file", f"{path} ({size_text(sum(f.stat().st_size for f in _there(summary.files)))})"
    yield from summary.facts
    try:
        module = load_module(make_context(), str(path), parts=parts)
    except StepwellError as error:
        yield from _as_described(summary)
        problems = error.problems if isinstance(error, ImportModelError) else (str(error),)
        for problem in problems:
            yield "problem", problem
    else:
        yield "level", TITLES[FRAMEWORK]
        yield from _content(module)
    if sizes := open_inputs(summary.inputs):
        yield "open sizes", shape_options(sizes)


def _there(files: Sequence[Path]) -> Iterator[Path]:
    return (file for file in files if file.exists())


def _as_described(summary: ModelSummary) -> Iterator[tuple[str, str]]:
    for kind, values in (("input", summary.inputs), ("output", summary.outputs)):
        for name, type_ in values.items():
            yield kind, f"{name}: {sizes_text(type_)}"
    for name, count in summary.operators.items():
        yield "operator", f"{name}: {count}"


def _content(module: ModuleOp) -> Iterator[tuple[str, str]]:
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
    for state in state_of(function):
        title, number = state.title.data, state.result.data
        first = "zeros" if state.first is None else "a constant"
        yield "  state", f"{title}: output {number} of the call before, {first} at first"
    for name, dim in facts_of(function).dims.items():
        yield "  size", f"{name}: {_bounds_text(dim)}"
    for relation in relations_of(function):
        yield "  relation", f"{relation_text(*relation.sides)}, needed by {relation.node.data}"
    for relation in broadcast_relations_of(function):
        said = relation_text(*relation.sides, or_one=True)
        yield "  relation", f"{said}, needed by {relation.node.data}"


def _bounds_text(dim: Dim) -> str:
    """`1 to 2048, planned for 128`."""
    bounds = f"{dim.lower} and more" if dim.upper is None else f"{dim.lower} to {dim.upper}"
    return bounds if dim.hint is None else f"{bounds}, planned for {dim.hint}"


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
