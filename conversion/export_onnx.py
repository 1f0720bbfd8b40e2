"""
Modules of the `onnx` dialect as ONNX models.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import onnx
from onnx import helper
from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute

from ..dialects.engine.weights import WeightStore, weight_store
from ..dialects.onnx import OnnxOp, YieldOp
from ..dialects.onnx.graph_writer import Foreign, GraphWriter, Weight
from ..errors import StepwellError
from ..runtime.abi import INPUT_NAMES, MAIN, OUTPUT_NAMES
from .onnx_export.file import MESSAGE_LIMIT, size_of, write_file
from .onnx_export.fused_nodes import DOMAIN, FusedNode
from .onnx_export.opset import opset_versions
from .onnx_export.weights import header, raw_bytes

__all__ = ["export_file", "export_model"]


def export_model(module: ModuleOp, ctx: Context, *, opset: int | None = None) -> onnx.ModelProto:
    """The model of `@main` as a message, its numbers included.

    `opset` is the version to write, by default the oldest from 18 on that has the same meaning.

    Raises `StepwellError` for a module with other than `onnx` operations, one that the opset
    cannot express, and one of more than 2 GiB, for which there is `export_file`.
    """
    model, weights = _exported(module, ctx, opset)
    store = weight_store(ctx)
    if model.ByteSize() + sum(map(size_of, weights)) > MESSAGE_LIMIT:
        raise StepwellError("the model has more than 2 GiB; write it to a file instead")
    for weight in weights:
        message, array = header(weight, store)
        if array is not None:
            message.raw_data = bytes(raw_bytes(array))
        model.graph.initializer.append(message)
    return model


def export_file(
    module: ModuleOp,
    ctx: Context,
    path: str | Path,
    *,
    opset: int | None = None,
    fused: Sequence[FusedNode] = (),
    limit: int = MESSAGE_LIMIT,
) -> tuple[Path, ...]:
    """Write the model of `@main` to a file; see `export_model`. Gives the files that it wrote.

    `fused` are nodes in the place of several, of onnxruntime's own operators.

    Beyond `limit` bytes the numbers go to a file `NAME.data` beside it. Numbers are written from
    where they lie; the model is never in memory as a whole.
    """
    model, weights = _exported(module, ctx, opset, fused)
    return write_file(model, weights, weight_store(ctx), Path(path), limit)


def _exported(
    module: ModuleOp, ctx: Context, opset: int | None, fused: Sequence[FusedNode] = ()
) -> tuple[onnx.ModelProto, Sequence[Weight]]:
    main = _main(module)
    ops = [op for op in main.walk() if isinstance(op, OnnxOp)]
    opsets = opset_versions(ops, opset)
    store: WeightStore = weight_store(ctx)
    writer = GraphWriter(store)
    if fused:
        opsets[DOMAIN] = 1
        writer.foreign = {
            node.last: Foreign(node.operator, DOMAIN, node.operands, node.attributes, node.ops[0])
            for node in fused
        }
        writer.left_out = {op for node in fused for op in node.ops[:-1]}
    block = main.body.block
    last = block.last_op
    outputs = list(last.operands) if isinstance(last, ReturnOp) else []
    input_names = _names(main, INPUT_NAMES, "input", len(block.args))
    output_names = _names(main, OUTPUT_NAMES, "output", len(outputs))
    graph = writer.main(block, outputs, input_names, output_names)
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    model = helper.make_model(graph, opset_imports=imports, producer_name="stepwell")
    model.ir_version = helper.find_min_ir_version_for(imports, ignore_unknown=True)
    return model, writer.weights


def _main(module: ModuleOp) -> FuncOp:
    functions = [op for op in module.ops if isinstance(op, FuncOp)]
    main = next((f for f in functions if f.sym_name.data == MAIN), None)
    if main is None or len(main.body.blocks) != 1:
        raise StepwellError("only a module with a function @main of one block is a model")
    for op in main.walk():
        if not isinstance(op, OnnxOp | YieldOp | ReturnOp | FuncOp):
            raise StepwellError(
                f"'{op.name}' is not an operation of the onnx dialect; export the model before "
                "it is converted to the next level"
            )
    return main


def _names(function: FuncOp, which: str, stem: str, count: int) -> list[str]:
    names = function.attributes.get(which)
    if isinstance(names, ArrayAttr):
        elements = cast(Sequence[Attribute], names.data)
        found = [name.data for name in elements if isinstance(name, StringAttr)]
        if len(found) == count:
            return found
    return [f"{stem}{at}" for at in range(count)]
