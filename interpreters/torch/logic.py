"""Comparisons, logic, bits, properties of numbers and choices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arguments import ArgumentsFunction, Array, Operand, of_tensor_and_scalar


def logical_not(a: Array) -> Array:
    return np.equal(a, 0)


def bitwise_not(a: Array) -> Array:
    return np.invert(a)


def _shift(kind: Callable[..., Array]) -> ArgumentsFunction:
    def shift(a: Operand, b: Operand) -> Array:
        """By the width or more, all bits leave; a sign stays."""
        value = np.asarray(a)
        width = 8 * value.dtype.itemsize
        count = np.asarray(b)
        moved = kind(value, np.clip(count, 0, width - 1))
        out = np.where(value < 0, -1, 0) if kind is np.right_shift else 0
        return np.where((count >= 0) & (count < width), moved, out)

    return shift


def isclose(
    a: Array, b: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    return np.isclose(a, b, rtol, atol, equal_nan)


def allclose(
    a: Array, b: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    return np.asarray(np.isclose(a, b, rtol, atol, equal_nan).all())


def equal(a: Array, b: Array) -> Array:
    return np.asarray(np.array_equal(a, b))


def where(condition: Array, a: Operand, b: Operand) -> Array:
    return np.where(condition, a, b)


def masked_fill(a: Array, mask: Array, value: Operand) -> Array:
    return np.where(mask, np.asarray(value, a.dtype), a)


def _always(value: bool) -> ArgumentsFunction:
    def constant(a: Array) -> Array:
        return np.full(a.shape, value)

    return constant


def _for_floats(function: Callable[[Array], Array], otherwise: bool) -> ArgumentsFunction:
    """A property that integers always or never have."""
    fixed = _always(otherwise)

    def found(a: Array) -> Array:
        return function(a) if a.dtype.kind == "f" else fixed(a)

    return found


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "bitwise_and.Tensor": np.bitwise_and,
    "bitwise_and.Scalar": np.bitwise_and,
    "bitwise_and.Scalar_Tensor": np.bitwise_and,
    "bitwise_or.Tensor": np.bitwise_or,
    "bitwise_or.Scalar": np.bitwise_or,
    "bitwise_or.Scalar_Tensor": np.bitwise_or,
    "bitwise_xor.Tensor": np.bitwise_xor,
    "bitwise_xor.Scalar": np.bitwise_xor,
    "bitwise_xor.Scalar_Tensor": np.bitwise_xor,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    **of_tensor_and_scalar(("eq",), np.equal),
    **of_tensor_and_scalar(("ne", "not_equal"), np.not_equal),
    **of_tensor_and_scalar(("lt", "less"), np.less),
    **of_tensor_and_scalar(("le", "less_equal"), np.less_equal),
    **of_tensor_and_scalar(("gt", "greater"), np.greater),
    **of_tensor_and_scalar(("ge", "greater_equal"), np.greater_equal),
    "bitwise_not": bitwise_not,
    "isfinite": _for_floats(np.isfinite, True),
    "isinf": _for_floats(np.isinf, False),
    "isnan": _for_floats(np.isnan, False),
    "isneginf": _for_floats(np.isneginf, False),
    "isposinf": _for_floats(np.isposinf, False),
    "logical_not": logical_not,
    "signbit": np.signbit,
    **{f"bitwise_left_shift.{k}": _shift(np.left_shift) for k in ("Tensor", "Tensor_Scalar")},
    **{f"bitwise_right_shift.{k}": _shift(np.right_shift) for k in ("Tensor", "Tensor_Scalar")},
    "allclose": allclose,
    "equal": equal,
    "isclose": isclose,
    "masked_fill.Scalar": masked_fill,
    "masked_fill.Tensor": masked_fill,
    "where.self": where,
    "where.Scalar": where,
    "where.ScalarOther": where,
    "where.ScalarSelf": where,
}
"""Functions of arguments by the operator and its overload, without one for the default."""
