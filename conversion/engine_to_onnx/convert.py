"""A module of level 2 as one of the `onnx` dialect."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue

from ...dialects.engine import ConstantOp, IfOp, LoopOp
from ...dialects.engine.base import YieldOp, names_of
from ...dialects.engine.weights import weight_store
from ...errors import CompileError
from ...runtime.abi import MAIN
from .control import convert_if, convert_loop, type_of
from .nodes import DEFAULT_OPSET, Nodes, NoOnnxForm
from .table import CONVERTERS


def onnx_module(module: ModuleOp, ctx: Context, newest: int = DEFAULT_OPSET) -> ModuleOp:
    """
    The program of `module`, which is of level 2, in operators of ONNX; `module` stays as it is.

    Operators are of the opset `newest` at most. Names of inputs and outputs stay, and nodes have
    the names of those that they came from.

    Raises:
        CompileError: for operations without a form in ONNX, with all of them and their nodes.
    """
    main = _main(module)
    block = Block(arg_types=[type_of(v) for v in main.body.block.args])
    nodes = Nodes(weight_store(ctx), block, newest=newest)
    for value, argument in zip(main.body.block.args, block.args, strict=True):
        argument.name_hint = value.name_hint
        nodes.bind(value, argument)
    problems: list[str] = []
    outputs = _block(nodes, main.body.block, problems)
    if problems:
        raise CompileError(
            "the model cannot be written as ONNX; operations without a form in it: "
            + "; ".join(problems)
        )
    block.add_op(ReturnOp(*outputs))
    _drop_unused(block)
    types = ([a.type for a in block.args], [v.type for v in outputs])
    function = FuncOp(main.sym_name.data, types, Region(block))
    function.attributes.update(main.attributes)
    return ModuleOp([function])


def _drop_unused(block: Block) -> None:
    """Take out nodes whose results nobody reads."""
    for op in reversed(list(block.ops)):
        if op.results and not any(value.uses for value in op.results):
            op.detach()
            op.erase()


def _main(module: ModuleOp) -> FuncOp:
    for op in module.ops:
        if isinstance(op, FuncOp) and op.sym_name.data == MAIN and len(op.body.blocks) == 1:
            return op
    raise CompileError("only a module with a function @main of one block is a model")


def _block(nodes: Nodes, block: Block, problems: list[str]) -> Sequence[SSAValue]:
    """Convert the operations of a block; gives what it ends with."""
    for op in block.ops:
        if isinstance(op, ReturnOp | YieldOp):
            return [nodes.value(v) for v in op.operands]
        if not isinstance(op, ConstantOp):
            _convert(nodes, op, problems)
    return ()


def _convert(nodes: Nodes, op: Operation, problems: list[str]) -> None:
    nodes.begin(op)
    try:
        if isinstance(op, IfOp | LoopOp):
            results = _with_regions(nodes, op, problems)
        else:
            converter = CONVERTERS.get(type(op))
            if converter is None:
                raise NoOnnxForm("it has no operator in ONNX")
            results = converter(nodes, op)
    except NoOnnxForm as error:
        label = ", ".join(names_of(op, "nodes")) or op.name
        problems.append(f"'{op.name}' of {label}: {error}")
        # What follows is looked at as well.
        results = Block(arg_types=[type_of(v) for v in op.results]).args
    for value, made in zip(op.results, results, strict=True):
        nodes.bind(value, made)


def _with_regions(nodes: Nodes, op: IfOp | LoopOp, problems: list[str]) -> Sequence[SSAValue]:
    # Regions are as deep as the model has them in each other, which its readers bound.
    def convert(inner: Nodes, block: Block) -> Sequence[SSAValue]:
        found = _block(inner, block, problems)
        nodes.begin(op)
        return found

    if isinstance(op, IfOp):
        return convert_if(nodes, op, convert)
    return convert_loop(nodes, op, convert)
