"""One node of each operator all the way to machine code, with 1 or 2 threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import stepwell
from stepwell.conversion.onnx_to_engine.table import conversions
from stepwell.conversion.onnx_to_engine.tensors.sequences import OPAQUE_OPERANDS
from stepwell.dialects.onnx import op_classes
from stepwell.test.conversion.onnx_to_engine.node_check import (
    Oracle,
    by_onnx,
    by_onnxruntime,
    floats,
    node_model,
    numbers,
    typed,
)


@dataclass(frozen=True)
class Case:
    """A node; `constants` are the inputs whose numbers are part of the model."""

    op: str
    inputs: tuple[Any, ...]
    constants: tuple[int, ...] = ()
    outputs: int = 1
    oracle: Oracle = by_onnx
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])


def case(op: str, *inputs: Any, constants: tuple[int, ...] = (), **options: Any) -> Case:
    """A case; options that are not fields of it are attributes of the node."""
    known = {key: options.pop(key) for key in ("outputs", "oracle") if key in options}
    return Case(op, inputs, constants, attributes=options, **known)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


X = numbers([2, 3, 19])
POSITIVE = np.abs(X) + 0.1
UNIT = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 19)).astype(np.float32)
IMAGE = numbers([1, 3, 9, 10])
FLAGS = numbers([2, 3, 19], "bool")
WHOLE = numbers([2, 3, 19], "int64")
BYTES = numbers([2, 3, 19], "uint8")

SIZES = ints(1, 3, 5, 14)

FUNCTIONS = [
    *["Abs", "Ceil", "Celu", "Cos", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid"],
    *["HardSwish", "Identity", "LeakyRelu", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu"],
    *["Shrink", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Swish", "Tan", "Tanh"],
    "ThresholdedRelu",
]
REDUCTIONS = ["L1", "L2", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]

RECURRENT = {"hidden_size": 4, "oracle": by_onnxruntime, "outputs": 2}
SEQUENCE = numbers([5, 2, 3], spread=1)


def recurrent(op: str, gates: int, **options: Any) -> Case:
    """A layer of four units over five steps of three numbers."""
    w, r = numbers([1, gates * 4, 3], seed=1), numbers([1, gates * 4, 4], seed=2)
    bias = numbers([1, gates * 8], seed=3)
    constants = (1, 2, 3)
    return case(op, SEQUENCE, w, r, bias, constants=constants, **RECURRENT, **options)


def quantised(op: str, a: Any, b: Any) -> Case:
    """A product of two quantised tensors."""
    parameters = [(np.float32(s), np.uint8(z)) for s, z in ((0.1, 3), (0.2, 5), (4.0, 7))]
    first, second, result = ([np.asarray(v) for v in p] for p in parameters)
    return case(op, a, *first, b, *second, *result)


CASES = [
    *(case(op, X) for op in FUNCTIONS),
    *(case(op, UNIT) for op in ("Acos", "Asin", "Asinh", "Atan", "Atanh", "Cosh", "Sinh")),
    *(case(op, POSITIVE) for op in ("Log", "Sqrt")),
    case("Acosh", POSITIVE + 1),
    *(case(op, X, numbers([3, 1], seed=1)) for op in ("Add", "Sub", "Mul", "Div")),
    *(case(op, X, numbers([19], seed=1)) for op in ("Max", "Min", "Sum", "Mean", "PRelu")),
    *(case(op, FLAGS, FLAGS[:, ::-1].copy()) for op in ("And", "Or", "Xor")),
    *(case(op, X, X[::-1].copy()) for op in ("Equal", "Less", "Greater")),
    *(case(op, BYTES, BYTES[::-1].copy()) for op in ("LessOrEqual", "GreaterOrEqual")),
    *(case(op, WHOLE, WHOLE + 5) for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")),
    case("BitShift", BYTES, BYTES % 8, direction="LEFT"),
    case("BitShift", BYTES, BYTES % 11, direction="RIGHT"),
    case("BitCast", X, opset=26, to=6),
    case("BitwiseNot", WHOLE),
    case("Cast", X, to=7),
    case("CastLike", WHOLE, X),
    case("Clip", X, np.float32(-1), np.float32(1), constants=(1, 2)),
    case("IsInf", floats([1, np.inf, -np.inf, np.nan])),
    case("IsNaN", floats([1, np.inf, np.nan])),
    case("Mod", WHOLE, np.abs(WHOLE) + 1),
    case("Mod", X, X[::-1].copy()),
    *(case(op, ints(8)[0]) for op in ("HannWindow", "HammingWindow", "BlackmanWindow")),
    case("Hardmax", np.round(X)),
    case("LpNormalization", X, axis=1),
    case("LpPool", IMAGE, kernel_shape=[3, 2]),
    case("Einsum", numbers([2, 7, 9]), numbers([9, 33]), equation="bij,jk->bik"),
    quantised("QLinearMatMul", numbers([5, 9], "uint8"), numbers([9, 7], "uint8")),
    quantised("QLinearConv", numbers([1, 2, 6, 7], "uint8"), numbers([3, 2, 3, 3], "uint8")),
    case("Not", FLAGS),
    case("Pow", POSITIVE, np.float32(1.7), constants=(1,)),
    case("Pow", ints(1, 2, 3, 10, -3), floats([4, 5, 6, 7, 3])),
    case("Pow", ints(2, 3, 10), floats([0.5, 2.5, 1.5])),
    case("Where", FLAGS, X, numbers([19], seed=5)),
    case("MatMul", numbers([2, 7, 9]), numbers([9, 33]), constants=(1,)),
    case("Gemm", numbers([7, 9]), numbers([33, 9]), numbers([33]), constants=(1, 2), transB=1),
    case("Conv", IMAGE, numbers([5, 3, 3, 3]), numbers([5]), constants=(1, 2), pads=[1, 1, 1, 1]),
    case("ConvTranspose", IMAGE, numbers([3, 5, 3, 3]), constants=(1,), strides=[2, 2]),
    *(case(f"Reduce{kind}", X, ints(1), constants=(1,)) for kind in REDUCTIONS),
    case("ReduceLogSum", POSITIVE, ints(-1), constants=(1,), keepdims=0),
    case("Softmax", X),
    case("LogSoftmax", X, axis=1),
    case("MaxPool", IMAGE, oracle=by_onnxruntime, kernel_shape=[3, 3], strides=[2, 2]),
    case("AveragePool", IMAGE, oracle=by_onnxruntime, kernel_shape=[2, 2], pads=[1, 1, 0, 0]),
    case("GlobalAveragePool", IMAGE),
    case("GlobalMaxPool", IMAGE),
    case(
        "BatchNormalization",
        IMAGE,
        *(np.abs(numbers([3], seed=s)) + 0.1 for s in range(4)),
        constants=(1, 2, 3, 4),
    ),
    case("LayerNormalization", X, numbers([19], seed=1), numbers([19], seed=2), constants=(1, 2)),
    case("RMSNormalization", X, numbers([19], seed=1), constants=(1,)),
    case("InstanceNormalization", IMAGE, numbers([3]), numbers([3], seed=1), constants=(1, 2)),
    case("GroupNormalization", IMAGE, numbers([3]), numbers([3], seed=1), num_groups=3),
    case("LRN", numbers([2, 19, 3, 5]), size=5, alpha=0.3, oracle=by_onnxruntime),
    case("MeanVarianceNormalization", numbers([2, 5, 3, 5])),
    case("GlobalLpPool", numbers([2, 5, 3, 5]), p=3, oracle=by_onnxruntime),
    case("Concat", X, X[:, :1].copy(), axis=1),
    case("DepthToSpace", numbers([1, 8, 3, 5]), blocksize=2),
    case("SpaceToDepth", numbers([1, 3, 4, 6]), blocksize=2),
    case("Expand", numbers([3, 1]), ints(2, 3, 5), constants=(1,)),
    case("Flatten", X),
    case("Pad", X, ints(0, 1, 2, 1, 0, 2), constants=(1,)),
    case("Reshape", X, ints(6, -1), constants=(1,)),
    case("Slice", X, ints(1), ints(9), ints(2), ints(2), constants=(1, 2, 3, 4)),
    case("Split", X, ints(1, 2), constants=(1,), outputs=2, axis=1),
    case("Squeeze", numbers([1, 5, 1])),
    case("Unsqueeze", X, ints(1), constants=(1,)),
    case("Tile", X, ints(1, 2, 1), constants=(1,)),
    case("Transpose", X, perm=[2, 0, 1]),
    case("Trilu", X, constants=(1,)),
    case("Gather", X, ints(1, -1, 0), axis=1),
    case("GatherND", X, np.array([[0, 2], [1, -1]])),
    case("ScatterND", X, np.array([[1], [0]]), numbers([2, 3, 19], seed=9)),
    case("OneHot", ints(1, 0, -1), np.array(4), floats([0, 1]), constants=(1,)),
    case("AffineGrid", numbers([2, 2, 3]), ints(2, 1, 3, 4), constants=(1,)),
    case("ArgMax", X, axis=1, keepdims=0),
    case("ArgMin", WHOLE, axis=-1, select_last_index=1),
    case("CenterCropPad", X, ints(1, 5, 8)),
    case("Col2Im", numbers([1, 8, 6]), ints(3, 4), ints(2, 2)),
    case("Compress", X, np.array([True, False, True]), axis=1),
    case("CumProd", UNIT, np.array(1), constants=(1,), reverse=1),
    case("CumSum", X, np.array(1), exclusive=1),
    case(
        "DeformConv",
        IMAGE,
        numbers([4, 3, 2, 2], seed=1),
        numbers([1, 8, 8, 9], seed=2),
    ),
    case("DFT", numbers([2, 19, 1]), None, np.array(1), constants=(2,), onesided=1),
    case("EyeLike", numbers([3, 5]), k=1, dtype=7),
    case("GatherElements", FLAGS[:, 0], np.array([[1, -1, 0], [2, 3, 18]]), axis=1),
    case("GridSample", IMAGE, numbers([1, 4, 5, 2], spread=0.5), mode="cubic"),
    case("Hardmax", X, axis=1),
    case("MaxUnpool", IMAGE[:, :1, :1, :2].copy(), np.array([[[[0, 5]]]]), kernel_shape=[2, 2]),
    case(
        "NonMaxSuppression",
        floats([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 3, 1, 4], [1, 5, 0, 4]]]),
        floats([[[0.9, 0.75, 0.6, 0.95]]]),
        ints(3),
        floats([0.5]),
    ),
    case("NonZero", BYTES),
    case("Unique", BYTES, sorted=1),
    case("RoiAlign", IMAGE, floats([[1, 2, 7, 8]]), ints(0), sampling_ratio=2, output_height=3),
    case("STFT", numbers([2, 64, 1]), np.array(8), None, np.array(16)),
    case("ReverseSequence", X, ints(1, 0, 2)),
    case("ScatterElements", X, np.array([[[1, -1, 0]]]), numbers([1, 1, 3]), reduction="add"),
    case("TensorScatter", X, numbers([2, 2, 19], seed=1), ints(0, 1)),
    case(
        "TfIdfVectorizer",
        ints(1, 2, 3, 1, 2, 2),
        mode="TF",
        min_gram_length=1,
        max_gram_length=2,
        max_skip_count=1,
        ngram_counts=[0, 2],
        ngram_indexes=[0, 1, 2, 3],
        pool_int64s=[1, 2, 1, 2, 3, 2],
    ),
    case("TopK", X, ints(5), constants=(1,), outputs=2, largest=0),
    case("Shape", X),
    case("Size", X),
    case("ConstantOfShape", ints(2, 3), constants=(0,)),
    case("Range", *(np.array(v) for v in (1, 10, 3)), constants=(0, 1, 2)),
    case("Dropout", X),
    case("Attention", *(numbers([1, 2, 5, 8], seed=s, spread=1) for s in range(3))),
    case("Resize", IMAGE, None, floats([1, 1, 2, 2]), constants=(2,), mode="nearest"),
    # onnx.reference takes a coordinate of seven for six and a half, so here it is not the oracle.
    *(
        case("Resize", IMAGE, None, None, SIZES, constants=(3,), mode=mode, oracle=by_onnxruntime)
        for mode in ("nearest", "linear", "cubic")
    ),
    case("QuantizeLinear", X, floats([0.1, 0.2, 0.3]), np.array([1, 2, 3], "int8")),
    case("DequantizeLinear", BYTES, floats(0.1), np.uint8(7), constants=(1, 2)),
    case("DynamicQuantizeLinear", X, outputs=3, oracle=by_onnxruntime),
    case("MatMulInteger", BYTES, numbers([19, 5], "uint8"), np.uint8(3), np.uint8(9)),
    case("ConvInteger", numbers([1, 2, 6, 6], "uint8"), numbers([4, 2, 3, 3], "uint8")),
    case(
        "ConvInteger",
        *(numbers(shape, "uint8") for shape in ([1, 2, 6, 6], [4, 2, 3, 3])),
        pads=[1, 1, 1, 1],
    ),
    recurrent("LSTM", 4),
    recurrent("GRU", 3, linear_before_reset=1),
    recurrent("RNN", 1, direction="reverse"),
]


@pytest.mark.parametrize("at", range(len(CASES)), ids=lambda at: CASES[at].op)
def test_operator(at: int):
    case_ = CASES[at]
    attributes = dict(case_.attributes)
    if case_.oracle is by_onnxruntime:
        attributes["opset"] = 21
    model, feeds = node_model(case_.op, case_.inputs, case_.constants, case_.outputs, **attributes)
    expected = case_.oracle(model, feeds)
    for info, array in zip(model.graph.output, expected, strict=True):
        info.CopyFrom(typed(info.name, array))
    # Every other operator with two threads: each count meets every kind of kernel.
    engine = stepwell.compile(model, threads=1 + at % 2)
    assert not engine.reference_ops
    results = engine.run(feeds)
    for info, want in zip(model.graph.output, expected, strict=True):
        got = results[info.name]
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("direction", "shifted"),
    [("RIGHT", [-4, -1, 2, -1, -1, 0]), ("LEFT", [-16, 0, 64, 0, 0, 0])],
)
def test_signed_numbers_shift_with_their_sign(direction: str, shifted: list[int]):
    whole = np.array([-8, -1, 4 if direction == "RIGHT" else 32, -128, -8, 4], np.int8)
    by = np.array([1, 9, 1, 127, -1, -8], np.int8)
    model, feeds = node_model("BitShift", (whole, by), (), 1, direction=direction)
    model.graph.output[0].CopyFrom(typed(model.graph.output[0].name, whole))
    [found] = stepwell.compile(model, threads=1).run(feeds).values()
    np.testing.assert_array_equal(found, np.array(shifted, np.int8))


@pytest.mark.parametrize("op", ["Add", "Sigmoid", "Selu", "Celu"])
def test_bfloat16_is_rounded_after_each_step(op: str):
    inputs = [X.astype(ml_dtypes.bfloat16)] * (2 if op == "Add" else 1)
    model, feeds = node_model(op, inputs, (), 1)
    model.graph.output[0].CopyFrom(typed(model.graph.output[0].name, inputs[0]))
    engine = stepwell.compile(model, threads=1)
    assert not engine.reference_ops
    [found] = engine.run(feeds).values()
    assert found.dtype == ml_dtypes.bfloat16
    exact = {
        "Add": lambda x: x + x,
        "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "Selu": lambda x: 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(x)),
        "Celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    }[op](inputs[0].astype(np.float64))
    np.testing.assert_allclose(found.astype(np.float64), exact, rtol=2e-2, atol=2e-2)


def test_blocks_of_pixels_behind_the_channels():
    x = numbers([1, 3, 4, 6])
    model, feeds = node_model("SpaceToDepth", (x,), (), 1, blocksize=2, mode="CRD")
    [found] = stepwell.compile(model, threads=1).run(feeds).values()
    blocks = x.reshape(1, 3, 2, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4)
    np.testing.assert_array_equal(found, blocks.reshape(1, 12, 2, 3))


@pytest.mark.parametrize("dtype", ["int4", "uint4"])
def test_integers_smaller_than_a_byte(dtype: str):
    """They are moved natively and computed on by reference."""
    low = -8 if dtype == "int4" else 0
    narrow = np.arange(low, low + 16).reshape(2, 8).astype(getattr(ml_dtypes, dtype))
    model, feeds = node_model("Transpose", (narrow,), (), 1, perm=[1, 0], opset=21)
    engine = stepwell.compile(model, threads=1)
    assert not engine.reference_ops
    [found] = engine.run(feeds).values()
    np.testing.assert_array_equal(found, narrow.T)
    for source, to in ((narrow, 1), (narrow.astype(np.float32), 22 if dtype == "int4" else 21)):
        model, feeds = node_model("Cast", (source,), (), 1, to=to, opset=21)
        [found] = stepwell.compile(model, threads=1).run(feeds).values()
        np.testing.assert_array_equal(found.astype(np.int8), narrow.astype(np.int8))


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2fnuz", "float8_e8m0fnu", "int2"])
def test_types_of_a_byte_or_less_are_moved_natively(dtype: str):
    narrow = np.array([[1, 0.5, 1], [0, 1, 0.25]], np.float32).astype(getattr(ml_dtypes, dtype))
    for op, inputs, attributes, expected in (
        ("Transpose", (narrow,), {"perm": [1, 0]}, narrow.T),
        ("Identity", (narrow,), {}, narrow),
    ):
        model, feeds = node_model(op, inputs, (), 1, opset=25, **attributes)
        engine = stepwell.compile(model, threads=1)
        assert not engine.reference_ops
        [found] = engine.run(feeds).values()
        assert found.dtype == narrow.dtype
        np.testing.assert_array_equal(
            found.view(np.uint8), np.ascontiguousarray(expected).view(np.uint8)
        )


@pytest.mark.parametrize("op", ["Identity", "Transpose", "Shape", "Concat"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_are_moved_by_reference(op: str, dtype: str):
    x = (
        np.random.default_rng(0).standard_normal((2, 3))
        + 1j * np.random.default_rng(0).standard_normal((2, 3))
    ).astype(dtype)
    expected = {"Identity": x, "Transpose": x.T, "Shape": np.array([2, 3]), "Concat": x}[op]
    model, feeds = node_model(op, (x,), (), 1, **({"axis": 0} if op == "Concat" else {}))
    [found] = stepwell.compile(model, threads=1).run(feeds).values()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_every_conversion_has_a_case():
    # Operators of other domains have tests of their own, as those of sequences do.
    tested = {f"onnx.{c.op}" for c in CASES} | {n for n in conversions() if n.count(".") > 1}
    assert set(conversions()) <= tested | OPAQUE_OPERANDS | {"onnx.Constant"}
    assert set(conversions()) <= op_classes().keys()
