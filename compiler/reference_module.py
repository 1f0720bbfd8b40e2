"""The text by which the run time knows a reference operation."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.rewriter import Rewriter

from ..dialects.engine import ReferenceOp
from ..dialects.framework import dims_of, element_of, tensor_type
from ..errors import CompileError
from ..runtime.abi import MAIN
from ..runtime.size import Size
from ..runtime.size_facts import names_of
from ..runtime.size_solving import SizeSolving


def reference_module(op: ReferenceOp) -> str:
    """
    The text of a module whose `@main` is the region of a reference operation.

    Where the operands do not say what the names in their sizes are, as those of `[N, H * W]` do
    not, their types say that sizes are not known.
    """
    body = op.body.clone()
    block = body.block
    last = block.last_op
    assert last is not None
    results = list(last.operands)
    returned = func.ReturnOp(*results)
    block.add_op(returned)
    last.detach()
    last.erase()
    if not _says_all(block.arg_types, [value.type for value in results]):
        _forget_sizes(body)
    types = ([a.type for a in block.args], [v.type for v in returned.operands])
    return str(ModuleOp([func.FuncOp(MAIN, types, body)])) + "\n"


def _says_all(operands: Iterable[Attribute], results: Iterable[Attribute]) -> bool:
    """Whether the sizes of operands give all names, those in the sizes of results among them."""
    shapes = {str(at): _sizes(type_) for at, type_ in enumerate(operands)}
    try:
        names = SizeSolving(shapes).names
    except CompileError:
        return False
    return set(names_of(n for type_ in results for n in _sizes(type_))) <= set(names)


def _sizes(type_: Attribute) -> tuple[Size, ...]:
    return tuple(dim for dim in dims_of(type_) or () if isinstance(dim, Size))


def _forget_sizes(body: Region) -> None:
    values: list[SSAValue] = [a for block in body.blocks for a in block.args]
    for op in body.walk():
        values.extend(op.results)
        values.extend(a for region in op.regions for block in region.blocks for a in block.args)
    for value in values:
        dims, element = dims_of(value.type), element_of(value.type)
        if dims is not None and element is not None and _sizes(value.type):
            numbers = [dim if isinstance(dim, int) else None for dim in dims]
            Rewriter.replace_value_with_new_type(value, tensor_type(element, numbers))
