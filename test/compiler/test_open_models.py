"""Models that leave sizes open: compiled once, called with any sizes."""

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler import open_model
from stepwell.errors import CompileError, InputError, NotEnoughMemoryError, UsageError

RNG = np.random.default_rng(0)
WEIGHT = RNG.standard_normal((6, 5)).astype(np.float32)


def model(x: Any = ("N", "S", 6), **options: Any) -> onnx.ModelProto:
    """A product, a sum with the mean over the steps, and a softmax over them."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"], name="/product"),
        helper.make_node("ReduceMean", ["p"], ["m"], name="/mean", axes=[1]),
        helper.make_node("Add", ["p", "m"], ["s"], name="/add"),
        helper.make_node("Softmax", ["s"], ["y"], name="/softmax", axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(WEIGHT, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def values(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module")
def engine() -> stepwell.Engine:
    return stepwell.compile(model())


@pytest.fixture(scope="module")
def theirs() -> Any:
    return onnxruntime.InferenceSession(model().SerializeToString())


def test_any_sizes_give_what_onnxruntime_gives(engine, theirs):
    assert str(engine.inputs[0]) == "x: float32[N, S, 6]"
    assert engine.outputs[0].shape[0] == "N"
    for shape in ((1, 1, 6), (3, 7, 6), (2, 16, 6), (3, 7, 6)):
        x = values(*shape)
        np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
        assert engine.arena_bytes == engine.memory(N=shape[0], S=shape[1]).intermediate


def test_the_same_as_the_model_with_these_sizes(engine):
    x = values(3, 9, 6)
    bound = stepwell.compile(model(), shapes={"N": 3, "S": 9})
    np.testing.assert_array_equal(engine(x), bound(x))


def test_out_and_other_kinds_of_arrays(engine):
    x = values(2, 4, 6)
    expected = engine(x)
    out = np.empty_like(expected)
    assert engine(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(engine(x.tolist()), expected)
    np.testing.assert_array_equal(engine(np.asfortranarray(x)), expected)
    with pytest.raises(InputError, match=r"has shape \[1\], expected \[2, 4, 5\]"):
        engine(x, out=out[0, 0, :1])


def test_wrong_inputs_are_refused_before_anything_is_compiled(engine):
    count = len(engine._sized)
    for wrong, message in (
        (np.zeros((5, 11, 6)), "has dtype float64, expected float32"),
        (np.zeros((5, 6), np.float32), r"has rank 2 \(shape \[5, 6\]\), expected rank 3"),
        (np.zeros((5, 11, 7), np.float32), r"shape \[5, 11, 7\], expected \[N = 5, S = 11, 6\]"),
    ):
        with pytest.raises(InputError, match=message):
            engine(wrong)
    with pytest.raises(InputError, match="there is no input 'z'"):
        engine.run({"z": values(5, 11, 6)})
    with pytest.raises(UsageError, match="inputs are given as list"):
        engine.run([values(5, 11, 6)])
    assert len(engine._sized) == count
    assert engine(values(1, 1, 6)).shape == (1, 1, 5)


def test_threads_with_other_and_equal_sizes(monkeypatch, theirs):
    made: list[Any] = []
    program_for = open_model.OpenModel.program_for

    def counted(self: Any, sizes: Any) -> Any:
        made.append(tuple(sizes.values()))
        return program_for(self, sizes)

    monkeypatch.setattr(open_model.OpenModel, "program_for", counted)
    engine = stepwell.compile(model(), threads=2)

    def call(at: int) -> None:
        x = values(1 + at % 2, 5, 6)
        np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(40)))
    assert sorted(made) == [(1, 5), (2, 5)]


def test_more_memory_than_there_is(engine):
    huge = np.broadcast_to(np.float32(0), (1 << 20, 1 << 20, 6))
    with pytest.raises(NotEnoughMemoryError, match="with N = 1048576, S = 1048576: "):
        engine.memory(N=1 << 20, S=1 << 20)
    assert huge.shape == (1 << 20, 1 << 20, 6)
    assert engine(values(1, 1, 6)).shape == (1, 1, 5)


def test_memory_of_other_names(engine):
    with pytest.raises(UsageError, match="the model has the sizes N, S, and each needs a number"):
        engine.memory(N=1)
    bound = stepwell.compile(model((1, 2, 6)))
    assert bound.memory().weights == bound.weight_bytes
    with pytest.raises(UsageError, match="all sizes of this model are numbers"):
        bound.memory(N=1)


def test_names_that_the_model_does_not_give(theirs):
    engine = stepwell.compile(model((None, None, 6)))
    x = values(2, 3, 6)
    np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
    assert engine.inputs[0].shape == ("x_0", "x_1", 6)


def test_some_sizes_may_be_given(theirs):
    engine = stepwell.compile(model(), shapes={"N": 2})
    assert engine.inputs[0].shape == (2, "S", 6)
    x = values(2, 3, 6)
    np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
    with pytest.raises(InputError, match=r"has shape \[1, 3, 6\], expected \[2, S = 3, 6\]"):
        engine(x[:1])


def test_a_rank_that_is_not_known(tmp_path):
    proto = model()
    proto.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(CompileError, match=r"'x' has no rank; give it a shape: shapes=\{'x': \("):
        stepwell.compile(proto)
    assert stepwell.compile(proto, shapes={"x": (2, 3, 6)}).inputs[0].shape == (2, 3, 6)


def test_copies_are_the_same_engine(engine):
    assert copy.copy(engine) is engine
    assert copy.deepcopy(engine) is engine
