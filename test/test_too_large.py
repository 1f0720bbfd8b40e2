"""Models that need more memory than any machine has are refused before anything is allocated."""

import resource
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto as Tensor
from onnx import helper, numpy_helper

import stepwell
from stepwell.errors import ImportModelError, NotEnoughMemoryError
from stepwell.runtime.artifact import write_artifact

MEBI = 1 << 20
FLOAT, INT64 = Tensor.FLOAT, Tensor.INT64
Nodes = Sequence[onnx.NodeProto]


@pytest.fixture(autouse=True)
def peak() -> Iterator[None]:
    """Nothing here may touch a gigabyte."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20


def _value(name: str, shape: Sequence[int], type_: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, type_, shape)


def _model(nodes: Nodes, x: Sequence[int], y: Sequence[int], **constants: Any) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(np.asarray(c), name) for name, c in constants.items()]
    graph = helper.make_graph(nodes, "g", [_value("x", x)], [_value("y", y)], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def _node(op: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs.split(","), [output], **attributes)


def _reduced(*nodes: onnx.NodeProto, x: Sequence[int], **constants: Any) -> onnx.ModelProto:
    """A model that makes a giant `t` and gives its maximum."""
    last = _node("ReduceMax", "t", "y", keepdims=0)
    return _model([*nodes, last], x, [], **constants)


GIANTS: dict[str, Callable[[], onnx.ModelProto]] = {
    "constant of shape": lambda: _reduced(
        _node("ConstantOfShape", "s", "c"), _node("Add", "c,x", "t"), x=[MEBI], s=[MEBI, MEBI]
    ),
    "expand": lambda: _reduced(
        _node("Expand", "x,s", "e"), _node("Relu", "e", "t"), x=[1, 1], s=[2 * MEBI, MEBI]
    ),
    "outer product": lambda: _model(
        [_node("MatMul", "x,b", "t"), _node("Softmax", "t", "u"), _node("MatMul", "u,x", "y")],
        [MEBI, 4],
        [MEBI, 4],
        b=np.ones((4, 8), np.float32).repeat(MEBI // 8, 1),
    ),
    "tile of a constant": lambda: _reduced(
        _node("Tile", "w,s", "u"),
        _node("Add", "u,x", "t"),
        x=[1],
        w=np.arange(100, dtype=np.float32).reshape(10, 10),
        s=[MEBI, MEBI],
    ),
    "resize": lambda: _reduced(
        _node("Resize", "x,,s", "t"), x=[1, 1, 8, 8], s=np.array([1, 1, 1e6, 1e6], np.float32)
    ),
    "pad": lambda: _reduced(_node("Pad", "x,p", "t"), x=[8, 8], p=[0, 0, MEBI, MEBI]),
    "input": lambda: _model([_node("Relu", "x", "y")], [MEBI, MEBI], [MEBI, MEBI]),
    "sizes beyond 64 bits": lambda: _model(
        [_node("Conv", "x,w", "y", pads=[1, 1, 1, 1])],
        [1, 1, 1 << 36, 1 << 36],
        [1, 64, 1 << 36, 1 << 36],
        w=np.ones((64, 1, 3, 3), np.float32),
    ),
}


@pytest.mark.parametrize("name", GIANTS)
def test_giant_tensors(name: str):
    with pytest.raises(NotEnoughMemoryError, match=r"needs [\d,]{16,} bytes .* are available; use"):
        stepwell.compile(GIANTS[name]())


def test_the_message_names_the_largest_value():
    with pytest.raises(NotEnoughMemoryError, match=r"'e' alone|'t' alone"):
        stepwell.compile(GIANTS["expand"]())


def _with_sparse_weight(folder: Path, size: int, shape: Sequence[int]) -> Path:
    """A model whose weight lies in a file of holes."""
    with (folder / "w.bin").open("wb") as file:
        file.truncate(size)
    model = _model([_node("MatMul", "x,w", "y")], [1, shape[0]], [1, shape[1]])
    weight = Tensor(name="w", data_type=FLOAT, dims=shape, data_location=Tensor.EXTERNAL)
    weight.external_data.add(key="location", value="w.bin")
    model.graph.initializer.append(weight)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_a_giant_weight_is_refused_before_it_is_read(tmp_path: Path):
    path = _with_sparse_weight(tmp_path, 4 << 40, [MEBI, MEBI])
    with pytest.raises(NotEnoughMemoryError, match=r"model\.onnx.*needs 4,398,\S+ bytes"):
        stepwell.compile(path)


def test_a_file_that_does_not_fit_its_shape_is_wrong_not_large(tmp_path: Path):
    path = _with_sparse_weight(tmp_path, 4096, [MEBI, MEBI])
    with pytest.raises(ImportModelError, match="has 4096 bytes of data"):
        stepwell.compile(path)


def test_an_artifact_that_does_not_fit_is_refused_when_it_is_loaded(tmp_path: Path):
    relu = _model([_node("Relu", "x", "y")], [4], [4])
    program = replace(stepwell.compile(relu).program, arena_size=1 << 50)
    write_artifact(program, tmp_path / "large.well")
    with pytest.raises(NotEnoughMemoryError, match=r"needs 1,125,\S+ bytes"):
        stepwell.load(tmp_path / "large.well")


def test_for_another_target_only_the_weights_must_fit():
    """Where it will run there may be more memory."""
    engine = stepwell.compile(GIANTS["expand"](), target="neoverse-n1")
    assert engine.arena_bytes > 1 << 40
