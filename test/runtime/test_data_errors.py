"""What only the data makes wrong: an exception that names the node, natively and by reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import StepwellError


def _compile(
    nodes: Sequence[onnx.NodeProto],
    feeds: dict[str, Any],
    outputs: dict[str, Any],
    **constants: Any,
) -> stepwell.Engine:
    def infos(arrays: dict[str, Any]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in arrays.items()
        ]

    initializers = [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "g", infos(feeds), infos(outputs), initializers)
    opsets = [helper.make_opsetid("", 21)]
    return stepwell.compile(helper.make_model(graph, opset_imports=opsets, ir_version=10))


INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(("op_type", "fmod"), [("Div", 0), ("Mod", 0), ("Mod", 1)])
def test_division_of_integers_by_zero(dtype: str, op_type: str, fmod: int) -> None:
    node = helper.make_node(op_type, ["a", "b"], ["y"], name="/quotient", fmod=fmod or None)
    a = np.arange(37, dtype=dtype) + np.array(3, dtype)
    engine = _compile([node], {"a": a, "b": a}, {"y": a})
    assert not engine.reference_ops
    b = np.full(37, 2, dtype)
    expected = a // b if op_type == "Div" else a % b
    np.testing.assert_array_equal(engine(a, b), expected)
    for at in (0, 16, 36):
        b[at] = 0
        with pytest.raises(StepwellError, match="/quotient.*an integer is divided by zero"):
            engine(a, b)
        b[at] = 1
    assert engine(a, b).shape == (37,)  # a failed call leaves nothing behind


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_the_lowest_integer_divided_by_minus_one(dtype: str) -> None:
    a = np.array([np.iinfo(dtype).min, 7, -7], dtype)
    b = np.array([-1, -1, -2], dtype)
    for op_type, expected in (("Div", [a[0], -7, 3]), ("Mod", [0, 0, -1])):
        node = helper.make_node(op_type, ["a", "b"], ["y"], name="/quotient")
        engine = _compile([node], {"a": a, "b": b}, {"y": a})
        np.testing.assert_array_equal(engine(a, b), np.array(expected, dtype))
        # The divisor is a constant.
        node = helper.make_node(op_type, ["a", "minus"], ["y"], name="/quotient")
        engine = _compile([node], {"a": a}, {"y": a}, minus=np.full(3, -1, dtype))
        by_one = [a[0], -7, 7] if op_type == "Div" else [0, 0, 0]
        np.testing.assert_array_equal(engine(a), np.array(by_one, dtype))


def test_a_divisor_that_is_computed_on_the_way() -> None:
    """Elementwise operations become one; the divisor is then no operand of it."""
    nodes = [
        helper.make_node("Sub", ["a", "b"], ["d"], name="/difference"),
        helper.make_node("Div", ["a", "d"], ["q"], name="/quotient"),
        helper.make_node("Cast", ["q"], ["f"], name="/cast", to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["f"], ["y"], name="/sum", keepdims=0),
    ]
    a = np.arange(2, 22, dtype=np.int32).reshape(4, 5)
    engine = _compile(nodes, {"a": a, "b": a}, {"y": np.zeros((), np.float32)})
    assert not engine.reference_ops
    assert engine(a, a - 1) == a.sum()
    with pytest.raises(StepwellError, match="/quotient.*an integer is divided by zero"):
        engine(a, a)


def test_a_constant_divisor_of_zero() -> None:
    node = helper.make_node("Div", ["a", "zero"], ["y"], name="/quotient")
    a = np.arange(4, dtype=np.int32)
    engine = _compile([node], {"a": a}, {"y": a}, zero=np.zeros(4, np.int32))
    with pytest.raises(StepwellError, match="/quotient.*an integer is divided by zero"):
        engine(a)


def test_a_remainder_after_a_product_of_matrices() -> None:
    """Not even fused into a contraction does a division trap."""
    nodes = [
        helper.make_node("MatMul", ["a", "a"], ["p"], name="/product"),
        helper.make_node("Mod", ["p", "b"], ["y"], name="/remainder"),
    ]
    a = np.arange(16, dtype=np.int32).reshape(4, 4)
    engine = _compile(nodes, {"a": a, "b": a}, {"y": a})
    b = np.full((4, 4), 7, np.int32)
    np.testing.assert_array_equal(engine(a, b), (a @ a) % b)
    with pytest.raises(StepwellError, match="/remainder"):
        engine(a, a)


def test_division_of_integers_by_zero_by_reference() -> None:
    body = helper.make_graph(
        [helper.make_node("Div", ["carried", "b"], ["next"], name="/body/quotient")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("carried", TensorProto.INT32, [2]),
        ],
        [
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.INT32, [2]),
        ],
    )
    loop = helper.make_node("Loop", ["trips", "", "a"], ["y"], name="/loop", body=body)
    a = np.array([8, 9], np.int32)
    engine = _compile([loop], {"a": a, "b": a}, {"y": a}, trips=np.array(2))
    np.testing.assert_array_equal(engine(a, np.array([2, 3], np.int32)), [2, 1])
    with pytest.raises(StepwellError, match="/body/quotient.*an integer is divided by zero"):
        engine(a, np.array([2, 0], np.int32))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_shifts_by_any_number(data: st.DataObject) -> None:
    dtype = np.dtype(data.draw(st.sampled_from(["uint8", "uint16", "uint32", "uint64"])))
    direction = data.draw(st.sampled_from(["LEFT", "RIGHT"]))
    engine = _shifter(dtype, direction)
    top = int(np.iinfo(dtype).max)
    numbers = st.lists(st.integers(0, top), min_size=5, max_size=5)
    a = np.array(data.draw(numbers), dtype)
    b = np.array(data.draw(st.lists(st.integers(0, 255), min_size=5, max_size=5)), dtype)
    exact = [
        (int(x) << int(n)) & top if direction == "LEFT" else int(x) >> int(n)
        for x, n in zip(a, b, strict=True)
    ]
    np.testing.assert_array_equal(engine(a, b), np.array(exact, dtype))


_SHIFTERS: dict[tuple[str, str], stepwell.Engine] = {}


def _shifter(dtype: np.dtype[Any], direction: str) -> stepwell.Engine:
    key = (dtype.name, direction)
    if key not in _SHIFTERS:
        node = helper.make_node("BitShift", ["a", "b"], ["y"], direction=direction)
        five = np.zeros(5, dtype)
        _SHIFTERS[key] = _compile([node], {"a": five, "b": five}, {"y": five})
        assert not _SHIFTERS[key].reference_ops
    return _SHIFTERS[key]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("index", [4, -5, 2**31 - 1, -(2**31)])
def test_gather_out_of_range(dtype: str, index: int) -> None:
    node = helper.make_node("Gather", ["x", "i"], ["y"], name="/pick", axis=1)
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    i = np.array([0, -4, 3], dtype)
    engine = _compile([node], {"x": x, "i": i}, {"y": np.zeros((3, 3), np.float32)})
    assert not engine.reference_ops
    np.testing.assert_array_equal(engine(x, i), x[:, [0, 0, 3]])
    i[1] = index
    with pytest.raises(StepwellError, match="/pick.*index is out of range"):
        engine(x, i)


@pytest.mark.parametrize("wrong", [(0, 4), (0, -5), (3, 0), (-4, 0), (2, 100), (-1, 2**40)])
def test_tuples_of_indices_out_of_range(wrong: tuple[int, int]) -> None:
    """A column out of range is none of the next row."""
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    i = np.array([[0, 3], [-1, -4], [2, 0]], np.int64)
    gather = helper.make_node("GatherND", ["x", "i"], ["y"], name="/pick")
    engine = _compile([gather], {"x": x, "i": i}, {"y": np.zeros(3, np.float32)})
    assert not engine.reference_ops
    np.testing.assert_array_equal(engine(x, i), [3, 8, 8])
    u = np.array([10, 20, 30], np.float32)
    scatter = helper.make_node("ScatterND", ["x", "i", "u"], ["y"], name="/put")
    writer = _compile([scatter], {"x": x, "i": i, "u": u}, {"y": x})
    assert not writer.reference_ops
    expected = x.copy()
    expected[0, 3], expected[2, 0] = 10, 30
    np.testing.assert_array_equal(writer(x, i, u), expected)
    i[1] = wrong
    with pytest.raises(StepwellError, match="/pick.*index is out of range"):
        engine(x, i)
    with pytest.raises(StepwellError, match="/put.*index is out of range"):
        writer(x, i, u)


@pytest.mark.parametrize("op_type", ["GatherElements", "ScatterElements"])
def test_indices_of_elements_out_of_range(op_type: str) -> None:
    x = np.arange(4, dtype=np.float32).reshape(2, 2)
    i = np.array([[0, 1], [-1, -2]])
    inputs = ["x", "i"] if op_type == "GatherElements" else ["x", "i", "x"]
    node = helper.make_node(op_type, inputs, ["y"], name="/elements", axis=1)
    engine = _compile([node], {"x": x, "i": i}, {"y": x})
    assert engine(x, i).shape == (2, 2)
    i[0, 0] = 2
    with pytest.raises(StepwellError, match="/elements"):
        engine(x, i)


def test_a_reshape_that_does_not_fit() -> None:
    node = helper.make_node("Reshape", ["x", "to"], ["y"], name="/reshape")
    x, to = np.zeros((2, 3), np.float32), np.array([3, 2])
    engine = _compile([node], {"x": x, "to": to}, {"y": np.zeros((3, 2), np.float32)})
    assert engine(x, to).shape == (3, 2)
    with pytest.raises(StepwellError, match="/reshape"):
        engine(x, np.array([4, 2]))
    with pytest.raises(StepwellError, match=r"/reshape.*\[3, 2\]"):
        engine(x, np.array([1, 6]))


def test_the_first_node_that_fails_is_named() -> None:
    """What follows a kernel that failed is not run on whatever lies in memory."""
    nodes = [
        helper.make_node("Gather", ["x", "i"], ["picked"], name="/pick"),
        helper.make_node("StringSplit", ["words"], ["parts", "counts"], name="/split"),
        helper.make_node("Gather", ["x", "counts"], ["y"], name="/again"),
        helper.make_node("Compress", ["picked", "flags"], ["z"], name="/compress"),
    ]
    x, i = np.array([3, 2, 1, 6, 9, 9]), np.array([0, 1])
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [
            info("x", TensorProto.INT64, [6]),
            info("i", TensorProto.INT64, [2]),
            info("words", TensorProto.STRING, [2]),
            info("flags", TensorProto.BOOL, [2]),
        ],
        [info("y", TensorProto.INT64, [2]), info("z", TensorProto.INT64, None)],
    )
    opsets = [helper.make_opsetid("", 21)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=opsets, ir_version=10))
    assert engine.reference_ops == ("/split",)
    flags = np.array([True, False])
    y, z = engine(x, i, ["a b c", "d"], flags)
    assert y.tolist() == [6, 2]
    assert z.tolist() == [3]
    with pytest.raises(StepwellError, match="/pick.*index is out of range"):
        engine(x, np.array([0, 6]), ["a", "b"], flags)
    with pytest.raises(StepwellError, match="/again.*index is out of range"):
        engine(x, i, ["a b c d e f g", "b"], flags)
    assert len(engine(x, i, ["a", "b"], flags)) == 2


def test_the_first_error_is_told() -> None:
    """What is computed after an error may be anything: that it fails as well says nothing."""
    first = helper.make_node("Gather", ["table", "i"], ["j"], name="/first")
    second = helper.make_node("Gather", ["data", "j"], ["y"], name="/second")
    feeds = {
        "table": np.array([1, 2, 3, 900]),
        "i": np.array([3, 99, 3]),
        "data": np.zeros((5, 2), np.float32),
    }
    engine = _compile([first, second], feeds, {"y": np.zeros((3, 2), np.float32)})
    assert not engine.reference_ops
    for _ in range(2):
        with pytest.raises(StepwellError, match="/first.*an index is out of range"):
            engine.run(feeds)
    with pytest.raises(StepwellError, match="/second.*an index is out of range"):
        engine.run({**feeds, "i": np.array([0, 3, 0])})
    assert engine.run({**feeds, "i": np.array([0, 1, 2])})["y"].shape == (3, 2)
