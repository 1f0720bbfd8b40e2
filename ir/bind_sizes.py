"""
Numbers in place of the names in sizes, in a module of any level.

The places of a memory plan become offsets where no name is left (`bound_plan.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from ..dialects.engine.bound_sizes import BoundSizes
from ..dialects.engine.plan import plan_of
from ..dialects.engine.size_facts import (
    RELATIONS,
    SIZES,
    NamesAttr,
    broadcast_relations_of,
    facts_of,
    relations_of,
)
from ..dialects.engine.view import ViewOp, offset_attr
from ..errors import CompileError
from ..runtime.size import Extent, same, substituted
from .bound_plan import bind_plan


def bind_sizes(module: Operation, values: Mapping[str, Extent]) -> None:
    """
    Replace names in all types and properties below an operation.

    Raises:
        CompileError: for a number outside of the bounds of its name, and for a relation that these
            sizes contradict, naming the node that needs it.
    """
    if not values:
        return
    bound = BoundSizes(values)
    functions: list[FuncOp] = []
    for op in list(module.walk()):
        if isinstance(op, FuncOp):
            _check_bounds(op, values)
        bind_operation(op, bound)
        if isinstance(op, ViewOp) and isinstance(op.offset, StringAttr):
            op.properties["offset"] = offset_attr(substituted(op.byte_extent, values))
        if isinstance(op, FuncOp):
            _check_relations(op)
            functions.append(op)
    for function in functions:
        if (plan := plan_of(function)) is not None:
            bind_plan(function, plan)


def bind_operation(op: Operation, bound: BoundSizes) -> None:
    """Replace names in the attributes and types of one operation, and of its blocks' arguments."""
    for attributes in (op.attributes, op.properties):
        for key, attr in attributes.items():
            attributes[key] = bound(attr)
    for region in op.regions:
        for block in region.blocks:
            for argument in block.args:
                _retype(argument, bound)
    for result in op.results:
        _retype(result, bound)


def _retype(value: SSAValue, bound: BoundSizes) -> None:
    type_ = bound(value.type)
    if type_ is not value.type:
        Rewriter.replace_value_with_new_type(value, type_)


def _check_bounds(function: FuncOp, values: Mapping[str, Extent]) -> None:
    if not isinstance(function.attributes.get(SIZES), NamesAttr):
        return
    dims = facts_of(function).dims
    for name, value in values.items():
        dim = dims.get(name)
        if dim is not None and isinstance(value, int) and not dim.takes(value):
            raise CompileError(f"the size {name} is {value}, expected one within {dim}")


def _check_relations(function: FuncOp) -> None:
    for relation in relations_of(function):
        left, right = relation.sides
        if same(left, right) is False:
            raise CompileError(
                f"'{relation.node.data}' needs two sizes to be equal, which are {left} and {right}"
            )
    for relation in broadcast_relations_of(function):
        left, right = relation.sides
        if same(left, right) is False and same(left, 1) is False and same(right, 1) is False:
            raise CompileError(
                f"'{relation.node.data}' needs two sizes to be equal, or one of them to be 1, "
                f"which are {left} and {right}"
            )
    names, relations = function.attributes.get(SIZES), function.attributes.get(RELATIONS)
    if isinstance(names, NamesAttr) and not names.names.data:
        del function.attributes[SIZES]
    if isinstance(relations, ArrayAttr) and not relations.data:
        del function.attributes[RELATIONS]
