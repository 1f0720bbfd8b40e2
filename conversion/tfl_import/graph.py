"""
Subgraphs as blocks of `tfl` operations.

Each operator becomes one operation, named by its first result. Variables are threaded: reading one
gives the value that it has at that place, and what it has at the end is a result of the function.
Subgraphs that operators call become regions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import node_names
from ...dialects.tfl import CLASSES, TABLE, TflOp, YieldOp
from ..name_hint import name_hint
from ..problems import Problems
from .attributes import attributes_of
from .records import ABSENT, Operator, Subgraph, Tensor, TflModel
from .values import TensorError, Weights, type_of_tensor
from .variables import Variable, handle_name, handles, is_handle

DEEPEST = 32
"""Most subgraphs in each other."""

MOST_COPIES = 64
"""A subgraph may be called often, and is written out each time: so many operations are made for
each of the file."""

_SUBGRAPHS = {
    "IF": {"then_branch": "then_subgraph_index", "else_branch": "else_subgraph_index"},
    "WHILE": {"cond": "cond_subgraph_index", "body": "body_subgraph_index"},
}
"""The regions of operators, and the options that say which subgraphs they are."""

_CALLS = {"CALL": "subgraph", "STABLEHLO_COMPOSITE": "decomposition_subgraph_index"}
"""Operators that stand for a subgraph alone, and the options that say which."""

Values = dict[int, SSAValue | None]
"""What each tensor of a subgraph is; None for one that has no value for a reason that was said."""


@dataclass
class GraphBuilder:
    """Builds the operations of a model."""

    model: TflModel
    weights: Weights
    store: WeightStore
    supported: frozenset[str]
    """The operators that can be run."""
    problems: Problems
    variables: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])
    """What each variable is at this place."""
    changed: list[Variable] = field(default_factory=list[Variable])
    """Tensors that kernels change in place: what they start with."""
    made: int = 0

    def __post_init__(self) -> None:
        count = sum(len(g.operators) for g in self.model.subgraphs)
        self.most = MOST_COPIES * (count + 16)

    def fill(
        self, graph: Subgraph, block: Block, values: Values, depth: int = 0
    ) -> list[SSAValue | None]:
        """Put the operations of a subgraph at the end of a block; its outputs."""
        resources = handles(graph)
        for operator in graph.operators:
            self.made += 1
            if self.made > self.most:
                self.problems.add("its subgraphs call each other too often to be written out")
                break
            label = graph.label(operator)
            if operator.name in ("VAR_HANDLE", "CALL_ONCE"):
                self._check_handle(operator, label, depth)
            elif operator.name == "READ_VARIABLE":
                name = resources.get(operator.inputs[0]) if operator.inputs else None
                self._known_variable(name, label)
                for output in operator.outputs:
                    values[output] = self.variables.get(name or "")
            elif operator.name == "ASSIGN_VARIABLE":
                self._assign(graph, block, values, operator, resources, depth)
            elif operator.name in _CALLS:
                self._inline(graph, block, values, operator, depth)
            else:
                self._build(graph, block, values, operator, depth)
        return [self._value(graph, block, values, at) for at in graph.outputs]

    def _inline(
        self, graph: Subgraph, block: Block, values: Values, operator: Operator, depth: int
    ) -> None:
        """Put the operations of the subgraph that an operator calls in its place."""
        label = graph.label(operator)
        called = self._subgraph(operator, label, _CALLS[operator.name], depth)
        given = [
            None if at == ABSENT else self._value(graph, block, values, at)
            for at in operator.inputs
        ]
        results: list[SSAValue | None] = [None] * len(operator.outputs)
        if called is not None and self._takes(called, label, len(given)):
            inner: Values = dict(zip(called.inputs, given, strict=True))
            found = self.fill(called, block, inner, depth + 1)
            if len(found) == len(results):
                results = found
            else:
                count = len(results)
                self.problems.node(label, f"has {count} results of {len(found)} of its subgraph")
        values.update(zip(operator.outputs, results, strict=True))

    def _subgraph(self, operator: Operator, label: str, option: str, depth: int) -> Subgraph | None:
        """The subgraph that an option names; None where there is none, which is said."""
        if depth >= DEEPEST:
            self.problems.node(label, f"calls subgraphs that are nested deeper than {DEEPEST}")
            return None
        number, count = int(operator.attributes.get(option, 0)), len(self.model.subgraphs)
        if not 0 <= number < count:
            self.problems.node(label, f"calls subgraph {number}; there are {count}")
            return None
        return self.model.subgraphs[number]

    def _takes(self, graph: Subgraph, label: str, count: int) -> bool:
        expected = len(graph.inputs)
        if count != expected:
            problem = f"gives {count} values to subgraph '{graph.name}', which takes {expected}"
            self.problems.node(label, problem)
        return count == expected

    def _check_handle(self, operator: Operator, label: str, depth: int) -> None:
        if operator.name == "CALL_ONCE" and depth:
            self.problems.node(label, "is in a subgraph that is called; expected in the main one")
        if is_handle(operator) and not handle_name(operator):
            self.problems.node(label, "is a variable without a name")

    def _known_variable(self, name: str | None, label: str) -> None:
        if name is None or name not in self.variables:
            self.problems.node(label, f"is of the variable '{name}', which is not known here")

    def _assign(
        self,
        graph: Subgraph,
        block: Block,
        values: Values,
        operator: Operator,
        resources: Mapping[int, str],
        depth: int,
    ) -> None:
        label = f"ASSIGN_VARIABLE '{resources.get(operator.inputs[0]) if operator.inputs else ''}'"
        if len(operator.inputs) != 2:
            self.problems.node(label, f"has {len(operator.inputs)} operands; expected 2")
            return
        name = resources.get(operator.inputs[0])
        self._known_variable(name, label)
        if depth:
            self.problems.node(label, "changes a variable in a branch or loop; not supported")
        value = self._value(graph, block, values, operator.inputs[1])
        if value is not None and name is not None:
            self.variables[name] = value

    def _value(self, graph: Subgraph, block: Block, values: Values, at: int) -> SSAValue | None:
        """The value of a tensor; a constant is made where it is first used."""
        if at in values:
            return values[at]
        tensor = graph.tensors[at]
        if not self.weights.is_constant(tensor) and 0 not in (tensor.shape or ()):
            self.problems.add(f"tensor '{tensor.name}': is used before anything gives it")
            values[at] = None
            return None
        values[at] = self._constant(block, tensor)
        return values[at]

    def _constant(self, block: Block, tensor: Tensor) -> SSAValue | None:
        try:
            array = self.weights.array(tensor)
            type_ = type_of_tensor(tensor)
        except TensorError as error:
            self.problems.add(f"tensor '{tensor.name}': {error}")
            return None
        return self.constant(block, array, type_, tensor.name)

    def constant(self, block: Block, array: np.ndarray, type_: Attribute, name: str) -> SSAValue:
        """A constant of a type, at the end of a block."""
        made = CLASSES.op_class("Constant")
        assert made is not None
        op = made.make([], [type_], {"value": self.store.add(array, name)})
        block.add_op(op)
        op.results[0].name_hint = name_hint(name)
        return op.results[0]

    def _build(
        self, graph: Subgraph, block: Block, values: Values, operator: Operator, depth: int
    ) -> None:
        """Put the operation of an operator at the end of a block."""
        label = graph.label(operator)
        results = [at for at in operator.outputs if at != ABSENT]
        for at in results:
            values.setdefault(at, None)
        if operator.name not in TABLE or operator.name not in self.supported:
            self.problems.node(label, "is not supported")
            return
        operands = [
            None if at == ABSENT else self._value(graph, block, values, at)
            for at in operator.inputs
        ]
        present = [at for at in operator.inputs if at != ABSENT]
        attributes = attributes_of(operator, label, self.problems)
        regions = self._regions(operator, label, operands, depth)
        types = self._result_types(graph, operator, label)
        if any(values.get(at) is None for at in present) or regions is None or types is None:
            return
        states = self._states(graph, operator)
        types += [None] * (len(self._plain_results(operator)) - len(types))
        types += [operands[at].type for at in states]  # pyright: ignore[reportOptionalMemberAccess]
        made = CLASSES.op_class(operator.name)
        assert made is not None
        try:
            op = made.make(operands, types, attributes, regions)
            op.verify(verify_nested_ops=False)
        except (ValueError, TypeError, VerifyException) as error:
            self.problems.node(label, str(error))
            return
        self._place(block, op, graph, operator, values, states)

    def _place(
        self,
        block: Block,
        op: TflOp,
        graph: Subgraph,
        operator: Operator,
        values: Values,
        states: Sequence[int],
    ) -> None:
        block.add_op(op)
        names = [graph.tensors[at].name for at in operator.outputs if at != ABSENT]
        op.attributes["nodes"] = node_names(names[0] if names else operator.name)
        slots = [slot for slot in op.result_slots if slot is not None]
        for at, slot in zip([a for a in operator.outputs if a != ABSENT], slots, strict=False):
            values[at] = slot
            slot.name_hint = name_hint(graph.tensors[at].name)
        for at, slot in zip(states, slots[len(slots) - len(states) :], strict=True):
            tensor = operator.inputs[at]
            values[tensor] = slot
            self.variables[graph.tensors[tensor].name] = slot

    def _result_types(
        self, graph: Subgraph, operator: Operator, label: str
    ) -> list[Attribute | None] | None:
        types: list[Attribute | None] = []
        for at in operator.outputs:
            try:
                types.append(None if at == ABSENT else type_of_tensor(graph.tensors[at]))
            except TensorError as error:
                self.problems.node(label, f"its result '{graph.tensors[at].name}' {error}")
                return None
        return types

    def _plain_results(self, operator: Operator) -> list[str]:
        """The results of an operator that a file has."""
        outputs = TABLE.schema(operator.name).outputs
        return [formal.name for formal in outputs if not formal.name.startswith("new_")]

    def _states(self, graph: Subgraph, operator: Operator) -> list[int]:
        """The operands, by position, that the kernel changes in place."""
        schema = TABLE.schema(operator.name)
        names = [formal.name for formal in schema.inputs]
        outputs = [formal.name for formal in schema.outputs if formal.name.startswith("new_")]
        return [
            at
            for at in (_operand_of(names, output) for output in outputs)
            if at is not None and at < len(operator.inputs) and operator.inputs[at] != ABSENT
        ]

    def _regions(
        self, operator: Operator, label: str, operands: Sequence[SSAValue | None], depth: int
    ) -> dict[str, Region] | None:
        """The subgraphs that an operator calls; None where one cannot be built."""
        wanted = _SUBGRAPHS.get(operator.name)
        if wanted is None:
            return {}
        given = [o for o in operands[1 if operator.name == "IF" else 0 :] if o is not None]
        regions: dict[str, Region] = {}
        for name, option in wanted.items():
            called = self._subgraph(operator, label, option, depth)
            region = None if called is None else self._region(called, label, given, depth)
            if region is None:
                return None
            regions[name] = region
        return regions

    def _region(
        self, graph: Subgraph, label: str, given: Sequence[SSAValue], depth: int
    ) -> Region | None:
        if not self._takes(graph, label, len(given)):
            return None
        block = Block(arg_types=[value.type for value in given])
        values: Values = dict(zip(graph.inputs, block.args, strict=True))
        for at, argument in zip(graph.inputs, block.args, strict=True):
            argument.name_hint = name_hint(graph.tensors[at].name)
        outputs = self.fill(graph, block, values, depth + 1)
        found = [value for value in outputs if value is not None]
        if len(found) < len(outputs):
            return None
        block.add_op(YieldOp(found))
        return Region(block)


def _operand_of(names: Sequence[str], result: str) -> int | None:
    """The position of the operand that a result is the new value of: `new_state` of `state`."""
    state = result.removeprefix("new_")
    for at, name in enumerate(names):
        if name == state or name == f"hidden_{state}":
            return at
        if state.startswith(("fw_", "bw_")) and name == f"{state[:3]}hidden_{state[3:]}":
            return at
    return None
