"""
Nodes that can be refused as soon as the sizes of their operands are known.

Each case is a node, its operands and words of the message. An operand is a shape (an input of the
model, of float32 unless it says otherwise), an array (an initializer), or None (absent).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32, I64, U8, I8, I32, TEXT, BOOL = (
    TensorProto.FLOAT,
    TensorProto.INT64,
    TensorProto.UINT8,
    TensorProto.INT8,
    TensorProto.INT32,
    TensorProto.STRING,
    TensorProto.BOOL,
)


@dataclass(frozen=True)
class Shape:
    """An input of the model."""

    sizes: tuple[int | str | None, ...]
    type: int = F32


def s(*sizes: int | str | None, type: int = F32) -> Shape:
    return Shape(sizes, type)


def ints(*values: int) -> np.ndarray[Any, Any]:
    return np.array(values, np.int64)


def f32(*shape: int) -> np.ndarray[Any, Any]:
    return np.ones(shape, np.float32)


@dataclass(frozen=True)
class Malformed:
    """A node that no run can make sense of."""

    op: str
    operands: Sequence[Any]
    words: str
    """Of the message."""
    attributes: dict[str, Any]
    outputs: int = 1
    domain: str = ""

    @property
    def name(self) -> str:
        return f"{self.op}: {self.words}"

    def model(self, opset: int = 22) -> onnx.ModelProto:
        """A model of this node alone, called `/bad`."""
        return model_of(self.op, self.operands, self.attributes, self.outputs, self.domain, opset)


def model_of(
    op: str,
    operands: Sequence[Any],
    attributes: dict[str, Any],
    outputs: int = 1,
    domain: str = "",
    opset: int = 22,
) -> onnx.ModelProto:
    """A model of one node called `/bad`."""
    inputs: list[onnx.ValueInfoProto] = []
    tensors: list[onnx.TensorProto] = []
    names: list[str] = []
    for at, operand in enumerate(operands):
        names.append("" if operand is None else f"x{at}")
        if isinstance(operand, Shape):
            info = helper.make_tensor_value_info(names[-1], operand.type, operand.sizes)
            inputs.append(info)
        elif operand is not None:
            tensors.append(numpy_helper.from_array(operand, names[-1]))
    results = [f"y{at}" for at in range(outputs)]
    node = helper.make_node(op, names, results, name="/bad", domain=domain, **attributes)
    infos = [onnx.ValueInfoProto(name=name) for name in results]
    graph = helper.make_graph([node], "g", inputs, infos, tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def bad(
    words: str, op: str, *operands: Any, outputs: int = 1, domain: str = "", **attributes: Any
) -> Malformed:
    return Malformed(op, operands, words, attributes, outputs, domain)


AXES = [
    *(
        bad("axis", op, s(2, 3), axis=axis)
        for op in ("Softmax", "LogSoftmax", "Hardmax", "ArgMax", "ArgMin", "LpNormalization")
        for axis in (2, -3, 2**63 - 1, -(2**63))
    ),
    bad("axis", "Flatten", s(2, 3), axis=3),
    bad("axis", "Concat", s(2, 3), s(2, 3), axis=2),
    bad("axis", "Split", s(2, 3), axis=2, num_outputs=1),
    bad("axis", "Gather", s(2, 3), ints(0), axis=2),
    bad("axis", "GatherElements", s(2, 3), ints(0).reshape(1, 1), axis=-3),
    bad("axis", "ScatterElements", s(2, 3), ints(0).reshape(1, 1), s(1, 1), axis=-3),
    bad("axis", "Compress", s(2, 3), np.array([True]), axis=2),
    bad("axis", "TopK", s(2, 3), ints(1), axis=2, outputs=2),
    bad("axis", "OneHot", s(2, 3, type=I64), ints(4), f32(2), axis=4),
    bad("axis", "LayerNormalization", s(2, 3), f32(3), axis=2),
    bad("axis", "LayerNormalization", s(2, 3), f32(3), axis=2**63 - 1),
    bad("axis", "CumSum", s(2, 3), np.array(2)),
    bad("axis", "QuantizeLinear", s(2, 3), f32(3), np.zeros(3, np.uint8), axis=2),
    bad("axis", "DequantizeLinear", s(2, 3, type=U8), f32(3), axis=-3),
    bad("axis", "Unique", s(2, 3), axis=2),
    bad("axis", "DFT", s(1, 8, 1), None, np.array(5)),
    bad("axis", "SplitToSequence", s(2, 3), axis=2),
    bad("axis", "ReverseSequence", s(2, 3), ints(1, 1, 1), time_axis=2, batch_axis=1),
    bad("axes", "MeanVarianceNormalization", s(2, 3), axes=[0, 2]),
    bad("axes", "MeanVarianceNormalization", s(2, 3, 4, 4), axes=[0, 0]),
    bad("perm", "Transpose", s(2, 3), perm=[0, 2]),
    bad("perm", "Transpose", s(2, 3), perm=[0, 0]),
    bad("perm", "Transpose", s(2, 3), perm=[0]),
    *(
        bad("axes", op, s(2, 3), axes)
        for op in ("ReduceSum", "ReduceMax", "ReduceL2", "ReduceLogSumExp", "Squeeze")
        for axes in (ints(2), ints(-3), ints(0, 0), ints(0, -2))
    ),
    bad("axes", "Unsqueeze", s(2, 3), ints(4)),
    bad("axes", "Unsqueeze", s(2, 3), ints(0, 0)),
    bad("axes", "Unsqueeze", s(2, 3), ints(1, -3)),
    bad("axes", "Slice", s(2, 3), ints(0), ints(1), ints(2)),
    bad("axes", "Slice", s(2, 3), ints(0, 0), ints(1, 1), ints(0, 0)),
    bad("axes", "Pad", s(2, 3), ints(1, 1), None, ints(2)),
    bad("axes", "Pad", s(2, 3), ints(1, 1, 1, 1), None, ints(1, 1)),
    bad("axes", "Resize", s(1, 1, 4, 4), None, f32(2), None, axes=[2, 4]),
    bad("axes", "Resize", s(1, 1, 4, 4), None, f32(2), None, axes=[2, 2]),
    bad("axes", "CenterCropPad", s(2, 3), ints(1), axes=[2]),
]

INDICES = [
    bad("index 5", "Gather", s(5, 3), ints(0, 5)),
    bad("index -6", "Gather", s(5, 3), ints(-6)),
    bad("index 3", "Gather", s(5, 3), np.array(3), axis=1),
    bad("index 7", "Gather", s(5, 3), np.arange(3000) % 8),
    bad("index 5", "GatherElements", s(5, 3), ints(5).reshape(1, 1)),
    bad("index 3", "GatherND", s(5, 3), np.array([[0, 3]])),
    bad("index 6", "GatherND", s(2, 5), np.array([[6], [0]]), batch_dims=1),
    bad("index 5", "ScatterElements", s(5, 3), ints(5).reshape(1, 1), s(1, 1)),
    bad("index -4", "ScatterND", s(5, 3), np.array([[0, -4]]), s(1)),
    bad("index 9", "ArrayFeatureExtractor", s(2, 3), ints(9), domain="ai.onnx.ml"),
    bad("batch_dims", "GatherND", s(5, 3), np.array([[0, 0]]), batch_dims=-1),
    bad("batch_dims", "GatherND", s(5, 3), np.array([[0, 0]]), batch_dims=2),
    bad("batch", "GatherND", s(5, 3), np.array([[0], [0]]), batch_dims=1),
    bad("3 indices", "GatherND", s(5, 3), np.array([[0, 0, 0]])),
    bad("updates", "ScatterND", s(5, 3), np.array([[0], [1]]), s(2, 4)),
    bad("updates", "ScatterElements", s(5, 3), np.array([[0, 0]]), s(1, 1)),
    bad("rank", "GatherElements", s(5, 3), ints(0)),
    bad("indices", "GatherElements", s(5, 3), np.zeros((1, 4), np.int64)),
    bad("indices", "ScatterElements", s(5, 3), np.zeros((1, 4), np.int64), s(1, 4)),
]

SIZES = [
    bad("elements", "Reshape", s(2, 3), ints(7)),
    bad("elements", "Reshape", s(2, 3), ints(4, -1)),
    bad("-1", "Reshape", s(2, 3), ints(-1, -1)),
    bad("-2", "Reshape", s(2, 3), ints(-2, 3)),
    bad("0", "Reshape", s(2, 3), ints(2, 3, 0)),
    bad("inner", "MatMul", s(2, 3), s(4, 5)),
    bad("inner", "MatMul", s(3), s(4)),
    bad("batch", "MatMul", s(2, 2, 3), s(3, 3, 4)),
    bad("scalar", "MatMul", s(), s(3)),
    bad("inner", "Gemm", s(2, 3), s(4, 5)),
    bad("inner", "Gemm", s(2, 3), s(3, 5), transB=1),
    bad("rank", "Gemm", s(2, 3, 4), s(4, 5)),
    bad("C", "Gemm", s(2, 3), s(3, 5), s(4)),
    bad("broadcast", "Add", s(2, 3), s(2, 4)),
    bad("broadcast", "Where", s(2, type=TensorProto.BOOL), s(3), s(1)),
    bad("broadcast", "Max", s(2), s(3)),
    bad("broadcast", "PRelu", s(2, 3), s(2, 1, 1)),
    bad("broadcast", "Expand", s(2, 3), ints(2, 4)),
    bad("-1", "Expand", s(2, 3), ints(-1, 3)),
    bad("sizes", "Concat", s(2, 3), s(3, 3), axis=1),
    bad("rank", "Concat", s(2, 3), s(3), axis=0),
    bad("split", "Split", s(6), ints(2, 3), outputs=2),
    bad("split", "Split", s(6), ints(3, 3), outputs=3),
    bad("split", "Split", s(6), ints(-1, 7), outputs=2),
    bad("num_outputs", "Split", s(6), num_outputs=3, outputs=2),
    bad("num_outputs", "Split", s(3), num_outputs=5, outputs=5),
    bad("split", "SplitToSequence", s(6), ints(2, 3)),
    bad("split", "SplitToSequence", s(6), np.array(0)),
    bad("size 3", "Squeeze", s(3, 1), ints(0)),
    bad("step", "Slice", s(6), ints(0), ints(5), ints(0), ints(0)),
    bad("ends", "Slice", s(6, 6), ints(0, 1), ints(5)),
    bad("axes", "Slice", s(6, 6), ints(0), ints(5), ints(0, 1)),
    bad("starts", "Slice", s(6, 6), ints(0, 0, 0), ints(5, 5, 5)),
    bad("pads", "Pad", s(6, 6), ints(1, 1)),
    bad("below", "Pad", s(6), ints(-4, -4)),
    bad("nothing to repeat", "Pad", s(0), ints(3, 0), mode="reflect"),
    bad("mode", "Pad", s(3), ints(3, 0), mode="mirror"),
    bad("repeats", "Tile", s(2, 3), ints(2)),
    bad("-1", "Tile", s(2, 3), ints(2, -1)),
    bad("K", "TopK", s(3), ints(4), outputs=2),
    bad("K", "TopK", s(3), ints(-1), outputs=2),
    bad("blocksize", "DepthToSpace", s(1, 6, 2, 2), blocksize=2),
    bad("blocksize", "SpaceToDepth", s(1, 1, 3, 2), blocksize=2),
    bad("blocksize", "DepthToSpace", s(1, 8, 2, 2), blocksize=0),
    bad("blocksize", "SpaceToDepth", s(1, 8, 2, 2), blocksize=-2),
    bad("rank", "DepthToSpace", s(8, 2, 2), blocksize=2),
    bad("mode", "DepthToSpace", s(1, 8, 2, 2), blocksize=2, mode="ABC"),
    bad("scales", "Resize", s(1, 1, 4, 4), None, f32(3)),
    bad("scales", "Resize", s(1, 1, 4, 4), None, np.array([1, 1, 0, 2], np.float32)),
    bad("scales", "Resize", s(1, 1, 4, 4), None, np.array([1, 1, -1, 2], np.float32)),
    bad("scales", "Resize", s(1, 1, 4, 4), None, np.array([1, 1, np.nan, 2], np.float32)),
    bad("sizes", "Resize", s(1, 1, 4, 4), None, None, ints(1, 1, 4)),
    bad("sizes", "Resize", s(1, 1, 4, 4), None, None, ints(1, 1, -4, 4)),
    bad("scales", "Resize", s(1, 1, 4, 4), None, None, None),
    bad("scales", "Resize", s(1, 1, 4, 4), None, f32(4), ints(1, 1, 4, 4)),
    bad("mode", "Resize", s(1, 1, 4, 4), None, f32(4), mode="best"),
    bad("roi", "Resize", s(1, 1, 4, 4), f32(3), f32(4),
        coordinate_transformation_mode="tf_crop_and_resize"),
    bad("depth", "OneHot", s(3, type=I64), ints(0), f32(2)),
    bad("depth", "OneHot", s(3, type=I64), ints(-3), f32(2)),
    bad("values", "OneHot", s(3, type=I64), ints(3), f32(3)),
    bad("-1", "ConstantOfShape", ints(2, -1)),
    bad("condition", "Compress", s(2, 3), np.array([[True]])),
    bad("delta", "Range", np.array(0), np.array(5), np.array(0)),
    bad("square", "Det", s(2, 3)),
    bad("rank", "Trilu", s(3)),
    bad("rank", "EyeLike", s(3)),
    bad("rank", "NonMaxSuppression", s(4), s(1, 1, 4)),
    bad("boxes", "NonMaxSuppression", s(1, 5, 3), s(1, 1, 5)),
    bad("scores", "NonMaxSuppression", s(1, 5, 4), s(1, 1, 6)),
    bad("batch", "NonMaxSuppression", s(2, 5, 4), s(1, 1, 5)),
    bad("sequence_lens", "ReverseSequence", s(4, 3), ints(1, 1)),
    bad("sequence_lens", "ReverseSequence", s(4, 3), ints(1, 5, 1)),
    bad("one axis", "ReverseSequence", s(4, 4), ints(1, 1, 1, 1), time_axis=1, batch_axis=1),
    bad("grid", "GridSample", s(1, 1, 4, 4), s(1, 2, 2, 3)),
    bad("grid", "GridSample", s(2, 1, 4, 4), s(1, 2, 2, 2)),
    bad("rank", "GridSample", s(1, 1, 4, 4), s(1, 2, 2)),
    bad("mode", "GridSample", s(1, 1, 4, 4), s(1, 2, 2, 2), mode="best"),
    bad("means", "GridSample", s(1, 1, 4, 4, type=TEXT), s(1, 2, 2, 2), mode="cubic"),
    bad("means", "Resize", s(1, 1, 4, 4, type=TEXT), None, f32(4), mode="linear"),
    bad("means", "Resize", s(1, 1, 4, 4, type=BOOL), None, f32(4), mode="cubic"),
]  # fmt: skip

EINSUMS = [
    *(
        bad("equation", "Einsum", s(2, 3), s(3, 4), equation=equation)
        for equation in (
            "", "ij", "ij,jk,kl->il", "ij,jk->iz", "i.,jk->k", "ij..,jk->k", "ij,jk-k", "ij,jk>k",
            "(\0.--ai", "ij,jk->ii", "ijk,jk->i", "i j,jk->ik->k", "i1,jk->ik", "...i...,jk->k",
            "ij,jk->...", "--------", "ij,ji->", "{k- ", "ij,jk->ik\n%", "\u0131j,jk->k",
        ) if equation != "ij,ji->"
    ),
    bad("letter 'j'", "Einsum", s(2, 3), s(4, 4), equation="ij,jk->ik"),
    bad("letter 'i'", "Einsum", s(2, 3), equation="ii->i"),
    bad("ellipsis", "Einsum", s(5, 2, 3), s(4, 3, 2), equation="...ij,...jk->...ik"),
]  # fmt: skip

CONVOLUTIONS = [
    bad("channels", "Conv", s(1, 3, 8, 8), f32(4, 2, 3, 3)),
    bad("group", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), group=2),
    bad("group", "Conv", s(1, 6, 8, 8), f32(4, 2, 3, 3), group=3),
    bad("group", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), group=0),
    bad("group", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), group=-1),
    bad("kernel_shape", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), kernel_shape=[5, 5]),
    bad("kernel_shape", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), kernel_shape=[3]),
    bad("strides", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), strides=[1]),
    bad("strides", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), strides=[0, 1]),
    bad("dilations", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), dilations=[1, -1]),
    bad("pads", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), pads=[1, 1]),
    bad("pads", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), pads=[1, 1, -1, 1]),
    bad("larger than", "Conv", s(1, 4, 2, 8), f32(4, 4, 5, 3)),
    bad("B", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), f32(3)),
    bad("rank", "Conv", s(1, 4, 8, 8), f32(4, 4, 3)),
    bad("rank", "Conv", s(4, 8), f32(4, 4)),
    bad("auto_pad", "Conv", s(1, 4, 8, 8), f32(4, 4, 3, 3), auto_pad="SAME"),
    bad("channels", "ConvTranspose", s(1, 3, 8, 8), f32(4, 2, 3, 3)),
    bad("group", "ConvTranspose", s(1, 3, 8, 8), f32(3, 2, 3, 3), group=2),
    bad("B", "ConvTranspose", s(1, 4, 8, 8), f32(4, 2, 3, 3), f32(4)),
    bad("output_padding", "ConvTranspose", s(1, 4, 8, 8), f32(4, 2, 3, 3), output_padding=[1]),
    bad("output_padding", "ConvTranspose", s(1, 4, 8, 8), f32(4, 2, 3, 3), output_padding=[-1, 0]),
    bad("output_shape", "ConvTranspose", s(1, 4, 8, 8), f32(4, 2, 3, 3), output_shape=[1, 2, 3]),
    bad("kernel_shape", "ConvTranspose", s(1, 4, 8, 8), f32(4, 2, 3, 3), kernel_shape=[2, 2]),
    bad("channels", "ConvInteger", s(1, 3, 8, 8, type=U8), np.ones((4, 2, 3, 3), np.uint8)),
    bad("channels", "QLinearConv", s(1, 3, 8, 8, type=U8), f32(), np.array(0, np.uint8),
        np.ones((4, 2, 3, 3), np.uint8), f32(), np.array(0, np.uint8), f32(),
        np.array(0, np.uint8)),
    bad("w_scale", "QLinearConv", s(1, 3, 8, 8, type=U8), f32(), np.array(0, np.uint8),
        np.ones((4, 3, 3, 3), np.uint8), f32(3), np.array(0, np.uint8), f32(),
        np.array(0, np.uint8)),
    bad("channels", "DeformConv", s(1, 3, 8, 8), f32(4, 2, 3, 3), s(1, 18, 6, 6)),
    bad("offset", "DeformConv", s(1, 3, 8, 8), f32(4, 3, 3, 3), s(1, 17, 6, 6)),
    bad("kernel_shape", "MaxPool", s(1, 4, 8, 8), kernel_shape=[3]),
    bad("kernel_shape", "AveragePool", s(1, 4, 8, 8), kernel_shape=[0, 3]),
    bad("strides", "MaxPool", s(1, 4, 8, 8), kernel_shape=[3, 3], strides=[0, 1]),
    bad("larger than", "MaxPool", s(1, 4, 2, 8), kernel_shape=[4, 3]),
    bad("pads", "AveragePool", s(1, 4, 8, 8), kernel_shape=[3, 3], pads=[1, 1]),
    bad("p is", "LpPool", s(1, 4, 8, 8), kernel_shape=[3, 3], p=0),
    bad("rank", "GlobalAveragePool", s(4)),
    bad("size", "LRN", s(1, 4, 2, 2), size=0),
    bad("rank", "LRN", s(4), size=3),
    bad("pooled_shape", "MaxRoiPool", s(1, 4, 8, 8), s(2, 5), pooled_shape=[0, 2]),
    bad("rois", "MaxRoiPool", s(1, 4, 8, 8), s(2, 4), pooled_shape=[2, 2]),
    bad("rois", "RoiAlign", s(1, 4, 8, 8), s(2, 5), ints(0, 0)),
    bad("batch_indices", "RoiAlign", s(1, 4, 8, 8), s(2, 4), ints(0)),
    bad("index 1", "RoiAlign", s(1, 4, 8, 8), s(2, 4), ints(0, 1)),
    bad("I", "MaxUnpool", s(1, 1, 2, 2), s(1, 1, 2, 3, type=I64), kernel_shape=[2, 2]),
    bad("blocks", "Col2Im", s(1, 5, 4), ints(4, 4), ints(2, 2)),
    bad("strings", "Col2Im", s(1, 4, 4, type=TEXT), ints(4, 4), ints(2, 2)),
]  # fmt: skip

LAYERS = [
    *(
        bad("channels", "BatchNormalization", s(2, 4, 5), *operands)
        for operands in (
            (f32(3), f32(4), f32(4), f32(4)),
            (f32(4), f32(1), f32(4), f32(4)),
            (f32(4), f32(4), f32(5), f32(4)),
            (f32(4), f32(4), f32(4), f32(4, 1)),
        )
    ),
    bad("channels", "InstanceNormalization", s(2, 4, 5), f32(3), f32(4)),
    bad("rank", "InstanceNormalization", s(2), f32(3), f32(4)),
    bad("broadcast", "LayerNormalization", s(2, 4, 5), f32(4)),
    bad("broadcast", "LayerNormalization", s(2, 4, 5), f32(5), f32(4)),
    bad("broadcast", "RMSNormalization", s(2, 4, 5), f32(4)),
    bad("num_groups", "GroupNormalization", s(2, 4, 5), f32(4), f32(4), num_groups=3),
    bad("num_groups", "GroupNormalization", s(2, 4, 5), f32(4), f32(4), num_groups=0),
    bad("channels", "GroupNormalization", s(2, 4, 5), f32(3), f32(4), num_groups=2),
    bad("hidden_size", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), hidden_size=5),
    bad("W", "LSTM", s(5, 2, 3), f32(1, 15, 3), f32(1, 16, 4), hidden_size=4),
    bad("W", "LSTM", s(5, 2, 3), f32(1, 16, 2), f32(1, 16, 4), hidden_size=4),
    bad("R", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 5), hidden_size=4),
    bad("W", "LSTM", s(5, 2, 3), f32(2, 16, 3), f32(1, 16, 4), hidden_size=4),
    bad("B", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), f32(1, 16), hidden_size=4),
    bad("initial_h", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), None, None, f32(1, 3, 4),
        hidden_size=4),
    bad("P", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), None, None, None, None, f32(1, 16),
        hidden_size=4),
    bad("sequence_lens", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), None,
        np.array([1], np.int32), hidden_size=4),
    bad("sequence_lens", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), None,
        np.array([1, 6], np.int32), hidden_size=4),
    bad("direction", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), hidden_size=4,
        direction="both"),
    bad("activations", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), hidden_size=4,
        activations=["Tanh"]),
    bad("activations", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), hidden_size=4,
        activations=["Tanh", "Nope", "Tanh"]),
    bad("layout", "LSTM", s(5, 2, 3), f32(1, 16, 3), f32(1, 16, 4), hidden_size=4, layout=2),
    bad("rank", "LSTM", s(5, 2), f32(1, 16, 3), f32(1, 16, 4), hidden_size=4),
    bad("W", "GRU", s(5, 2, 3), f32(1, 16, 3), f32(1, 12, 4), hidden_size=4),
    bad("R", "GRU", s(5, 2, 3), f32(1, 12, 3), f32(1, 16, 4), hidden_size=4),
    bad("W", "RNN", s(5, 2, 3), f32(1, 5, 3), f32(1, 4, 4), hidden_size=4),
    bad("scale", "QuantizeLinear", s(2, 3), f32(2), np.zeros(2, np.uint8)),
    bad("zero_point", "QuantizeLinear", s(2, 3), f32(3), np.zeros(2, np.uint8)),
    bad("zero_point", "DequantizeLinear", s(2, 3, type=U8), f32(), np.zeros(2, np.uint8)),
    bad("scale", "DequantizeLinear", s(2, 3, type=U8), f32(2)),
    bad("scale", "DequantizeLinear", s(2, 4, type=U8), f32(2, 3), axis=1, block_size=2),
    bad("block_size", "DequantizeLinear", s(2, 4, type=U8), f32(2, 2), axis=1, block_size=-2),
    bad("y_scale is 0", "QuantizeLinear", s(2, 3), f32() * 0),
    bad("y_scale is nan at 1", "QuantizeLinear", s(2, 3), np.array([1, np.nan, 1], np.float32)),
    bad("x_scale is inf", "DequantizeLinear", s(2, 3, type=U8), np.array(np.inf, np.float32)),
    bad("x_scale is 1.00053e-42 at 0, and 1 more like it", "DequantizeLinear",
        s(2, 2, type=U8), np.full(2, 1e-42, np.float32)),
    bad("b_scale is 0", "QLinearMatMul", s(2, 3, type=U8), f32(), np.array(0, np.uint8),
        np.ones((3, 5), np.uint8), f32() * 0, np.array(0, np.uint8), f32(),
        np.array(0, np.uint8)),
    bad("one for each of 5 columns", "QLinearMatMul", s(2, 3, type=U8), f32(),
        np.array(0, np.uint8), np.ones((3, 5), np.uint8), f32(4), np.zeros(4, np.uint8), f32(),
        np.array(0, np.uint8)),
    bad("the shape of b_scale", "QLinearMatMul", s(2, 3, type=U8), f32(), np.array(0, np.uint8),
        np.ones((3, 5), np.uint8), f32(5), np.array(0, np.uint8), f32(), np.array(0, np.uint8)),
    bad("one for each of 4 filters", "ConvInteger", s(1, 3, 8, 8, type=U8),
        np.ones((4, 3, 3, 3), np.uint8), np.array(0, np.uint8), np.zeros(3, np.uint8)),
    bad("w_scale is nan", "QLinearConv", s(1, 3, 8, 8, type=U8), f32(), np.array(0, np.uint8),
        np.ones((4, 3, 3, 3), np.uint8), f32() * np.float32("nan"), np.array(0, np.uint8), f32(),
        np.array(0, np.uint8)),
    bad("one for each of 5 columns", "MatMulInteger", s(2, 3, type=U8),
        np.ones((3, 5), np.uint8), np.array(0, np.uint8), np.zeros(3, np.uint8)),
    bad("inner", "MatMulInteger", s(2, 3, type=U8), np.ones((4, 5), np.uint8)),
    bad("inner", "QLinearMatMul", s(2, 3, type=U8), f32(), np.array(0, np.uint8),
        np.ones((4, 5), np.uint8), f32(), np.array(0, np.uint8), f32(), np.array(0, np.uint8)),
    bad("num_heads", "Attention", s(2, 4, 9), s(2, 4, 9), s(2, 4, 9), q_num_heads=2,
        kv_num_heads=2),
    bad("num_heads", "Attention", s(2, 4, 12), s(2, 4, 9), s(2, 4, 9), q_num_heads=4,
        kv_num_heads=3),
    bad("batch", "Attention", s(2, 2, 4, 8), s(3, 2, 4, 8), s(3, 2, 4, 8)),
    bad("head", "Attention", s(2, 2, 4, 8), s(2, 2, 4, 7), s(2, 2, 4, 8)),
    bad("length", "Attention", s(2, 2, 4, 8), s(2, 2, 4, 8), s(2, 2, 5, 8)),
    bad("attn_mask", "Attention", s(2, 2, 4, 8), s(2, 2, 4, 8), s(2, 2, 4, 8), s(4, 5)),
    bad("rank", "Attention", s(2, 4, 8), s(2, 2, 4, 8), s(2, 2, 4, 8), q_num_heads=2,
        kv_num_heads=2),
    bad("rotary_embedding_dim", "RotaryEmbedding", s(1, 2, 3, 4), f32(8, 2), f32(8, 2),
        ints(0, 1, 2).reshape(1, 3), rotary_embedding_dim=6),
    bad("even", "RotaryEmbedding", s(1, 2, 3, 5), f32(8, 2), f32(8, 2),
        ints(0, 1, 2).reshape(1, 3)),
]  # fmt: skip

WORDS = [
    bad("one number", "CumSum", s(2, 3), s(2, type=I64)),
    bad("one number", "HannWindow", s(2, type=I64)),
    bad("one number", "Trilu", s(2, 3), s(2, type=I64)),
    bad("one number", "Range", s(2, type=I64), s(type=I64), s(type=I64)),
    bad("one number", "TopK", s(2, 3), s(2, type=I64), outputs=2),
    bad("one number", "OneHot", s(2, type=I64), s(3, type=I64), f32(2)),
    bad("direction", "BitShift", s(2, type=U8), s(2, type=U8), direction="UP"),
    bad("approximate", "Gelu", s(2), approximate="erf"),
    bad("storage_order", "MaxPool", s(1, 1, 4, 4), kernel_shape=[2, 2], storage_order=2),
    bad("mode", "RoiAlign", s(1, 2, 4, 4), s(2, 4), ints(0, 0), mode="sum"),
    bad("reduction", "ScatterElements", s(5, 3), np.array([[0]]), s(1, 1), reduction="sub"),
    bad("reduction", "ScatterND", s(5, 3), np.array([[0, 0]]), s(1), reduction="ADD"),
    bad("center_point_box", "NonMaxSuppression", s(1, 5, 4), s(1, 1, 5), center_point_box=2),
    bad("reduction", "SoftmaxCrossEntropyLoss", s(2, 3), s(2, type=I64), reduction="max"),
    bad("qk_matmul_output_mode", "Attention", s(2, 2, 4, 8), s(2, 2, 4, 8), s(2, 2, 4, 8),
        qk_matmul_output_mode=4),
]  # fmt: skip

CASES = [*AXES, *INDICES, *SIZES, *EINSUMS, *CONVOLUTIONS, *LAYERS, *WORDS]
