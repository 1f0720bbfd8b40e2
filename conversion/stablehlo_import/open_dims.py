"""
Names of the sizes that a program leaves open.

`jax.export` writes them beside the program, as `(b, 4)`, and into it, as the arguments of the
function that `@main` calls: `%arg0: tensor<i32> {jax.global_constant = "b"}` is the size of a
dimension that `@main` asks for.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import BlockArgument

from ...dialects.framework import Dim, dims_of
from ...dialects.stablehlo import HloOp
from ...runtime.size import named
from .program import Program


def argument_dims(program: Program, main: FuncOp) -> list[list[Dim]]:
    """The sizes of the arguments, as far as the program names them."""
    types = [arg.type for arg in main.body.block.args]
    if len(program.input_dims) == len(types):
        return [list(dims) for dims in program.input_dims]
    return [list(dims_of(type_) or ()) for type_ in types]


def sizes_by_calls(module: ModuleOp) -> list[list[Dim]] | None:
    """The sizes of the arguments of `@main` by what it calls with them; None without names."""
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    main = functions.get("main")
    if main is None or main.is_declaration:
        return None
    args = main.body.block.args
    found = [list(dims_of(arg.type) or ()) for arg in args]
    named_any = False
    for op in main.body.block.ops:
        callee = functions.get(op.callee.string_value()) if isinstance(op, CallOp) else None
        if callee is None or callee.arg_attrs is None:
            continue
        for value, attrs in zip(op.operands, callee.arg_attrs.data, strict=False):
            word = attrs.data.get("jax.global_constant")
            source = value.owner
            if not isinstance(word, StringAttr) or not word.data or not isinstance(source, HloOp):
                continue
            axis = source.attribute("dimension")
            if source.name != "stablehlo.get_dimension_size" or not isinstance(axis, int):
                continue
            of = source.operands[0]
            own = isinstance(of, BlockArgument) and of.owner is main.body.block
            dims = found[of.index] if own and isinstance(of, BlockArgument) else []
            if axis < len(dims) and dims[axis] is None:
                dims[axis] = named(word.data)
                named_any = True
    return found if named_any else None
