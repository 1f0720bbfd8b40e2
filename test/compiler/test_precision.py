"""`precision="bf16"`: what it changes, that it is recorded, and what is no precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from ml_dtypes import bfloat16
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.errors import UsageError
from stepwell.targets.target import Target

random = np.random.default_rng(2)
WEIGHT = (random.standard_normal((256, 192)) / 16).astype(np.float32)


def model() -> onnx.ModelProto:
    """A product with a constant."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 256])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "g", [x], [y], [numpy_helper.from_array(WEIGHT, "w")])
    opset = [helper.make_opsetid("", 21)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10)


@pytest.mark.parametrize("rows", [1, 50])
def test_products_are_those_of_rounded_numbers(rows: int, tmp_path: Path) -> None:
    x = random.standard_normal((rows, 256)).astype(np.float32)
    whole = stepwell.compile(model(), shapes={"N": rows})
    engine = stepwell.compile(
        model(), shapes={"N": rows}, precision="bf16", target="x86-64-v4-bf16"
    )
    assert engine.program.provenance.options["precision"] == "bf16"
    assert "precision" not in whole.program.provenance.options
    path, other = tmp_path / "m.well", tmp_path / "f32.well"
    engine.save(path)
    whole.save(other)
    assert path.stat().st_size < other.stat().st_size - WEIGHT.nbytes // 3
    if not Target.host().dot16:
        return
    found = engine.run({"x": x})["y"]
    left = x.astype(bfloat16).astype(np.float32) if rows > 4 else x
    wanted = left @ WEIGHT.astype(bfloat16).astype(np.float32)
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())
    assert np.abs(found - x @ WEIGHT).max() > 1e-4


def test_what_is_no_precision() -> None:
    with pytest.raises(UsageError, match="precision is 'f16', expected one of f32, bf16"):
        stepwell.compile(model(), precision="f16")
