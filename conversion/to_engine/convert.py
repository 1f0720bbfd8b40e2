"""
From what the author wrote to what must be computed, by the conversion of one dialect.

Each operation of the framework is replaced by engine operations as the dialect's table says. One
without a native form, or whose shapes are not known, stays as it is inside an `engine.reference`
that says why. Everything keeps the names of the framework nodes it came from and of the values it
gives.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation
from xdsl.traits import Pure

from ...dialects.engine import ConstantOp, ReferenceOp, SizeDefiningOp, WeightStore
from ...dialects.engine.base import EngineOp
from ...dialects.engine.mentioned_names import MentionedNames
from ...dialects.engine.size_facts import (
    RELATIONS,
    SIZES,
    BroadcastRelationAttr,
    NamesAttr,
    RelationAttr,
    all_relations_of,
    facts_of,
)
from ...dialects.framework import FrameworkOp
from ...runtime.size_facts import names_of
from ..size_relations import Relations, with_bounds
from .block_conversion import BlockConversion
from .data_names import ALL_SIZES, NO_SIZES, DataNames
from .declared_names import output_types
from .dialect_conversion import DialectConversion
from .result_shapes import shapes_from_results
from .sizes_by_name import sizes_by_name


def convert_module(
    module: ModuleOp,
    store: WeightStore,
    conversion: DialectConversion,
    *,
    data_sizes: str = ALL_SIZES,
) -> None:
    """
    Convert the operations of one dialect in every function of a module.

    `data_sizes`, one of `DATA_SIZES`, says which sizes that only the data knows get names; what
    gives others is left to reference operations.
    """
    for function in module.ops:
        if isinstance(function, FuncOp) and not function.is_declaration:
            if conversion.prepare is not None:
                conversion.prepare(function)
            block = function.body.block
            declared = output_types(function)
            sizes_by_name(function)
            shapes_from_results(block, conversion.same_shape)
            facts, given = facts_of(function), all_relations_of(function)
            relations = Relations(facts.dims, facts, given)
            names = DataNames(facts, NO_SIZES if conversion.late_relations is None else data_sizes)
            relations.inner = names.inner
            at_work = BlockConversion(conversion, store, relations, names)
            at_work.block(block)
            at_work.late.settle_all()
            if needed := (*relations.found, *_of_names(function, relations.where_found)):
                function.attributes[RELATIONS] = ArrayAttr([*given, *needed])
                if isinstance(said := function.attributes.get(SIZES), NamesAttr):
                    function.attributes[SIZES] = with_bounds(said, relations.found)
            _drop_unused(block)
            names.list_in(function, declared)
            _update_results(function)


def _of_names(
    function: FuncOp, relations: Sequence[RelationAttr | BroadcastRelationAttr]
) -> list[RelationAttr | BroadcastRelationAttr]:
    """Those relations of which the function still finds all names of the data."""
    if not relations:
        return []
    known = set(facts_of(function).dims)
    known.update(
        name
        for op in function.walk()
        if isinstance(op, SizeDefiningOp)
        for name in op.defined_names
    )
    return [r for r in relations if known.issuperset(names_of(r.sides))]


def _drop_unused(block: Block) -> None:
    """Erase what only computed shapes, or put together what was taken apart again."""
    mentioned = MentionedNames()
    needed: set[str] = set()  # names that operations behind are made of
    for op in reversed(list(block.ops)):
        defined = op.defined_names if isinstance(op, SizeDefiningOp) else ()
        if any(r.uses for r in op.results) or not needed.isdisjoint(defined):
            needed.update(name for inner in op.walk() for name in mentioned.of_operation(inner))
            continue
        if isinstance(op, EngineOp | ConstantOp) or _is_pure_reference(op):
            op.detach()
            op.erase()


def _is_pure_reference(op: Operation) -> bool:
    """Whether an operation computes by reference, and nothing but its results."""
    if not isinstance(op, ReferenceOp):
        return False
    *inner, _ = op.body.block.ops
    return all(isinstance(o, FrameworkOp) and not o.regions and o.has_trait(Pure()) for o in inner)


def _update_results(function: FuncOp) -> None:
    """Results may be known better than the framework said."""
    if isinstance(function.body.block.last_op, ReturnOp):
        function.update_function_type()
