"""Reductions, softmax, pools and norms against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.conversion.import_onnx import import_model
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    by_onnxruntime,
    check_node,
    converted,
    floats,
    node_model,
    numbers,
    reasons,
    typed,
)

quick = settings(max_examples=15, deadline=None)
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
KINDS = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]


@pytest.mark.parametrize("kind", KINDS)
@quick
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    data=st.data(),
    keepdims=st.booleans(),
)
def test_reduce(kind, shape, data, keepdims):
    rank = len(shape)
    axes = data.draw(st.none() | st.lists(st.integers(-rank, rank - 1), min_size=1, max_size=rank))
    if axes is not None:
        axes = np.array(list({a % rank: a for a in axes}.values()), np.int64)
    x = np.abs(numbers(shape, spread=1)) + 0.1 if kind == "LogSum" else numbers(shape, spread=1)
    check_node(f"Reduce{kind}", [x, axes], constants=[1], **CLOSE, keepdims=int(keepdims))


@pytest.mark.parametrize("kind", ["Sum", "Max", "Min", "Mean", "Prod", "L1", "SumSquare"])
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32"])
def test_reduce_integers(kind, dtype):
    x = (numbers([3, 4], dtype) % 5).astype(dtype)
    if kind == "SumSquare":
        # onnx.reference gives 64-bit integers, which the operator does not allow.
        [result] = by_onnx(*node_model("ReduceSumSquare", [x, np.array([1])], [1]))

        def narrow(*_):
            return [result.astype(dtype)]

        check_node(f"Reduce{kind}", [x, np.array([1])], constants=[1], oracle=narrow)
        return
    check_node(f"Reduce{kind}", [x, np.array([1])], constants=[1])


@pytest.mark.parametrize("kind", ["Max", "Min"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8"])
def test_reduce_small_types(kind, dtype):
    check_node(f"Reduce{kind}", [numbers([3, 4], dtype), np.array([0])], constants=[1])


def test_reduce_nothing():
    x = numbers([3, 4])
    nothing: dict[str, Any] = {"noop_with_empty_axes": 1}
    check_node("ReduceSum", [x], **nothing)
    check_node("ReduceSum", [x, np.array([], np.int64)], constants=[1], **nothing)
    check_node("ReduceSum", [x, np.array([], np.int64)], constants=[1])


def test_reduce_over_nothing():
    x = np.zeros((3, 0), np.float32)
    check_node("ReduceSum", [x, np.array([1])], constants=[1])
    check_node("ReduceMax", [x, np.array([1])], constants=[1])


def test_log_sum_exp_does_not_overflow():
    check_node(
        "ReduceLogSumExp",
        [floats([[1000, 999], [-1000, -1001]]), np.array([1])],
        constants=[1],
        **CLOSE,
    )


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax(op, axis):
    check_node(op, [numbers([3, 4, 5], spread=20)], **CLOSE, axis=axis)


@st.composite
def window(draw):
    """Input and attributes of a pool."""
    rank = draw(st.integers(1, 3))
    sizes = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    kernel, strides, dilations = draw(sizes), draw(sizes), draw(sizes)
    # onnxruntime wants pads smaller than the kernel.
    pads = [draw(st.integers(0, k - 1)) for k in kernel * 2]
    extents = [
        draw(st.integers((k - 1) * d + 1, 9)) for k, d in zip(kernel, dilations, strict=True)
    ]
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": strides, "pads": pads}
    attributes |= {"dilations": dilations, "ceil_mode": draw(st.integers(0, 1))}
    return numbers([1, 2, *extents]), attributes


@settings(max_examples=40, deadline=None)
@given(case=window())
def test_max_pool(case):
    x, attributes = case
    check_node("MaxPool", [x], oracle=by_onnxruntime, **attributes)


@settings(max_examples=40, deadline=None)
@given(case=window(), include=st.integers(0, 1))
def test_average_pool(case, include):
    x, attributes = case
    attributes["count_include_pad"] = include
    check_node("AveragePool", [x], oracle=by_onnxruntime, **CLOSE, **attributes)


@pytest.mark.parametrize("auto", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_pool_automatic_padding(auto):
    x = numbers([1, 2, 7, 6])
    window: dict[str, Any] = {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": auto}
    check_node("MaxPool", [x], oracle=by_onnxruntime, **window)
    check_node("AveragePool", [x], oracle=by_onnxruntime, **CLOSE, **window)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_max_pool_types(dtype):
    x = numbers([1, 2, 6, 6], dtype)
    check_node("MaxPool", [x], oracle=by_onnxruntime, kernel_shape=[2, 2])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_hardmax(axis):
    check_node("Hardmax", [np.round(numbers([3, 4, 5]))], axis=axis)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("axis", [0, -1])
def test_lp_normalization(p, axis):
    x = np.abs(numbers([3, 4, 5]))
    x[:, 0, :] = 0
    check_node("LpNormalization", [x], p=p, axis=axis, **CLOSE)


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("shape", [[2, 3, 5], [2, 3, 5, 4], [1, 2, 3, 2, 3]])
def test_global_pool(op, shape):
    check_node(op, [numbers(shape)], oracle=by_onnxruntime, **CLOSE)


@pytest.mark.parametrize("shape", [[2, 3], [2, 3, 5], [2, 3, 5, 4]])
@pytest.mark.parametrize("constant", [True, False])
def test_batch_normalization(shape, constant):
    inputs = [numbers(shape), *(numbers([3], seed=s) for s in (1, 2, 3))]
    inputs.append(np.abs(numbers([3], seed=4)) + 0.1)
    constants = [1, 2, 3, 4] if constant else []
    module = check_node("BatchNormalization", inputs, constants=constants, **CLOSE)
    maps = [op for op in module.walk() if op.name == "engine.map"]
    assert len(maps) == (1 if constant else 3)


def test_batch_normalization_in_training():
    inputs = [numbers([2, 3, 5]), *(np.abs(numbers([3], seed=s)) + 1 for s in (1, 2, 3, 4))]
    check_node("BatchNormalization", inputs, outputs=3, **CLOSE, training_mode=1)


@pytest.mark.parametrize("axis", [-1, 1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_layer_normalization(axis, bias):
    shape = [2, 3, 5]
    affine = [numbers(shape[axis:], seed=1), numbers(shape[axis:], seed=2) if bias else None]
    check_node("LayerNormalization", [numbers(shape), *affine], **CLOSE, axis=axis)


def test_layer_normalization_with_its_statistics():
    inputs = [numbers([2, 3, 5]), numbers([5])]
    check_node("LayerNormalization", inputs, outputs=3, **CLOSE)


def test_rms_normalization():
    check_node("RMSNormalization", [numbers([2, 3, 5]), numbers([5], seed=1)], **CLOSE)


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize(
    ("dtype", "of_scale"),
    [("float16", "float32"), ("float32", "float16"), ("float64", "float32"), ("float32", "float64")]
    + [("float16", "float16")],
)
def test_rms_normalization_has_the_type_of_its_scale(dtype, of_scale, constant):
    """What is normalised is rounded to its own type, and multiplied in that of the scale."""
    x, scale = numbers([2, 3, 5], dtype), numbers([5], of_scale, seed=1)
    model, feeds = node_model("RMSNormalization", [x, scale], [1] if constant else [])
    wide = x.astype("float64")
    normal = wide / np.sqrt((wide**2).mean(-1, keepdims=True) + np.float32(1e-5))
    expected = (normal * scale.astype("float64")).astype(of_scale)
    model.graph.output[0].CopyFrom(typed("o0", expected))
    ctx, module = converted(model)
    assert not reasons(module)
    exact = "float16" not in (dtype, of_scale)
    by_reference = run(ctx, import_model(model, ctx), feeds)
    for [got] in (run(ctx, module, feeds), by_reference):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-5 if exact else 4e-3, atol=1e-6)


@pytest.mark.parametrize("shape", [[2, 3, 5], [2, 3, 5, 4]])
def test_instance_normalization(shape):
    inputs = [numbers(shape), numbers([3], seed=1), numbers([3], seed=2)]
    check_node("InstanceNormalization", inputs, **CLOSE)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_group_normalization(groups):
    inputs = [numbers([2, 4, 3, 5]), numbers([4], seed=1), numbers([4], seed=2)]
    check_node("GroupNormalization", inputs, **CLOSE, num_groups=groups)
