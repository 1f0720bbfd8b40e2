"""
Types, constants and attributes of the dialect as the messages of `onnx.proto`.
"""

from __future__ import annotations

from typing import Any, cast

import onnx
from onnx import helper, numpy_helper
from xdsl.ir import Attribute

from ...errors import StepwellError
from ...runtime.size import Size, name_of
from ..framework import (
    Dim,
    FrameworkOp,
    Kind,
    MapType,
    OptionalType,
    SequenceType,
    dims_of,
    element_of,
    element_type_of_ir,
    value_of,
)
from ..framework.constant_array import ArrayOf, constant_array
from .codes import code_of

_PROTO_KINDS: dict[Kind, int] = {
    Kind.INT: onnx.AttributeProto.INT,
    Kind.FLOAT: onnx.AttributeProto.FLOAT,
    Kind.STRING: onnx.AttributeProto.STRING,
    Kind.INTS: onnx.AttributeProto.INTS,
    Kind.FLOATS: onnx.AttributeProto.FLOATS,
    Kind.STRINGS: onnx.AttributeProto.STRINGS,
}


def type_proto(type_: Attribute, *, normal: bool = False) -> onnx.TypeProto:
    """
    The ONNX type of an IR type.

    Names of sizes are as the model wrote them; with `normal`, all sizes are texts in normal form.
    Raises `StepwellError` for a type that ONNX does not have.
    """
    element = element_of(type_)
    if element is not None:
        row = element_type_of_ir(element)
        if row is not None:
            dims = dims_of(type_)
            shape = None if dims is None else [_dim(dim, normal) for dim in dims]
            return helper.make_tensor_type_proto(code_of(row), shape)
    if isinstance(type_, SequenceType):
        return helper.make_sequence_type_proto(type_proto(type_.element_type, normal=normal))
    if isinstance(type_, OptionalType):
        return helper.make_optional_type_proto(type_proto(type_.element_type, normal=normal))
    if isinstance(type_, MapType):
        row = element_type_of_ir(type_.key_type)
        if row is not None:
            value = type_proto(type_.value_type, normal=normal)
            return helper.make_map_type_proto(code_of(row), value)
    raise StepwellError(f"{type_} is not a type of ONNX")


def _dim(dim: Dim, normal: bool) -> int | str | None:
    """A size as ONNX says it: a number, a name or an expression."""
    if not isinstance(dim, Size):
        return dim
    name = None if normal else name_of(dim)
    return dim.text if name is None else name


def attribute_protos(op: FrameworkOp, array_of: ArrayOf) -> list[onnx.AttributeProto]:
    """The attributes of an operation that are set, its subgraphs left out."""
    protos: list[onnx.AttributeProto] = []
    for name, spec in op.SIGNATURE.attributes.items():
        found = op.properties.get(name)
        if found is None:
            continue
        if spec.kind == Kind.TYPE:
            protos.append(helper.make_attribute(name, type_proto(found)))
        elif spec.kind == Kind.TENSOR:
            tensor = numpy_helper.from_array(constant_array(found, array_of))
            protos.append(helper.make_attribute(name, tensor))
        else:
            kind = cast(Any, _PROTO_KINDS[spec.kind])
            protos.append(helper.make_attribute(name, value_of(found), attr_type=kind))
    return protos
