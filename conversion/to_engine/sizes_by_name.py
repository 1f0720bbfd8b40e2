"""Open sizes as the engine dialect writes them: `#engine.sizes`, not the framework's names."""

from __future__ import annotations

from collections.abc import Collection

from xdsl.dialects.builtin import TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, SSAValue
from xdsl.rewriter import Rewriter

from ...dialects.engine.base import tensor
from ...dialects.engine.opaque import is_unsized
from ...dialects.engine.size_facts import SIZES, facts_of
from ...dialects.framework import dims_of
from ...runtime.size import Extent, Size


def sizes_by_name(function: FuncOp) -> None:
    """
    Give tensors of numbers whose sizes are expressions over the function's names these sizes.

    Such a tensor has a buffer from here on. A name that the function does not list is one that the
    data decides, and a tensor with one stays opaque, like one with a size that nobody knows.
    """
    if SIZES not in function.attributes:
        return
    names = facts_of(function).dims.keys()
    for value in _values(function.body.block):
        if isinstance(value.type, TensorType) and is_unsized(value):
            size_value(value, names)


def size_value(value: SSAValue, names: Collection[str]) -> None:
    """Give a tensor its sizes, where all are numbers or expressions over these names."""
    extents = _known(value, names)
    if extents is not None and isinstance(value.type, TensorType):
        type_ = tensor(extents, value.type.element_type)
        Rewriter.replace_value_with_new_type(value, type_)


def _values(block: Block) -> list[SSAValue]:
    found: list[SSAValue] = list(block.args)
    for op in block.ops:
        found.extend(op.results)
    return found


def _known(value: SSAValue, names: Collection[str]) -> tuple[Extent, ...] | None:
    """The sizes of a value, where all are numbers or expressions over these names."""
    found: list[Extent] = []
    for dim in dims_of(value.type) or (None,):
        if dim is None or (isinstance(dim, Size) and any(n not in names for n in dim.names)):
            return None
        found.append(dim)
    return tuple(found)
