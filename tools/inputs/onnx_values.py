"""
Values as others hand them over, as ONNX's messages or as Python has them, and their types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ...dialects.framework import element_type_of_numpy
from ...dialects.onnx.codes import code_of, element_type_of_code
from ...errors import InputError


def read_value(value: Any, type_: onnx.TypeProto) -> Any:
    """A value given for an input as numpy and Python hold it; messages are read.

    A list is a sequence or, where the type is that of a tensor, its numbers.
    """
    if value is None or isinstance(value, np.ndarray):
        return cast(Any, value)
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, onnx.SequenceProto):
        return [read_value(v, onnx.TypeProto()) for v in numpy_helper.to_list(value)]
    if isinstance(value, onnx.OptionalProto):
        return numpy_helper.to_optional(value)
    if isinstance(value, onnx.MapProto):
        return numpy_helper.to_dict(value)
    kind = type_.WhichOneof("value")
    if kind == "optional_type":
        return read_value(value, type_.optional_type.elem_type)
    if kind == "sequence_type" and isinstance(value, list | tuple):
        elements = cast("Sequence[Any]", value)
        return [read_value(v, type_.sequence_type.elem_type) for v in elements]
    if isinstance(value, np.generic):
        return np.asarray(cast(Any, value))
    if kind != "tensor_type":
        return value
    row = element_type_of_code(type_.tensor_type.elem_type)
    try:
        return np.asarray(value, None if row is None else row.numpy)
    except (TypeError, ValueError) as error:
        raise InputError(f"{value!r:.80} is not a tensor: {error}") from error


def type_of(value: Any, name: str) -> onnx.TypeProto:
    """The ONNX type of the value given for input `name`; a list is a sequence.

    Raises `InputError` for a value that does not say what type it is.
    """
    if isinstance(value, list | tuple):
        elements = cast("Sequence[Any]", value)
        if not elements:
            raise InputError(f"input '{name}' is an empty sequence, which has no type")
        return helper.make_sequence_type_proto(type_of(elements[0], name))
    if isinstance(value, onnx.TensorProto):
        return helper.make_tensor_type_proto(value.data_type, list(value.dims))
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"input '{name}' is not a tensor: {error}") from error
    row = None if value is None else element_type_of_numpy(array.dtype)
    if row is None:
        raise InputError(f"input '{name}' is {value!r:.80}, which is not a value of ONNX")
    return helper.make_tensor_type_proto(code_of(row), list(array.shape))
