"""
Numbers of small values that do not depend on the model's inputs, for the sake of types: the
sizes that `Reshape`, `Slice` and `Resize` take. The graph itself stays as the author wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import onnx

from ...dialects.framework import dims_of
from ...interpreters.onnx.reference import run_operator
from .inference import FOLD_LIMIT, Array, Value

_LEFT_ALONE = frozenset(
    (
        # Their results are other ones each time.
        "Bernoulli",
        "Multinomial",
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "Dropout",
        # Few elements may take long: the product of all sizes, a tiny scale, a pattern that is
        # tried in every way.
        "Einsum",
        "RegexFullMatch",
        "Resize",
    )
)


def constant_outputs(
    node: onnx.NodeProto, inputs: Sequence[Value | None], sizes: Sequence[int | None]
) -> list[Array | None]:
    """The numbers of each output, None for what is unknown, large or not worth knowing.

    `sizes` are the element counts of the outputs, None where unknown.
    """
    nothing: list[Array | None] = [None] * len(node.output)
    if node.op_type in _LEFT_ALONE or any(size is None or size > FOLD_LIMIT for size in sizes):
        return nothing
    decided = _decided_by_one(node, inputs)
    if decided is not None:
        return [decided]
    arrays: list[Array | None] = []
    for value in inputs:
        if value is not None and (value.constant is None or value.constant.dtype.kind == "O"):
            return nothing
        arrays.append(None if value is None else value.constant)
    wanted = [bool(name) for name in node.output]
    try:
        results = run_operator(node.op_type, node.domain, node.attribute, arrays, wanted)
    except Exception:
        # The reference says nothing about this case; then neither does folding.
        return nothing
    return [_array(value) for value in results]


_DECIDING = {"And": False, "Or": True}
"""What decides the result of a connective, whatever its other operand is."""


def _decided_by_one(node: onnx.NodeProto, inputs: Sequence[Value | None]) -> Array | None:
    """`false and x`, `true or x`: conditions of which the sizes decide a part."""
    deciding = None if node.domain else _DECIDING.get(node.op_type)
    if deciding is None:
        return None
    values = [value for value in inputs if value is not None]
    if not any(v.constant is not None and (v.constant == deciding).all() for v in values):
        return None
    shapes = [dims_of(value.type) for value in values]
    sizes = [tuple(d for d in dims or (None,) if isinstance(d, int)) for dims in shapes]
    if any(dims is None or len(dims) != len(s) for dims, s in zip(shapes, sizes, strict=True)):
        return None
    try:
        return np.full(np.broadcast_shapes(*sizes), deciding)
    except ValueError:
        return None  # the node's own rules say what is wrong


def _array(value: Any) -> Array | None:
    if not isinstance(value, np.ndarray):
        return None
    array = cast(Array, value)
    return array if array.size <= FOLD_LIMIT else None
