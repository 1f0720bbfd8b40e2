"""Matrix products, against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine.base import names_of
from stepwell.test.conversion.onnx_to_engine.node_check import check_node, numbers

quick = settings(max_examples=15, deadline=None)
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([3, 4], [4, 5]),
        ([4], [4, 5]),
        ([3, 4], [4]),
        ([4], [4]),
        ([2, 3, 4], [4, 5]),
        ([2, 3, 4], [2, 4, 5]),
        ([3, 4], [2, 4, 5]),
        ([2, 1, 3, 4], [5, 4, 6]),
        ([2, 3, 4], [4]),
        ([4], [2, 4, 5]),
        ([0, 4], [4, 5]),
        ([3, 0], [0, 5]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_matmul(left, right, dtype):
    a, b = numbers(left, dtype, 1), numbers(right, dtype, 2)
    check_node("MatMul", [a, b], **CLOSE)
    check_node("MatMul", [a, b], constants=[1], **CLOSE)


@quick
@given(
    trans_a=st.booleans(),
    trans_b=st.booleans(),
    alpha=st.sampled_from([1.0, 0.5]),
    beta=st.sampled_from([1.0, 0.0, -2.0]),
    bias=st.sampled_from([None, (), (5,), (3, 1), (3, 5), (1, 5)]),
    constant=st.booleans(),
)
def test_gemm(trans_a, trans_b, alpha, beta, bias, constant):
    a, b = numbers([4, 3] if trans_a else [3, 4]), numbers([5, 4] if trans_b else [4, 5])
    c = None if bias is None else numbers(bias, seed=3)
    flags: dict[str, Any] = {
        "transA": int(trans_a),
        "transB": int(trans_b),
        "alpha": alpha,
        "beta": beta,
    }
    check_node("Gemm", [a, b, c], constants=[1, 2] if constant else [], **CLOSE, **flags)


def test_integer_gemm():
    a, b, c = numbers([3, 4], "int32"), numbers([4, 5], "int32"), numbers([5], "int32")
    check_node("Gemm", [a, b, c])


@st.composite
def convolution(draw):
    """Input, weight and attributes of a convolution with at least one output element."""
    rank = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    inner, outer = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sizes = st.lists(st.integers(1, 3), min_size=rank, max_size=rank)
    kernel, strides, dilations = draw(sizes), draw(sizes), draw(sizes)
    pads = draw(st.lists(st.integers(0, 2), min_size=2 * rank, max_size=2 * rank))
    extents = [
        draw(st.integers((k - 1) * d + 1, 8)) for k, d in zip(kernel, dilations, strict=True)
    ]
    x = numbers([draw(st.integers(1, 2)), inner * groups, *extents])
    w = numbers([outer * groups, inner, *kernel], seed=2)
    bias = numbers([outer * groups], seed=3) if draw(st.booleans()) else None
    attributes: dict[str, Any] = {
        "strides": strides,
        "dilations": dilations,
        "group": groups,
        "pads": pads,
    }
    return x, w, bias, attributes


def test_matmul_keeps_what_it_came_from():
    module = check_node("MatMul", [numbers([3, 4]), numbers([4, 5])], **CLOSE)
    [op] = [op for op in module.walk() if op.name == "engine.matmul"]
    assert names_of(op, "nodes") == ["/MatMul"]
    assert op.results[0].name_hint == "o0"


def test_zero_sized_batch():
    check_node("Conv", [np.zeros((0, 2, 5, 5), np.float32), numbers([3, 2, 3, 3])])
