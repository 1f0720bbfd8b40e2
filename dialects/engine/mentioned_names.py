"""Which names the sizes in an attribute are made of."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, MemRefType, TensorType
from xdsl.ir import Attribute, Operation, ParametrizedAttribute

from ...runtime.size_facts import names_of
from .layout import LayoutAttr
from .sizes import ExtentsAttr, SizesAttr

NONE: frozenset[str] = frozenset()


class MentionedNames:
    """The names that attributes and operations mention; each attribute is looked at once."""

    def __init__(self) -> None:
        self._found: dict[Attribute, frozenset[str]] = {}

    def of_operation(self, op: Operation) -> Iterator[str]:
        """Those in the types and properties of an operation and of the arguments of its blocks."""
        for attr in op.properties.values():
            yield from self(attr)
        for value in (*op.operands, *op.results):
            yield from self(value.type)
        for region in op.regions:
            for block in region.blocks:
                for argument in block.args:
                    yield from self(argument.type)

    def __call__(self, attr: Attribute) -> frozenset[str]:
        """Those in an attribute; an array, dictionary or parameter of one is looked into."""
        found = self._found.get(attr)
        if found is None:
            found = self._found[attr] = self._names(attr)
        return found

    def _names(self, attr: Attribute) -> frozenset[str]:
        match attr:
            case TensorType():
                return self(attr.encoding)
            case MemRefType():
                return self(attr.layout)
            case ExtentsAttr():
                return frozenset(names_of(attr.extents))
            case SizesAttr():
                return frozenset(names_of(attr.sizes))
            case LayoutAttr():
                return frozenset(names_of((*attr.sizes, *(attr.stride_extents or ()))))
            case ArrayAttr():
                return NONE.union(*map(self, attr))
            case DictionaryAttr():
                return NONE.union(*map(self, attr.data.values()))
            case ParametrizedAttribute():
                return NONE.union(*map(self, attr.parameters))
            case _:
                return NONE
