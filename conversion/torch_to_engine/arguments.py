"""What the arguments of an operation say: numbers, sizes by name, lists of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of
from ...dialects.torch import OPEN, TorchOp, element_type_of_torch, signature_of
from ...dialects.torch.schemas import NUMBERS, has_no_meaning, is_tensor
from ...runtime.size import Extent
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import extents_in
from ..to_engine.run_time_operands import declared_shape

Number = bool | int | float
"""What torch calls a Scalar."""


def tensors(lo: Lowering, name: str) -> list[SSAValue]:
    """The tensors of a list."""
    return list(lo.op.operand_group(name))


def optional_tensors(lo: Lowering, name: str) -> list[SSAValue | None]:
    """The tensors of a list in which some are absent."""
    present = tensors(lo, name)
    places = lo.integers(places_of_name(name)) or list(range(len(present)))
    found: list[SSAValue | None] = [None] * (max(places, default=-1) + 1)
    for place, value in zip(places, present, strict=True):
        found[place] = value
    return found


def places_of_name(name: str) -> str:
    """The attribute that says which elements of a list are there."""
    return f"{name}_at"


def _open_operands(lo: Lowering, name: str) -> list[SSAValue]:
    """The operands that give the open numbers of an argument."""
    assert isinstance(lo.op, TorchOp)
    signature = signature_of(lo.op.operator)
    assert signature is not None
    at = 0
    for argument in signature.arguments:
        if is_tensor(argument) or has_no_meaning(argument):
            continue
        value = lo.op.attribute(argument.name)
        values = value if isinstance(value, list) else [value]
        count = sum(type(v) is int and v == OPEN for v in values)
        if argument.name == name:
            return list(lo.op.operand_group(NUMBERS))[at : at + count]
        at += count
    return []


def scalar(lo: Lowering, name: str) -> Number | SSAValue | None:
    """A number, or the value of rank 0 that gives it."""
    value = lo.op.attribute(name)
    if type(value) is int and value == OPEN:
        return _open_operands(lo, name)[0]
    return cast("Number | None", value)


def number(lo: Lowering, name: str) -> Number:
    """A number that is there.

    Raises:
        NoNativeForm: when only the run knows it.
    """
    value = scalar(lo, name)
    if value is None or isinstance(value, SSAValue):
        array = lo.array_of(value)
        if array is None:
            raise NoNativeForm(f"'{name}' is known at run time only")
        return cast(Number, array.item())
    return value


def flag(lo: Lowering, name: str) -> bool:
    """A truth value; false where nothing is said."""
    return bool(lo.op.attribute(name))


def extent(lo: Lowering, name: str) -> Extent | None:
    """An integer, a number or a size by name; None where it is absent.

    Raises:
        NoNativeForm: when the data decides it.
    """
    if lo.op.attribute(name) is None:
        return None
    return extents(lo, name)[0]


def extents(lo: Lowering, name: str) -> list[Extent]:
    """A list of integers, each a number or a size by name.

    Raises:
        NoNativeForm: when the data decides one of them.
    """
    value = lo.op.attribute(name)
    given = cast("list[int]", value if isinstance(value, list) else [value])
    operands = iter(_open_operands(lo, name)) if OPEN in given else iter(())
    found: list[Extent] = []
    for entry in given:
        known = extents_in(lo, next(operands)) if entry == OPEN else [entry]
        if known is None:
            raise NoNativeForm(f"'{name}' is known at run time only")
        found += known
    return found


def dims(lo: Lowering, name: str, rank: int) -> list[int]:
    """Axes counted from the front, all of them where none are named; of a scalar none."""
    value = lo.op.attribute(name)
    given = cast("list[int]", [value] if isinstance(value, int) else value or [])
    if not given:
        return list(range(rank))
    return sorted({dim(axis, rank) for axis in given}) if rank else []


def dim(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        NoNativeForm: when it is outside.
    """
    if not -max(rank, 1) <= axis < max(rank, 1):
        raise NoNativeForm(f"axis {axis} is outside of a tensor of rank {rank}")
    return axis % max(rank, 1)


def result_element(lo: Lowering, at: int = 0) -> Attribute:
    """The element type of a result."""
    found = lo.op.result_slots[at]
    assert found is not None
    return element_of(found)


def result_shape(lo: Lowering, at: int = 0, operand: str = "size") -> tuple[Extent, ...]:
    """The shape of a result, as the program says it; `operand` is what decides it."""
    return declared_shape(lo, at, operand)


def element_named(name: str | None) -> Attribute | None:
    """The element type that torch calls `float32`; None where nothing is said."""
    row = None if name is None else element_type_of_torch(name)
    return None if row is None else row.ir


def used(lo: Lowering, at: int) -> bool:
    """Whether a result is there and somebody takes it."""
    slots = lo.op.result_slots
    found = slots[at] if at < len(slots) else None
    return found is not None and bool(found.uses)


def require_unused(lo: Lowering, places: Sequence[int], what: str) -> None:
    """Raises `NoNativeForm` where somebody takes one of some results."""
    if any(used(lo, at) for at in places):
        raise NoNativeForm(f"with {what} as results")


__all__ = [
    "Number",
    "dim",
    "dims",
    "element_named",
    "extent",
    "extents",
    "flag",
    "number",
    "optional_tensors",
    "require_unused",
    "result_element",
    "result_shape",
    "scalar",
    "tensors",
    "used",
]
