"""
Preprocessing of features, each by numbers of its own.

Operators: ml.Binarizer, ml.Imputer, ml.Normalizer, ml.Scaler.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import Float64Type, IntegerType, f32, f64, i1
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.weights import dtype_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.scalars import Numbers, absolute, cast_scalar, select, sqrt
from ...to_engine.vocabulary.reduce import reduce


def _wide(element: Attribute) -> Attribute:
    """What is computed in: f64 for f64, f32 for all else."""
    return f64 if isinstance(element, Float64Type) else f32


def _per_feature(
    lo: Lowering, x: SSAValue, numbers: Sequence[float], element: Attribute, name: str
) -> SSAValue:
    """A constant with one number for each feature, or one for all."""
    shape = extents_of(x)
    if len(numbers) != 1 and (not shape or len(numbers) != shape[-1]):
        raise NoNativeForm(f"with {len(numbers)} numbers for {list(shape)}")
    # Attributes are f32: an f64 computation takes them as they are.
    return lo.constant(np.array(numbers, np.float32).astype(dtype_of(element)), name)


def Scaler(lo: Lowering) -> SSAValue:
    """`(x - offset) * scale`"""
    x = lo.operand("X")
    element = element_of(x)
    n = Numbers(_wide(element))
    offset = cast("list[float] | None", lo.op.attribute("offset")) or [0.0]
    scale = cast("list[float] | None", lo.op.attribute("scale")) or [1.0]
    constants = [
        _per_feature(lo, x, numbers, n.element, name)
        for numbers, name in ((offset, "offset"), (scale, "scale"))
    ]

    def build(a: SSAValue, o: SSAValue, s: SSAValue) -> SSAValue:
        scaled = n.mul(n.sub(cast_scalar(a, element, n.element), o), s)
        return cast_scalar(scaled, n.element, f32)

    return lo.map([x, *constants], build, f32)


def Normalizer(lo: Lowering) -> SSAValue:
    """
    Each row divided by its largest element (`MAX`), its sum of sizes (`L1`) or its length (`L2`).

    A row whose divisor is zero stays as it is.
    """
    x, norm = lo.operand("X"), lo.text("norm", "MAX")
    shape, element = extents_of(x), element_of(x)
    if len(shape) not in (1, 2) or 0 in shape:
        raise NoNativeForm(f"of {list(shape)}")
    n = Numbers(_wide(element))
    wide = lo.map([x], lambda a: cast_scalar(a, element, n.element), n.element)
    axes = [len(shape) - 1]
    if norm == "MAX":
        divisor = reduce(lo, "max", wide, axes)
    elif norm == "L1":
        divisor = reduce(lo, "sum", wide, axes, before=lambda _, a: absolute(a))
    elif norm == "L2":
        squares = reduce(lo, "sum", wide, axes, before=lambda m, a: m.mul(a, a))
        divisor = lo.map([squares], sqrt)
    else:
        raise NoNativeForm(f"norm '{norm}' is none of MAX, L1, L2")

    def build(a: SSAValue, d: SSAValue) -> SSAValue:
        nothing = n.compare("eq", d, n.number(0))
        return cast_scalar(select(nothing, a, n.div(a, d)), n.element, f32)

    return lo.map([wide, divisor], build, f32)


def Imputer(lo: Lowering) -> SSAValue:
    """A number of the feature's where the value that stands for a missing one is; it may be NaN."""
    x = lo.operand("X")
    element = element_of(x)
    n = Numbers(element)
    if n.floating:
        numbers = cast("list[float] | None", lo.op.attribute("imputed_value_floats"))
        missing = float(np.float32(lo.number("replaced_value_float")))
    else:
        numbers = cast("list[float] | None", lo.integers("imputed_value_int64s"))
        missing = lo.integer("replaced_value_int64")
    if not numbers:
        raise NoNativeForm(f"without imputed values for {element}")
    if n.floating:
        imputed = _per_feature(lo, x, numbers, element, "imputed")
    else:
        imputed = lo.constant(np.array(numbers, dtype_of(element)), "imputed")

    def build(a: SSAValue, other: SSAValue) -> SSAValue:
        if n.floating and math.isnan(missing):
            return select(n.compare("ne", a, a), other, a)
        return select(n.compare("eq", a, n.number(missing)), other, a)

    return lo.map([x, imputed], build)


def Binarizer(lo: Lowering) -> SSAValue:
    """1 above the threshold, else 0."""
    x = lo.operand("X")
    element, threshold = element_of(x), float(np.float32(lo.number("threshold")))
    n = Numbers(element)
    limit, predicate = threshold, "gt"
    if isinstance(element, IntegerType):
        # An integer is above a number when it is above the whole part of it.
        least, largest = np.iinfo(dtype_of(element)).min, np.iinfo(dtype_of(element)).max
        if threshold < least:
            limit, predicate = least, "ge"
        else:
            limit = math.floor(threshold) if threshold < largest else largest

    def build(a: SSAValue) -> SSAValue:
        return cast_scalar(n.compare(predicate, a, n.number(limit)), i1, element)

    return lo.map([x], build)


OPERATORS: dict[str, Conversion] = {
    "ml.Binarizer": Binarizer,
    "ml.Imputer": Imputer,
    "ml.Normalizer": Normalizer,
    "ml.Scaler": Scaler,
}
