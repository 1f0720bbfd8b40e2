"""
Inputs whose values are given when a model is compiled.

`values={"sr": 16000}` makes a constant of an input: what depends on it alone is computed once, and
a branch that it decides is the only one that is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from ..dialects.framework import StringType, dims_of, element_of, element_type_of_ir
from .problems import Problems

Array = npt.NDArray[Any]


def bound_values(
    types: Mapping[str, Attribute], values: Mapping[str, Any] | None, problems: Problems
) -> dict[str, Array]:
    """The arrays of those inputs of a model that `values` gives, as the types say.

    A number may stand for a tensor of one element. Reported are names that no input has, and
    values that are not of the input's type, rank or sizes.
    """
    arrays: dict[str, Array] = {}
    for name, value in (values or {}).items():
        type_ = types.get(name)
        if type_ is None:
            near = get_close_matches(name, types, n=1) or list(types)
            there = f"there are {', '.join(near)}" if near else "the model has none"
            problems.add(f"value of '{name}': it names no input; {there}")
            continue
        try:
            arrays[name] = _array_of(value, type_)
        except (TypeError, ValueError, OverflowError) as error:
            problems.add(f"value of '{name}': {error}")
    return arrays


def _array_of(value: Any, type_: Attribute) -> Array:
    """`value` as an array of a tensor type. Raises `ValueError` where it does not fit."""
    element = element_of(type_)
    if element is None:
        raise ValueError("this input is not a tensor")
    array = _elements(value, element)
    dims = dims_of(type_)
    if dims is not None and array.size == 1 and all(not isinstance(d, int) or d == 1 for d in dims):
        array = array.reshape((1,) * len(dims))
    if dims is not None and not _fits(array.shape, dims):
        wanted = ", ".join("?" if d is None else str(d) for d in dims)
        raise ValueError(f"it has shape {list(array.shape)}, expected [{wanted}]")
    return array


def _elements(value: Any, element: Attribute) -> Array:
    if isinstance(element, StringType):
        array = np.asarray(value, object)
        if not all(isinstance(v, str) for v in array.reshape(-1)):
            raise ValueError("the input takes strings")
        return array
    row = element_type_of_ir(element)
    if row is None:
        raise ValueError(f"the input has elements of {element}, which cannot be given")
    given = np.asarray(value)
    if given.dtype.kind not in "fiub" and given.dtype != row.numpy:
        raise ValueError(f"{value!r} is not a number or an array of numbers")
    with np.errstate(all="ignore"):
        array = given.astype(row.numpy)
    if row.numpy.kind in "iub" and not np.array_equal(array, given):
        raise ValueError(f"{value!r} is not of type {row.name}")
    return np.ascontiguousarray(array).reshape(given.shape)


def _fits(shape: tuple[int, ...], dims: tuple[Any, ...]) -> bool:
    return len(shape) == len(dims) and all(
        not isinstance(dim, int) or dim == size for size, dim in zip(shape, dims, strict=True)
    )
