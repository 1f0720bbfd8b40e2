"""
Types, constants and attributes of the dialect as the messages of `onnx.proto`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
from onnx.defs import OpSchema
from xdsl.ir import Attribute

from ...errors import StepwellError
from .attributes import AttrType, value_of
from .element_types import element_type_of_ir
from .op import OnnxOp
from .types import MapType, OptionalType, SequenceType, StringsAttr, dims_of, element_of

Array = npt.NDArray[Any]
ArrayOf = Callable[[Attribute], Array]
"""The numbers of a constant attribute."""

_PROTO_KINDS: dict[OpSchema.AttrType, int] = {
    AttrType.INT: onnx.AttributeProto.INT,
    AttrType.FLOAT: onnx.AttributeProto.FLOAT,
    AttrType.STRING: onnx.AttributeProto.STRING,
    AttrType.INTS: onnx.AttributeProto.INTS,
    AttrType.FLOATS: onnx.AttributeProto.FLOATS,
    AttrType.STRINGS: onnx.AttributeProto.STRINGS,
}


def type_proto(type_: Attribute) -> onnx.TypeProto:
    """The ONNX type of an IR type. Raises `StepwellError` for one that ONNX does not have."""
    element = element_of(type_)
    if element is not None:
        row = element_type_of_ir(element)
        if row is not None:
            return helper.make_tensor_type_proto(row.code, dims_of(type_))
    if isinstance(type_, SequenceType):
        return helper.make_sequence_type_proto(type_proto(type_.element_type))
    if isinstance(type_, OptionalType):
        return helper.make_optional_type_proto(type_proto(type_.element_type))
    if isinstance(type_, MapType):
        row = element_type_of_ir(type_.key_type)
        if row is not None:
            return helper.make_map_type_proto(row.code, type_proto(type_.value_type))
    raise StepwellError(f"{type_} is no type of ONNX")


def constant_array(attribute: Attribute, array_of: ArrayOf) -> Array:
    """The numbers of a constant attribute, strings as objects."""
    if isinstance(attribute, StringsAttr):
        values = [text.data for text in attribute.values.data]
        return np.array(values, dtype=object).reshape(attribute.type.get_shape())
    return array_of(attribute)


def attribute_protos(op: OnnxOp, array_of: ArrayOf) -> list[onnx.AttributeProto]:
    """The attributes of an operation that are set, its subgraphs left out."""
    protos: list[onnx.AttributeProto] = []
    for name, spec in op.SIGNATURE.attributes.items():
        found = op.properties.get(name)
        if found is None:
            continue
        if spec.type == AttrType.TYPE_PROTO:
            protos.append(helper.make_attribute(name, type_proto(found)))
        elif spec.type in (AttrType.TENSOR, AttrType.SPARSE_TENSOR):
            tensor = numpy_helper.from_array(constant_array(found, array_of))
            protos.append(helper.make_attribute(name, tensor))
        else:
            kind = cast(Any, _PROTO_KINDS[spec.type])
            protos.append(helper.make_attribute(name, value_of(found), attr_type=kind))
    return protos
