"""What is said of sizes that stay open: by `sizes`, by `--size`, and where it is printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler.compile import lower
from stepwell.errors import ImportModelError, InputError, UsageError
from stepwell.runtime.size import named
from stepwell.tools import cli
from stepwell.tools.inputs.shape_option import parse_bound, parse_shapes, parse_sizes


def joined() -> onnx.ModelProto:
    """Halves of rows, doubled again and put beside the rows: they agree for even numbers alone."""
    infos = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, "H"])]
    scales = helper.make_tensor("scales", TensorProto.FLOAT, [3], [1, 1, 2])
    nodes = [
        helper.make_node("MaxPool", ["x"], ["half"], kernel_shape=[2], strides=[2]),
        helper.make_node("Resize", ["half", "", "scales"], ["up"], mode="nearest"),
        helper.make_node("Concat", ["up", "x"], ["y"], axis=1, name="/up/Concat"),
    ]
    outputs = [onnx.ValueInfoProto(name="y")]
    graph = helper.make_graph(nodes, "g", infos, outputs, [scales])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def test_bounds_and_multiples_hold_for_calls():
    sizes = {"H": stepwell.Dim(2, 64, multiple=2, hint=16), "N": 1}
    engine = stepwell.compile(joined(), sizes=sizes)
    x = np.arange(12, dtype=np.float32).reshape(1, 2, 6)
    y = engine(x)
    np.testing.assert_array_equal(y[:, 2:], x)
    np.testing.assert_array_equal(y[:, :2, ::2], x[:, :, 1::2])
    with pytest.raises(InputError, match="no multiple of 2"):
        engine(x[:, :, :5])
    with pytest.raises(InputError, match="2 to 64"):
        engine(np.zeros((1, 2, 66), np.float32))


def test_a_multiple_makes_a_relation_superfluous():
    assert "relations" in lower(joined(), "onnx").text
    text = lower(joined(), "onnx", sizes={"H": stepwell.Dim(multiple=2)}).text
    assert "relations" not in text
    assert 'tensor<?x4x?xf32, #framework.dims<["N", "", "\'H/2\' * 2"]>>' in text


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ({"K": stepwell.Dim(1, 2)}, ImportModelError, "size 'K': no input has a dimension of this"),
        ({"H": "1..2"}, UsageError, r"sizes\['H'\]"),
        ([("H", 1)], UsageError, r"expected a mapping as in \{'S': stepwell.Dim\(1, 2048\)\}"),
    ],
)
def test_what_is_no_size_is_said(sizes: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        stepwell.compile(joined(), sizes=sizes)


def test_bounds_that_contradict_are_said():
    with pytest.raises(UsageError, match="bounds are 0 <= lower <= upper"):
        stepwell.Dim(3, 2)
    with pytest.raises(UsageError, match="no multiple lies within"):
        stepwell.Dim(1, 7, multiple=8)


def test_options_are_read():
    assert parse_sizes(["H=2..64/2@16"]) == {"H": stepwell.Dim(2, 64, 2, 16)}
    assert parse_shapes(["x=1x3x8", "y=N,4,P + 1"]) == {
        "x": (1, 3, 8),
        "y": (named("N"), 4, named("P") + 1),
    }
    assert parse_bound(["x=1,3"], ["H=7"]) == {"x": (1, 3), "H": (7,)}
    with pytest.raises(UsageError, match="a call needs a number, as in H=7"):
        parse_bound([], ["H=1..7"])
    with pytest.raises(UsageError, match="a call needs numbers"):
        parse_bound(["x=N,3"], [])


def test_the_command_line_says_sizes(tmp_path: Path, capsys: Any, monkeypatch: Any):
    path = tmp_path / "joined.onnx"
    path.write_bytes(joined().SerializeToString())
    for arguments in (["info", str(path)],
                      ["compile", str(path), "--emit", "onnx", "--size", "H=0..64/2"]):  # fmt: skip
        monkeypatch.setattr("sys.argv", ["stepwell", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
    out = capsys.readouterr().out
    assert re.search(r"size +H: 0 and more, planned for 128", out)
    assert "(H floordiv 2) * 2 is H, needed by /up/Concat" in out
    assert '"H/2" in 0 to 32 hint 32' in out
