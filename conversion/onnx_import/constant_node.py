"""The numbers of a `Constant` node, whichever of its attributes holds them."""

from __future__ import annotations

import math

import numpy as np
import onnx

from ...runtime.available_memory import require_memory
from .inference import InferenceFailure
from .operators import attribute_value
from .tensors import Array, TensorError, TensorReader, checked_shape

_DTYPES = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
    "value_string": np.object_,
    "value_strings": np.object_,
}


def constant_array(node: onnx.NodeProto, reader: TensorReader) -> Array:
    """The tensor a `Constant` node stands for; a sparse one is made dense.

    Raises `InferenceFailure` and `TensorError` when there is none.
    """
    if len(node.attribute) != 1:
        raise InferenceFailure(f"expected one attribute with its value, got {len(node.attribute)}")
    attribute = node.attribute[0]
    if attribute.name == "value":
        return reader.read(attribute.t)
    if attribute.name == "sparse_value":
        return dense_array(attribute.sparse_tensor, reader)
    return np.array(attribute_value(attribute), dtype=_DTYPES[attribute.name])


def dense_array(sparse: onnx.SparseTensorProto, reader: TensorReader) -> Array:
    """A sparse tensor as an array. Raises `TensorError` for data that does not fit."""
    shape = checked_shape(sparse.dims)
    values = reader.read(sparse.values)
    indices = reader.read(sparse.indices)
    count = math.prod(shape)
    require_memory(count * values.dtype.itemsize, "a sparse tensor made dense", "use a smaller one")
    result = np.zeros(count, values.dtype)
    try:
        flat = np.ravel_multi_index(tuple(indices.T), shape) if indices.ndim == 2 else indices
        result[flat] = values
    except (ValueError, IndexError, TypeError) as error:
        raise TensorError(f"has indices that do not fit its shape {list(shape)}: {error}") from None
    return result.reshape(shape)
