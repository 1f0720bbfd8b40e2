"""
Shapes of results that follow from the numbers in operands, or are those of the first operand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from ....runtime.size import Size, ceildiv, lower_bound, maximum
from ...shape_arithmetic import Symbols
from ..inference import InferenceFailure
from .node import Rule, Shapes, SizeNode


def _as_first(node: SizeNode) -> Shapes:
    """That of the first operand."""
    return [node.dims(0)]


def _vector(node: SizeNode) -> Shapes:
    """As many elements as the first operand says."""
    size = node.one(0)
    return [None if size is None else (maximum(size, 0),)]


def _filled(node: SizeNode) -> Shapes:
    """What the elements of the first operand say."""
    return [node.vector(0)]


def _compress(node: SizeNode) -> Shapes:
    dims, chosen = node.dims(0), node.constant(1)
    count = None if chosen is None else int(np.count_nonzero(chosen))
    if not node.has("axis"):
        return [(count,)]
    axis = None if dims is None else node.axis("axis", len(dims))
    if dims is None or axis is None:
        return [None]
    return [(*dims[:axis], count, *dims[axis + 1 :])]


def _top_k(node: SizeNode) -> Shapes:
    """As many along the axis as the second operand says."""
    dims, count = node.dims(0), node.one(1)
    axis = None if dims is None else node.axis("axis", len(dims), -1)
    if dims is None or axis is None:
        return []
    return [(*dims[:axis], count, *dims[axis + 1 :])] * 2


def _mel_weights(node: SizeNode) -> Shapes:
    """`[half the length of the transform + 1, bins]`"""
    bins, length = node.one(0), node.one(1)
    return [None if bins is None or length is None else (length // 2 + 1, bins)]


def _suppression(node: SizeNode) -> Shapes:
    """Nothing, where no box may be taken; else the data decides how many are."""
    boxes, scores = node.dims(0), node.dims(1)
    if boxes is not None and scores is not None and len(boxes) == len(scores) == 3:
        for left, right in ((boxes[0], scores[0]), (boxes[1], scores[2]), (boxes[2], 4)):
            node.relations.equal(left, right)
    none_taken = node.operand(2) is None or node.one(2) == 0
    return [(0 if none_taken else None, 3)]


def _nonzero(node: SizeNode) -> Shapes:
    value = node.operand(0)
    if value is None or value.constant is None:
        return []
    return [(value.constant.ndim, int(np.count_nonzero(value.constant)))]


def _one_hot(node: SizeNode) -> Shapes:
    """The indices' shape with the depth put in at `axis`."""
    dims, depth = node.dims(0), node.one(1)
    axis = None if dims is None else node.axis("axis", len(dims) + 1, -1)
    if dims is None or depth is None or axis is None:
        return []
    return [(*dims[:axis], depth, *dims[axis:])]


def _range(node: SizeNode) -> Shapes:
    return [_range_count(node)]


def _range_count(node: SizeNode) -> Symbols | None:
    """`ceil((limit - start) / step)`, computed in the type of the numbers."""
    bounds = [node.constant(i) for i in range(3)]
    if any(b is None or len(b) != 1 for b in bounds):
        return _range_of_sizes(node)
    start, limit, step = (b[0].item() for b in bounds if b is not None)
    if not step:
        return None
    if not all(map(math.isfinite, (start, limit, step))):
        raise InferenceFailure(f"counts from {start} to {limit} by {step}; expected finite numbers")
    if isinstance(start, int):
        return (max(-((start - limit) // step), 0),)
    steps = (limit - start) / step
    if not math.isfinite(steps):
        steps = (Fraction(limit) - Fraction(start)) / Fraction(step)
    return (max(math.ceil(steps), 0),)


def _range_of_sizes(node: SizeNode) -> Symbols | None:
    start, limit, step = (node.one(i) for i in range(3))
    if not all(node.elements(i) is not None for i in range(3)):
        return None
    if start is None or limit is None or not isinstance(step, int) or not step:
        return None
    count = ceildiv(limit - start, step) if step > 0 else ceildiv(start - limit, -step)
    return (node.relations.maximum(count, 0),)


def _strings(node: SizeNode) -> Shapes:
    """Strings alone are changed one by one, unless some of them are dropped."""
    dims = node.dims(0)
    dropped = bool(node.attribute("stopwords"))
    if dropped or dims is None or any(d is None or _may_be_empty(d) for d in dims):
        return []
    return [dims]


def _may_be_empty(size: int | Size) -> bool:
    return lower_bound(size) < 1


DATA: Mapping[str, Rule] = {
    "BlackmanWindow": _vector,
    "Compress": _compress,
    "ConstantOfShape": _filled,
    "GroupNormalization": _as_first,
    "HammingWindow": _vector,
    "HannWindow": _vector,
    "MeanVarianceNormalization": _as_first,
    "MelWeightMatrix": _mel_weights,
    "NonMaxSuppression": _suppression,
    "NonZero": _nonzero,
    "OneHot": _one_hot,
    "Range": _range,
    "StringNormalizer": _strings,
    "TopK": _top_k,
}
