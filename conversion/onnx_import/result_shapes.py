"""
Shapes of first results that `onnx.shape_inference` does not tell, though they follow from the
operands: from their shapes, or from the numbers of those that are constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import onnx
from onnx import helper

from ...dialects.framework import Dim, dims_of
from .inference import Array, InferenceFailure, Value, at

Dims = tuple[Dim, ...]
Inputs = Sequence[Value | None]


def _constant(inputs: Inputs, index: int) -> Array | None:
    """The numbers of an operand, flat; None where they are not known."""
    value = at(inputs, index)
    constant = None if value is None else value.constant
    return None if constant is None else constant.reshape(-1)


def _integer(inputs: Inputs, index: int) -> int | None:
    """The one number of an operand, towards zero; None where it is not known."""
    numbers = _constant(inputs, index)
    if numbers is None or len(numbers) != 1 or not np.isfinite(numbers[0]):
        return None
    return int(numbers[0])


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    found = (helper.get_attribute_value(a) for a in node.attribute if a.name == name)
    return int(next(found, default))


def _as_first(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """That of the first operand."""
    value = at(inputs, 0)
    return None if value is None else dims_of(value.type)


def _vector(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """As many elements as the first operand says."""
    size = _integer(inputs, 0)
    return None if size is None else (max(size, 0),)


def _compress(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    dims, chosen = _as_first(node, inputs), _constant(inputs, 1)
    if chosen is None:
        return None
    count = int(np.count_nonzero(chosen))
    if not any(a.name == "axis" for a in node.attribute):
        return (count,)
    axis = _attribute(node, "axis", 0)
    if dims is None or not -len(dims) <= axis < len(dims):
        return None
    axis %= len(dims)
    return (*dims[:axis], count, *dims[axis + 1 :])


def _max_unpool(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """That of the last operand, where there is one."""
    sizes = _constant(inputs, 2)
    return None if sizes is None else tuple(int(n) for n in sizes)


def _mel_weights(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """`[half the length of the transform + 1, bins]`"""
    bins, length = _integer(inputs, 0), _integer(inputs, 1)
    return None if bins is None or length is None else (length // 2 + 1, bins)


def _suppression(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """Nothing, where no box may be taken; else the data decides how many are."""
    none_taken = at(inputs, 2) is None or _integer(inputs, 2) == 0
    return (0 if none_taken else None, 3)


def _nonzero(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    value = at(inputs, 0)
    if value is None or value.constant is None:
        return None
    return (value.constant.ndim, int(np.count_nonzero(value.constant)))


def _one_hot(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """The indices' shape with the depth put in at `axis`."""
    dims, depth = _as_first(node, inputs), _integer(inputs, 1)
    axis = _attribute(node, "axis", -1)
    if dims is None or depth is None or not -len(dims) - 1 <= axis <= len(dims):
        return None
    axis %= len(dims) + 1
    return (*dims[:axis], depth, *dims[axis:])


def _range(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """`ceil((limit - start) / step)`, computed in the type of the numbers."""
    bounds = [_constant(inputs, i) for i in range(3)]
    if any(b is None or len(b) != 1 for b in bounds):
        return None
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


def _strings(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """Strings alone are changed one by one, unless some of them are dropped."""
    dims = _as_first(node, inputs)
    dropped = any(a.name == "stopwords" and a.strings for a in node.attribute)
    return None if dropped or dims is None or 0 in dims or None in dims else dims


_RULES: dict[str, Callable[[onnx.NodeProto, Inputs], Dims | None]] = {
    "BlackmanWindow": _vector,
    "Compress": _compress,
    "GroupNormalization": _as_first,
    "HammingWindow": _vector,
    "HannWindow": _vector,
    "MaxUnpool": _max_unpool,
    "MeanVarianceNormalization": _as_first,
    "MelWeightMatrix": _mel_weights,
    "NonMaxSuppression": _suppression,
    "NonZero": _nonzero,
    "OneHot": _one_hot,
    "Range": _range,
    "StringNormalizer": _strings,
}


def result_shape(node: onnx.NodeProto, inputs: Inputs) -> Dims | None:
    """The shape of the node's first result, None where no rule says it."""
    rule = None if node.domain else _RULES.get(node.op_type)
    return None if rule is None else rule(node, inputs)


def overrules(node: onnx.NodeProto) -> bool:
    """Whether the rule here counts, not the inference of the standard, whose lengths overflow."""
    return not node.domain and node.op_type == "Range"
