"""`stepwell.InferenceSession` beside onnxruntime's."""

import gc
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler import open_model
from stepwell.errors import ImportModelError, InputError, StepwellError, UsageError

RNG = np.random.default_rng(0)
ARRAY: Any = np.ones(3, np.float32)


def model(batch: Any = "batch", width: Any = 3) -> onnx.ModelProto:
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["a", "b"], ["s"], name="/add"),
            helper.make_node("Softmax", ["s"], ["p"], name="/softmax"),
            helper.make_node("ArgMax", ["s"], ["i"], name="/argmax", axis=1),
        ],
        "net",
        [
            helper.make_tensor_value_info("a", TensorProto.FLOAT, [batch, width]),
            helper.make_tensor_value_info("b", TensorProto.FLOAT, [1, width]),
        ],
        [
            helper.make_tensor_value_info("p", TensorProto.FLOAT, [batch, width]),
            helper.make_tensor_value_info("i", TensorProto.INT64, [batch, 1]),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def feeds(batch: int, width: int = 3):
    shapes = {"a": (batch, width), "b": (1, width)}
    return {name: RNG.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def described(nodes):
    return [(node.name, node.type, node.shape) for node in nodes]


@pytest.mark.parametrize("batch", [2, "batch"])
@pytest.mark.parametrize("width", [3, None])
def test_the_same_as_there(batch, width):
    data = model(batch, width).SerializeToString()
    theirs: Any = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    ours = stepwell.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert described(ours.get_inputs()) == described(theirs.get_inputs())
    assert described(ours.get_outputs()) == described(theirs.get_outputs())
    assert ours.get_providers() == theirs.get_providers()
    for given in (feeds(2), feeds(2)):
        for names in (None, ["i"], ["i", "p"]):
            for x, y in zip(ours.run(names, given), theirs.run(names, given), strict=True):
                np.testing.assert_allclose(x, y, rtol=1e-5)
                assert x.dtype == y.dtype


def test_open_sizes_are_those_of_each_call():
    session = stepwell.InferenceSession(model())
    for batch in (1, 5, 1, 7):
        given = feeds(batch)
        _, index = session.run(None, given)
        np.testing.assert_array_equal(index[:, 0], (given["a"] + given["b"]).argmax(1))
    assert described(session.get_inputs())[0] == ("a", "tensor(float)", ["batch", 3])


def test_one_engine_for_all_sizes():
    session = stepwell.InferenceSession(model())
    for batch in range(1, 14):
        session.run(["i"], feeds(batch))
    gc.collect()
    kept = [e for e in gc.get_objects() if isinstance(e, stepwell.Engine)]
    assert len([e for e in kept if e is session.engine]) == 1
    assert not session.engine.program.is_open


def test_only_the_last_few_engines_are_kept(monkeypatch):
    monkeypatch.setattr(open_model, "general_program", lambda *_: (None, "asked by a test"))
    session = stepwell.InferenceSession(model())
    for batch in range(1, 14):
        session.run(["i"], feeds(batch))
    gc.collect()
    kept = [e for e in gc.get_objects() if isinstance(e, stepwell.Engine)]
    assert len([e for e in kept if e.inputs[0].name == "a"]) <= 12
    assert len(session.engine._sized) == 8  # pyright: ignore[reportAttributeAccessIssue]


def test_sizes_that_contradict_each_other():
    session = stepwell.InferenceSession(model(width="w"))
    given = {"a": np.zeros((2, 3), np.float32), "b": np.zeros((1, 4), np.float32)}
    with pytest.raises(InputError, match=r"input 'b' has shape \[1, 4\], expected \[1, w = 3\]"):
        session.run(None, given)
    with pytest.raises(InputError, match=r"input 'b' has rank 1 .*expected rank 2: \[1, w\]"):
        session.run(None, {**given, "b": np.zeros(3, np.float32)})
    with pytest.raises(InputError, match=r"input 'b' has shape \[2, 3\], expected \[1, w = 3\]"):
        session.run(None, {**given, "b": np.zeros((2, 3), np.float32)})


def test_given_shapes_bind_before_the_first_call():
    session = stepwell.InferenceSession(model(), shapes={"batch": 2})
    assert described(session.get_outputs())[0] == ("p", "tensor(float)", [2, 3])
    with pytest.raises(InputError, match=r"has shape \[3, 3\], expected \[2, 3\]"):
        session.run(None, feeds(3))


def test_artifacts(tmp_path):
    path = tmp_path / "net.well"
    stepwell.compile(model(2)).save(path)
    given = feeds(2)
    expected = stepwell.InferenceSession(model(2)).run(None, given)
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        session = stepwell.InferenceSession(source)
        assert described(session.get_inputs())[0] == ("a", "tensor(float)", [2, 3])
        np.testing.assert_array_equal(session.run(["p"], given)[0], expected[0])
    renamed = path.rename(tmp_path / "net.bin")
    np.testing.assert_array_equal(
        stepwell.InferenceSession(renamed).run(["i"], given)[0], expected[1]
    )
    with pytest.raises(UsageError, match="an artifact is compiled"):
        stepwell.InferenceSession(renamed, shapes={"batch": 2})


def test_threads_as_the_options_there_say():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = stepwell.InferenceSession(model(2), options)
    assert session.engine.threads == 2
    assert stepwell.InferenceSession(model(2), options, threads=3).engine.threads == 3
    default = SimpleNamespace(intra_op_num_threads=0)
    assert stepwell.InferenceSession(model(2), default).engine.threads >= 1


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((42,), {}, "model is 42 of type int, expected a path"),
        ((None,), {}, "model is None"),
        ((model(2), "options"), {}, "has no intra_op_num_threads"),
        ((model(2), None, ["CUDAExecutionProvider"]), {}, "there is only 'CPUExecutionProvider'"),
        ((model(2), None, "CPUExecutionProvider"), {}, "expected a list of names"),
        ((model(2),), {"threads": "two"}, "threads is 'two' of type str, expected an integer"),
        ((model(2),), {"shapes": 3}, "shapes is 3, expected a mapping"),
    ],
)
def test_wrong_arguments(arguments, options, message):
    with pytest.raises(UsageError, match=message):
        stepwell.InferenceSession(*arguments, **options)


def test_other_providers_may_stand_on_the_list():
    providers = [("CUDAExecutionProvider", {"device_id": 0}), "CPUExecutionProvider"]
    assert stepwell.InferenceSession(model(2), None, providers).get_providers() == [
        "CPUExecutionProvider"
    ]


def test_wrong_calls():
    session = stepwell.InferenceSession(model(2))
    with pytest.raises(InputError, match="there is no output 'q'; the model gives 'p', 'i'"):
        session.run(["q"], feeds(2))
    with pytest.raises(UsageError, match="expected a list of names, or None"):
        session.run("p", feeds(2))
    with pytest.raises(UsageError, match="input_feed is of type ndarray"):
        session.run(None, ARRAY)
    with pytest.raises(InputError, match="missing: 'b'"):
        session.run(None, {"a": feeds(2)["a"]})


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(ImportModelError, match="there is no such file"):
        stepwell.InferenceSession(tmp_path / "absent.onnx")
    with pytest.raises(StepwellError, match="No such file"):
        stepwell.InferenceSession(tmp_path / "absent.well")
