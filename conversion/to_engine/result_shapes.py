"""Shapes that follow from those of results: what goes into an elementwise function is as large."""

from __future__ import annotations

from collections.abc import Collection

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, OpResult, SSAValue
from xdsl.rewriter import Rewriter

from ...dialects.engine.base import extents_of, sized, tensor
from ...dialects.engine.opaque import is_unsized
from ...dialects.framework import FrameworkOp, element_of


def shapes_from_results(block: Block, same_shape: Collection[str]) -> None:
    """Give values without known sizes those of the elementwise functions of them.

    `same_shape` names the operations whose first result has the shape of their first operand.
    """
    for op in reversed(list(block.ops)):
        if not isinstance(op, FrameworkOp) or op.name not in same_shape:
            continue
        source, result = op.operands[0], op.results[0]
        if _is_sized(result) and isinstance(source, OpResult) and is_unsized(source):
            element = element_of(source.type)
            if element is not None:
                Rewriter.replace_value_with_new_type(source, tensor(extents_of(result), element))


def _is_sized(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType) and sized(extents_of(value))
