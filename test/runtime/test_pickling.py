"""Engines travel between processes: as the path of their artifact, or as the artifact."""

import copy
import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from operator import attrgetter

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.errors import InvalidArtifactError, UsageError
from stepwell.runtime import load as loading

X = np.random.default_rng(0).standard_normal((4, 32)).astype(np.float32)


def compiled(scale: float = 1.0) -> stepwell.Engine:
    weight = np.linspace(-scale, scale, 32 * 16, dtype=np.float32).reshape(32, 16)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["h"]),
            helper.make_node("Softmax", ["h"], ["y"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 16])],
        [numpy_helper.from_array(weight, "w")],
    )
    return stepwell.compile(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    )


@pytest.fixture
def path(tmp_path):
    compiled().save(tmp_path / "net.well")
    return tmp_path / "net.well"


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_process_pool(path, method, loaded):
    engine = stepwell.load(path, threads=2) if loaded else compiled()
    expected = engine(X)
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        for found in pool.map(stepwell.Engine.__call__, [engine] * 3, [X] * 3):
            np.testing.assert_array_equal(found, expected)
        assert list(pool.map(attrgetter("threads"), [engine])) == [engine.threads]


def test_what_was_loaded_travels_as_a_path(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    engine = stepwell.load("net.well")
    data = pickle.dumps(engine)
    assert str(path).encode() in data
    assert len(data) < 500
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(pickle.loads(data)(X), engine(X))


def test_it_is_loaded_once_in_a_process(path):
    for engine in (stepwell.load(path), compiled()):
        data = pickle.dumps(engine)
        first = pickle.loads(data)
        assert first is not engine
        assert pickle.loads(data) is first
        assert pickle.loads(pickle.dumps(first)) is first


def test_the_engines_that_arrived_are_not_kept_without_end(path):
    for threads in range(1, 20):
        pickle.loads(pickle.dumps(stepwell.load(path, threads=threads)))
    assert len(loading._arrived) <= loading._MOST_KEPT


def test_another_file_under_the_same_name(path):
    data = pickle.dumps(stepwell.load(path))
    compiled(2.0).save(path)
    with pytest.raises(InvalidArtifactError, match=r"net\.well: is not the artifact that"):
        pickle.loads(data)
    path.unlink()
    with pytest.raises(InvalidArtifactError, match=r"net\.well: cannot be read"):
        pickle.loads(data)


def test_the_same_file_copied_back(path, tmp_path):
    data = pickle.dumps(stepwell.load(path))
    shutil.copy(path, tmp_path / "copy")
    path.unlink()
    shutil.copy(tmp_path / "copy", path)
    assert pickle.loads(data).threads >= 1


def test_what_was_recompiled_is_recompiled_again(path):
    """Machine code of a stranger's file is not run in the other process, either."""
    engine = stepwell.load(path, recompile=True)
    function, arguments = engine.__reduce__()
    assert arguments[3] is not None
    np.testing.assert_array_equal(function(*arguments)(X), engine(X))


def test_one_that_is_too_large(monkeypatch):
    engine = compiled()
    monkeypatch.setattr(loading, "MOST_CARRIED_BYTES", 3000)
    with pytest.raises(UsageError, match=r"3,000 is the most; save it .*pickle stepwell\.load"):
        pickle.dumps(engine)


def test_one_that_was_made_by_hand(path):
    engine = stepwell.Engine(compiled().program)
    with pytest.raises(UsageError, match="save it and load the file"):
        pickle.dumps(engine)


def test_a_copy_is_the_same_engine():
    engine = compiled()
    assert copy.copy(engine) is engine
    assert copy.deepcopy({"a": engine})["a"] is engine


def test_reference_steps_travel():
    graph = helper.make_graph(
        [helper.make_node("Det", ["x"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    engine = stepwell.compile(model)
    assert engine.reference_ops
    other = pickle.loads(pickle.dumps(engine))
    assert other(np.array([[2, 1], [0, 3]], np.float32)).tolist() == 6
