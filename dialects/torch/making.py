"""Operations from the arguments that a program gives, by the names of the operator's signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from xdsl.ir import Attribute, SSAValue

from ..framework import AttributeValue, constant_type, node_names
from ..framework.signature import Entry, is_grouped
from .classes import op_class
from .op import TorchOp
from .operator_signature import Argument
from .schemas import NUMBERS, OPEN, has_no_meaning, is_tensor, may_be_open, places_of, signature_of

Element = SSAValue | bool | int | float | None
"""An element of a list: a tensor or none, a number, or the value of a number."""

Given = Element | str | Sequence[Element]
"""What a program gives for an argument."""


def make(
    operator: str,
    arguments: Mapping[str, Given],
    result_types: Sequence[Attribute | None],
    nodes: Sequence[str] = (),
) -> TorchOp:
    """
    An operation of an operator such as `aten.conv2d.default`.

    A number that only a run knows is given as a value of rank 0. An argument that has its default
    is left out, and so is one without a meaning here: the device, how the result lies in memory.

    Raises:
        ValueError: for an operator that is not in the table, an argument that the operator has
            not or that is missing, and a layout other than strided.
        TypeError: for an argument of another kind than its signature says.
    """
    signature, cls = signature_of(operator), op_class(operator)
    if signature is None or cls is None:
        raise ValueError(f"there is no operator '{operator}'")
    unknown = [name for name in arguments if name not in signature.by_name]
    if unknown:
        raise ValueError(f"{operator} has no argument '{unknown[0]}'")
    operands: list[Entry[SSAValue]] = []
    numbers: list[SSAValue] = []
    attributes: dict[str, AttributeValue] = {}
    grouped = is_grouped(cls.SIGNATURE.inputs)
    for argument in signature.arguments:
        given = arguments.get(argument.name, argument.default)
        if has_no_meaning(argument):
            _require_strided(argument, given)
        elif is_tensor(argument):
            found = _tensors(operator, argument, given, attributes)
            operands += found if isinstance(found, list) and not grouped else [found]
        else:
            _add_attribute(operator, argument, given, attributes, numbers)
    operands += [numbers] if grouped and NUMBERS in cls.SIGNATURE.operand_names else numbers
    made = cls.make(operands, result_types, attributes)
    if nodes:
        made.attributes["nodes"] = node_names(*nodes)
    return made


def constant(value: Attribute, nodes: Sequence[str] = ()) -> TorchOp:
    """A parameter, buffer or constant of the program; `value` is a constant attribute."""
    cls = op_class("Constant")
    assert cls is not None
    made = cls.make([], [constant_type(value)], {"value": value})
    if nodes:
        made.attributes["nodes"] = node_names(*nodes)
    return made


def _require_strided(argument: Argument, given: Given) -> None:
    if argument.kind == "Layout" and given not in (None, "strided"):
        raise ValueError(f"layout {given}; only strided tensors are known")


def _wrong(operator: str, argument: Argument, given: object) -> TypeError:
    optional = "?" if argument.optional else ""
    shown = given.type if isinstance(given, SSAValue) else repr(given)
    return TypeError(
        f"{operator}: '{argument.name}' is {shown}, expected {argument.kind}{optional}"
    )


def _tensors(
    operator: str, argument: Argument, given: Given, attributes: dict[str, AttributeValue]
) -> SSAValue | list[SSAValue] | None:
    """The operand or operands of an argument."""
    if not argument.kind.endswith("[]"):
        if isinstance(given, SSAValue) or (given is None and argument.optional):
            return given
        if given is None:
            raise ValueError(f"{operator} needs '{argument.name}'")
        raise _wrong(operator, argument, given)
    if given is None and argument.optional:
        return []
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise _wrong(operator, argument, given)
    present = [at for at, value in enumerate(given) if value is not None]
    values = [value for value in given if isinstance(value, SSAValue)]
    if len(values) < len(present) or (len(present) < len(given) and "?" not in argument.kind):
        raise _wrong(operator, argument, given)
    if present != list(range(len(present))):
        attributes[places_of(argument)] = present
    return values


def _add_attribute(
    operator: str,
    argument: Argument,
    given: Given,
    attributes: dict[str, AttributeValue],
    numbers: list[SSAValue],
) -> None:
    """The attribute of an argument, and the operands that give its open numbers."""
    if given is None:
        if not argument.optional and not argument.has_default:
            raise ValueError(f"{operator} needs '{argument.name}'")
        return
    if argument.kind.endswith("[]") and not isinstance(given, str) and isinstance(given, Sequence):
        elements: Sequence[Element] = given
    elif argument.kind.endswith("[]"):
        elements = [cast(Element, given)]
    else:
        elements = [cast(Element, given)]
    if len(elements) == 1 and argument.length is not None:
        elements = list(elements) * argument.length
    found = [value for value in elements if isinstance(value, SSAValue)]
    if found and not may_be_open(argument):
        raise _wrong(operator, argument, given)
    numbers += found
    closed = [OPEN if isinstance(value, SSAValue) else value for value in elements]
    value = cast(AttributeValue, closed if argument.kind.endswith("[]") else closed[0])
    if type(value) is type(argument.default) and value == argument.default:
        return
    try:
        attributes[argument.name] = value
        _require_kind(argument, closed)
    except TypeError:
        raise _wrong(operator, argument, given) from None


_CLASSES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "SymInt": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "ScalarType": (str,),
    "Scalar": (bool, int, float),
}


def _require_kind(argument: Argument, values: Sequence[object]) -> None:
    classes = _CLASSES[argument.kind.removesuffix("[]")]
    for value in values:
        if not isinstance(value, classes) or (isinstance(value, bool) and bool not in classes):
            raise TypeError
