"""Models written back to ONNX."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.conversion.export_onnx import export_file, export_model
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run


def parsed(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 18]>\n{text}')


def again(source: Any, **options: Any) -> onnx.ModelProto:
    """Imported and exported."""
    context = make_context()
    exported = export_model(import_model(source, context), context, **options)
    onnx.checker.check_model(exported, full_check=True)
    return exported


def results(model: onnx.ModelProto, inputs: list[Any]) -> list[Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [info.name for info in session.get_inputs()]
    return list(session.run(None, dict(zip(names, inputs, strict=True))))


X = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)


def test_names_types_and_attributes() -> None:
    model = parsed("""g (float[N, 3] x) => (float[N, 3] y) { y = Elu <alpha = 0.25> (x) }""")
    model.graph.node[0].name = "act"
    exported = again(model)
    assert exported.graph.input == model.graph.input
    assert exported.graph.output == model.graph.output
    [node] = exported.graph.node
    assert node.name == "act"
    assert node.attribute == model.graph.node[0].attribute


def test_outputs_that_are_inputs_constants_or_the_same_value() -> None:
    model = parsed("""
    g (float[2, 3] x) => (float[2, 3] x2, float[2, 3] y, float[2, 3] z, float[1] c)
    <float[1] w = {4}>
    { x2 = Identity(x) y = Relu(x) z = Identity(y) c = Identity(w) }
    """)
    context = make_context()
    module = import_model(model, context)
    text = str(module)
    returned = "func.return %x2, %y, %z, %c"
    assert returned in text
    text = text.replace(returned, "func.return %x, %y, %y, %w")
    direct = Parser(context, text).parse_module()
    exported = export_model(direct, context)
    onnx.checker.check_model(exported, full_check=True)
    assert [output.name for output in exported.graph.output] == ["x2", "y", "z", "c"]
    x, y, z, c = results(exported, [X])
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, np.maximum(X, 0))
    np.testing.assert_array_equal(z, y)
    np.testing.assert_array_equal(c, [4])


def test_absent_inputs_and_outputs() -> None:
    model = parsed("""
    g (float[5, 2, 3] x, float[1, 16, 3] w, float[1, 16, 4] r, float[1, 2, 4] h)
    => (float[1, 2, 4] c)
    { , , c = LSTM <hidden_size = 4> (x, w, r, , , h) }
    """)
    exported = again(model)
    [node] = exported.graph.node
    assert list(node.input) == ["x", "w", "r", "", "", "h"]
    assert list(node.output) == ["", "", "c"]


def test_subgraphs_keep_their_outer_values() -> None:
    then = helper.make_graph(
        [], "t", [], [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2, 3])]
    )
    other = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["s"])], "e", [],
        [onnx.ValueInfoProto(name="s")], [numpy_helper.from_array(np.ones(3, np.float32), "w")],
    )  # fmt: skip
    node = helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    graph = helper.make_graph(
        [node],
        "g",
        [
            helper.make_tensor_value_info("c", onnx.TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2, 3]),
        ],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [2, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    exported = again(model)
    for condition, expected in ((True, X), (False, X + 1)):
        [result] = results(exported, [np.array(condition), X])
        np.testing.assert_array_equal(result, expected)


def test_the_opset_is_the_oldest_that_means_the_same() -> None:
    plain = parsed("g (float[2, 3] x) => (float[2, 3] y) { y = Relu(x) }")
    assert again(plain).opset_import[0].version == 18
    gelu = helper.make_model(
        helper.make_graph(
            [helper.make_node("Gelu", ["x"], ["y"], approximate="tanh", name="act")],
            "g",
            [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2, 3])],
            [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [2, 3])],
        ),
        opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10,
    )
    assert again(gelu).opset_import[0].version == 20
    with pytest.raises(StepwellError, match="Gelu 'act' needs opset 20, 18 was asked for"):
        again(gelu, opset=18)


def test_old_versions_are_exported_in_the_new_form() -> None:
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 11]>'
        "g (float[2, 3] x) => (float[2] y) { y = ReduceSum <axes = [1], keepdims = 0> (x) }"
    )
    [result] = results(again(model), [X])
    np.testing.assert_allclose(result, X.sum(1), rtol=1e-6)


def weighted(count: int = 3) -> onnx.ModelProto:
    weights = [
        numpy_helper.from_array(np.full((64, 3), at, np.float32), f"w{at}") for at in range(count)
    ]
    strings = numpy_helper.from_array(np.array(["a", "b"], object), "words")
    nodes = [
        helper.make_node("Sum", [w.name for w in weights], ["s"]),
        helper.make_node("Identity", ["words"], ["t"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [],
        [onnx.ValueInfoProto(name="s"), onnx.ValueInfoProto(name="t")],
        [*weights, strings],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


@pytest.mark.parametrize("limit", [2**31, 1000])
def test_files_with_numbers_inside_and_beside(tmp_path: Path, limit: int) -> None:
    context = make_context()
    module = import_model(weighted(), context)
    path = tmp_path / "m.onnx"
    export_file(module, context, path, limit=limit)
    assert sorted(os.listdir(tmp_path)) == (
        ["m.onnx"] if limit > 1000 else ["m.onnx", "m.onnx.data"]
    )
    onnx.checker.check_model(str(path), full_check=True)
    fresh = make_context()
    total, words = run(fresh, import_model(path, fresh), [])
    np.testing.assert_array_equal(total, np.full((64, 3), 3, np.float32))
    assert words.tolist() == ["a", "b"]


def test_a_file_equals_the_message(tmp_path: Path) -> None:
    context = make_context()
    module = import_model(weighted(), context)
    export_file(module, context, tmp_path / "m.onnx")
    assert onnx.load(tmp_path / "m.onnx") == export_model(module, context)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    context = make_context()
    module = import_model(weighted(), context)
    with pytest.raises(StepwellError, match="cannot be written"):
        export_file(module, context, tmp_path / "none" / "m.onnx")
    (tmp_path / "m.onnx").mkdir()
    with pytest.raises(StepwellError, match="is a folder, which is not replaced"):
        export_file(module, context, tmp_path / "m.onnx")
    assert os.listdir(tmp_path) == ["m.onnx"]


def test_a_message_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    context = make_context()
    module = import_model(weighted(), context)
    monkeypatch.setattr("stepwell.conversion.export_onnx.MESSAGE_LIMIT", 1000)
    with pytest.raises(StepwellError, match="write it to a file instead"):
        export_model(module, context)


def test_only_the_onnx_level_can_be_exported() -> None:
    context = make_context()
    text = """
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = arith.addf %x, %x : tensor<2xf32>
      func.return %y : tensor<2xf32>
    }
    """
    module: ModuleOp = Parser(context, text).parse_module()
    with pytest.raises(StepwellError, match=r"'arith\.addf' is not an operation of the onnx"):
        export_model(module, context)
    with pytest.raises(StepwellError, match="a function @main"):
        export_model(ModuleOp([]), context)
