"""The values inside of a model as outputs, for looking at each by itself."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import OpResult, SSAValue

from ...compiler.function_inputs import function_named, output_names
from ...conversion.main_function import text_array
from ...dialects.framework import FrameworkOp, StringType, dims_of, element_of
from ...runtime.abi import MAIN, OUTPUT_NAMES


def return_inner_values(module: ModuleOp) -> dict[str, str]:
    """
    Let `@main` of level 1 return every tensor of numbers that an operation of its block gives and
    whose sizes are known; each of the outputs with the node that gives it: `Conv '/stem/conv'`.
    """
    main = function_named(module, MAIN)
    block = main.body.block
    last = block.last_op
    assert isinstance(last, ReturnOp)
    returned: list[SSAValue] = list(last.operands)
    names = list(output_names(main, len(returned)))
    nodes = dict(zip(names, map(_node, returned), strict=True))
    known = set(returned)
    for op in block.ops:
        if not isinstance(op, FrameworkOp) or op.SIGNATURE.schema.constant:
            continue
        for result in op.results:
            if result in known or not _is_known(result):
                continue
            name = _unique(result.name_hint or f"{op.SIGNATURE.schema.operator}", nodes)
            names.append(name)
            nodes[name] = op.label
            returned.append(result)
    block.erase_op(last)
    block.add_op(ReturnOp(*returned))
    main.attributes[OUTPUT_NAMES] = text_array(names)
    main.update_function_type()
    return {name: node for name, node in nodes.items() if node}


def _node(value: SSAValue) -> str:
    op = value.op if isinstance(value, OpResult) else None
    return op.label if isinstance(op, FrameworkOp) else ""


def _is_known(value: SSAValue) -> bool:
    element, dims = element_of(value.type), dims_of(value.type)
    return (
        element is not None
        and not isinstance(element, StringType)
        and dims is not None
        and None not in dims
    )


def _unique(name: str, taken: dict[str, str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
