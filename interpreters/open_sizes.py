"""Sizes that a function leaves open: the names get their values from the inputs of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import MemRefType, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ..dialects.engine.base import extents_of, shaped, tensor
from ..dialects.engine.opaque import is_number
from ..dialects.engine.plan import plan_of
from ..dialects.engine.size_facts import BroadcastRelationAttr, all_relations_of, facts_of
from ..dialects.framework import SizeOp, dims_of
from ..ir.bind_sizes import bind_sizes
from ..ir.bound_plan import bind_plan
from ..runtime.size import Extent, Size, evaluated
from ..runtime.size_bounds import bounds_without, largest
from ..runtime.size_facts import names_of
from ..runtime.size_solving import Relation, SizeSolving


def has_names(type_: Attribute) -> bool:
    """Whether a type is one of an array with a size by name."""
    return any(isinstance(n, Size) for n in _extents(type_))


def bound_to_inputs(
    module: ModuleOp,
    function: FuncOp,
    names: Sequence[str],
    types: Sequence[Attribute],
    values: Sequence[Any],
) -> ModuleOp:
    """
    A copy of a module with the sizes that inputs of `types` have in place of names; the module
    itself where the types mention none. What its operations compute is then compared with types
    of numbers, as in any other program. Sizes that the data decides are left, and a plan becomes
    offsets all the same. Operations of a framework find sizes in their operands; they are bound
    where one of `framework.size` computes with them.

    Raises:
        InputError: for inputs that contradict each other, or bounds or relations of the function.
        CompileError: for a name that the shapes of the inputs do not give.
    """
    arguments = function.args
    planned = plan_of(function) is not None and extents_of(arguments[0]) == (-1,)
    decides = planned and bool(facts_of(function).decided)
    if not any(map(has_names, types)) and not decides and not _computes_with_sizes(module):
        return module
    bound = module.clone()
    bind_sizes(bound, sizes_of_inputs(function, names, types, values))
    for op in bound.ops if decides else ():
        if isinstance(op, FuncOp) and (plan := plan_of(op)) is not None:
            bind_plan(op, plan, keeps_decided=True)
    return bound


def sizes_of_inputs(
    function: FuncOp, names: Sequence[str], types: Sequence[Attribute], values: Sequence[Any]
) -> dict[str, int]:
    """
    The values of all names in the types of some inputs, in the order of their appearance.

    Raises as `bound_to_inputs` does.
    """
    named = [names[at] if at < len(names) else str(at) for at in range(len(values))]
    arguments = list(zip(named, types, values, strict=False))
    shapes = {name: sizes for name, type_, _ in arguments if (sizes := _named_extents(type_))}
    given = {name: np.shape(value) for name, _, value in arguments if name in shapes}
    facts = facts_of(function)
    relations = [
        Relation(*r.sides, r.node.data, isinstance(r, BroadcastRelationAttr))
        for r in all_relations_of(function)
        if facts.decided.keys().isdisjoint(names_of(r.sides))
    ]
    return SizeSolving(shapes, facts, relations).solve(given)


def with_room(function: FuncOp, type_: Attribute, sizes: Mapping[str, int]) -> Attribute:
    """A type of numbers whose sizes are as large as they can be, where the data decides some."""
    bounds = bounds_without(facts_of(function).decided)
    most = (evaluated(largest(extent, bounds), sizes) for extent in _extents(type_))
    return tensor(tuple(most), shaped(type_).element_type)


def _computes_with_sizes(module: ModuleOp) -> bool:
    return any(isinstance(op, SizeOp) and isinstance(op.size, Size) for op in module.walk())


def _named_extents(type_: Attribute) -> tuple[Extent, ...]:
    """The sizes of a type of either dialect with one by name; none of any other."""
    dims = dims_of(type_) or ()
    found = _extents(type_) if None in dims else tuple(d for d in dims if d is not None)
    found = found or _extents(type_)
    return found if any(isinstance(n, Size) for n in found) else ()


def _extents(type_: Attribute) -> tuple[Extent, ...]:
    if not isinstance(type_, TensorType | MemRefType):
        return ()
    if is_number(shaped(type_).element_type):
        return extents_of(type_)
    dims = dims_of(type_) or ()  # strings have their sizes as frameworks say them
    return tuple(d for d in dims if d is not None) if None not in dims else ()
