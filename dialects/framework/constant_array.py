"""The numbers of constants, strings among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from .types import StringsAttr

Array = npt.NDArray[Any]
ArrayOf = Callable[[Attribute], Array]
"""The numbers of a constant attribute."""


def constant_array(attribute: Attribute, array_of: ArrayOf) -> Array:
    """The numbers of a constant attribute, strings as objects."""
    if isinstance(attribute, StringsAttr):
        values = [text.data for text in attribute.values.data]
        return np.array(values, dtype=object).reshape(attribute.type.get_shape())
    return array_of(attribute)
