"""The numbers of initializers, as they stand in a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import PACKED, element_type_of_numpy
from ...dialects.framework.constant_array import constant_array
from ...dialects.onnx.codes import code_of
from ...dialects.onnx.graph_writer import Weight

Array = npt.NDArray[Any]


def header(weight: Weight, store: WeightStore) -> tuple[onnx.TensorProto, Array | None]:
    """The message of an initializer without its numbers, and those as an array.

    The array is None when they are in the message, as strings and parts of bytes have to be.
    """
    array = constant_array(weight.value, store.array)
    row = element_type_of_numpy(array.dtype)
    assert row is not None, "constants have types that ONNX has"
    if row.name == "string" or row.name in PACKED:
        return numpy_helper.from_array(array, weight.name), None
    return onnx.TensorProto(name=weight.name, data_type=code_of(row), dims=array.shape), array


def raw_bytes(array: Array) -> memoryview:
    """The bytes of an array in row-major order, a view of it where it is in that order."""
    return memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
