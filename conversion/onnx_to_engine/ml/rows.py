"""
Rows of features: how operators of `ai.onnx.ml` see their input.

A matrix is `[rows, features]`, a vector one row. Integers and f64 are computed on as f32, the type
of every attribute and result, unless an operator says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine.base import extents_of
from ....dialects.engine.weights import dtype_of
from ....runtime.size import Extent, numbers_of
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.vocabulary.cast import cast


def rows_of(lo: Lowering, x: SSAValue, element: Attribute = f32) -> SSAValue:
    """
    `x` as `[rows, features]` of an element type.

    Raises:
        NoNativeForm: for other ranks, and for an empty matrix.
    """
    shape = extents_of(x)
    if len(shape) not in (1, 2):
        raise NoNativeForm(f"of rank {len(shape)}, expected rows of features")
    if 0 in shape:
        raise NoNativeForm(f"of {list(shape)}")
    return cast(lo, lo.reshape(x, shape if len(shape) == 2 else (1, *shape)), element)


def features_of(x: SSAValue) -> int:
    """
    How many features each row of `[rows, features]` has.

    Raises:
        NeedsNumber: where the size is known at run time only.
    """
    [features] = numbers_of(extents_of(x)[1:])
    return features


def zeros(lo: Lowering, shape: Sequence[Extent], element: Attribute, name: str) -> SSAValue:
    """Zeros of a shape in which there may be names."""
    known = [n if isinstance(n, int) else 1 for n in shape]
    constant = lo.constant(np.zeros(known, dtype_of(element)), name)
    return constant if known == list(shape) else lo.broadcast(constant, shape)
