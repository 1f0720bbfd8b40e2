"""
The names that a model has for the sizes of its outputs, for those of them that the data decides.

An operation that finds a size names it after its result. Where that is a whole dimension of an
output which the model gives a name of its own, users know it by that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, NoneAttr, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute

from ...dialects.engine.base import extents_of
from ...dialects.engine.data_sizes import DEFINES, SizeDefiningOp
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.size_facts import NameAttr
from ...dialects.engine.sizes import ExtentPart, extent_part, part_extent
from ...dialects.framework import dims_of
from ...ir.bind_sizes import bind_sizes
from ...runtime.size import Extent, name_of, named, substituted


def output_types(function: FuncOp) -> Sequence[Attribute]:
    """The types of what a function returns."""
    last = function.body.block.last_op
    return [v.type for v in last.arguments] if isinstance(last, ReturnOp) else []


def declared_names(
    function: FuncOp, declared: Sequence[Attribute], found: Collection[str], taken: Collection[str]
) -> dict[str, str]:
    """
    New names for some of those that operations of a function have `found`.

    `declared` are the types of the outputs as the model says them, `taken` all names there are.
    """
    renamed: dict[str, str] = {}
    last = function.body.block.last_op
    if not isinstance(last, ReturnOp):
        return renamed
    for value, type_ in zip(last.arguments, declared, strict=True):
        dims = dims_of(type_)
        if is_opaque(value) or dims is None:
            continue
        for extent, dim in zip(extents_of(value), dims, strict=False):
            old, new = name_of(extent), None if dim is None else name_of(dim)
            if old is None or new is None or old not in found:
                continue
            if new not in taken and new not in renamed.values():
                renamed.setdefault(old, new)
    return renamed


def rename_sizes(
    function: FuncOp, entries: Sequence[NameAttr], renamed: Mapping[str, str]
) -> list[NameAttr]:
    """Give sizes other names in a function, and in what is said of those that the data decides."""
    sizes: dict[str, Extent] = {old: named(new) for old, new in renamed.items()}
    bind_sizes(function, sizes)
    for op in function.walk():
        if isinstance(op, SizeDefiningOp):
            names = [renamed.get(name, name) for name in op.defined_names]
            op.properties[DEFINES] = ArrayAttr([StringAttr(name) for name in names])
    return [
        NameAttr(
            StringAttr(renamed.get(entry.name_.data, entry.name_.data)),
            entry.lower,
            _bound(entry.upper, sizes),
            entry.hint,
            entry.data,
        )
        for entry in entries
    ]


def _bound(upper: ExtentPart | NoneAttr, sizes: Mapping[str, Extent]) -> ExtentPart | NoneAttr:
    if isinstance(upper, NoneAttr):
        return upper
    return extent_part(substituted(part_extent(upper), sizes))
