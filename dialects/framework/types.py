"""
Types of values that are more than a tensor, and the sizes of dimensions that are no numbers.
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

from ...errors import CompileError
from ...runtime.size import Extent, Size, named
from ...runtime.size_text import parse_size
from ..engine.sizes import SizesAttr
from .element_types import StoredType, element_type_of_ir

Dim = Extent | None
"""A dimension: a number, an expression over names, or nothing where nobody knows it."""


def size_of_text(text: str) -> Size:
    """
    The size that a text of `#framework.dims` stands for.

    One that is no expression over names is a name: texts of earlier versions hold any words.
    """
    try:
        size = parse_size(text)
    except (ValueError, CompileError):
        return named(text)
    return size if isinstance(size, Size) else named(text)


@irdl_attr_definition
class DimsAttr(ParametrizedAttribute):
    """
    Sizes of a tensor's dynamic dimensions, as the tensor's encoding. One entry per dimension: an
    expression over names in normal form (`runtime/size_text.py`), empty for a static one and for a
    dynamic one that nobody knows.

    A name that the attribute `sizes` of the function lists is known in every call. Any other is a
    label of the model for a size that the data decides.

    ```mlir
    tensor<?x3x?xf32, #framework.dims<["batch", "", "width floordiv 2"]>>
    ```
    """

    name = "framework.dims"

    names: ArrayAttr[StringAttr]

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            texts = parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, parser.parse_str_literal
            )
        return [ArrayAttr([StringAttr(text and size_of_text(text).text) for text in texts])]

    def verify(self) -> None:
        for text in self.names.data:
            if text.data and text.data != (found := size_of_text(text.data).text):
                raise VerifyException(
                    f"the size '{text.data}' is not in normal form, which is '{found}'"
                )


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
    texts = [d.text if isinstance(d, Size) else "" for d in dims]
    if not any(texts):
        return TensorType(element_type, shape)
    return TensorType(element_type, shape, DimsAttr(ArrayAttr([StringAttr(t) for t in texts])))


def tensor_type(
    element_type: Attribute, dims: Iterable[Dim] | None
) -> TensorType | UnrankedTensorType:
    """
    The tensor type of the given dimensions; `None` for dimensions of unknown number.

    A size below 0 is not known: it is computed for what never runs, as in a branch for other sizes.
    """
    if dims is None:
        return UnrankedTensorType(element_type)
    known = (None if isinstance(dim, int) and dim < 0 else dim for dim in dims)
    return _ranked(element_type, tuple(known))


def ranked_tensor(type_: Attribute) -> TensorType[Attribute] | None:
    """`type_` if it is a tensor type with a rank."""
    return type_ if isinstance(type_, TensorType) else None


def element_of(type_: Attribute) -> Attribute | None:
    """The element type of a tensor type with or without a rank, None for other types."""
    if isinstance(type_, TensorType | UnrankedTensorType):
        return type_.element_type
    return None


def stored_tensor(type_: Attribute) -> Attribute:
    """A tensor type with the elements as which its own are kept; any other type as it is."""
    element = element_of(type_)
    if not isinstance(element, StoredType):
        return type_
    if isinstance(type_, TensorType):
        return TensorType(element.stored, type_.get_shape(), type_.encoding)
    return UnrankedTensorType(element.stored)


def dims_of(type_: Attribute) -> tuple[Dim, ...] | None:
    """
    The dimensions of a tensor type, as far as known; None without a known rank.

    Types of the engine dialect are read as well (`#engine.sizes`): while a model is converted,
    operations of its framework take values of them.
    """
    if not isinstance(type_, TensorType):
        return None
    shape = type_.get_shape()
    if isinstance(type_.encoding, SizesAttr):
        sizes = iter(type_.encoding.sizes)
        return tuple(next(sizes, None) if d == DYNAMIC_INDEX else d for d in shape)
    if not isinstance(type_.encoding, DimsAttr):
        return tuple(None if d == DYNAMIC_INDEX else d for d in shape)
    names = type_.encoding.names.data
    return tuple(
        d if d != DYNAMIC_INDEX else (size_of_text(n.data) if n.data else None)
        for d, n in zip(shape, names, strict=True)
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
