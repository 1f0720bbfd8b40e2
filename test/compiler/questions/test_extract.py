"""A part of a model computes what the model computes there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

import stepwell
from stepwell.compiler.questions.extract import Part
from stepwell.errors import UsageError

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[2,3] x, float[2,4] z) => (float[2,4] y, float[2,4] all)
{
  [product] p = MatMul (x, w)
  [bias] q = Add (p, b)
  [relu] r = Relu (q)
  [skip] s = Add (r, p)
  [last] y = Tanh (s)
  [other] all = Mul (z, s)
}
"""


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    found = onnx.parser.parse_model(MODEL)
    rng = np.random.default_rng(0)
    for name, shape in (("w", (3, 4)), ("b", (4,))):
        weight = rng.standard_normal(shape).astype(np.float32)
        found.graph.initializer.append(numpy_helper.from_array(weight, name))
    return found


def saved(part: Part, path: Path) -> onnx.ModelProto:
    part.save(path)
    found = onnx.load(path)
    onnx.checker.check_model(found, full_check=True)
    return found


@pytest.mark.parametrize(
    ("first", "last", "inputs", "operators"),
    [
        ([], ["relu"], ["x"], ["MatMul", "Add", "Relu"]),
        (["bias"], ["skip"], ["p"], ["Add", "Relu", "Add"]),
        (["q"], ["s"], ["q", "p"], ["Relu", "Add"]),
        (["relu"], ["y", "other"], ["q", "p", "z"], ["Relu", "Add", "Tanh", "Mul"]),
        (["x"], ["p"], ["x"], ["MatMul"]),
    ],
)
def test_what_is_in_a_part(
    model: onnx.ModelProto,
    tmp_path: Path,
    first: list[str],
    last: list[str],
    inputs: list[str],
    operators: list[str],
) -> None:
    found = saved(stepwell.extract(model, last, from_=first), tmp_path / "part.onnx")
    assert sorted(v.name for v in found.graph.input) == sorted(inputs)
    assert [node.op_type for node in found.graph.node] == operators


def test_a_part_computes_what_the_model_does(model: onnx.ModelProto, tmp_path: Path) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3)).astype(np.float32)
    p = x @ numpy_helper.to_array(model.graph.initializer[0])
    q = p + numpy_helper.to_array(model.graph.initializer[1])
    part = stepwell.extract(model, ["skip"], from_=["q"])
    found = saved(part, tmp_path / "part.onnx")
    session = onnxruntime.InferenceSession(found.SerializeToString())
    result = np.asarray(session.run(None, {"q": q, "p": p})[0])
    np.testing.assert_allclose(result, np.maximum(q, 0) + p, rtol=1e-6)
    path = tmp_path / "part.mlir"
    stepwell.extract(model, ["bias"]).save(path)
    np.testing.assert_allclose(stepwell.compile(str(path))(x), q, rtol=1e-5)


def test_names_that_do_not_fit(model: onnx.ModelProto, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'bais'; did you mean 'bias'.*; unknown .* 'lost'"):
        stepwell.extract(model, ["lost"], from_=["bais"])
    with pytest.raises(UsageError, match="product does not depend on last"):
        stepwell.extract(model, ["product"], from_=["last"])
    with pytest.raises(UsageError, match="to is empty"):
        stepwell.extract(model, [])
    with pytest.raises(UsageError, match=r"expected a name that ends in \.onnx or \.mlir"):
        stepwell.extract(model, ["product"]).save(tmp_path / "part.txt")
