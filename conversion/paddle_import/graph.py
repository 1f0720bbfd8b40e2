"""A program as a block of `paddle` operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import constant_type, node_names, tensor_type
from ...dialects.framework.schema import Option
from ...dialects.framework.types import element_of
from ...dialects.paddle import op_class
from ...dialects.paddle.schemas import TABLE
from ..name_hint import name_hint
from ..problems import Problems
from .program import Operator, Program

Array = npt.NDArray[Any]


@dataclass
class GraphBuilder:
    """Builds the block of one program; a variable that is written again has its last value."""

    store: WeightStore
    problems: Problems
    block: Block
    types: Mapping[str, Attribute]
    parameters: Mapping[str, Array]
    """Trained tensors by the name of their value."""
    values: dict[str, SSAValue | None] = field(default_factory=dict[str, "SSAValue | None"])
    """The value of each variable; None where its operator failed."""

    def fill(self, program: Program) -> None:
        """Append all operators that an output needs."""
        for operator in needed(program):
            self._add(operator)

    def value(self, name: str) -> SSAValue | None:
        """The value of a variable, a constant where it is a parameter; None where there is none."""
        if name not in self.values and name in self.parameters:
            self.values[name] = self.constant(self.parameters[name], name)
        return self.values.get(name)

    def constant(self, array: Array, name: str) -> SSAValue:
        """A constant at the end of the block."""
        cls = op_class("Constant")
        assert cls is not None
        attribute = self.store.add(array, name)
        op = cls.make([], [constant_type(attribute)], {"value": attribute})
        op.results[0].name_hint = name_hint(name)
        self.block.add_op(op)
        return op.results[0]

    def _add(self, operator: Operator) -> None:
        results = [name for names in operator.results.values() for name in names]
        names = [name for names in operator.operands.values() for name in names]
        found = {name: self.value(name) for name in names}
        missing = [n for n, v in found.items() if v is None and n not in self.values]
        if missing:
            self.problems.node(operator.title, f"takes '{missing[0]}', which nothing gives")
        if None in found.values():
            self.values.update(dict.fromkeys(results, None))
            return
        try:
            self._build(operator, {n: v for n, v in found.items() if v is not None})
        except (VerifyException, ValueError, TypeError) as error:
            self.problems.node(operator.title, str(error))
            self.values.update(dict.fromkeys(results, None))

    def _build(self, operator: Operator, given: Mapping[str, SSAValue]) -> None:
        cls = op_class(operator.name)
        assert cls is not None, "operators are checked as they are read"
        schema = TABLE.schema(operator.name)
        operands: list[Any] = []
        for formal in schema.inputs:
            values = [given[name] for name in operator.operands.get(formal.name, [])]
            if formal.option == Option.VARIADIC:
                operands.append(values)
            elif len(values) > 1:
                raise ValueError(f"operand '{formal.name}' is a list of {len(values)}")
            else:
                operands.append(values[0] if values else None)
        types: list[Any] = []
        for formal in schema.outputs:
            own = [self._type(name, operator) for name in operator.results.get(formal.name, [])]
            types.append(own if formal.option == Option.VARIADIC else own[0] if own else None)
        op = cls.make(
            _flat(schema.inputs, operands), _flat(schema.outputs, types), operator.attributes
        )
        op.attributes["nodes"] = node_names(operator.label)
        self.block.add_op(op)
        op.verify(verify_nested_ops=False)
        results = [name for f in schema.outputs for name in operator.results.get(f.name, [])]
        for name, result in zip(results, op.results, strict=True):
            result.name_hint = name_hint(name)
            self.values[name] = result

    def _type(self, name: str, operator: Operator) -> Attribute:
        """The type of a result: as the file says, for values made on import that of an operand."""
        if name in self.types:
            return self.types[name]
        for names in operator.operands.values():
            for operand in names:
                value = self.values.get(operand)
                element = None if value is None else element_of(value.type)
                if element is not None:
                    return tensor_type(element, None)
        element = self.types.get(operator.label)
        known = None if element is None else element_of(element)
        if known is None:
            raise ValueError(f"gives '{name}', of which no type is known")
        return tensor_type(known, None)


def always(operator: Operator) -> set[str]:
    """The formal results that an operator always has."""
    formals = TABLE.schema(operator.name).outputs
    return {formal.name for formal in formals if formal.option != Option.OPTIONAL}


def needed(program: Program) -> list[Operator]:
    """The operators that an output depends on, in their order; of results those that are taken."""
    wanted = {value for _, value in program.outputs}
    kept: list[Operator] = []
    for operator in reversed(program.operators):
        results = [name for names in operator.results.values() for name in names]
        if wanted.isdisjoint(results):
            continue
        used = {
            formal: names
            for formal, names in operator.results.items()
            if formal in always(operator) or not wanted.isdisjoint(names)
        }
        kept.append(replace(operator, results=used))
        wanted.update(name for names in operator.operands.values() for name in names)
    return kept[::-1]


def _flat(formals: Any, entries: list[Any]) -> list[Any]:
    """Entries as `FrameworkOp.make` takes them: a list in the last place as values of its own."""
    if any(formal.option == Option.VARIADIC for formal in formals[:-1]):
        return entries
    if formals and formals[-1].option == Option.VARIADIC:
        return [*entries[:-1], *entries[-1]]
    return entries
