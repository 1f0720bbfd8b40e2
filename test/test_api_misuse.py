"""Arguments of wrong types and values: a `UsageError` that names the argument."""

import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler.compile import lower
from stepwell.errors import ImportModelError, StepwellError, UsageError


def net(batch: Any = "batch") -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], name="/relu")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 3])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.fixture(scope="module")
def engine() -> stepwell.Engine:
    return stepwell.compile(net(2))


@pytest.mark.parametrize(
    "shapes",
    [
        {"batch": 2},
        {"batch": (2,)},
        {"batch": np.int64(2)},
        {"batch": np.array(2)},
        {"batch": np.array([2])},
        {"x": [2, 3]},
        {"x": np.array([2, 3])},
        {"x": (n for n in (2, 3))},
    ],
)
def test_shapes_in_every_spelling(shapes):
    assert stepwell.compile(net(), shapes=shapes).inputs[0].shape == (2, 3)


WRONG = [
    ("model", None, "model is None of type NoneType, expected a path"),
    ("model", 42, "model is 42 of type int"),
    ("model", 1.5, "of type float"),
    ("model", [1, 2], "of type list"),
    ("model", {"x": 1}, "of type dict"),
    ("model", "", "model is '', which no file can be named"),
    ("model", "a\0b", "which no file can be named"),
    ("threads", "two", "threads is 'two' of type str, expected an integer"),
    ("threads", 1.0, "threads is 1.0 of type float"),
    ("threads", True, "threads is True of type bool"),
    ("threads", None, "threads is None"),
    ("threads", 0, "threads is 0, expected 1 to"),
    ("threads", 10**30, "expected 1 to"),
    ("target", 5, "target is 5 of type int, expected a string"),
    ("target", "z80", "z80"),
    ("exactness", 1, "exactness is 1 of type int"),
    ("exactness", "sloppy", "exactness is 'sloppy', expected one of"),
    ("shapes", 3, "shapes is 3, expected a mapping"),
    ("shapes", [("batch", 1)], "expected a mapping"),
    ("shapes", "batch=1", "expected a mapping"),
    ("shapes", {1: 2}, "a name in shapes is 1 of type int"),
    ("shapes", {"batch": "1"}, r"shapes\['batch'\] is '1', expected one size"),
    ("shapes", {"batch": None}, r"shapes\['batch'\] is None of type NoneType"),
    ("shapes", {"batch": 1.0}, r"shapes\['batch'\] is 1.0 of type float"),
    ("shapes", {"batch": True}, r"shapes\['batch'\] is True of type bool"),
    ("shapes", {"x": (1, None)}, "is None of type NoneType, expected an integer"),
    ("shapes", {"x": {"a": 1}}, "expected one size or a sequence"),
    ("values", [1], "values is .1., expected a mapping"),
    ("values", {1: 2}, "a name in values is 1"),
    ("overridable", "x", "overridable is 'x', expected a list of names"),
    ("overridable", [1], "a name in overridable is 1"),
    ("progress", 1, "progress is 1 of type int, expected a function"),
    ("context", "ctx", "context is of type str"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
@pytest.mark.parametrize("function", [stepwell.compile, lambda m, **o: lower(m, "engine", **o)])
def test_compile(function, name, value, message):
    options = {"shapes": {"batch": 1}}
    arguments = {"model": net(), **options, name: value}
    model = arguments.pop("model")
    with pytest.raises(UsageError, match=message):
        function(model, **arguments)


def test_an_object_of_a_library_that_is_not_known():
    with pytest.raises(ImportModelError, match=r"is a fractions\.Fraction; expected a path"):
        stepwell.compile(Fraction(1))


@pytest.mark.parametrize("kind", [Path, str, bytes, bytearray, memoryview])
def test_what_a_model_may_be(tmp_path, kind):
    path = tmp_path / "net.onnx"
    onnx.save(net(2), path)
    given = kind(path) if kind in (Path, str) else kind(path.read_bytes())
    assert stepwell.compile(given).inputs[0].name == "x"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), "path is None"),
        ((42,), "path is 42 of type int, expected a path"),
        ((b"net.well",), "path is b'net.well' of type bytes"),
        (("",), "which no file can be named"),
    ],
)
def test_load(arguments, message):
    with pytest.raises(UsageError, match=message):
        stepwell.load(*arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [("threads", "2"), ("threads", 0), ("threads", -1), ("recompile", "yes"), ("verify", None)],
)
def test_options_of_load(engine, tmp_path, name, value):
    engine.save(tmp_path / "net.well")
    with pytest.raises(UsageError, match=f"{name} is "):
        stepwell.load(tmp_path / "net.well", **{name: value})


@pytest.mark.parametrize("path", [None, 3, b"x", "", "a\0b", ["x"]])
def test_save(engine, path):
    with pytest.raises(UsageError, match="path is "):
        engine.save(path)


def test_options_of_save(engine, tmp_path):
    with pytest.raises(UsageError, match="recompilable is 1 of type int"):
        engine.save(tmp_path / "net.well", recompilable=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("feeds", [None, 3, np.ones((2, 3), np.float32), [1], "x", {1, 2}])
def test_run(engine, feeds):
    with pytest.raises(UsageError, match="inputs are given as .*expected a mapping from names"):
        engine.run(feeds)


OPTIONS: dict[str, Any] = {"threads": "2"}


@pytest.mark.parametrize(
    "use",
    [
        lambda engine: engine(),
        lambda engine: engine(1, 2),
        lambda engine: engine(object()),
        lambda engine: engine(x=lambda: 1),
        lambda engine: engine({"x": 1}),
        lambda engine: engine.run({}),
        lambda engine: engine.run({3: 1}),
        lambda engine: engine.run({"x": np.ones((2, 3), np.float32)}, out=3),
        lambda engine: engine.run({"x": np.ones((2, 3), np.float32)}, out={3: 4}),
        lambda engine: stepwell.Engine(engine.program, **OPTIONS),
        lambda engine: pickle.dumps(stepwell.Engine(engine.program)),
    ],
)
def test_nothing_but_errors_of_ours(engine, use):
    with pytest.raises(StepwellError):
        use(engine)


def test_progress_is_told_each_step():
    steps: list[stepwell.Step] = []
    stepwell.compile(net(2), progress=steps.append)
    names = list(dict.fromkeys(step.name for step in steps))
    assert names == ["import", "engine", "layout", "plan", "kernels", "code"]
    assert all(step.seconds >= 0 and step.done <= step.total for step in steps)
    assert [s.module is not None for s in steps if s.name == "import"] == [True]


def test_what_progress_raises_ends_the_compilation():
    def stop(step: stepwell.Step) -> None:
        if step.name == "layout":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stepwell.compile(net(2), progress=stop)


def test_public_names():
    assert set(stepwell.__all__) <= set(dir(stepwell))
    for name in stepwell.__all__:
        assert getattr(stepwell, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'complie'"):
        stepwell.complie  # noqa: B018
