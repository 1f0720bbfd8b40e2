"""
TensorFlow Lite models as modules of the `tfl` dialect.

    @main(inputs, states) -> outputs, new states

Operators stay as they are; numbers of weights stay in the file, mapped. Sizes that the file leaves
open are names. The steps are in the files beside this one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine.weights import WeightStore, weight_store
from ...dialects.framework import StateAttr, set_state
from ...runtime.size import Extent
from ...runtime.size_facts import Dim, Facts
from ..input_shapes import bound_inputs
from ..input_values import bound_values
from ..main_function import main_module
from ..name_hint import name_hint
from ..problems import Problems
from ..size_relations import Relations
from ..source import Content
from .entry import Entry, entry_of
from .graph import GraphBuilder, Values
from .reader import read_model
from .supported import supported_operators
from .values import TensorError, Weights, type_of_tensor
from .variables import Variable, find_variables, first_value


def import_model(
    content: Content,
    ctx: Context,
    *,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Collection[str] = (),
    sizes: Mapping[str, Dim] | None = None,
    signature: str | None = None,
) -> ModuleOp:
    """
    The model as a module of the `tfl` dialect; its weights go to the store of `ctx`.

    See `Frontend.import_model`. `signature` names the entry where a model has several.

    Raises:
        ImportModelError: with everything that is wrong with the model.
    """
    model = read_model(content)
    problems = Problems(content.subject)
    entry = entry_of(model, signature, problems)
    graph, weights = entry.graph, Weights(model)
    for name in overridable:
        problems.add(f"'{name}' has no value in the model that could be overridden")
    types = input_types(entry, problems)
    known = bound_values(types, values, problems)
    all_shapes = {**(shapes or {}), **{name: array.shape for name, array in known.items()}}
    given = bound_inputs(types, all_shapes, problems, dims=sizes)
    inputs = given.without(known)
    variables = [
        *find_variables(model.subgraphs, graph, weights, problems).values(),
        *_changed_tensors(entry, weights, problems),
    ]
    for variable in variables:
        if first_value(variable) is None:
            problems.add(f"variable '{variable.name}': its sizes are not known")
    problems.stop()
    store = weight_store(ctx)
    block = Block(arg_types=[*inputs.types, *(v.type for v in variables)])
    arguments = dict(zip(inputs.names, block.args, strict=False))
    kept = dict(zip((v.name for v in variables), block.args[len(inputs.names) :], strict=True))
    for name, argument in {**arguments, **kept}.items():
        argument.name_hint = name_hint(name)
    builder = GraphBuilder(model, weights, store, supported_operators(), problems, dict(kept))
    start: Values = {at: arguments.get(n) for at, n in zip(graph.inputs, entry.inputs, strict=True)}
    for at, tensor in enumerate(graph.tensors):
        if tensor.is_variable and tensor.name in kept:
            start[at] = kept[tensor.name]
    for at, name in zip(graph.inputs, entry.inputs, strict=True):
        if name in known:
            start[at] = builder.constant(block, known[name], types[name], name)
    found = builder.fill(graph, block, start)
    problems.stop()
    outputs = [(n, v) for n, v in zip(entry.outputs, found, strict=True) if v is not None]
    outputs += [(v.name, builder.variables[v.name]) for v in variables]
    named = replace(
        inputs,
        names=(*inputs.names, *(v.name for v in variables)),
        types=(*inputs.types, *(v.type for v in variables)),
    )
    relations = Relations(inputs.dims, Facts(inputs.dims))
    module = main_module(block, named, outputs, relations, known)
    try:
        _keep(module, variables, store, len(inputs.names), len(entry.outputs))
    except VerifyException as error:
        problems.add(str(error))
        raise problems.error() from None
    return module


def _keep(
    module: ModuleOp, variables: Sequence[Variable], store: WeightStore, argument: int, result: int
) -> None:
    """Say which arguments and results of the function are variables, and what these start with."""
    [main] = module.ops
    assert isinstance(main, FuncOp)
    states: list[StateAttr] = []
    for number, variable in enumerate(variables):
        first = first_value(variable)
        initial = None if first is None or not first.any() else store.add(first, variable.name)
        states.append(StateAttr.of(variable.name, argument + number, result + number, initial))
    set_state(main, states)


def input_types(entry: Entry, problems: Problems) -> dict[str, Attribute]:
    """The types of the inputs of a model by name."""
    types: dict[str, Attribute] = {}
    for at, name in zip(entry.graph.inputs, entry.inputs, strict=True):
        try:
            types[name] = type_of_tensor(entry.graph.tensors[at])
        except TensorError as error:
            problems.add(f"input '{name}' {error}")
    return types


def _changed_tensors(entry: Entry, weights: Weights, problems: Problems) -> list[Variable]:
    """The tensors of the entry that kernels change in place."""
    found: dict[str, Variable] = {}
    for tensor in entry.graph.tensors:
        if not tensor.is_variable:
            continue
        try:
            initial = weights.array(tensor) if weights.is_constant(tensor) else None
            found[tensor.name] = Variable(tensor.name, type_of_tensor(tensor), initial)
        except TensorError as error:
            problems.add(f"tensor '{tensor.name}': {error}")
    return list(found.values())
