"""`values=`: inputs that are given their value when a model is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, parser

import stepwell
from stepwell.errors import ImportModelError, InputError, StepwellError, UsageError
from stepwell.runtime.bound_inputs import from_options

SCALED = parser.parse_model(
    """<ir_version: 8, opset_import: ["": 16]> g
    (float[n, 3] x, float[n] weight, int64 power) => (y)
    <int64[2] column = {-1, 1}>
    {
        w = Reshape(weight, column)
        p = Cast<to = 1>(power)
        z = Mul(x, w)
        y = Pow(z, p)
    }"""
)
X = np.linspace(0.5, 2, 6, dtype=np.float32).reshape(2, 3)
WEIGHT = np.array([2, 0.5], np.float32)


def test_a_value_is_a_constant_and_gives_the_sizes_it_has():
    engine = stepwell.compile(SCALED, values={"power": 2, "weight": WEIGHT})
    assert [(i.name, i.shape) for i in engine.inputs] == [("x", (2, 3))]
    np.testing.assert_allclose(engine(X), (X * WEIGHT[:, None]) ** 2, rtol=1e-6)


def test_the_value_may_be_given_again_and_no_other():
    engine = stepwell.compile(SCALED, values={"power": 2, "weight": [2, 0.5]})
    expected = engine(X)
    again = {"x": X, "power": np.array(2), "weight": WEIGHT}
    np.testing.assert_array_equal(engine.run(again)["y"], expected)
    np.testing.assert_array_equal(engine(X, power=2, weight=[2, 0.5]), expected)
    np.testing.assert_array_equal(engine(X, power=np.array([2])), expected)
    for wrong in (np.array(3), 3, np.array([2, 2]), np.array(2, np.int32), "two"):
        with pytest.raises(
            InputError, match=r"input 'power' was given the value 2 \(int64\[\]\) when"
        ):
            engine.run({"x": X, "power": wrong})
    with pytest.raises(InputError, match=r"input 'weight' was given the value \[2.0, 0.5\]"):
        engine.run({"x": X, "weight": WEIGHT + 1})
    with pytest.raises(InputError, match="there is no input 'powr'"):
        engine.run({"x": X, "powr": 2})


def test_the_artifact_says_the_value_and_checks_it(tmp_path):
    path = tmp_path / "scaled.well"
    stepwell.compile(SCALED, values={"power": 2, "weight": WEIGHT}).save(path)
    for recompile in (False, True):
        engine = stepwell.load(path, recompile=recompile)
        np.testing.assert_allclose(engine(X, power=2), (X * WEIGHT[:, None]) ** 2, rtol=1e-6)
        with pytest.raises(InputError, match="input 'power' was given the value 2"):
            engine(X, power=4)
    again = tmp_path / "again.well"
    engine.save(again)
    with pytest.raises(InputError, match="input 'power' was given the value 2"):
        stepwell.load(again)(X, power=4)


def test_a_large_value_is_compared_whole():
    weight = np.arange(100, dtype=np.float32)
    engine = stepwell.compile(SCALED, values={"power": 1, "weight": weight})
    x = np.ones((100, 3), np.float32)
    np.testing.assert_array_equal(engine(x, weight=weight)[:, 0], weight)
    changed = weight.copy()
    changed[57] += 1
    with pytest.raises(InputError, match="input 'weight' was given"):
        engine(x, weight=changed)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"powr": 2}, r"value of 'powr': it names no input; there are power"),
        ({"power": 2.5}, r"value of 'power': 2.5 is not of type int64"),
        ({"power": [1, 2]}, r"value of 'power': it has shape \[2\], expected \[\]"),
        ({"power": "two"}, r"value of 'power': 'two' is not a number"),
        ({"power": None}, r"value of 'power': None is not a number"),
        ({"weight": [[1.0]], "x": X}, r"(?s)dimension 'n' is given as"),
        ({"x": [[1, 2]]}, r"value of 'x': it has shape \[1, 2\], expected \[n, 3\]"),
        ({"power": 2**70}, r"value of 'power'"),
    ],
)
def test_a_value_that_does_not_fit(values: dict[str, Any], message):
    with pytest.raises(ImportModelError, match=message):
        stepwell.compile(SCALED, values=values)


def test_strings_and_sequences():
    text = helper.make_tensor_value_info("t", TensorProto.STRING, [2])
    parts = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    out = helper.make_tensor_value_info("y", TensorProto.STRING, [4])
    node = helper.make_node("Concat", ["t", "t"], ["y"], axis=0)
    length = helper.make_tensor_value_info("n", TensorProto.INT64, [])
    count = helper.make_node("SequenceLength", ["s"], ["n"])
    graph = helper.make_graph([node, count], "g", [text, parts], [out, length])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)
    with pytest.raises(ImportModelError, match="value of 's': this input is not a tensor"):
        stepwell.compile(model, values={"s": [X]})
    with pytest.raises(ImportModelError, match="value of 't': the input takes strings"):
        stepwell.compile(model, values={"t": [1, 2]})
    engine = stepwell.compile(model, values={"t": ["a", "b"]})
    assert engine.run({"s": [X]})["y"].tolist() == ["a", "b", "a", "b"]


def test_a_module_takes_no_values(tmp_path):
    path = tmp_path / "main.mlir"
    path.write_text(
        "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { func.return %x : tensor<4xf32> }"
    )
    with pytest.raises(UsageError, match="values and overridable are for models of a framework"):
        stepwell.compile(path, values={"x": 1})


@pytest.mark.parametrize("text", ["", "int64[", "int64[x] = 2", "nothing[] = 2", "int64[] 2"])
def test_options_of_a_damaged_file_are_refused_values(text: str):
    """What a file says of a value is text that anybody may have written."""
    bound = from_options({"value power": text})["power"]
    for given in (2, np.array(2), "two", None):
        with pytest.raises(StepwellError):
            bound.check(given)
