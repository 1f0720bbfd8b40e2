"""
Parts of tensors that are given other values.

Operators: set_value, set_value_with_tensor.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of, static
from ...dialects.engine.weights import dtype_of
from ...interpreters.paddle.assignment import part, shape_of_values
from ...runtime.size import numbers_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.scatter import scatter_flat
from .given import integers


def _set(lo: Lowering, values: SSAValue) -> SSAValue:
    """Values repeated to the shape of the part, written at places that are known."""
    x = lo.operand("x")
    if not static(extents_of(x)):
        raise NoNativeForm("of a tensor with sizes by name")
    shape = numbers_of(extents_of(x))
    lo.require_room(*shape)
    limits = [integers(lo, name) for name in ("starts", "ends", "steps")]
    index = part(rank_of(x), lo.integers("axes") or [], *limits)
    places = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)[index]
    if not places.size:
        return x
    dropped, added = (lo.integers(f"{name}_axes") or [] for name in ("decrease", "none"))
    wide = lo.broadcast(values, shape_of_values(places.shape, dropped, added))
    updates = cast(lo, lo.reshape(wide, places.shape), element_of(x))
    return scatter_flat(lo, x, lo.constant(np.ascontiguousarray(places), "places"), updates)


def _set_value(lo: Lowering) -> SSAValue:
    values, shape = lo.numbers("values") or [], lo.integers("shape") or []
    array = np.array(values).reshape(shape).astype(dtype_of(element_of(lo.operand("x"))))
    return _set(lo, lo.constant(array, "values"))


def _set_value_with_tensor(lo: Lowering) -> SSAValue:
    return _set(lo, lo.operand("values"))


OPERATORS: dict[str, Conversion] = {
    "set_value": _set_value,
    "set_value_with_tensor": _set_value_with_tensor,
}
