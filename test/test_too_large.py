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
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError, NotEnoughMemoryError
from stepwell.interpreters.running import run
from stepwell.runtime.artifact import write_artifact
from stepwell.runtime.code_seal import sealed
from stepwell.runtime.random_array import random_array

MEBI = 1 << 20
FLOAT, INT64 = Tensor.FLOAT, Tensor.INT64
Nodes = Sequence[onnx.NodeProto]


@pytest.fixture(autouse=True)
def peak() -> Iterator[None]:
    """Nothing here may touch a gigabyte."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20


def _value(name: str, shape: Sequence[int | None], type_: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, type_, shape)


def _model(
    nodes: Nodes, x: Sequence[int], y: Sequence[int | None], **constants: Any
) -> onnx.ModelProto:
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


TRILLION = 10**12


def _scalar(value: Any, dtype: Any = np.int64) -> Any:
    return np.array(value, dtype)


def _made(op: str, *, last: Sequence[int | None] = (None,), **constants: Any) -> onnx.ModelProto:
    """A model that adds what an operator makes of constants to its input."""
    attributes = constants.pop("attributes", {})
    node = _node(op, ",".join(constants), "t", **attributes)
    cast = helper.make_node("Cast", ["t"], ["f"], to=FLOAT)
    return _model([node, cast, _node("Add", "f,x", "y")], [1], last, **constants)


MADE: dict[str, Callable[[], onnx.ModelProto]] = {
    "range of integers": lambda: _made(
        "Range", a=_scalar(0), b=_scalar(TRILLION), c=_scalar(1)
    ),
    "range of floats": lambda: _made(
        "Range", a=_scalar(0, np.float32), b=_scalar(1e12, np.float32), c=_scalar(1, np.float32)
    ),
    "window": lambda: _made("HannWindow", a=_scalar(TRILLION)),
    "mel weights": lambda: _made(
        "MelWeightMatrix", a=_scalar(8), b=_scalar(TRILLION), c=_scalar(16000),
        d=_scalar(0, np.float32), e=_scalar(8000, np.float32), last=[None, None],
    ),
    "identity matrix": lambda: _model(
        [_node("EyeLike", "x", "t"), _node("CumSum", "t,z", "y")], [MEBI, MEBI], [MEBI, MEBI],
        z=_scalar(0),
    ),
    "triangle": lambda: _model(
        [_node("Trilu", "x", "t"), _node("CumSum", "t,z", "y")], [1 << 21, 1 << 21],
        [1 << 21, 1 << 21], z=_scalar(0),
    ),
    "grid": lambda: _made(
        "AffineGrid", a=np.ones((1, 2, 3), np.float32), b=np.array([1, 1, MEBI, MEBI]),
        last=[1, MEBI, MEBI, 2],
    ),
    "one hot": lambda: _made(
        "OneHot", a=np.arange(100), b=_scalar(1 << 38), c=np.array([0, 1], np.float32),
        last=[100, 1 << 38],
    ),
    "positions of maxima": lambda: _model(
        [_node("ArgMax", "x", "t", axis=0, keepdims=0), _node("Cast", "t", "y", to=FLOAT)],
        [1 << 40], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_what_is_computed_from_constants(name: str):
    with pytest.raises(NotEnoughMemoryError, match=r"needs [\d,]{15,} bytes"):
        stepwell.compile(MADE[name]())


def test_a_sparse_initializer_that_would_be_large_when_dense():
    model = _model([_node("Add", "x,w", "y")], [1], [1 << 40])
    values = numpy_helper.from_array(np.ones(1, np.float32), "w")
    indices = numpy_helper.from_array(np.zeros(1, np.int64), "i")
    sparse = helper.make_sparse_tensor(values, indices, [1 << 40])
    model.graph.sparse_initializer.append(sparse)
    with pytest.raises(NotEnoughMemoryError, match="a sparse tensor made dense needs"):
        stepwell.compile(model)


def test_the_reference_asks_before_it_computes():
    """The meaning of a model is computed as its author wrote it, every value in memory."""
    ctx = make_context()
    module = import_model(GIANTS["expand"](), ctx)
    with pytest.raises(NotEnoughMemoryError, match=r"Expand 't?e?'?.*needs"):
        run(ctx, module, [np.ones((1, 1), np.float32)])


def test_random_inputs_are_not_drawn_without_memory():
    with pytest.raises(NotEnoughMemoryError, match="drawing random float32"):
        random_array([MEBI, MEBI], np.dtype(np.float32), np.random.default_rng(0))


def test_pads_that_no_memory_holds_are_not_made():
    """Of two taps, one lies half a trillion elements before the other: in the padding."""
    far = 1 << 39
    pool = _node("MaxPool", "x", "y", kernel_shape=[2], dilations=[far], pads=[far, 0])
    x = np.arange(8, dtype=np.float32).reshape(1, 1, 8)
    np.testing.assert_array_equal(stepwell.compile(_model([pool], [1, 1, 8], [1, 1, 8]))(x), x)


def test_few_elements_that_would_take_forever_are_not_folded():
    """A product of all letters' sizes, on constants of a thousand elements."""
    letters = "abcdefgh"
    equation = ",".join(letters) + "->"
    names = [f"c{at}" for at in range(len(letters))]
    weights = {name: np.ones(1000, np.float32) for name in names}
    node = helper.make_node("Einsum", names, ["t"], equation=equation)
    model = _model([node, _node("Add", "t,x", "y")], [1], [1], **weights)
    np.testing.assert_allclose(stepwell.compile(model)(np.zeros(1, np.float32)), [1e24], rtol=1e-5)


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
    program = stepwell.compile(relu).program
    # Of a compiler that made it this large: with a seal that says so.
    codes = tuple(replace(code, seal=b"") for code in program.codes)
    program = sealed(replace(program, codes=codes, arena_size=1 << 50))
    write_artifact(program, tmp_path / "large.well")
    with pytest.raises(NotEnoughMemoryError, match=r"needs 1,125,\S+ bytes"):
        stepwell.load(tmp_path / "large.well")


def test_for_another_target_only_the_weights_must_fit():
    """Where it will run there may be more memory."""
    engine = stepwell.compile(GIANTS["expand"](), target="neoverse-n1")
    assert engine.arena_bytes > 1 << 40
