"""
Types of values that are more than a tensor, and the names of symbolic dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    StringAttr,
    TensorType,
    UnrankedTensorType,
)
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from .element_types import element_type_of_ir

Dim = int | str | None
"""A dimension: a size, the name of an unknown size, or unknown without a name."""


@irdl_attr_definition
class DimsAttr(ParametrizedAttribute):
    """
    Names of a tensor's dynamic dimensions, as the tensor's encoding. One entry per dimension:
    empty for a static one and for a dynamic one without a name.

    ```mlir
    tensor<?x3x?xf32, #framework.dims<["batch", "", "width"]>>
    ```
    """

    name = "framework.dims"

    names: ArrayAttr[StringAttr]


@irdl_attr_definition
class SequenceType(ParametrizedAttribute, TypeAttribute):
    """
    A list of values of one type.

    ```mlir
    !framework.seq<tensor<?x4xf32>>
    ```
    """

    name = "framework.seq"

    element_type: Attribute


@irdl_attr_definition
class OptionalType(ParametrizedAttribute, TypeAttribute):
    """
    A value of the given type, or nothing.

    ```mlir
    !framework.optional<tensor<4xf32>>
    ```
    """

    name = "framework.optional"

    element_type: Attribute


@irdl_attr_definition
class MapType(ParametrizedAttribute, TypeAttribute):
    """
    A dictionary from integers or strings to values of one type.

    ```mlir
    !framework.map<i64, tensor<f32>>
    ```
    """

    name = "framework.map"

    key_type: Attribute
    value_type: Attribute


@irdl_attr_definition
class StringsAttr(ParametrizedAttribute):
    """
    A constant tensor of strings, which `dense<...>` cannot hold, in row-major order.

    ```mlir
    #framework.strings<["cat", "dog"], tensor<2x!framework.string>>
    ```
    """

    name = "framework.strings"

    values: ArrayAttr[StringAttr]
    type: TensorType

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            values = parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, parser.parse_str_literal
            )
            parser.parse_punctuation(",")
            type_ = parser.parse_type()
        return [ArrayAttr([StringAttr(v) for v in values]), type_]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            with printer.in_square_brackets():
                printer.print_list(self.values.data, lambda v: printer.print_string_literal(v.data))
            printer.print_string(", ")
            printer.print_attribute(self.type)

    def verify(self) -> None:
        count = 1
        for size in self.type.get_shape():
            count *= size
        if count != len(self.values.data):
            raise VerifyException(f"{len(self.values.data)} strings for a {self.type}")


@lru_cache(4096)
def _ranked(element_type: Attribute, dims: tuple[Dim, ...]) -> TensorType:
    shape = [d if isinstance(d, int) else DYNAMIC_INDEX for d in dims]
    names = [d if isinstance(d, str) else "" for d in dims]
    if not any(names):
        return TensorType(element_type, shape)
    return TensorType(element_type, shape, DimsAttr(ArrayAttr([StringAttr(n) for n in names])))


def tensor_type(
    element_type: Attribute, dims: Iterable[Dim] | None
) -> TensorType | UnrankedTensorType:
    """The tensor type of the given dimensions; `None` for dimensions of unknown number."""
    if dims is None:
        return UnrankedTensorType(element_type)
    return _ranked(element_type, tuple(dims))


def ranked_tensor(type_: Attribute) -> TensorType[Attribute] | None:
    """`type_` if it is a tensor type with a rank."""
    return type_ if isinstance(type_, TensorType) else None


def element_of(type_: Attribute) -> Attribute | None:
    """The element type of a tensor type with or without a rank, None for other types."""
    if isinstance(type_, TensorType | UnrankedTensorType):
        return type_.element_type
    return None


def dims_of(type_: Attribute) -> tuple[Dim, ...] | None:
    """The dimensions of a tensor type, with names where known; None without a known rank."""
    if not isinstance(type_, TensorType):
        return None
    shape = type_.get_shape()
    if not isinstance(type_.encoding, DimsAttr):
        return tuple(None if d == DYNAMIC_INDEX else d for d in shape)
    names = type_.encoding.names.data
    return tuple(
        d if d != DYNAMIC_INDEX else (n.data or None) for d, n in zip(shape, names, strict=True)
    )


@lru_cache(1024)
def _element_name(element_type: Attribute) -> str | None:
    row = element_type_of_ir(element_type)
    return None if row is None else row.name


def type_name(type_: Attribute) -> str | None:
    """The name of a type as the schemas write it: `tensor(float)`, `seq(tensor(int64))`."""
    element = element_of(type_)
    if element is not None:
        name = _element_name(element)
        return name and f"tensor({name})"
    if isinstance(type_, SequenceType):
        inner = type_name(type_.element_type)
        return inner and f"seq({inner})"
    if isinstance(type_, OptionalType):
        inner = type_name(type_.element_type)
        return inner and f"optional({inner})"
    if isinstance(type_, MapType):
        key, value = _element_name(type_.key_type), ranked_tensor(type_.value_type)
        if value is not None and not value.get_shape():
            value_name = _element_name(value.element_type)
        else:
            value_name = type_name(type_.value_type)
        return key and value_name and f"map({key}, {value_name})"
    return None


def verify_dims(type_: Attribute) -> None:
    """Check that the encoding names exactly the dimensions there are.

    Raises `VerifyException`: the attribute alone cannot know its tensor.
    """
    if not isinstance(type_, TensorType):
        return
    encoding = type_.encoding
    if not isinstance(encoding, DimsAttr):
        return
    shape, names = type_.get_shape(), encoding.names.data
    if len(shape) != len(names):
        raise VerifyException(f"{type_} has {len(shape)} dimensions but names {len(names)}")
    for size, name in zip(shape, names, strict=True):
        if size != DYNAMIC_INDEX and name.data:
            raise VerifyException(f"{type_} names '{name.data}' a dimension of static size {size}")
