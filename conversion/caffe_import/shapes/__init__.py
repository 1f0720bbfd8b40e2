"""
The shape of what each layer gives, which nets do not say.

`result_shapes` of a `Form` looks its layer up in the tables of the families. Sizes are numbers, or
expressions over names where `shapes=` gives inputs such.
"""

from __future__ import annotations

from . import detection, layers, movement, windows
from .form import Form, Shape, ShapeError

_FAMILIES = (detection, layers, movement, windows)

RULES = {name: rule for family in _FAMILIES for name, rule in family.SHAPES.items()}
"""The rule of each layer by its type."""


def result_shapes(form: Form) -> list[Shape]:
    """
    The shapes of the results of a layer by position; a size that only the data knows is None.

    Raises `ShapeError` for operands or parameters that do not fit together.
    """
    return RULES[form.layer.type](form)


__all__ = ["RULES", "Form", "Shape", "ShapeError", "result_shapes"]
