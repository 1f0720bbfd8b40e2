"""
Categories: numbers that stand for others, and rows with a one where the category is.

Strings are the business of the reference; these are the forms of numbers.

Operators: ml.LabelEncoder, ml.OneHotEncoder.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from xdsl.dialects.builtin import f32, i1, i64
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import Array, ConstantAttr, dtype_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, both
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.run_time_operands import checked
from ...to_engine.scalars import Numbers, cast_scalar, select
from ...to_engine.vocabulary.lookup import looked_up
from ...to_engine.vocabulary.reduce import reduce


def LabelEncoder(lo: Lowering) -> SSAValue:
    """The value at the key that the element is, a default where there is none."""
    x, result = lo.operand("X"), element_of(lo.op.results[0])
    keys = _numbers(lo, "keys", element_of(x))
    values = _numbers(lo, "values", result)
    if len(keys) != len(values):
        raise NoNativeForm(f"with {len(keys)} keys and {len(values)} values")
    given = _tensor(lo, "default_tensor")
    if given is not None and given.size:
        default = given.reshape(-1)[0]
    elif Numbers(result).floating:
        default = lo.number("default_float", -0.0)
    else:
        default = lo.integer("default_int64", -1)
    return looked_up(lo, x, keys, values, np.array(default, values.dtype))


def _tensor(lo: Lowering, name: str) -> Array | None:
    attribute = lo.op.properties.get(name)
    return None if attribute is None else lo.store.array(cast(ConstantAttr, attribute))


def _numbers(lo: Lowering, kind: str, element: Attribute) -> Array:
    """The keys or values, of one of the attributes that may have them."""
    array = _tensor(lo, f"{kind}_tensor")
    if array is None:
        for name in (f"{kind}_int64s", f"{kind}_floats"):
            listed = lo.op.attribute(name)
            if listed:
                dtype = np.int64 if name.endswith("64s") else np.float32
                array = np.array(listed, dtype)
    if array is None or array.dtype.kind not in "iuf":
        raise NoNativeForm(f"whose {kind} are not numbers")
    return array.reshape(-1).astype(dtype_of(element), copy=False)


def OneHotEncoder(lo: Lowering) -> SSAValue:
    """
    A one at the category that the element is; numbers with fractions are cut to integers.

    With `zeros = 0` an element that is none of the categories is an error at run time.
    """
    x, categories = lo.operand("X"), lo.integers("cats_int64s")
    shape, element = extents_of(x), element_of(x)
    if not categories or lo.texts("cats_strings"):
        raise NoNativeForm("of strings")
    if 0 in shape:
        raise NoNativeForm(f"of {list(shape)}")
    # Of equal categories the last one counts.
    last = {category: at for at, category in enumerate(categories)}
    counts = np.array([last[c] == at for at, c in enumerate(categories)])
    row = (*[1] * len(shape), len(categories))
    constants = [lo.constant(np.array(categories, np.int64).reshape(row), "categories")]
    if not counts.all():
        constants.append(lo.constant(counts.reshape(row), "counts"))
    one = Numbers(f32)

    def build(a: SSAValue, category: SSAValue, *flags: SSAValue) -> SSAValue:
        same = WHOLE.compare("eq", cast_scalar(a, element, i64), category)
        return select(both(same, *flags), one.number(1), one.number(0))

    result = lo.map([lo.reshape(x, (*shape, 1)), *constants], build, f32)
    if lo.integer("zeros", 1):
        return result
    largest = reduce(lo, "max", result, [len(shape)])
    found = lo.map([largest], lambda a: one.compare("gt", a, one.number(0)), i1)
    return checked(lo, result, found, "a value is none of the categories, and zeros is 0")


OPERATORS: dict[str, Conversion] = {
    "ml.LabelEncoder": LabelEncoder,
    "ml.OneHotEncoder": OneHotEncoder,
}
