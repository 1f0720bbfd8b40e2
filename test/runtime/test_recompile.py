"""From a model through the compiler to a file and back, also without the machine code in it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.compiler.compile import recompile
from stepwell.errors import InvalidArtifactError, InvalidIRError


@pytest.fixture(scope="module")
def model():
    """Two dense layers with odd sizes; relu between them."""
    rng = np.random.default_rng(0)
    shapes = {"w0": (37, 50), "b0": (50,), "w1": (50, 11), "b1": (11,)}
    weights = {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["a"], name="/first/MatMul"),
        helper.make_node("Add", ["a", "b0"], ["b"], name="/first/Add"),
        helper.make_node("Relu", ["b"], ["c"], name="/Relu"),
        helper.make_node("MatMul", ["c", "w1"], ["d"], name="/second/MatMul"),
        helper.make_node("Add", ["d", "b1"], ["y"], name="/second/Add"),
    ]
    graph = helper.make_graph(
        nodes,
        "layers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (5, 37))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (5, 11))],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    opset = helper.make_opsetid("", 20)
    return helper.make_model(graph, opset_imports=[opset], ir_version=10), weights


@pytest.fixture(scope="module")
def engine(model):
    return stepwell.compile(model[0])


@pytest.fixture
def well(engine, tmp_path):
    engine.save(tmp_path / "model.well")
    return tmp_path / "model.well"


@pytest.fixture
def x():
    return np.random.default_rng(1).standard_normal((5, 37), np.float32)


def test_compiled_loaded_and_recompiled_agree(model, engine, well, x):
    _, w = model
    expected = np.maximum(x @ w["w0"] + w["b0"], 0) @ w["w1"] + w["b1"]
    compiled = engine(x)
    np.testing.assert_allclose(compiled, expected, rtol=1e-4, atol=1e-4)
    for threads in (1, 2):
        np.testing.assert_array_equal(stepwell.load(well, threads=threads)(x), compiled)
        recompiled = stepwell.load(well, threads=threads, recompile=True)
        np.testing.assert_array_equal(recompiled(x), compiled)


def test_recompiling_gives_the_same_file(engine, well, tmp_path):
    stepwell.load(well, recompile=True).save(tmp_path / "again.well")
    assert (tmp_path / "again.well").read_bytes() == well.read_bytes()


def test_recompiling_does_not_look_at_the_machine_code(engine, well, x):
    data = bytearray(well.read_bytes())
    data[data.index(engine.program.codes[0].code[:64])] ^= 0xFF
    well.write_bytes(data)
    with pytest.raises(InvalidArtifactError, match="the digest of the machine code"):
        stepwell.load(well)
    np.testing.assert_array_equal(stepwell.load(well, recompile=True)(x), engine(x))


def test_a_second_process_gets_the_same_answers(engine, well, x, tmp_path):
    np.save(tmp_path / "x.npy", x)
    script = (
        "import sys, numpy as np, stepwell\n"
        "folder = sys.argv[1]\n"
        "engine = stepwell.load(f'{folder}/model.well', threads=2)\n"
        "np.save(f'{folder}/y.npy', engine(np.load(f'{folder}/x.npy')))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), engine(x))


def test_weights_are_stored_once(model, engine, well):
    size = sum(array.nbytes for array in model[1].values())
    assert engine.reference_ops == ()
    assert size <= engine.weight_bytes
    code = len(engine.program.codes[0].code)
    assert well.stat().st_size < engine.weight_bytes + code + len(engine.program.ir) + 4096


def test_ir_that_does_not_verify_is_refused_before_it_is_compiled(engine):
    """It may come from a stranger: a slice past the end would read memory that is not its own."""
    ir = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> attributes {input_names = ["x"], output_names = ["y"]} {
  %y = engine.slice %x {starts = array<i64: 1000000>, sizes = array<i64: 4>, steps = array<i64: 1>} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
"""  # noqa: E501
    program = replace(engine.program, ir=ir, constants=())
    with pytest.raises(InvalidIRError, match="are not within"):
        recompile(program)
