"""
Programs in StableHLO as modules of the `stablehlo` dialect.

    @main(inputs) -> outputs attributes {input_names = [...], output_names = [...]}

Calls are inlined, what computes nothing is left out, and open sizes have names. The steps are in
`stablehlo_import/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import VerifyException

from ..dialects.engine import WeightStore
from ..dialects.engine.weights import SMALL, dense, weight_store
from ..dialects.framework import Dim as Extents
from ..dialects.framework import dims_of, element_of, element_type_of_ir, tensor_type
from ..dialects.stablehlo import op_classes
from ..errors import InvalidIRError
from ..ir.verify_operations import InvalidOperationError, verify_operations
from ..runtime.size import Extent
from ..runtime.size_facts import Dim, Facts
from .input_shapes import bound_inputs
from .input_values import bound_values
from .main_function import main_module
from .problems import Problems
from .size_names import names_in
from .size_relations import Relations
from .source import Content
from .stablehlo_import.inline import inlined_main
from .stablehlo_import.open_dims import argument_dims
from .stablehlo_import.program import Program, given_names, name_operations
from .stablehlo_import.reader import read_program
from .stablehlo_import.refine import Refinement
from .stablehlo_import.simplify import (
    check_supported,
    keep_constants,
    simplify,
    sink_constants,
)

__all__ = ["import_model"]


def import_model(
    source: Content | Any,
    ctx: Context,
    *,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Collection[str] = (),
    sizes: Mapping[str, Dim] | None = None,
) -> ModuleOp:
    """The program as a module of the `stablehlo` dialect; see `Frontend.import_model`.

    Raises `ImportModelError` with everything that is wrong with it.
    """
    program = read_program(source, ctx)
    problems = Problems(program.subject)
    main = _flat(program, problems)
    problems.stop()
    assert main is not None
    store = weight_store(ctx)
    block = main.body.block
    names, output_names = given_names(program, main)
    types = _input_types(program, main, names, problems)
    problems.stop()
    known = bound_values(types, values, problems)
    all_shapes = {**(shapes or {}), **{name: array.shape for name, array in known.items()}}
    open_names = names_in(types.values())
    facts = {name: Dim(1) for name in open_names} | dict(sizes or {})
    given = bound_inputs(types, all_shapes, problems, dims=facts)
    problems.stop()
    for arg, type_ in zip(block.args, given.types, strict=True):
        if arg.type != type_:
            Rewriter.replace_value_with_new_type(arg, type_)
    inputs = given.without(known)
    _bind(block, names, known, store)
    relations = Relations(given.dims, Facts(given.dims))
    Refinement(problems, relations).block(block)
    problems.stop()
    keep_constants(block, store)
    last = block.last_op
    assert last is not None
    outputs = list(zip(output_names, last.operands, strict=True))
    body = Block(arg_types=inputs.types)
    _move(block, body)
    return main_module(body, inputs, outputs, relations, known)


def _flat(program: Program, problems: Problems) -> FuncOp | None:
    """`@main` with everything inlined that it calls, checked; None where a problem was found."""
    for op in program.module.ops:
        if isinstance(op, FuncOp):
            name_operations(op, program.names)
    main = inlined_main(program.module, problems)
    if main is None or problems:
        return None
    simplify(main.body.block)
    sink_constants(main.body.block)
    check_supported(main.body.block, problems)
    if problems:
        return None
    if not isinstance(main.body.block.last_op, ReturnOp):
        problems.add("@main does not end in func.return")
        return None
    try:
        verify_operations(main)
    except InvalidOperationError as error:
        label = getattr(error.op, "label", error.op.name)
        problems.node(str(label), str(error.__cause__ or error))
    except (InvalidIRError, VerifyException) as error:
        problems.add(str(error))
    return None if problems else main


def _input_types(
    program: Program, main: FuncOp, names: Sequence[str], problems: Problems
) -> dict[str, Attribute]:
    """The types of the inputs by name, with the names of their open sizes."""
    args = main.body.block.args
    found = argument_dims(program, main)
    types: dict[str, Attribute] = {}
    for name, arg, dims in zip(names, args, found, strict=True):
        type_: Attribute = arg.type
        element = element_of(type_)
        if not isinstance(type_, TensorType) or element is None:
            problems.add(f"input '{name}' is a {type_}, which is not supported")
        elif element_type_of_ir(element) is None:
            problems.add(f"input '{name}' has elements of type {element}, which is not supported")
        else:
            types[name] = tensor_type(element, _merged(dims_of(type_), dims))
    return types


def _merged(declared: Sequence[Extents] | None, named: Sequence[Extents]) -> list[Extents]:
    own = list(declared or ())
    if len(named) != len(own):
        return own
    return [b if a is None else a for a, b in zip(own, named, strict=True)]


def _bind(
    block: Block, names: Sequence[str], known: Mapping[str, np.ndarray], store: WeightStore
) -> None:
    """Constants in place of the inputs that were given values."""
    for arg, name in list(zip(block.args, names, strict=True)):
        array = known.get(name)
        if array is None:
            continue
        value = dense(array) if array.size <= SMALL else store.add(array, name)
        constant = op_classes()["stablehlo.constant"].create(
            result_types=[arg.type], properties={"value": value}
        )
        first = block.first_op
        assert first is not None
        block.insert_op_before(constant, first)
        constant.results[0].name_hint = name
        arg.replace_all_uses_with(constant.results[0])
        block.erase_arg(arg)


def _move(block: Block, target: Block) -> None:
    """Move the operations of a block to one with the same arguments; the last one is erased."""
    for old, new in zip(block.args, target.args, strict=True):
        new.name_hint = old.name_hint
        values: SSAValue = new
        old.replace_all_uses_with(values)
    *ops, last = block.ops
    for op in ops:
        op.detach()
        target.add_op(op)
    last.detach()
    last.erase()  # a use that is left would keep passes from erasing what it returned
