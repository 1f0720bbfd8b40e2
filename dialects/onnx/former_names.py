"""
Types and attributes that texts of earlier versions spell as the `onnx` dialect's own, such as
`#onnx.dims`. They are read as what they are called now and never printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.parser import AttrParser

from ..framework import DimsAttr, MapType, OptionalType, SequenceType, StringsAttr, StringType


def _read_as(now: type[ParametrizedAttribute]) -> type[Attribute]:
    """A class that the parser finds under the former name; what it makes is a `now`."""

    def parse_parameters(cls: type[Any], parser: AttrParser) -> Sequence[Attribute]:
        return now.parse_parameters(parser)

    def new(cls: type[Any], params: Sequence[Attribute]) -> ParametrizedAttribute:
        return now.new(params)

    bases = (ParametrizedAttribute, TypeAttribute)
    body = {
        "__doc__": f"What `{now.name}` was called.",
        "__module__": __name__,
        "name": now.name.replace("framework.", "onnx."),
        "parse_parameters": classmethod(parse_parameters),
        "new": classmethod(new),
    }
    is_type = issubclass(now, TypeAttribute)
    return cast(type[Attribute], type(now.__name__, bases if is_type else bases[:1], body))


FORMER_NAMES = tuple(
    map(_read_as, (DimsAttr, MapType, OptionalType, SequenceType, StringType, StringsAttr))
)
