"""
No kernel has more than `MOST_OPERATIONS` operations of level 5.

The shapes are those of models that exist and some that fit nothing: sizes that leave remainders in
every dimension, high ranks, long epilogues. `benchmarks/kernel_sizes.py` asks the same of models.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.conversion.engine_to_kernels.convert import build_kernel
from stepwell.conversion.engine_to_kernels.kernel_uses import kernels_used
from stepwell.dialects.engine import AttentionOp
from stepwell.kernels.template import MOST_OPERATIONS, operation_count
from stepwell.targets.target import Target
from stepwell.test.kernels import harness, native
from stepwell.test.kernels.memory import Operand, Result

Shape = Sequence[int]


def _model(nodes: Sequence[onnx.NodeProto], x: Shape, **constants: Any) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(np.asarray(c), name) for name, c in constants.items()]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)]
    outputs = [helper.make_empty_tensor_value_info("y")]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return onnx.shape_inference.infer_shapes(model)


def _node(op: str, inputs: str = "x", output: str = "y", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs.split(","), output.split(","), **attributes)


def _weight(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def _conv(x: Shape, w: Shape, *more: onnx.NodeProto, **attributes: Any) -> onnx.ModelProto:
    last = "y" if not more else "t"
    return _model([_node("Conv", "x,w", last, **attributes), *more], x, w=_weight(*w))


def _attention(heads: int, length: int, size: int) -> onnx.ModelProto:
    nodes = [
        _node("MatMul", "x,k", "s"),
        _node("Mul", "s,c", "m"),
        _node("Softmax", "m", "p", axis=-1),
        _node("MatMul", "p,v", "y"),
    ]
    k, v = _weight(1, heads, size, length), _weight(1, heads, length, size)
    return _model(nodes, [1, heads, length, size], k=k, v=v, c=np.float32(0.125))


def _lstm(kind: str, gates: int, **attributes: Any) -> onnx.ModelProto:
    w, r = _weight(2, gates * 37, 19), _weight(2, gates * 37, 37)
    node = _node(kind, "x,w,r", "y", hidden_size=37, direction="bidirectional", **attributes)
    return _model([node], [11, 3, 19], w=w, r=r)


PAD: dict[str, Any] = {"pads": [1, 1, 1, 1]}
SIGMOID = (_node("Sigmoid", "t", "u"), _node("Mul", "t,u", "y"))
ERF = (
    _node("Mul", "t,h", "u"),
    _node("Erf", "u", "v"),
    _node("Add", "v,o", "w1"),
    _node("Mul", "t,w1", "y"),
)

CASES: dict[str, onnx.ModelProto] = {
    # convolutions: first layers, 1x1, strided, odd channels, groups, dilation, transposed, 1-D, 3-D
    "conv 7x7": _conv([1, 3, 224, 224], [64, 3, 7, 7], strides=[2, 2], pads=[3, 3, 3, 3]),
    "conv 11x11": _conv([1, 3, 224, 224], [64, 3, 11, 11], strides=[4, 4], pads=[2, 2, 2, 2]),
    "conv 1x1 on 7x7": _conv([1, 1057, 7, 7], [128, 1057, 1, 1]),
    "conv 1x1, SiLU": _conv([1, 80, 40, 40], [80, 80, 1, 1], *SIGMOID),
    "conv 3x3, SiLU": _conv([1, 80, 40, 40], [80, 80, 3, 3], *SIGMOID, **PAD),
    "conv 3x3 small": _conv([1, 40, 14, 14], [240, 40, 1, 1], *SIGMOID),
    "conv 3x3 stride 2": _conv([1, 65, 33, 35], [131, 65, 3, 3], strides=[2, 2], **PAD),
    "conv 5x5, odd": _conv([2, 7, 29, 31], [13, 7, 5, 5], pads=[2, 1, 0, 2]),
    "conv grouped": _conv([1, 96, 17, 17], [192, 24, 3, 3], group=4, **PAD),
    "conv dilated": _conv([1, 17, 23, 23], [9, 17, 3, 3], dilations=[3, 2], **PAD),
    "conv depthwise": _conv([1, 576, 7, 7], [576, 1, 5, 5], *SIGMOID, group=576, pads=[2] * 4),
    "conv depthwise 7x7": _conv([1, 96, 56, 56], [96, 1, 7, 7], group=96, pads=[3] * 4),
    "conv of one dimension": _conv([3, 5, 101], [11, 5, 9], strides=[2]),
    "conv of three dimensions": _conv([1, 5, 9, 11, 13], [19, 5, 3, 3, 3], strides=[1, 2, 1]),
    "conv transposed": _model(
        [_node("ConvTranspose", "x,w", strides=[2, 2], **PAD)],
        [8, 64, 16, 16],
        w=_weight(64, 3, 4, 4),
    ),
    "conv transposed, odd": _model(
        [_node("ConvTranspose", "x,w", strides=[3, 2])], [1, 13, 7, 9], w=_weight(13, 7, 5, 3)
    ),
    # contractions
    "matmul": _model([_node("MatMul", "x,w")], [1, 197, 768], w=_weight(768, 768)),
    "matmul, odd": _model([_node("MatMul", "x,w")], [29, 101], w=_weight(101, 67)),
    "matmul, GELU": _model(
        [_node("MatMul", "x,w", "t"), *ERF],
        [197, 96],
        w=_weight(96, 384),
        h=np.float32(0.70710678),
        o=np.float32(1),
    ),
    "matrix by vector": _model([_node("MatMul", "x,w")], [1, 1000], w=_weight(1000, 1537)),
    "matmul of batches": _model([_node("MatMul", "x,w")], [3, 5, 31, 33], w=_weight(5, 33, 29)),
    "attention": _attention(12, 197, 64),
    "attention, odd": _attention(3, 61, 40),
    # the others
    "LSTM": _lstm("LSTM", 4),
    "GRU": _lstm("GRU", 3, linear_before_reset=1),
    "softmax": _model([_node("Softmax", axis=1)], [3, 101, 7]),
    "layer norm": _model(
        [_node("LayerNormalization", "x,g,b")], [5, 13, 771], g=_weight(771), b=_weight(771)
    ),
    "instance norm": _model(
        [_node("InstanceNormalization", "x,g,b")], [2, 19, 7, 9], g=_weight(19), b=_weight(19)
    ),
    "group norm": _model(
        [_node("GroupNormalization", "x,g,b", num_groups=3)],
        [2, 6, 7, 9],
        g=_weight(3),
        b=_weight(3),
    ),
    "LRN": _model([_node("LRN", size=5)], [1, 96, 27, 27]),
    "max pool": _model([_node("MaxPool", kernel_shape=[3, 3], **PAD)], [1, 65, 55, 57]),
    "large max pool": _model(
        [_node("MaxPool", kernel_shape=[13, 13], pads=[6] * 4)], [1, 8, 20, 20]
    ),
    "average pool": _model(
        [_node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], **PAD)], [2, 33, 17, 19]
    ),
    "resize linear": _model(
        [_node("Resize", "x,,s", mode="linear")],
        [1, 13, 9, 11],
        s=np.array([1, 1, 2.3, 1.7], np.float32),
    ),
    "resize cubic": _model(
        [_node("Resize", "x,,s", mode="cubic")],
        [1, 3, 19, 21],
        s=np.array([1, 1, 1.6, 2.7], np.float32),
    ),
    "resize of three dimensions": _model(
        [_node("Resize", "x,,s", mode="linear")],
        [1, 3, 5, 7, 9],
        s=np.array([1, 1, 2, 2, 1.5], np.float32),
    ),
    "reduce to the middle": _model([_node("ReduceSum", "x,a")], [5, 7, 9, 11, 13], a=[0, 2, 4]),
    "reduce the last": _model([_node("ReduceL2", "x,a")], [5, 7, 1023], a=[2]),
    "log of a sum": _model([_node("ReduceLogSumExp", "x,a")], [17, 9, 31], a=[1]),
    "transpose of rank 6": _model(
        [_node("Transpose", perm=[5, 2, 0, 4, 1, 3])], [2, 3, 5, 7, 9, 11]
    ),
    "pad by reflection": _model(
        [_node("Pad", "x,p", mode="reflect")], [3, 5, 17, 19], p=[0, 2, 3, 5, 0, 1, 4, 2]
    ),
    "slice": _model(
        [_node("Slice", "x,b,e,a,s")],
        [9, 33, 17, 19],
        b=[8, 2, 1],
        e=[-99, 30, 17],
        a=[0, 1, 3],
        s=[-2, 3, 1],
    ),
    "concat": _model(
        [_node("Concat", "x,a,b", axis=1)],
        [3, 5, 7, 9],
        a=_weight(3, 16, 7, 9),
        b=_weight(3, 1, 7, 9),
    ),
    "tile": _model([_node("Tile", "x,r")], [3, 5, 7], r=[2, 3, 4]),
    "gather": _model([_node("Gather", "x,i", axis=1)], [7, 33, 19], i=[[3, 1], [-1, 0]]),
    "scatter": _model(
        [_node("ScatterND", "x,i,u")], [9, 5, 7], i=[[1, 2], [8, 0]], u=_weight(2, 7)
    ),
    "broadcasts": _model(
        [_node("Mul", "x,a", "t"), _node("Add", "t,b", "u"), _node("Tanh", "u", "y")],
        [5, 1, 7, 1, 9],
        a=_weight(3, 1, 11, 1),
        b=_weight(5, 3, 1, 11, 9),
    ),
    "transcendentals": _model(
        [
            _node("Sin", "x", "a"),
            _node("Cos", "a", "b"),
            _node("Atan", "b", "c"),
            _node("Softplus", "c", "d"),
            _node("Pow", "d,p", "e"),
            _node("Asinh", "e", "f"),
            _node("Gelu", "f", "y"),
        ],
        [1003],
        p=np.float32(2.5),
    ),
}


@pytest.mark.parametrize("target", ["x86-64-v4", "x86-64-v3"])
@pytest.mark.parametrize("name", CASES)
def test_kernels_are_small(name: str, target: str):
    compilation = Compilation.of(CASES[name], Options(target=target))
    compilation.lower_to("plan")
    found = Target.parse(target)
    sizes = {
        use.name: operation_count(build_kernel(use, found)[0])
        for use in kernels_used(compilation.module).values()
    }
    assert sizes, "nothing runs natively"
    large = {name: size for name, size in sizes.items() if size > MOST_OPERATIONS}
    assert not large


@pytest.mark.parametrize("target", ["x86-64-v4", "x86-64-v3"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("depth", [64, 65, 80, 128])
def test_attention_is_small(depth: int, dtype: type, target: str):
    """One code for all numbers of keys, whatever the mask and the options."""
    for rows, keys, mask, causal in [
        (197, 197, (1, 1, 1, 197), True),
        (1100, 1100, None, True),
        (1100, 1100, (1100, 1100), False),
        (37, 2048, (4, 1, 2048), True),
    ]:
        arrays: list[Any] = [
            np.zeros((1, n, s, depth), dtype) for n, s in ((4, rows), (2, keys), (2, keys))
        ]
        if mask is not None:
            arrays.append(np.zeros(mask, dtype))
        options: Any = {"causal": causal, "choosing": mask is not None, "clears_nan": causal}
        module, _ = harness.build_kernel(
            lambda ins, outs, options=options: AttentionOp(
                ins[0],
                ins[1],
                ins[2],
                0.1,
                mask=ins[3] if len(ins) > 3 else None,
                outs=outs,
                **options,
            ),
            [Operand(array) for array in arrays],
            [Result((1, 4, rows, depth), dtype)],
            Target.parse(target),
        )
        native.expand_math(module)
        assert operation_count(module) <= MOST_OPERATIONS, (rows, keys, mask)
