"""
Products of weights of four bits as `MatMulNBits`, an operator of onnxruntime's.

The weight is `[N, blocks, block / 2]`, two codes in a byte, the lower one first; codes are those of
`DequantizeLinear` and 8, which is the zero point where none is given
(https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from ...runtime.output_file import output_file

DOMAIN = "com.microsoft"


def with_products_of_four_bits(model: onnx.ModelProto) -> onnx.ModelProto:
    """
    Put `MatMulNBits` in place of each matrix product, `MatMul` or `Gemm`, whose right side is a
    `DequantizeLinear` of constants in blocks; the model is changed.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    decoded = {
        node.output[0]: node
        for node in graph.node
        if node.op_type == "DequantizeLinear" and _integer(node, "block_size")
    }
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        weight = decoded.get(node.input[1]) if node.op_type in ("MatMul", "Gemm") else None
        nodes += [node] if weight is None else _product(node, weight, constants)
    used = {name for node in nodes for name in node.input}
    kept = [n for n in nodes if used.intersection(n.output) or n.output[0] not in decoded]
    used = {name for node in kept for name in node.input} | {o.name for o in graph.output}
    tensors = [tensor for tensor in constants.values() if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(tensors)
    if any(node.domain == DOMAIN for node in kept):
        model.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    return model


def save(model: onnx.ModelProto, path: Path) -> tuple[Path, ...]:
    """Write a model; appears at `path` whole or not at all."""
    with output_file(path) as part:
        part.write_bytes(model.SerializeToString(deterministic=True))
    return (path,)


def _product(
    node: onnx.NodeProto, weight: onnx.NodeProto, constants: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    codes, scales = (numpy_helper.to_array(constants[name]) for name in weight.input[:2])
    block, axis = _integer(weight, "block_size"), _integer(weight, "axis")
    rows = np.asarray(codes, np.int8) if axis == 1 else np.asarray(codes, np.int8).T
    columns, depth = rows.shape
    packed, stem = _packed(rows, block), weight.input[0]
    by_row = np.asarray(scales if axis == 1 else scales.T, np.float32)
    for name, array in ((f"{stem}_packed", packed), (f"{stem}_packed_scales", by_row)):
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
    has_bias = node.op_type == "Gemm" and len(node.input) > 2
    sums = f"{node.output[0]}_sums" if has_bias else node.output[0]
    made = helper.make_node(
        "MatMulNBits",
        [node.input[0], f"{stem}_packed", f"{stem}_packed_scales"],
        [sums],
        node.name,
        domain=DOMAIN,
        K=depth,
        N=columns,
        bits=4,
        block_size=block,
    )
    if not has_bias:
        return [made]
    bias = helper.make_node("Add", [sums, node.input[2]], [node.output[0]], f"{node.name}/bias")
    return [made, bias]


def _packed(rows: npt.NDArray[np.int8], block: int) -> npt.NDArray[np.uint8]:
    """Codes `[N, K]` as `[N, blocks, block / 2]`."""
    columns, depth = rows.shape
    blocks = -(-depth // block)
    whole = np.full((columns, blocks * block), 8, np.uint8)
    whole[:, :depth] = (rows + 8).astype(np.uint8)
    pairs = whole.reshape(columns, blocks, block // 2, 2)
    return (pairs[..., 0] | (pairs[..., 1] << 4)).astype(np.uint8)


def _integer(node: onnx.NodeProto, name: str) -> int:
    found: Any = next((a for a in node.attribute if a.name == name), None)
    return 0 if found is None else cast("int", found.i)
