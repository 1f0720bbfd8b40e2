"""
Programs of `torch.export` as modules of the `torch` dialect.

    @main(inputs, state) -> outputs, state

Parameters and constants are `torch.Constant`. A buffer that the program writes into is state: an
argument of `@main`, whose next value is a result. Inputs have the names of the placeholders,
outputs are `output_0` and so on, in the order in which torch flattens them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, SSAValue

from ...dialects.engine.weights import ConstantAttr, weight_store
from ...dialects.framework import StateAttr, set_state
from ...dialects.torch import TorchOp
from ...runtime.size import Extent
from ...runtime.size_facts import Dim
from ..input_shapes import bound_inputs
from ..input_values import bound_values
from ..main_function import main_module
from ..problems import Problems
from ..size_names import names_in
from ..size_relations import Relations
from .aliases import Tensor
from .archive import Archive
from .build import FAILURES, add_nodes
from .program import InputSpec, Program
from .scope import GraphScope, Surroundings
from .signature import (
    given_symbols,
    open_numbers,
    output_names,
    used_inputs,
    user_inputs,
    with_ranges,
)
from .weights import WeightError, Weights

_GIVEN_BACK = ("user_output", "user_input_mutation")
"""Kinds of outputs that a caller gets."""

_STATE_OUTPUTS = ("buffer_mutation", "parameter_mutation")


@dataclass(frozen=True)
class _State:
    """A buffer that the program writes into."""

    name: str
    initial: ConstantAttr
    argument: SSAValue
    result: SSAValue


def import_program(
    archive: Archive,
    ctx: Context,
    *,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    sizes: Mapping[str, Dim] | None = None,
) -> ModuleOp:
    """
    A program as a module of the `torch` dialect; its weights go to the store of `ctx`.

    `shapes`, `values` and `sizes` are those of `Frontend.import_model`.

    Raises:
        ImportModelError: with everything that is wrong with it, or not supported.
    """
    program, problems = archive.program, Problems(archive.subject)
    _check_inputs(program, problems)
    types = user_inputs(program, problems)
    problems.stop()
    known = bound_values(types, values, problems)
    symbols = given_symbols(program, known, problems)
    in_sizes = names_in(types.values())
    all_shapes: dict[str, Sequence[Extent]] = {
        **(shapes or {}),
        **{name: array.shape for name, array in known.items()},
        **{name: (number,) for name, number in symbols.items() if name in in_sizes},
    }
    given = bound_inputs(types, all_shapes, problems, dims=sizes, taken=program.ranges)
    values_of_names = {**given.sizes.values, **symbols}
    given = replace(given, sizes=replace(given.sizes, values=values_of_names))
    inputs = with_ranges(given, program, problems).without(known)
    block = Block(arg_types=inputs.types)
    around = Surroundings(weight_store(ctx), problems, given.sizes.values, program.ranges)
    scope = GraphScope.of(around, program.graph, block)
    for name, argument in zip(inputs.names, block.args, strict=True):
        scope.bind(name, argument)
    for name, array in known.items():
        if name in open_numbers(program):
            scope.symbols.values[name] = scope.constant(array, name)
        else:
            scope.bind(name, scope.constant(array, name))
    constants = _add_constants(scope, used_inputs(program), Weights(archive))
    problems.stop()
    add_nodes(scope)
    outputs = _outputs(scope, program)
    problems.stop()
    states = _states(scope, program, constants)
    inputs = replace(
        inputs,
        names=(*inputs.names, *(state.name for state in states)),
        types=(*inputs.types, *(state.argument.type for state in states)),
    )
    results = [*outputs, *((f"{state.name}_after", state.result) for state in states)]
    module = main_module(block, inputs, results, Relations(), known)
    [main] = module.ops
    assert isinstance(main, FuncOp)
    numbers = zip(count(len(inputs.names) - len(states)), count(len(outputs)), states, strict=False)
    set_state(main, [StateAttr.of(s.name, at, result, s.initial) for at, result, s in numbers])
    return module


def _check_inputs(program: Program, problems: Problems) -> None:
    """The specifications and the graph list the same inputs and outputs, or nothing fits."""
    graph = program.graph
    pairs = (("inputs", program.inputs, graph.inputs), ("outputs", program.outputs, graph.outputs))
    for what, specs, found in pairs:
        if len(specs) != len(found):
            problems.add(f"has {len(specs)} {what} in its signature and {len(found)} in its graph")
    for spec in program.inputs:
        if spec.arg.kind == "tensor" and spec.arg.value not in graph.tensors:
            problems.add(f"input '{spec.arg.value}' has no type")


def _add_constants(
    scope: GraphScope, specs: Mapping[str, InputSpec], weights: Weights
) -> dict[str, tuple[Tensor, SSAValue]]:
    """
    The parameters, buffers and constants that are used, by the names of their placeholders, each
    with its first value.
    """
    found: dict[str, tuple[Tensor, SSAValue]] = {}
    for name, spec in specs.items():
        kind = spec.kind.replace("_", " ")
        try:
            array = weights.array(spec)
            value = scope.constant(array, spec.target)
            if value.type != scope.type_of(name):
                raise WeightError(f"is {value.type}, expected {scope.type_of(name)}")
        except (WeightError, ValueError) as error:
            scope.around.problems.add(f"{kind} '{spec.target}' {error}")
            continue
        meta = scope.graph.tensors[name]
        scope.tensors[name] = tensor = Tensor.new(value, meta)
        found[name] = tensor, value
    return found


def _outputs(scope: GraphScope, program: Program) -> list[tuple[str, SSAValue]]:
    """What a caller gets, by name: outputs, and inputs that the program writes into."""
    names = output_names(program)
    found: list[tuple[str, SSAValue]] = []
    written: list[tuple[str, SSAValue]] = []
    for at, spec in enumerate(program.outputs):
        if spec.kind in _STATE_OUTPUTS:
            continue
        name = names.get(at, f"{spec.target}_after")
        if spec.kind not in _GIVEN_BACK:
            scope.around.problems.add(f"output '{spec.arg.value}' is a {spec.kind}: training")
            continue
        try:
            value = scope.output(spec.arg)
        except FAILURES as error:
            scope.around.problems.add(f"output '{name}' {error}")
            continue
        if value is not None:
            (found if at in names else written).append((name, value))
    for spec in program.inputs:
        tensor = scope.tensors.get(spec.arg.value) if spec.kind == "user_input" else None
        if tensor is not None and tensor.storage.version:
            written.append((f"{spec.arg.value}_after", tensor.value))
    return [*found, *written]


def _states(
    scope: GraphScope, program: Program, constants: Mapping[str, tuple[Tensor, SSAValue]]
) -> list[_State]:
    """The buffers that the program writes into, whose constants become arguments."""
    written = {
        spec.target: spec.arg.value for spec in program.outputs if spec.kind in _STATE_OUTPUTS
    }
    states: list[_State] = []
    for spec in program.inputs:
        found = constants.get(spec.arg.value) if isinstance(spec.arg.value, str) else None
        if found is None:
            continue
        tensor, first = found
        if spec.target in written:
            result = scope.tensor(written[spec.target]).value
        elif tensor.storage.version:
            result = tensor.value
        else:
            continue
        states.append(_as_state(scope.block, spec.target, first, result))
    return states


def _as_state(block: Block, name: str, constant: SSAValue, result: SSAValue) -> _State:
    """A state in place of a constant."""
    op = constant.owner
    assert isinstance(op, TorchOp)
    argument = block.insert_arg(constant.type, len(block.args))
    argument.name_hint = constant.name_hint
    constant.replace_all_uses_with(argument)
    initial = cast(ConstantAttr, op.properties["value"])
    op.detach()
    op.erase()
    return _State(name, initial, argument, argument if result is constant else result)
