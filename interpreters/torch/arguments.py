"""Functions of the arguments of torch's signatures, as functions of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

import ml_dtypes
import numpy as np
import numpy.typing as npt

from ...dialects.torch import OPEN, Argument, TorchOp, signature_of
from ...dialects.torch.schemas import NUMBERS, has_no_meaning, is_tensor, places_of
from ..table_functions import Call, Function

Array = npt.NDArray[Any]

Number = bool | int | float
"""What torch calls a Scalar."""

Operand = Array | Number


def counted(n: int) -> Array:
    """`0..n - 1`"""
    return np.arange(n)


ArgumentsFunction = Callable[..., Any]
"""Takes what a signature lists, by position, keyword-only arguments among them, without the device
and the like. A tensor is an array, an absent one None; a number is a number."""

_NARROW = (np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))


def of_arguments(function: ArgumentsFunction, *, exact: bool = False) -> Function:
    """
    The meaning of an operation by a function of its arguments.

    Floats of 16 bits are f32 on the way, as torch computes on a CPU, unless `exact`.
    """

    def run(call: Call) -> Any:
        return function(*arguments(call, widens=not exact))

    return run


@cache
def _meant(operator: str) -> tuple[Argument, ...]:
    signature = signature_of(operator)
    assert signature is not None
    return tuple(a for a in signature.arguments if not has_no_meaning(a))


def arguments(call: Call, *, widens: bool = True) -> list[Any]:
    """The arguments of a call in the order of the signature."""
    assert isinstance(call.op, TorchOp)
    has_numbers = NUMBERS in call.op.SIGNATURE.operand_names
    numbers = iter(call.group(NUMBERS)) if has_numbers else iter(())
    return [_value(call, a, numbers, widens=widens) for a in _meant(call.op.operator)]


def _wide(array: Array) -> Array:
    return array.astype(np.float32) if array.dtype in _NARROW else array


def _value(call: Call, argument: Argument, numbers: Iterator[Array], *, widens: bool) -> Any:
    wide: Callable[[Array], Array] = _wide if widens else _as_it_is
    if not is_tensor(argument):
        value = call.op.attribute(argument.name)
        if isinstance(value, list):
            return [_closed(v, numbers) for v in value]
        return _closed(value, numbers)
    if not argument.kind.endswith("[]"):
        array = call.optional(argument.name)
        return None if array is None else wide(array)
    values = list(map(wide, call.group(argument.name)))
    places = call.op.attribute(places_of(argument)) if "?" in argument.kind else None
    if places is None:
        return values
    at = cast("list[int]", places)
    found: list[Array | None] = [None] * (at[-1] + 1 if at else 0)
    for place, value in zip(at, values, strict=True):
        found[place] = value
    return found


def _as_it_is(array: Array) -> Array:
    return array


def _closed(value: Any, numbers: Iterator[Array]) -> Any:
    """A number of an attribute, or that of the operand that it stands for."""
    if type(value) is int and value == OPEN:
        return next(numbers).item()
    return value


def of_tensor_and_scalar(
    names: tuple[str, ...], function: ArgumentsFunction
) -> dict[str, ArgumentsFunction]:
    """Rows of operators with a tensor and with a number on the right."""
    return {f"{name}.{kind}": function for name in names for kind in ("Tensor", "Scalar")}
