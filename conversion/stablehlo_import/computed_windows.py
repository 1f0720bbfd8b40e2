"""
Windows whose sizes are computed: JAX writes them as a call of a function by its name,
`custom_call @stablehlo.dynamic_reduce_window`, where a size is open.
"""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import ArrayAttr, StringAttr, SymbolRefAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Region

from ...dialects.stablehlo import HloOp, op_classes
from ...dialects.stablehlo.return_op import ReturnOp as RegionReturnOp

TARGET = "stablehlo.dynamic_reduce_window"

_OPERANDS = 7
"""The tensor, its first number, sizes, strides, two dilations and pads of windows."""


def name_windows(function: FuncOp, functions: Mapping[str, FuncOp]) -> None:
    """Make calls of `TARGET` operations with the function that combines elements as their region.

    A call of several tensors, or of what is no function of one block, stays a call.
    """
    for op in [op for op in function.walk() if isinstance(op, HloOp)]:
        target = op.properties.get("call_target_name")
        if not isinstance(target, StringAttr) or target.data != TARGET:
            continue
        combiner = _called(op.properties.get("called_computations"), functions)
        if combiner is None or len(op.operands) != _OPERANDS or len(op.results) != 1:
            continue
        body = Region()
        combiner.body.clone_into(body)
        last = body.block.last_op
        assert last is not None
        given = list(last.operands)
        last.detach()
        last.erase()
        body.block.add_op(RegionReturnOp(given))
        made = op_classes()[TARGET].create(
            operands=list(op.operands),
            result_types=[result.type for result in op.results],
            regions=[body],
        )
        if "nodes" in op.attributes:
            made.attributes["nodes"] = op.attributes["nodes"]
        block = op.parent
        assert block is not None
        block.insert_op_before(made, op)
        made.results[0].name_hint = op.results[0].name_hint
        op.results[0].replace_all_uses_with(made.results[0])
        op.detach()
        op.erase()


def _called(names: Attribute | None, functions: Mapping[str, FuncOp]) -> FuncOp | None:
    """The one function of a list of names, where it is one block that ends in a return."""
    if not isinstance(names, ArrayAttr) or len(names.data) != 1:
        return None
    [name] = names.data  # a name in text, a string in portable bytecode
    called = name.string_value() if isinstance(name, SymbolRefAttr) else ""
    found = functions.get(name.data if isinstance(name, StringAttr) else called)
    if found is None or len(found.body.blocks) != 1:
        return None
    return found if isinstance(found.body.block.last_op, ReturnOp) else None
