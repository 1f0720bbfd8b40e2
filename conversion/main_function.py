"""
The function `@main` that an importer makes of a block.

    @main(inputs) -> outputs attributes {input_names = [...], output_names = [...]}

With open sizes it also has what is known of their names (`sizes`) and what must hold of them in
every call (`relations`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue

from ..dialects.engine.bound_sizes import BoundSizes
from ..dialects.engine.size_facts import (
    RELATIONS,
    SIZES,
    NamesAttr,
    all_relations_of,
    facts_of,
)
from ..ir.bind_sizes import bind_operation, bind_sizes
from ..runtime.abi import BOUND_INPUTS, INPUT_NAMES, MAIN, OUTPUT_NAMES
from ..runtime.bound_inputs import bound_text
from ..runtime.size import named
from .input_shapes import GraphInputs
from .size_hints import fitting_hints
from .size_relations import Relations, not_negative_by, with_bounds


def main_module(
    block: Block,
    inputs: GraphInputs,
    outputs: Mapping[str, SSAValue] | Sequence[tuple[str, SSAValue]],
    relations: Relations,
    known: Mapping[str, npt.NDArray[Any]] | None = None,
) -> ModuleOp:
    """
    A module whose `@main` is `block`, the arguments of which are `inputs`.

    `outputs` are values of the block by name, in their order; `known` the inputs that were given
    values and are no arguments.
    """
    pairs = list(outputs.items()) if isinstance(outputs, Mapping) else list(outputs)
    results = [value for _, value in pairs]
    block.add_op(ReturnOp(*results))
    main = FuncOp(MAIN, (inputs.types, [value.type for value in results]), Region(block))
    main.attributes[INPUT_NAMES] = text_array(inputs.names)
    main.attributes[OUTPUT_NAMES] = text_array([name for name, _ in pairs])
    if inputs.dims:
        main.attributes[SIZES] = with_bounds(NamesAttr.of(inputs.dims), relations.found)
    if relations.found:
        main.attributes[RELATIONS] = ArrayAttr(relations.found)
    if known:
        texts = {name: StringAttr(bound_text(array)) for name, array in known.items()}
        main.attributes[BOUND_INPUTS] = DictionaryAttr(texts)
    module = ModuleOp([main])
    bind_sizes(module, relations.numbers)
    _limit_names(module, relations.limits)
    _use_relations(module)
    if inputs.dims:
        dims = fitting_hints(facts_of(main).dims, (*relations.found, *relations.in_branches))
        main.attributes[SIZES] = NamesAttr.of(dims)
    return module


def _use_relations(module: ModuleOp) -> None:
    """
    Give sizes the form that they have where the relations hold: what is asked of each call.

    Where `min(96, P + S)` is `P + S`, as all of a table's rows are wanted that there can be, so is
    `min(96, P)` just `P`.
    """
    [main] = module.ops
    given = all_relations_of(main)
    bounding = [relation for relation in given if not_negative_by(relation)]
    if not bounding:
        return
    facts = facts_of(main)
    known = BoundSizes({}, Relations(facts.dims, facts, bounding).functions)
    for op in module.walk():
        bind_operation(op, known)
    left = main.attributes.get(RELATIONS)
    others = tuple(left) if isinstance(left, ArrayAttr) else ()
    main.attributes[RELATIONS] = ArrayAttr([*bounding, *(r for r in others if r not in bounding)])


def _limit_names(module: ModuleOp, limits: Mapping[str, int]) -> None:
    """
    Give names the upper bounds that the model implies, and sizes the form that they have by these.

    A name `S` of at most 512 is replaced by `512 - T` and `T` by `512 - S`: as no name is
    negative, `min(512, S)` is `S` after that.
    """
    [main] = module.ops
    dims = dict(facts_of(main).dims)
    for name, most in limits.items():
        if name not in dims or not dims[name].lower <= most:
            continue
        dim = dims[name]
        upper = most if dim.upper is None else min(most, dim.upper)
        hint = None if dim.hint is None else min(dim.hint, upper)
        dims[name] = replace(dim, upper=upper, hint=hint)
        rest = f"{name} below {most}"
        bind_sizes(module, {name: most - named(rest)})
        bind_sizes(module, {rest: most - named(name)})
        main.attributes[SIZES] = NamesAttr.of(dims)


def text_array(texts: Sequence[str]) -> Attribute:
    """A list of texts as an attribute."""
    return ArrayAttr([StringAttr(text) for text in texts])
