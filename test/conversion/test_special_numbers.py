"""
Sums, windows, rows and movement with NaN and infinities in their inputs.

The oracle is onnxruntime, or ONNX's reference where onnxruntime loses a NaN: it does in maxima
(`ReduceMax`, `GlobalMaxPool`, depending on where it stands) and in the gates of an LSTM. The
standard's text does not say what the largest of some numbers and NaN is; its reference says NaN.
"""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

import stepwell
from stepwell.test.conversion.onnx_to_engine.node_check import Array, node_model
from stepwell.test.conversion.special_numbers import (
    NUMBERS,
    Case,
    Run,
    assert_same,
    by_onnxruntime,
    case,
    check_case,
    normal,
    prepared,
    spoiled,
    weights,
)

ROWS = normal(3, 5, 37)
IMAGE = normal(1, 20, 9, 10)
WIDE = normal(1, 40, 12, 12)
HALF_PADDED = {"pads": [1, 1, 1, 1]}


def axes(*values: int) -> Array:
    return np.array(values, np.int64)


def conv(label: str, x: Array, w: Array, **window: object) -> Case:
    return case(label, "Conv", x, w, normal(w.shape[0], seed=2), constants=(1, 2), **window)


def transposed(label: str, w: Array, **window: object) -> Case:
    return case(label, "ConvTranspose", IMAGE, w, constants=(1,), **window)


def product(rows: int, depth: int, columns: int, *constants: int) -> Case:
    label = f"MatMul {rows}x{depth}x{columns} {'constant' if constants else ''}"
    a, b = normal(rows, depth), weights(depth, columns)
    return case(label, "MatMul", a, b, constants=constants)


def recurrent(op: str, gates: int, direction: str) -> Case:
    count = 2 if direction == "bidirectional" else 1
    return case(
        f"{op} {direction}",
        op,
        normal(4, 2, 6),
        normal(count, gates * 5, 6, seed=1),
        normal(count, gates * 5, 5, seed=2),
        normal(count, gates * 10, seed=3),
        constants=(1, 2, 3),
        reference=True,
        outputs=2,
        hidden_size=5,
        direction=direction,
    )


CASES = [
    *(
        case(f"Reduce{kind} {at}", f"Reduce{kind}", ROWS, axes(*at), constants=(1,), reference=True)
        for kind in ("L1", "L2", "Max", "Mean", "Min", "Sum", "SumSquare")
        for at in ((2,), (1,), (0, 1, 2))
    ),
    case("ReduceLogSumExp", "ReduceLogSumExp", ROWS, axes(2), constants=(1,), reference=True),
    *(
        case(f"{op} {axis}", op, ROWS, axis=axis)
        for op in ("Softmax", "LogSoftmax")
        for axis in (1, 2)
    ),
    case("LayerNorm", "LayerNormalization", ROWS, normal(37), normal(37), constants=(1, 2)),
    case("RMSNorm", "RMSNormalization", ROWS, normal(37), constants=(1,), opset=23, reference=True),
    case("InstanceNorm", "InstanceNormalization", IMAGE, normal(20), normal(20), constants=(1, 2)),
    case(
        "GroupNorm",
        "GroupNormalization",
        IMAGE,
        normal(20),
        normal(20),
        constants=(1, 2),
        num_groups=4,
    ),
    case("GlobalMaxPool", "GlobalMaxPool", IMAGE, reference=True),
    case("GlobalAveragePool", "GlobalAveragePool", IMAGE),
    *(
        case(
            f"AveragePool {steps}",
            "AveragePool",
            IMAGE,
            kernel_shape=[3, 3],
            strides=steps,
            **HALF_PADDED,
        )
        for steps in ([1, 1], [2, 2])
    ),
    conv("Conv 3x3", IMAGE, weights(21, 20, 3, 3), **HALF_PADDED),
    conv("Conv 3x3 wide", WIDE, weights(70, 40, 3, 3), **HALF_PADDED),
    conv("Conv 3x3 stride", IMAGE, weights(21, 20, 3, 3), strides=[2, 2], **HALF_PADDED),
    conv("Conv 3x3 dilated", IMAGE, weights(21, 20, 3, 3), dilations=[2, 2], pads=[2] * 4),
    conv("Conv 5x5", IMAGE, weights(7, 20, 5, 5), pads=[2] * 4),
    conv("Conv 1x1", IMAGE, weights(33, 20, 1, 1)),
    conv("Conv depthwise", IMAGE, weights(20, 1, 3, 3), group=20, **HALF_PADDED),
    conv("Conv groups", IMAGE, weights(24, 5, 3, 3), group=4, **HALF_PADDED),
    conv("Conv first", normal(1, 3, 33, 33), weights(24, 3, 7, 7), strides=[2, 2], pads=[3] * 4),
    conv("Conv 1d", normal(2, 20, 33), weights(24, 20, 3), pads=[1, 1]),
    case("Conv without constants", "Conv", IMAGE, weights(5, 20, 3, 3), **HALF_PADDED),
    transposed("ConvTranspose", weights(20, 18, 4, 4), **HALF_PADDED),
    transposed("ConvTranspose 4x4/2", weights(20, 18, 4, 4), strides=[2, 2], **HALF_PADDED),
    transposed("ConvTranspose 3x3/2", weights(20, 18, 3, 3), strides=[2, 2], output_padding=[1, 1]),
    transposed("ConvTranspose vectors", weights(20, 32, 4, 4), strides=[2, 2], **HALF_PADDED),
    transposed("ConvTranspose groups", weights(20, 1, 3, 3), strides=[2, 2], group=20),
    *(
        product(*sizes, *constants)
        for sizes in ((1, 33, 70), (5, 19, 33), (64, 128, 96), (3, 5, 2))
        for constants in ((), (1,))
    ),
    case(
        "Gemm",
        "Gemm",
        normal(17, 40),
        weights(20, 40),
        normal(20),
        constants=(1, 2),
        transB=1,
        alpha=0.5,
    ),
    recurrent("LSTM", 4, "forward"),
    recurrent("LSTM", 4, "bidirectional"),
    case("Gather", "Gather", ROWS, axes(3, 1, 1), axis=1),
    case("Transpose", "Transpose", ROWS, perm=[2, 0, 1]),
    case("Concat", "Concat", ROWS, ROWS[:, :2], axis=1),
    case("Pad", "Pad", IMAGE, axes(0, 0, 1, 2, 0, 0, 1, 1), constants=(1,), mode="reflect"),
    case(
        "Resize nearest",
        "Resize",
        IMAGE,
        None,
        np.array([1, 1, 2, 1.5], np.float32),
        constants=(2,),
        mode="nearest",
    ),
]


@settings(max_examples=12)
@given(data=st.data())
@pytest.mark.parametrize("item", CASES, ids=lambda item: item.label)
def test_special_numbers_reach_what_sees_them(item: Case, data: st.DataObject) -> None:
    check_case(item, data)


SIGNS = np.sign(ROWS)
"""Their products neither overflow nor vanish, in any order."""

PRODUCTS = [
    case(f"ReduceProd {at}", "ReduceProd", SIGNS, axes(*at), constants=(1,), reference=True)
    for at in ((2,), (1,), (0, 1, 2))
]


@settings(max_examples=12)
@given(data=st.data())
@pytest.mark.parametrize("item", PRODUCTS, ids=lambda item: item.label)
def test_products_with_special_numbers(item: Case, data: st.DataObject) -> None:
    """Without subnormal numbers: of two of them the product is zero, which in one order meets
    infinity and in another does not."""
    check_case(item, data, (np.nan, np.inf, -np.inf, -0.0, 0.0, 0.5))


RESIZED = [
    case(
        f"Resize {mode} {coordinates}",
        "Resize",
        IMAGE,
        None,
        np.array([1, 1, 2, 1.5], np.float32),
        constants=(2,),
        mode=mode,
        coordinate_transformation_mode=coordinates,
    )
    for mode, coordinates in (
        ("linear", "asymmetric"),
        ("linear", "align_corners"),
        ("cubic", "half_pixel"),
    )
]


@settings(max_examples=12)
@given(data=st.data())
@pytest.mark.parametrize("item", RESIZED, ids=lambda item: item.label)
def test_interpolation_with_nan(item: Case, data: st.DataObject) -> None:
    """A neighbour with the weight zero counts: the standard's sum has all neighbours in it."""
    check_case(item, data, (np.nan,))


@settings(max_examples=20)
@given(data=st.data())
@pytest.mark.parametrize("channels", [3, 20])
def test_the_largest_of_a_window_with_nan_is_nan(channels: int, data: st.DataObject) -> None:
    """
    As PyTorch has it, and as ONNX's reference has `GlobalMaxPool`.

    Its `MaxPool` passes over NaN, and in onnxruntime it depends on where in the window NaN stands.
    """
    x = normal(1, channels, 9, 10)
    item = POOLS.setdefault(
        channels,
        case("MaxPool", "MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], **HALF_PADDED),
    )
    engine, _, feeds = prepared(item)
    given_ = spoiled(feeds, data, NUMBERS)
    padded = np.pad(given_["i0"], ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    [found] = engine.run(given_).values()
    assert_same(found, windows[:, :, ::2, ::2].max(axis=(4, 5)))


POOLS: dict[int, Case] = {}
"""Cases are told apart by identity, so that each is compiled once."""


def attention_model(kind: str, guarded: bool, rows: int, keys: int) -> onnx.ModelProto:
    """Attention in its parts: masked by addition or choice, NaN probabilities cleared or not."""
    nodes = [
        helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["q", "kt"], ["scores"]),
        helper.make_node("Mul", ["scores", "scale"], ["scaled"]),
    ]
    if kind == "choice":
        nodes.append(helper.make_node("Where", ["seen", "scaled", "least"], ["masked"]))
    elif kind == "sum":
        nodes.append(helper.make_node("Add", ["scaled", "mask"], ["masked"]))
    nodes.append(helper.make_node("Softmax", ["masked" if kind else "scaled"], ["p"], axis=-1))
    if guarded:
        nodes.append(helper.make_node("IsNaN", ["p"], ["spoilt"]))
        nodes.append(helper.make_node("Where", ["spoilt", "nothing", "p"], ["kept"]))
    nodes.append(helper.make_node("MatMul", ["kept" if guarded else "p", "v"], ["y"]))
    shapes: dict[str, tuple[int, ...]] = {
        "q": (1, 2, rows, 16),
        "k": (1, 2, keys, 16),
        "v": (1, 2, keys, 24),
    }
    if kind == "sum":
        shapes["mask"] = (rows, keys)
    inputs = [
        helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s) for n, s in shapes.items()
    ]
    if kind == "choice":
        seen = helper.make_tensor_value_info("seen", onnx.TensorProto.BOOL, (rows, keys))
        inputs.append(seen)
    numbers = {"scale": 0.25, "least": -np.inf, "nothing": 0.0}
    made = helper.make_graph(
        nodes,
        "attention",
        inputs,
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, (1, 2, rows, 24))],
        [helper.make_tensor(n, onnx.TensorProto.FLOAT, (), [v]) for n, v in numbers.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@settings(max_examples=25)
@given(data=st.data())
@pytest.mark.parametrize("guarded", [False, True], ids=["plain", "guarded"])
@pytest.mark.parametrize("kind", ["", "sum", "choice"])
def test_attention_with_special_numbers(kind: str, guarded: bool, data: st.DataObject) -> None:
    rows, keys = 7, 33
    key = (kind, guarded)
    if key not in ATTENTION:
        model = attention_model(kind, guarded, rows, keys)
        engine = stepwell.compile(model)
        assert engine.reference_ops == ()
        ATTENTION[key] = engine, by_onnxruntime(model)
    engine, oracle = ATTENTION[key]
    seen = np.random.default_rng(3).random((rows, keys)) < 0.7
    seen[data.draw(st.integers(0, rows - 1))] = data.draw(st.booleans())
    feeds = {"q": normal(1, 2, rows, 16), "k": normal(1, 2, keys, 16), "v": normal(1, 2, keys, 24)}
    if kind == "sum":
        feeds["mask"] = np.where(seen, np.float32(0), np.float32(-np.inf))
    given_ = spoiled(feeds, data, NUMBERS)
    if kind == "choice":
        given_["seen"] = seen
    [wanted] = oracle(given_)
    assert_same(next(iter(engine.run(given_).values())), wanted)


ATTENTION: dict[tuple[str, bool], tuple[stepwell.Engine, Run]] = {}
"""What is compiled already, with its oracle."""


def test_padding_is_not_seen() -> None:
    """Channels that fill no vector: what lies in the rest of the last one has no influence."""
    item = conv("Conv", IMAGE, weights(21, 20, 3, 3), **HALF_PADDED)
    model, feeds = node_model(item.op, item.inputs, item.constants, opset=item.opset, pads=[1] * 4)
    engine = stepwell.compile(onnx.shape_inference.infer_shapes(model))
    before = engine(**feeds)
    for frame in engine._idle:  # pyright: ignore[reportPrivateUsage]
        frame.arena.fill(0xFF)
    np.testing.assert_array_equal(engine(**feeds), before)
