"""
Columns picked from and put into rows of features.

Operators: ml.ArrayFeatureExtractor, ml.FeatureVectorizer.
"""

from __future__ import annotations

from math import prod

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp
from ....dialects.engine.base import extents_of
from ....runtime.size import numbers_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.vocabulary.cast import cast
from ...to_engine.vocabulary.gather import take
from .rows import zeros


def ArrayFeatureExtractor(lo: Lowering) -> SSAValue:
    """`x[..., y]` for all indices of `y` in one row; of a vector the result is one row too."""
    x, picked = lo.operand("X"), lo.operand("Y")
    shape, count = extents_of(x), prod(numbers_of(extents_of(picked)))
    if not shape or 0 in shape or not count:
        raise NoNativeForm(f"of {count} of {list(shape)}")
    axis = len(shape) - 1
    [width] = numbers_of(shape[-1:])
    indices, known = lo.reshape(picked, (count,)), lo.array_of(picked)
    columns = None if known is None else known.reshape(-1).astype(np.int64)
    if columns is not None and -width <= columns[0] and columns.max() < width:
        first = int(columns[0]) % width
        if (columns % width == np.arange(first, first + count)).all():
            # Neighbours are a view of the matrix.
            part = lo.slice_axis(x, axis, first, count)
            return part if len(shape) > 1 else lo.reshape(part, (1, count))
    result = take(lo, x, indices, axis)
    return result if len(shape) > 1 else lo.reshape(result, (1, count))


def FeatureVectorizer(lo: Lowering) -> SSAValue:
    """All inputs side by side as f32, each cut or filled with zeros to its width."""
    widths = lo.integers("inputdimensions") or []
    parts: list[SSAValue] = []
    for x, width in zip(lo.operands, widths, strict=True):
        shape = extents_of(x)
        rows, count = (
            (1, *numbers_of(shape))
            if len(shape) == 1
            else (shape[0] if shape else 1, prod(numbers_of(shape[1:])))
        )
        kept = min(count, width)
        if kept:
            part = lo.slice_axis(lo.reshape(x, (rows, count)), 1, 0, kept)
            parts.append(cast(lo, part, f32))
        if width > kept:
            parts.append(zeros(lo, (rows, width - kept), f32, "zeros"))
    if not parts:
        raise NoNativeForm("without features")
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, 1))


OPERATORS: dict[str, Conversion] = {
    "ml.ArrayFeatureExtractor": ArrayFeatureExtractor,
    "ml.FeatureVectorizer": FeatureVectorizer,
}
