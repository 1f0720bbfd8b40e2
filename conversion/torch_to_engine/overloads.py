"""Rows of the families' tables for operators and overloads that share a conversion."""

from __future__ import annotations

from ..to_engine.dialect_conversion import Conversion


def named(names: str, conversion: Conversion) -> dict[str, Conversion]:
    """A row for each operator, with its overload, of a text with blanks between them."""
    return dict.fromkeys(names.split(), conversion)


def of_tensor_and_scalar(names: str, conversion: Conversion) -> dict[str, Conversion]:
    """Rows of operators with a tensor and with a number on the right."""
    kinds = ("Tensor", "Scalar")
    return {f"{name}.{kind}": conversion for name in names.split() for kind in kinds}
