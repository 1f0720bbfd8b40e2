"""Numbers where an operator takes a tensor: `x * 3` is exported as `mul.Tensor(x, 3)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.ir import SSAValue

from ...dialects.framework import element_of, element_type_of_ir
from ...dialects.torch import Given, signature_of

_SCALAR_OVERLOADS = {"Tensor": "Scalar", "Tensor_Tensor": "Tensor_Scalar"}
"""Overloads on two tensors, and those of the same operator on a tensor and a number."""

MakeConstant = Callable[[Any, str], SSAValue]


def with_numbers(
    operator: str, arguments: Mapping[str, Given], constant: MakeConstant
) -> tuple[str, dict[str, Given]]:
    """
    The overload on numbers where a program gives numbers for tensors; where there is none, the
    same operator with the numbers as tensors of rank 0, of a type that does not decide that of the
    result.
    """
    given = dict(arguments)
    signature = signature_of(operator)
    if signature is None:
        return operator, given
    numbers = [
        name
        for name, value in given.items()
        if signature.by_name[name].kind == "Tensor" and isinstance(value, bool | int | float)
    ]
    if not numbers:
        return operator, given
    stem, _, overload = operator.rpartition(".")
    other = f"{stem}.{_SCALAR_OVERLOADS.get(overload, '')}"
    found = signature_of(other)
    if (
        found is not None
        and given.keys() <= found.by_name.keys()
        and all(found.by_name[name].kind == "Scalar" for name in numbers)
    ):
        return other, given
    for name in numbers:
        array = _number(cast(float, given[name]), given.values())
        given[name] = constant(array, "number")
    return operator, given


def _number(value: float, beside: Iterable[Given]) -> npt.NDArray[Any]:
    """A number of the element type of a tensor beside it, if that can hold it."""
    kinds = "b" if isinstance(value, bool) else "iuf" if isinstance(value, int) else "f"
    dtype: np.dtype[Any] = np.dtype({"b": np.bool_, "i": np.int64, "f": np.float32}[kinds[0]])
    for other in beside:
        element = element_of(other.type) if isinstance(other, SSAValue) else None
        row = None if element is None else element_type_of_ir(element)
        if row is not None and (row.numpy.kind in kinds or row.name == "bfloat16"):
            dtype = row.numpy
            break
    return np.array(value).astype(dtype)
