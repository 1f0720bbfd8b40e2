"""Names in types and properties, replaced by numbers or by other sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DictionaryAttr,
    IntAttr,
    MemRefType,
    NoneAttr,
    StringAttr,
    TensorType,
)
from xdsl.ir import Attribute, ParametrizedAttribute

from ...runtime.size import Extent, Functions, Size, is_one, substituted
from ...runtime.size_facts import Dim
from ..framework.types import DimsAttr, dims_of, tensor_type
from .layout import LayoutAttr, memref_layout
from .plan import PlanAttr
from .size_facts import BroadcastRelationAttr, NameAttr, NamesAttr, RelationAttr, name_attr
from .sizes import ExtentsAttr, SizesAttr, extent_array, extent_part, part_extent

Values = Mapping[str, Extent]


class BoundSizes:
    """
    Attributes with names replaced; those that mention none are the same objects.

    An array, dictionary or parameter of any attribute is looked into. `NamesAttr` loses the names
    that are replaced, but for those that the data decides, whose bounds become the number; an array
    loses the relations that hold by then.
    """

    def __init__(self, values: Values, functions: Functions | None = None):
        """`functions` say what minima and so on of sizes are, where more is known (`substituted`)."""
        self.values = values
        self._functions = functions
        self._done: dict[Attribute, Attribute] = {}

    def __call__(self, attr: Attribute) -> Attribute:
        if isinstance(attr, IntAttr):
            return attr  # 0 is equal to false, and is another attribute
        found = self._done.get(attr)
        if found is None:
            found = self._done[attr] = self._bound(attr)
        return found

    def _extents(self, extents: Sequence[Extent]) -> list[Extent]:
        return [substituted(extent, self.values, self._functions) for extent in extents]

    def _bound(self, attr: Attribute) -> Attribute:
        match attr:
            case TensorType():
                return self._tensor(attr)
            case MemRefType():
                return self._memref(attr)
            case ArrayAttr():
                return self._array(attr)
            case DictionaryAttr():
                return DictionaryAttr({key: self(value) for key, value in attr.data.items()})
            case ExtentsAttr():
                return extent_array(self._extents(attr.extents))
            case NamesAttr():
                return self._names(attr)
            case PlanAttr():
                return PlanAttr.of(self._extents(attr.sizes), attr.structures, attr.segments)
            case RelationAttr() | BroadcastRelationAttr():
                left, right = self._extents(attr.sides)
                return type(attr).of(left, right, attr.node.data)
            case ParametrizedAttribute():
                return self._parametrized(attr)
            case _:
                return attr

    def _parametrized(self, attr: ParametrizedAttribute) -> Attribute:
        parameters = [self(p) for p in attr.parameters]
        same = all(a is b for a, b in zip(parameters, attr.parameters, strict=True))
        return attr if same else attr.new(parameters)

    def _array(self, attr: ArrayAttr[Attribute]) -> Attribute:
        entries = [self(entry) for entry in attr]
        kept = [e for e in entries if not _holds(e)]
        same = len(kept) == len(attr) and all(a is b for a, b in zip(kept, attr, strict=True))
        return attr if same else ArrayAttr(kept)

    def _tensor(self, type_: TensorType) -> Attribute:
        said = type_.encoding
        element = self(type_.element_type)
        if isinstance(said, DimsAttr):
            dims = [d if d is None else self._extents([d])[0] for d in dims_of(type_) or ()]
            return tensor_type(element, dims)
        if not isinstance(said, SizesAttr | LayoutAttr) or not said.sizes:
            same = element is type_.element_type
            return type_ if same else TensorType(element, type_.get_shape(), said)
        sizes = self._extents(said.sizes)
        open_ = [size for size in sizes if isinstance(size, Size)]
        shape = _filled(type_.get_shape(), sizes)
        if isinstance(said, LayoutAttr):
            return TensorType(element, shape, LayoutAttr(said.tag_name, sizes=open_))
        encoding = SizesAttr.of(open_) if open_ else NoneAttr()
        return TensorType(element, shape, encoding)

    def _memref(self, type_: MemRefType) -> Attribute:
        said = type_.layout
        if not isinstance(said, LayoutAttr):
            return type_
        sizes = self._extents(said.sizes)
        strides = said.stride_extents
        if not sizes and not any(isinstance(s, Size) for s in strides or ()):
            return type_
        shape = _filled(type_.get_shape(), sizes)
        layout = memref_layout(
            said.tag_name.data,
            None if strides is None else self._extents(strides),
            _with_sizes(type_.get_shape(), sizes),
        )
        return MemRefType(type_.element_type, shape, layout, type_.memory_space)

    def _names(self, attr: NamesAttr) -> Attribute:
        kept = [n for n in map(self._name, attr.names) if n is not None]
        return NamesAttr(ArrayAttr(kept))

    def _name(self, entry: NameAttr) -> NameAttr | None:
        value = self.values.get(entry.name_.data)
        if value is not None:
            if not isinstance(value, int) or not entry.data.data:
                return None
            # An operation finds it all the same, and must find just that.
            return name_attr(entry.name_.data, Dim(value, value), data=True)
        if not isinstance(entry.upper, StringAttr):
            return entry
        [upper], hint = self._extents([part_extent(entry.upper)]), entry.hint
        if isinstance(upper, int) and isinstance(hint, IntAttr):
            hint = IntAttr(min(hint.data, upper))
        return NameAttr(entry.name_, entry.lower, extent_part(upper), hint, entry.data)


def _holds(entry: Attribute) -> bool:
    """Whether it is a relation that holds for names of any size."""
    if isinstance(entry, BroadcastRelationAttr):
        left, right = entry.sides
        return left == right or is_one(left) or is_one(right)
    if isinstance(entry, RelationAttr):
        left, right = entry.sides
        return left == right
    return False


def _with_sizes(shape: Sequence[int], sizes: Sequence[Extent]) -> list[Extent]:
    """A shape with the sizes of its open dimensions."""
    found = iter(sizes)
    return [next(found) if n < 0 else n for n in shape]


def _filled(shape: Sequence[int], sizes: Sequence[Extent]) -> list[int]:
    """A shape with the sizes of its open dimensions; -1 stays for those that are no numbers."""
    return [DYNAMIC_INDEX if isinstance(n, Size) else n for n in _with_sizes(shape, sizes)]
