"""Axes and shapes that are data: lowered as the declared shape says, and checked at run time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepwell
from stepwell.errors import StepwellError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import (
    by_onnx,
    check_node,
    converted,
    node_model,
    numbers,
    typed,
)

quick = settings(max_examples=25, deadline=None)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


def refused(op: str, right: list[Any], wrong: list[Any], match: str, **attributes: Any) -> None:
    """What is compiled for `right` takes `right`, and refuses `wrong` with a message."""
    model, feeds = node_model(op, right, **attributes)
    expected = by_onnx(model, feeds)
    for info, array in zip(model.graph.output, expected, strict=True):
        info.CopyFrom(typed(info.name, array))
    ctx, module = converted(model)
    bad = dict(zip(feeds, wrong, strict=True))
    with pytest.raises(StepwellError, match=match):
        run(ctx, module, bad)
    engine = stepwell.compile(model)
    assert not engine.program.reference_ops
    for got, want in zip(engine.run(feeds).values(), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)
    with pytest.raises(StepwellError, match=f"/{op}.*{match}"):
        engine.run(bad)


@quick
@given(data=st.data())
def test_reduce(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    rank = len(shape)
    axes = data.draw(st.lists(st.integers(0, rank - 1), unique=True, max_size=rank))
    axes = [data.draw(st.sampled_from([a, a - rank])) for a in axes]
    op = data.draw(st.sampled_from(["Sum", "Max", "L2", "LogSumExp", "Mean", "LogSum"]))
    keep = data.draw(st.integers(0, 1))
    x = np.abs(numbers(shape)) + np.float32(0.1)
    check_node(f"Reduce{op}", [x, ints(*axes)], keepdims=keep, rtol=1e-4, atol=1e-4)


def test_reduce_of_ambiguous_axes_chooses_by_the_axes():
    for axis in (0, 1, 2, -1):
        check_node("ReduceSum", [numbers([3, 3, 3]), ints(axis)], keepdims=0)


def test_reduce_refuses_other_axes():
    x = numbers([2, 3, 4])
    refused("ReduceSum", [x, ints(1)], [x, ints(2)], "the axes are not those", keepdims=1)


@pytest.mark.parametrize("shape", [[6, 4], [-1, 4], [0, -1], [2, 0, 2, -1], [2, 3, 4]])
def test_reshape(shape):
    check_node("Reshape", [numbers([2, 3, 4]), ints(*shape)])


def test_reshape_refuses_another_shape():
    x = numbers([2, 6])
    refused("Reshape", [x, ints(3, 4)], [x, ints(4, 3)], "the shape is not that of")


def test_squeeze_and_unsqueeze():
    check_node("Squeeze", [numbers([1, 3, 1]), ints(-1)])
    check_node("Unsqueeze", [numbers([3, 4]), ints(0, -1)])
    x = numbers([1, 3, 4])
    refused("Squeeze", [x, ints(0)], [x, ints(1)], "the axes are not those")
    refused("Unsqueeze", [x, ints(3)], [x, ints(2)], "the axes are not those")


def test_split():
    check_node("Split", [numbers([6, 2]), ints(1, 2, 3)], outputs=3)
    x = numbers([6])
    refused("Split", [x, ints(2, 4)], [x, ints(3, 3)], "the sizes are not", outputs=2)


@pytest.mark.parametrize("shape", [[3, 4], [2, 3, 4], [1, 1], [2, 1, 4]])
def test_expand(shape):
    check_node("Expand", [numbers([3, 1]), ints(*shape)])


def test_expand_and_tile_refuse_other_shapes():
    x = numbers([3, 1])
    refused("Expand", [x, ints(3, 4)], [x, ints(3, 5)], "the shape is not that of")
    refused("Tile", [x, ints(2, 3)], [x, ints(3, 2)], "the repeats are not")


def test_constant_of_shape():
    check_node("ConstantOfShape", [ints(2, 3)])
    refused("ConstantOfShape", [ints(2, 3)], [ints(3, 2)], "the shape is not that of")


@quick
@given(
    dtype=st.sampled_from([np.float32, np.int64, np.int32, np.float64]),
    start=st.integers(-5, 5),
    count=st.integers(0, 6),
    delta=st.sampled_from([-3, -1, 1, 2]),
)
def test_range(dtype, start, count, delta):
    limit = start + count * delta
    check_node("Range", [np.array(v, dtype) for v in (start, limit, delta)])


@pytest.mark.parametrize("op", ["HannWindow", "HammingWindow", "BlackmanWindow"])
@pytest.mark.parametrize("periodic", [0, 1])
def test_windows(op, periodic):
    check_node(op, [np.array(10, np.int64)], periodic=periodic, rtol=1e-5, atol=1e-6)


def test_windows_refuse_another_size():
    right, wrong = np.array(10, np.int64), np.array(11, np.int64)
    refused("HannWindow", [right], [wrong], "the size is not that of")


def test_range_refuses_another_length():
    right, wrong = ([np.array(v, np.float32) for v in t] for t in ((0, 5, 1), (0, 6, 1)))
    refused("Range", right, wrong, "the numbers are not 5")
