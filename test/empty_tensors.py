"""
Models of one operator in which some dimension has no elements.

`CASES` names them; each has operands (shapes of inputs, or constants) and attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stepwell.test.conversion.onnx_import.malformed_nodes import I64, Shape, f32, ints, s


@dataclass(frozen=True)
class Empty:
    """An operator on tensors without elements."""

    op: str
    operands: Sequence[Any]
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    outputs: int = 1
    wanted: Sequence[Any] | None = None
    """The results, where the reference has none."""

    @property
    def name(self) -> str:
        shapes = ",".join(str(o.sizes) if isinstance(o, Shape) else "c" for o in self.operands)
        return f"{self.op} {shapes} {self.attributes}"


def e(op: str, *operands: Any, outputs: int = 1, wanted: Any = None, **attributes: Any) -> Empty:
    return Empty(op, operands, attributes, outputs, wanted)


def z(*shape: int, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    return np.zeros(shape, dtype)


_UNARY = ("Relu", "Exp", "Softmax", "LogSoftmax", "Erf", "Gelu", "Identity", "Hardmax")
_REDUCTIONS = (
    "ReduceSum", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum",
)  # fmt: skip

CASES: list[Empty] = [
    *(e(op, s(*shape)) for op in _UNARY for shape in ((0,), (0, 3), (3, 0), (2, 0, 4))),
    e("Add", s(0, 3), s(1, 3)),
    e("Add", s(0, 3), s(3)),
    e("Mul", s(2, 0), s(2, 1)),
    e("Where", s(0, 3, type=9), s(0, 3), s(1)),
    e("Transpose", s(0, 3, 2), perm=[2, 0, 1]),
    e("Reshape", s(0, 3), ints(3, 0), allowzero=1),
    e("Reshape", s(0, 3), ints(-1, 3)),
    e("Flatten", s(0, 3, 2), axis=1, wanted=[z(0, 6)]),
    e("Flatten", s(3, 0, 2), axis=2, wanted=[z(0, 2)]),
    e("Concat", s(0, 3), s(2, 3), axis=0),
    e("Concat", s(0, 3), s(0, 2), axis=1),
    e("Split", s(0, 4), ints(1, 3), axis=1, outputs=2),
    e("Split", s(4, 2), ints(0, 4), axis=0, outputs=2),
    e("Slice", s(4, 3), ints(2), ints(2), ints(0)),
    e("Slice", s(0, 3), ints(0), ints(5), ints(0)),
    e("Pad", s(0, 3), ints(1, 0, 2, 0)),
    e("Pad", s(0, 3), ints(0, 1, 0, 1), mode="edge"),
    e("Tile", s(2, 3), ints(0, 2)),
    e("Tile", s(0, 3), ints(2, 2)),
    e("Expand", s(1, 3), ints(0, 3)),
    e("Gather", s(5, 3), z(0, dtype=np.int64)),
    e("Gather", s(5, 0), ints(1, 2)),
    e("Gather", s(5, 3), z(2, 0, dtype=np.int64), axis=1),
    e("GatherElements", s(5, 3), z(0, 3, dtype=np.int64)),
    e("GatherND", s(5, 3), z(0, 2, dtype=np.int64)),
    e("ScatterElements", s(5, 3), z(0, 3, dtype=np.int64), s(0, 3)),
    e("ScatterND", s(5, 3), z(0, 1, dtype=np.int64), s(0, 3)),
    e("MatMul", s(0, 3), f32(3, 4)),
    e("MatMul", s(2, 0), z(0, 4)),
    e("MatMul", s(2, 3), z(3, 0)),
    e("MatMul", s(0, 2, 3), f32(3, 4)),
    e("MatMul", s(2, 0), s(0, 4)),
    e("MatMul", s(0), s(0)),
    e("Gemm", s(0, 3), f32(3, 4), f32(4)),
    e("Gemm", s(2, 0), z(0, 4), f32(4)),
    e("Gemm", s(2, 3), z(3, 0), z(0)),
    *(e(op, s(*shape), ints(0), keepdims=keep)
      for op in _REDUCTIONS for shape in ((0, 3), (3, 0)) for keep in (0, 1)),
    e("ReduceMax", s(3, 0), ints(0)),
    e("ReduceMean", s(3, 0), ints(0)),
    e("ReduceSum", s(0, 3)),
    e("ArgMax", s(3, 0), axis=0),
    e("TopK", s(0, 3), ints(2), axis=1, outputs=2),
    e("TopK", s(4, 3), ints(0), axis=1, outputs=2),
    e("TopK", s(0), ints(0), axis=0, outputs=2),
    e("CumSum", s(0, 3), np.array(0)),
    e("CumSum", s(3, 0), np.array(0)),
    e("LayerNormalization", s(0, 4), f32(4)),
    e("LayerNormalization", s(2, 0, 4), f32(4)),
    e("BatchNormalization", s(0, 4, 3), f32(4), f32(4), f32(4), f32(4)),
    e("BatchNormalization", s(2, 4, 0), f32(4), f32(4), f32(4), f32(4)),
    e("BatchNormalization", s(2, 0, 3), z(0), z(0), z(0), z(0)),
    e("InstanceNormalization", s(0, 4, 3), f32(4), f32(4)),
    e("Conv", s(0, 3, 8, 8), f32(4, 3, 3, 3)),
    e("Conv", s(1, 3, 2, 8), f32(4, 3, 3, 3), wanted=[z(1, 4, 0, 6)]),
    e("Conv", s(2, 0, 8, 8), z(4, 0, 3, 3), f32(4), wanted=[np.ones((2, 4, 6, 6), np.float32)]),
    e("Conv", s(2, 3, 8, 8), z(0, 3, 3, 3), wanted=[z(2, 0, 6, 6)]),
    e("ConvTranspose", s(0, 3, 4, 4), f32(3, 2, 3, 3), wanted=[z(0, 2, 6, 6)]),
    e("MaxPool", s(0, 3, 8, 8), kernel_shape=[3, 3], wanted=[z(0, 3, 6, 6)]),
    e("MaxPool", s(1, 0, 8, 8), kernel_shape=[3, 3], wanted=[z(1, 0, 6, 6)]),
    e("MaxPool", s(1, 0, 8, 8), kernel_shape=[2, 2], strides=[2, 2], wanted=[z(1, 0, 4, 4)]),
    e("MaxPool", s(1, 3, 2, 8), kernel_shape=[3, 3], wanted=[z(1, 3, 0, 6)]),
    e("AveragePool", s(1, 0, 8, 8), kernel_shape=[3, 3], wanted=[z(1, 0, 6, 6)]),
    e("AveragePool", s(0, 3, 8, 8), kernel_shape=[3, 3], wanted=[z(0, 3, 6, 6)]),
    e("LpPool", s(0, 3, 8, 8), kernel_shape=[3, 3], wanted=[z(0, 3, 6, 6)]),
    e("LpPool", s(1, 0, 8, 8), kernel_shape=[3, 3], wanted=[z(1, 0, 6, 6)]),
    e("GlobalAveragePool", s(0, 3, 8, 8), wanted=[z(0, 3, 1, 1)]),
    e("GlobalAveragePool", s(1, 0, 8, 8), wanted=[z(1, 0, 1, 1)]),
    e("GlobalMaxPool", s(0, 3, 8, 8), wanted=[z(0, 3, 1, 1)]),
    e("LRN", s(0, 3, 4, 4), size=3, wanted=[z(0, 3, 4, 4)]),
    e("LRN", s(1, 0, 4, 4), size=3, wanted=[z(1, 0, 4, 4)]),
    e("Resize", s(0, 1, 4, 4), None, np.array([1, 1, 2, 2], np.float32), wanted=[z(0, 1, 8, 8)]),
    e("Resize", s(1, 0, 4, 4), None, np.array([1, 1, 2, 2], np.float32), mode="linear",
      wanted=[z(1, 0, 8, 8)]),
    e("Resize", s(1, 1, 4, 4), None, None, ints(1, 1, 0, 4), wanted=[z(1, 1, 0, 4)]),
    e("DepthToSpace", s(0, 4, 2, 2), blocksize=2),
    e("DepthToSpace", s(1, 4, 0, 2), blocksize=2),
    e("SpaceToDepth", s(0, 1, 4, 4), blocksize=2),
    e("SpaceToDepth", s(1, 0, 4, 4), blocksize=2),
    e("Einsum", s(0, 3), s(3, 4), equation="ij,jk->ik"),
    e("Einsum", s(2, 0), s(0, 4), equation="ij,jk->ik"),
    e("Einsum", s(2, 0, 3), equation="bij->ji"),
    e("LSTM", s(0, 2, 3), f32(1, 16, 3), f32(1, 16, 4), hidden_size=4,
      wanted=[z(0, 1, 2, 4)]),
    e("GRU", s(3, 0, 3), f32(1, 12, 3), f32(1, 12, 4), hidden_size=4, wanted=[z(3, 1, 0, 4)]),
    e("Trilu", s(0, 3)),
    e("OneHot", s(0, type=I64), np.array(4), np.array([0, 1], np.float32)),
    e("NonZero", s(0, 3), wanted=[z(2, 0, dtype=np.int64)]),
    e("Compress", s(4, 3), np.zeros(4, np.bool_), axis=0),
    e("Unique", s(0)),
    e("QuantizeLinear", s(0, 3), np.array(0.5, np.float32), np.array(3, np.uint8)),
    e("DequantizeLinear", s(0, 3, type=2), np.array(0.5, np.float32), np.array(3, np.uint8)),
    e("DynamicQuantizeLinear", s(0, 3), outputs=3,
      wanted=[z(0, 3, dtype=np.uint8), np.float32(1), np.uint8(0)]),
    e("MatMulInteger", s(2, 0, type=2), z(0, 4, dtype=np.uint8)),
    e("Attention", s(0, 2, 4, 8), s(0, 2, 4, 8), s(0, 2, 4, 8), wanted=[z(0, 2, 4, 8)]),
    e("Attention", s(1, 2, 0, 8), s(1, 2, 4, 8), s(1, 2, 4, 8), wanted=[z(1, 2, 0, 8)]),
    e("GridSample", s(0, 1, 4, 4), s(0, 2, 2, 2), wanted=[z(0, 1, 2, 2)]),
    e("GridSample", s(1, 1, 4, 4), s(1, 0, 2, 2), wanted=[z(1, 1, 0, 2)]),
    e("GridSample", s(1, 0, 4, 4), s(1, 2, 2, 2), wanted=[z(1, 0, 2, 2)]),
    e("RoiAlign", s(1, 2, 4, 4), s(0, 4), z(0, dtype=np.int64), output_height=2, output_width=2,
      wanted=[z(0, 2, 2, 2)]),
    e("NonMaxSuppression", s(1, 0, 4), s(1, 1, 0), ints(3),
      wanted=[z(0, 3, dtype=np.int64)]),
    e("ReverseSequence", s(3, 0, 2), z(0, dtype=np.int64)),
    e("GroupNormalization", s(0, 4, 3), f32(4), f32(4), num_groups=2, wanted=[z(0, 4, 3)]),
    e("MeanVarianceNormalization", s(0, 3, 2, 2), wanted=[z(0, 3, 2, 2)]),
    e("LpNormalization", s(0, 3), axis=1, wanted=[z(0, 3)]),
    e("Range", np.array(3), np.array(3), np.array(1), wanted=[z(0, dtype=np.int64)]),
    e("ConstantOfShape", ints(0, 3)),
    e("EyeLike", s(0, 3)),
    e("Clip", s(0, 3), np.array(0, np.float32), np.array(1, np.float32)),
    e("PRelu", s(0, 3), f32(3)),
    e("Det", s(0, 3, 3), wanted=[z(0)]),
    e("Sum", s(0, 3), s(0, 3), s(1, 3)),
    e("Cast", s(0, 3), to=7),
    e("IsNaN", s(0, 3)),
    e("CenterCropPad", s(4, 3), ints(0, 3), wanted=[z(0, 3)]),
    e("Col2Im", s(0, 4, 4), ints(4, 4), ints(2, 2), strides=[2, 2], wanted=[z(0, 1, 4, 4)]),
]  # fmt: skip
