"""Level 2 is a function of values: nothing in it has an address."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import Attribute, Operation, SSAValue

from ..dialects.engine.base import layout_attr_of, shape_of
from ..dialects.engine.opaque import is_opaque
from .verify_ir import invalid


def require_tensors(module: ModuleOp) -> None:
    """
    Refuse buffers, and tensors whose layout has strides: both say where something lies.

    Raises:
        InvalidIRError: naming the first operation that has one, and the type.
    """
    for op in module.walk():
        for value in _values(op):
            if (reason := _why_not(value.type)) is not None:
                raise invalid(op, f"{value.type} {reason}")


def _values(op: Operation) -> Iterator[SSAValue]:
    yield from op.operands
    yield from op.results
    for region in op.regions:
        for block in region.blocks:
            yield from block.args


def _why_not(type_: Attribute) -> str | None:
    if isinstance(type_, MemRefType):
        return "is a buffer; a program of tensors is expected"
    if is_opaque(type_):
        return None
    attr = layout_attr_of(type_)
    if attr is not None and attr.physical_strides is not None:
        return "has strides, which only buffers have"
    if attr is not None and attr.tag.rank != len(shape_of(type_)):
        return f"has a layout of rank {attr.tag.rank}"
    return None
