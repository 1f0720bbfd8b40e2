"""Programs of Paddle as modules of the `paddle` dialect."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, SSAValue

from ...dialects.engine.weights import weight_store
from ...errors import ImportModelError
from ...runtime.available_memory import require_memory
from ...runtime.size import Extent
from ...runtime.size_facts import Dim, Facts
from ..input_shapes import bound_inputs
from ..input_values import bound_values
from ..main_function import main_module
from ..model_summary import ModelSummary
from ..name_hint import name_hint
from ..problems import Problems
from ..size_names import named_inputs
from ..size_relations import Relations
from ..source import Content
from .files import ProgramFiles, read_program
from .graph import Array, GraphBuilder
from .parameters import read_parameters
from .program import Program, ProgramError


def import_program(
    source: Content,
    ctx: Context,
    *,
    weights: Content | None = None,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Collection[str] = (),
    sizes: Mapping[str, Dim] | None = None,
) -> ModuleOp:
    """
    The program as a module; see `Frontend.import_model`.

    Sizes of -1 stay open under names that are made for them; those of intermediate values are as
    the file has them until `infer_sizes` says what follows from the operators.
    """
    problems = Problems(source.subject)
    for name in overridable:
        problems.add(f"overridable '{name}' is no input with a default; a program has none")
    files = read_program(source, weights, problems)
    program = files.program
    problems.stop()
    known = bound_values(program.inputs, values, problems)
    all_shapes = {**(shapes or {}), **{name: array.shape for name, array in known.items()}}
    given = bound_inputs(program.inputs, all_shapes, problems, dims=sizes)
    inputs = given.without(known)
    problems.stop()
    block = Block(arg_types=inputs.types)
    parameters = _parameters(files)
    builder = GraphBuilder(weight_store(ctx), problems, block, program.types, parameters)
    for name, argument in zip(inputs.names, block.args, strict=True):
        argument.name_hint = name_hint(name)
        builder.values[name] = argument
    for name, array in known.items():
        builder.values[name] = builder.constant(array, name)
    builder.fill(program)
    outputs = _outputs(program, builder, problems)
    problems.stop()
    relations = Relations(inputs.dims, Facts(inputs.dims))
    return main_module(block, inputs, outputs, relations, known)


def _parameters(files: ProgramFiles) -> dict[str, Array]:
    """The trained tensors by the name of their value."""
    names, content = files.program.parameters, files.parameters
    if not names:
        return {}
    if content is None:
        some = ", ".join(f"'{name}'" for name in list(names.values())[:3])
        raise ImportModelError(
            files.subject,
            f"has {len(names)} parameters ({some}, ...) and no file of them: expected the file of "
            "the same name with the ending .pdiparams, or weights=",
        )
    remedy = "use a machine with more memory, or weights of fewer bits"
    require_memory(len(content.data), f"{files.subject}: reading the weights", remedy)
    try:
        found = read_parameters(content.data, names.values())
    except ProgramError as error:
        raise ImportModelError(content.subject, str(error)) from None
    return {value: found[name] for value, name in names.items()}


def _outputs(
    program: Program, builder: GraphBuilder, problems: Problems
) -> list[tuple[str, SSAValue]]:
    found: list[tuple[str, SSAValue]] = []
    for name, variable in program.outputs:
        value = builder.value(variable)
        if value is not None:
            found.append((name, value))
        elif not problems:
            problems.add(f"nothing gives the output '{name}'")
    if not program.outputs:
        problems.add("it has no output: no operator 'fetch'")
    return found


def summary_of(source: Content, weights: Content | None = None) -> ModelSummary:
    """What a program says of itself. Raises `ImportModelError` for what is none."""
    problems = Problems(source.subject)
    files = read_program(source, weights, problems)
    program = files.program
    counts: dict[str, int] = {}
    for operator in program.operators:
        counts[operator.name] = counts.get(operator.name, 0) + 1
    inputs, names = named_inputs(program.inputs, ())
    outputs: dict[str, Attribute] = {}
    for name, value in program.outputs:
        type_ = program.types.get(value)
        if type_ is not None:
            outputs[name] = type_
    facts = (("format", f"PaddlePaddle, {program.format}"),)
    ordered = dict(sorted(counts.items(), key=lambda pair: -pair[1]))
    return ModelSummary(
        facts, inputs, outputs, made_names=names.made, operators=ordered, files=files.files
    )
