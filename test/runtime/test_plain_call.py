"""Calls of programs with nothing but tensors of known sizes: what they share with all others."""

import numpy as np
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.errors import InputError
from stepwell.runtime.engine import Engine


def model() -> bytes:
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3])
        for name in ("a", "b", "d", "s")
    ]
    nodes = [helper.make_node("Sub", ["a", "b"], ["d"]), helper.make_node("Add", ["a", "b"], ["s"])]
    graph = helper.make_graph(nodes, "g", values[:2], values[2:])
    return helper.make_model(graph, ir_version=10).SerializeToString()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return stepwell.compile(model())


A, B = np.arange(6, dtype=np.float32).reshape(2, 3), np.full((2, 3), 0.5, np.float32)


def test_ways_to_call(engine: Engine):
    for difference, total in (engine(A, B), engine(A, b=B), engine(b=B, a=A)):
        assert np.array_equal(difference, A - B)
        assert np.array_equal(total, A + B)
    found = engine.run({"b": B, "a": A})
    assert list(found) == ["d", "s"]
    assert np.array_equal(found["d"], A - B)


def test_inputs_that_do_not_lie_ready(engine: Engine):
    rows = np.asfortranarray(A)
    bytes_ = bytearray(A.nbytes + 1)
    odd = np.frombuffer(bytes_, np.float32, 6, 1).reshape(2, 3)
    odd[...] = A
    assert not odd.flags.aligned
    for given in (rows, odd, A.tolist(), A[::-1][::-1], np.ma.masked_array(A)):
        assert np.array_equal(engine(given, B)[0], A - B)
    read_only = A.copy()
    read_only.flags.writeable = False
    assert np.array_equal(engine(read_only, B)[1], A + B)


def test_results_stay(engine: Engine):
    """No result is the memory of another, however many calls come after it."""
    kept = [engine(A + number, B)[0] for number in range(200)]
    for number, result in enumerate(kept):
        assert np.array_equal(result, A + number - B)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ((A.astype(np.float64), B), "dtype float64"),
        ((A[:1], B), "shape"),
        ((A.reshape(6), B), "rank 1"),
        ((A,), "missing: 'b'"),
        ((A, B, B), "3 inputs given"),
    ],
)
def test_wrong_inputs(engine: Engine, given: tuple[np.ndarray, ...], problem: str):
    with pytest.raises(InputError, match=problem):
        engine(*given)
    assert np.array_equal(engine(A, B)[0], A - B)


def test_wrong_names(engine: Engine):
    with pytest.raises(InputError, match="there is no input 'c'"):
        engine.run({"a": A, "c": B})
    with pytest.raises(InputError, match="there is no input 'c'"):
        engine.run({"a": A, "b": B, "c": B})
    with pytest.raises(InputError, match="there is no input 'c'"):
        engine(A, B, c=B)
    with pytest.raises(InputError, match="by position and by name"):
        engine(A, B, a=A)
