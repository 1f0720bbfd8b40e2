"""
Variables of a model, by name: what they start with.

A model keeps values between calls in resource variables (`VAR_HANDLE`, `READ_VARIABLE`,
`ASSIGN_VARIABLE`), which a subgraph that is called once (`CALL_ONCE`) gives their first values, or
in tensors that a kernel changes in place. Both become arguments and results of the function.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.ir import Attribute

from ...dialects.framework import element_type_of_ir, ranked_tensor
from ...dialects.tfl import QuantizedType
from ...runtime.available_memory import require_memory
from ..problems import Problems
from .records import ABSENT, Operator, Subgraph, Tensor
from .values import Array, TensorError, Weights, type_of_tensor


@dataclass(frozen=True)
class Variable:
    """A value that is kept from one call to the next."""

    name: str
    type: Attribute
    initial: Array | None
    """What it starts with; None for zeros."""


def handles(graph: Subgraph) -> dict[int, str]:
    """The names of the variables of a subgraph, by the tensors that stand for them."""
    return {o.outputs[0]: handle_name(o) for o in graph.operators if is_handle(o)}


def is_handle(operator: Operator) -> bool:
    """Whether an operator gives a variable."""
    return operator.name == "VAR_HANDLE" and len(operator.outputs) == 1


def handle_name(operator: Operator) -> str:
    """The name of the variable of a `VAR_HANDLE`."""
    container = str(operator.attributes.get("container", ""))
    name = str(operator.attributes.get("shared_name", ""))
    return f"{container}/{name}" if container else name


def find_variables(
    graphs: Sequence[Subgraph], entry: Subgraph, weights: Weights, problems: Problems
) -> dict[str, Variable]:
    """The resource variables that a subgraph names, in its order."""
    types: dict[str, Attribute] = {}
    initial: dict[str, Array] = {}
    first = _initialisers(graphs, entry)
    for graph in graphs:
        for name, tensor, value, operator in _accesses(graph):
            try:
                if value != ABSENT and graph in first and weights.is_constant(tensor):
                    initial.setdefault(name, weights.array(tensor))
                    types[name] = type_of_tensor(tensor)
                elif graph in first:
                    problems.node(
                        graph.label(operator), f"gives variable '{name}' a value that is computed"
                    )
                types.setdefault(name, type_of_tensor(tensor))
            except TensorError as error:
                problems.add(f"variable '{name}': {error}")
    named = dict.fromkeys(handles(entry).values())
    return {n: Variable(n, types[n], initial.get(n)) for n in named if n in types}


def _initialisers(graphs: Sequence[Subgraph], entry: Subgraph) -> list[Subgraph]:
    """The subgraphs that are called once, before anything else."""
    calls = [o for o in entry.operators if o.name == "CALL_ONCE"]
    numbers = [int(o.attributes.get("init_subgraph_index", 0)) for o in calls]
    return [graphs[n] for n in numbers if 0 <= n < len(graphs) and graphs[n] is not entry]


def _accesses(graph: Subgraph) -> Iterator[tuple[str, Tensor, int, Operator]]:
    """Each variable that is written or read with the tensor it is given or gives, whose number is
    `ABSENT` where it is read."""
    names = handles(graph)
    for operator in graph.operators:
        known = bool(operator.inputs) and operator.inputs[0] in names
        if known and operator.name == "ASSIGN_VARIABLE" and len(operator.inputs) == 2:
            at = operator.inputs[1]
            yield names[operator.inputs[0]], graph.tensors[at], at, operator
        elif known and operator.name == "READ_VARIABLE" and operator.outputs:
            tensor = graph.tensors[operator.outputs[0]]
            yield names[operator.inputs[0]], tensor, ABSENT, operator


def first_value(variable: Variable) -> Array | None:
    """
    What a variable starts with: what it is given, else zeros, which are the zero point of
    quantised bytes. None where its sizes are not known.
    """
    if variable.initial is not None:
        return variable.initial
    type_ = ranked_tensor(variable.type)
    row = None if type_ is None else element_type_of_ir(type_.element_type)
    if type_ is None or row is None or any(n < 0 for n in type_.get_shape()):
        return None
    needed = int(np.prod(type_.get_shape(), dtype=object)) * row.numpy.itemsize
    remedy = "use a machine with more memory"
    require_memory(needed, f"the first value of variable '{variable.name}'", remedy)
    element = type_.element_type
    is_bytes = isinstance(element, QuantizedType) and element.storage.width.data == 8
    zero = element.zero if isinstance(element, QuantizedType) and is_bytes else 0
    return np.full(type_.get_shape(), zero, row.numpy)
