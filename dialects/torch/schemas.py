"""
The schemas of torch's operators, from the signatures in `signatures.json`.

Which argument becomes what:

| argument | in the operation |
| --- | --- |
| `Tensor`, `Tensor?`, `Tensor[]` | operand, optional operand, list of operands |
| `Tensor?[]` | list of those that are there; the attribute `NAME_at` says which, unless all are |
| `int`, `SymInt`, `int[]`, `SymInt[]` | attribute of integers |
| `float`, `float[]` | attribute of numbers |
| `Scalar`, `Scalar[]` | attribute of numbers, integers or truth values |
| `bool`, `bool[]`, `str`, `ScalarType` | attribute; an element type by its name, `float32` |
| `Device`, `Layout`, `MemoryFormat`, `Generator`, `pin_memory`, `non_blocking` | nothing |

A number that is known only when the model runs is an operand of rank 0 among the last ones,
`numbers`, in the order of the arguments; the attribute has `OPEN` in its place.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import cast

from ..framework import ANY_TYPE, AttributeSpec, Formal, Kind, OpSchema, Option
from .operator_signature import Argument, OperatorSignature, parse_signature

OPEN = -(1 << 63)
"""The number that stands in an attribute for one that an operand gives."""

NUMBERS = "numbers"
"""What the operands that give numbers are called."""

_KINDS = {
    "int": Kind.INT,
    "SymInt": Kind.INT,
    "int[]": Kind.INTS,
    "SymInt[]": Kind.INTS,
    "float": Kind.DOUBLE,
    "float[]": Kind.DOUBLES,
    "bool": Kind.BOOL,
    "bool[]": Kind.BOOLS,
    "str": Kind.STRING,
    "ScalarType": Kind.STRING,
    "Scalar": Kind.SCALAR,
    "Scalar[]": Kind.SCALARS,
}

_MAY_BE_OPEN = frozenset(("SymInt", "SymInt[]", "Scalar", "Scalar[]", "float"))

_WITHOUT_MEANING = frozenset(("Device", "Layout", "MemoryFormat", "Generator"))
_UNUSED_NAMES = frozenset(("pin_memory", "non_blocking"))


@cache
def _table() -> tuple[frozenset[str], dict[str, str]]:
    """The names of random operators, and the signatures by operator."""
    table = json.loads((Path(__file__).parent / "signatures.json").read_text())
    return frozenset(cast("list[str]", table["random"])), cast("dict[str, str]", table["operators"])


def operators() -> tuple[str, ...]:
    """All operators of the table, as `aten.conv2d.default`."""
    return tuple(_table()[1])


@cache
def signature_of(operator: str) -> OperatorSignature | None:
    """The signature of an operator such as `aten.conv2d.default`; None of an unknown one."""
    text = _table()[1].get(operator)
    return None if text is None else parse_signature(text)


def has_no_meaning(argument: Argument) -> bool:
    """Whether an argument says where and how a tensor lies in memory, and not what it holds."""
    return argument.kind in _WITHOUT_MEANING or argument.name in _UNUSED_NAMES


def may_be_open(argument: Argument) -> bool:
    """Whether a number of the argument may be known only when the model runs."""
    return argument.kind in _MAY_BE_OPEN


def is_tensor(argument: Argument) -> bool:
    """Whether the argument is a tensor or a list of tensors."""
    return argument.kind.startswith("Tensor")


def places_of(argument: Argument) -> str:
    """The attribute that says which elements of a list of optional tensors are there."""
    return f"{argument.name}_at"


def schema_of(operator: str) -> OpSchema | None:
    """The schema of the operations of an operator, None of an unknown one."""
    signature = signature_of(operator)
    if signature is None:
        return None
    namespace, name, _ = operator.split(".")
    meant = [a for a in signature.arguments if not has_no_meaning(a)]
    writes = not signature.results  # what gives nothing is there for what it does
    return OpSchema(
        f"torch.{operator}",
        name if namespace == "aten" else f"{namespace}.{name}",
        "torch",
        _inputs(meant),
        _outputs(signature),
        _attributes(meant),
        pure=name not in _table()[0] and not writes,
    )


def _inputs(arguments: list[Argument]) -> tuple[Formal, ...]:
    tensors = [a for a in arguments if is_tensor(a)]
    formals = list(map(_formal, tensors))
    if any(map(may_be_open, arguments)):
        formals.append(Formal(NUMBERS, ANY_TYPE, Option.VARIADIC, 0, homogeneous=False))
    return tuple(formals)


def _formal(argument: Argument) -> Formal:
    if argument.kind.endswith("[]"):
        return Formal(argument.name, ANY_TYPE, Option.VARIADIC, 0, homogeneous=False)
    option = Option.OPTIONAL if argument.optional else Option.SINGLE
    return Formal(argument.name, ANY_TYPE, option, homogeneous=False)


def _outputs(signature: OperatorSignature) -> tuple[Formal, ...]:
    taken = {a.name for a in signature.arguments}
    single = len(signature.results) == 1
    formals: list[Formal] = []
    for at, (given, type_) in enumerate(signature.results):
        name = given or ("result" if single else f"result{at}")
        option = Option.SINGLE if single else Option.OPTIONAL
        if type_.endswith("[]"):
            option = Option.VARIADIC
        name = f"{name}_result" if name in taken else name
        formals.append(Formal(name, ANY_TYPE, option, 0, homogeneous=False))
    return tuple(formals)


def _attributes(arguments: list[Argument]) -> dict[str, AttributeSpec]:
    found: dict[str, AttributeSpec] = {}
    for argument in arguments:
        if argument.kind == "Tensor?[]":
            found[places_of(argument)] = AttributeSpec(Kind.INTS)
        if not is_tensor(argument):
            required = not argument.has_default and not argument.optional
            default = None if required else argument.default
            found[argument.name] = AttributeSpec(_KINDS[argument.kind], required, default)
    return found
