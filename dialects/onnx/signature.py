"""
What an operator's schema says, in the form that operations need: which operand stands where,
which attributes there are, which types fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import onnx
from onnx.defs import OpSchema
from xdsl.ir import OpResult, SSAValue

from .attributes import AttributeValue, AttrType

if TYPE_CHECKING:
    from .op import OnnxOp

Option = OpSchema.FormalParameterOption
Formal = OpSchema.FormalParameter

ValueT = TypeVar("ValueT")


def _default(attribute: OpSchema.Attribute) -> AttributeValue | None:
    proto = attribute.default_value
    if not proto.name:
        return None
    value: object = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        elements = cast("list[int] | list[float] | list[bytes]", value)
        return cast(AttributeValue, [v.decode() if isinstance(v, bytes) else v for v in elements])
    return None


def _graphs(attributes: Mapping[str, OpSchema.Attribute]) -> tuple[str, ...]:
    """The subgraphs, backwards by name: `then_branch` comes before `else_branch`."""
    graphs = (name for name, spec in attributes.items() if spec.type == AttrType.GRAPH)
    return tuple(sorted(graphs, reverse=True))


@dataclass(frozen=True)
class Signature:
    """A schema read once."""

    schema: OpSchema
    inputs: tuple[Formal, ...] = field(init=False)
    outputs: tuple[Formal, ...] = field(init=False)
    attributes: Mapping[str, OpSchema.Attribute] = field(init=False)
    """All attributes but the subgraphs, which are regions."""
    graphs: tuple[str, ...] = field(init=False)
    """The subgraph attributes, in the order of the regions."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        every = self.schema.attributes
        put(self, "inputs", tuple(self.schema.inputs))
        put(self, "outputs", tuple(self.schema.outputs))
        put(self, "attributes", {n: every[n] for n in every if every[n].type != AttrType.GRAPH})
        put(self, "graphs", _graphs(every))

    @cached_property
    def operand_names(self) -> tuple[str, ...]:
        return tuple(formal.name for formal in self.inputs)

    @cached_property
    def result_names(self) -> tuple[str, ...]:
        return tuple(formal.name for formal in self.outputs)

    @cached_property
    def defaults(self) -> Mapping[str, AttributeValue]:
        """The attributes that have a default, with it."""
        found = {name: _default(spec) for name, spec in self.attributes.items()}
        return {name: value for name, value in found.items() if value is not None}

    @cached_property
    def allowed_types(self) -> Mapping[str, frozenset[str]]:
        """The types each type variable of the schema admits."""
        return {
            constraint.type_param_str: frozenset(constraint.allowed_type_strs)
            for constraint in self.schema.type_constraints
        }

    def operand_slots(self, op: OnnxOp) -> tuple[SSAValue | None, ...]:
        return _slots(op, self.inputs, cast(Sequence[SSAValue], op.operands))

    def result_slots(self, op: OnnxOp) -> tuple[OpResult | None, ...]:
        return _slots(op, self.outputs, op.results)


def _slots(
    op: OnnxOp, formals: tuple[Formal, ...], values: Sequence[ValueT]
) -> tuple[ValueT | None, ...]:
    """`values` of the operation's segments laid out by position; trailing absences dropped."""
    if all(formal.option == Option.Single for formal in formals):
        return tuple(values)
    slots: list[ValueT | None] = []
    for formal in formals:
        part = getattr(op, formal.name)
        if formal.option == Option.Variadic:
            slots.extend(cast(Sequence[ValueT], part))
        else:
            slots.append(cast("ValueT | None", part))
    while slots and slots[-1] is None:
        slots.pop()
    return tuple(slots)


def segments(
    formals: Sequence[Formal], slots: Sequence[ValueT | None], what: str
) -> list[list[ValueT]]:
    """Positional values divided among the formal parameters, absent ones left out.

    Raises `ValueError` with the expected number where they do not fit.
    """
    given = list(slots)
    while given and given[-1] is None:
        given.pop()
    most = None if formals and formals[-1].option == Option.Variadic else len(formals)
    least = max(
        (
            at + formal.min_arity
            for at, formal in enumerate(formals)
            if formal.option != Option.Optional
            and not (formal.option == Option.Variadic and formal.min_arity == 0)
        ),
        default=0,
    )
    if len(given) < least or (most is not None and len(given) > most):
        raise ValueError(f"expects {_count(least, most)} {what}, got {len(given)}")
    parts: list[list[ValueT]] = []
    for at, formal in enumerate(formals):
        part = given[at:] if formal.option == Option.Variadic else given[at : at + 1]
        present = [value for value in part if value is not None]
        if len(present) < len(part) and formal.option != Option.Optional:
            raise ValueError(f"{what[:-1]} '{formal.name}' must not be absent")
        parts.append(present)
    return parts


def _count(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return str(least) if least == most else f"{least} to {most}"


def positions(formals: Sequence[Formal], count: int) -> Iterable[Formal]:
    """The formal parameter each of `count` positions belongs to."""
    for at in range(count):
        yield formals[min(at, len(formals) - 1)]
