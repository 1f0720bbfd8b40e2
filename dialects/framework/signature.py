"""
What an operator's schema says, in the form that operations need: which operand stands where,
which attributes there are, which types fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

from xdsl.ir import OpResult, SSAValue
from xdsl.irdl import IRDLOperation

from .schema import AttributeSpec, AttributeValue, Formal, Kind, OpSchema, Option

ValueT = TypeVar("ValueT")

_FIELDS = "__annotations__"

_TAKEN = frozenset(
    (
        *dir(IRDLOperation),
        *(name for class_ in IRDLOperation.__mro__ for name in class_.__dict__.get(_FIELDS, ())),
        *("SIGNATURE", "attribute", "graph", "label", "make", "nodes", "operand", "operand_group"),
        *(
            "irdl_options",
            "operand_count",
            "operand_entries",
            "operand_slots",
            "result_entries",
            "result_named",
            "result_slots",
        ),
    )
)
"""What a class of operations has already."""


def field_of(name: str) -> str:
    """What the class of an operator calls the operand, result, attribute or region `name`."""
    return f"{name}_" if name in _TAKEN else name


Entry = ValueT | None | Sequence[ValueT]
"""What stands for a formal parameter: a value, None for an absent one, or the values of a variadic
one that others follow."""


def is_grouped(formals: Sequence[Formal]) -> bool:
    """Whether values by position alone do not say what they are: a variadic parameter is not the
    last one."""
    return any(formal.option == Option.VARIADIC for formal in formals[:-1])


@dataclass(frozen=True)
class Signature:
    """A schema read once."""

    schema: OpSchema

    @property
    def inputs(self) -> tuple[Formal, ...]:
        return self.schema.inputs

    @property
    def outputs(self) -> tuple[Formal, ...]:
        return self.schema.outputs

    @cached_property
    def attributes(self) -> Mapping[str, AttributeSpec]:
        """All attributes but the subgraphs, which are regions."""
        specs = self.schema.attributes.items()
        return {name: spec for name, spec in specs if spec.kind != Kind.REGION}

    @cached_property
    def graphs(self) -> tuple[str, ...]:
        """The subgraphs in the order of the regions, backwards by name: `then_branch` comes
        before `else_branch`."""
        specs = self.schema.attributes.items()
        graphs = (name for name, spec in specs if spec.kind == Kind.REGION)
        return tuple(sorted(graphs, reverse=True))

    @cached_property
    def operand_names(self) -> tuple[str, ...]:
        return tuple(formal.name for formal in self.inputs)

    @cached_property
    def result_names(self) -> tuple[str, ...]:
        return tuple(formal.name for formal in self.outputs)

    @cached_property
    def defaults(self) -> Mapping[str, AttributeValue]:
        """The attributes that have a default, with it."""
        specs = self.attributes.items()
        return {name: spec.default for name, spec in specs if spec.default is not None}

    @property
    def allowed_types(self) -> Mapping[str, frozenset[str]]:
        """The types each type variable of the schema admits."""
        return self.schema.type_variables

    def operand_entries(self, op: IRDLOperation) -> tuple[Entry[SSAValue], ...]:
        """As `operand_slots`, the values of each variadic parameter that others follow as one."""
        return _entries(op, self.inputs, cast(Sequence[SSAValue], op.operands))

    def result_entries(self, op: IRDLOperation) -> tuple[Entry[OpResult], ...]:
        """As `result_slots`, the values of each variadic parameter that others follow as one."""
        return _entries(op, self.outputs, op.results)

    def operand_slots(self, op: IRDLOperation) -> tuple[SSAValue | None, ...]:
        """The operands by position, None for an absent one."""
        return _slots(op, self.inputs, cast(Sequence[SSAValue], op.operands))

    def result_slots(self, op: IRDLOperation) -> tuple[OpResult | None, ...]:
        """The results by position, None for an absent one."""
        return _slots(op, self.outputs, op.results)


def _slots(
    op: IRDLOperation, formals: tuple[Formal, ...], values: Sequence[ValueT]
) -> tuple[ValueT | None, ...]:
    """`values` of the operation's segments laid out by position; trailing absences dropped."""
    if all(formal.option == Option.SINGLE for formal in formals):
        return tuple(values)
    slots: list[ValueT | None] = []
    for formal in formals:
        part = getattr(op, field_of(formal.name))
        if formal.option == Option.VARIADIC:
            slots.extend(cast(Sequence[ValueT], part))
        else:
            slots.append(cast("ValueT | None", part))
    while slots and slots[-1] is None:
        slots.pop()
    return tuple(slots)


def _entries(
    op: IRDLOperation, formals: tuple[Formal, ...], values: Sequence[ValueT]
) -> tuple[Entry[ValueT], ...]:
    if not is_grouped(formals):
        return _slots(op, formals, values)
    parts = [getattr(op, field_of(formal.name)) for formal in formals]
    entries: list[Entry[ValueT]] = [
        tuple(part) if formal.option == Option.VARIADIC else part
        for formal, part in zip(formals, parts, strict=True)
    ]
    while entries and (entries[-1] is None or entries[-1] == ()):
        entries.pop()
    return tuple(entries)


def _grouped_segments(
    formals: Sequence[Formal], entries: Sequence[Entry[ValueT]], what: str
) -> list[list[ValueT]]:
    """The same where each variadic parameter is one entry, a sequence."""
    if len(entries) > len(formals):
        raise ValueError(f"expects {len(formals)} {what}, got {len(entries)}")
    parts: list[list[ValueT]] = []
    for at, formal in enumerate(formals):
        entry = entries[at] if at < len(entries) else None
        is_list = isinstance(entry, Sequence)
        if is_list != (formal.option == Option.VARIADIC) and entry is not None:
            expected = "one value" if is_list else "a list"
            raise ValueError(f"{what[:-1]} '{formal.name}' must be {expected}")
        part = list(cast("Sequence[ValueT]", entry)) if is_list else [cast("ValueT | None", entry)]
        present = [value for value in part if value is not None]
        least = formal.least if formal.option == Option.VARIADIC else 1
        if len(present) < least and formal.option != Option.OPTIONAL:
            raise ValueError(f"{what[:-1]} '{formal.name}' must not be absent")
        parts.append(present)
    return parts


def segments(
    formals: Sequence[Formal], slots: Sequence[Entry[ValueT]], what: str
) -> list[list[ValueT]]:
    """Positional values divided among the formal parameters, absent ones left out.

    Raises `ValueError` with the expected number where they do not fit.
    """
    if is_grouped(formals):
        return _grouped_segments(formals, slots, what)
    given = cast("list[ValueT | None]", list(slots))
    while given and given[-1] is None:
        given.pop()
    most = None if formals and formals[-1].option == Option.VARIADIC else len(formals)
    least = max(
        (
            at + formal.least
            for at, formal in enumerate(formals)
            if formal.option != Option.OPTIONAL
            and not (formal.option == Option.VARIADIC and formal.least == 0)
        ),
        default=0,
    )
    if len(given) < least or (most is not None and len(given) > most):
        raise ValueError(f"expects {_count(least, most)} {what}, got {len(given)}")
    if any(isinstance(value, list | tuple) for value in given):
        raise ValueError(f"has no {what[:-1]} that is a list")
    parts: list[list[ValueT]] = []
    for at, formal in enumerate(formals):
        part = given[at:] if formal.option == Option.VARIADIC else given[at : at + 1]
        present = [value for value in part if value is not None]
        if len(present) < len(part) and formal.option != Option.OPTIONAL:
            raise ValueError(f"{what[:-1]} '{formal.name}' must not be absent")
        parts.append(present)
    return parts


def _count(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return str(least) if least == most else f"{least} to {most}"


FormalT = TypeVar("FormalT")


def formal_values(
    formals: Sequence[Formal], entries: Sequence[Entry[ValueT]]
) -> Iterable[tuple[Formal, ValueT | None]]:
    """Each value of an operation, with the formal parameter it belongs to."""
    for formal, entry in zip(positions(formals, len(entries)), entries, strict=True):
        if isinstance(entry, Sequence):
            yield from ((formal, value) for value in cast("Sequence[ValueT]", entry))
        else:
            yield formal, cast("ValueT | None", entry)


def positions(formals: Sequence[FormalT], count: int) -> Iterable[FormalT]:
    """The formal parameter each of `count` positions belongs to."""
    for at in range(count):
        yield formals[min(at, len(formals) - 1)]
