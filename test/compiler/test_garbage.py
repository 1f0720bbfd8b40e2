"""What compiling leaves is freed, and what was there before is not looked through."""

import gc
import weakref

import numpy as np
from onnx import TensorProto, helper
from xdsl.dialects.builtin import ModuleOp

import stepwell
from stepwell.compiler.garbage import fewer_collections
from stepwell.compiler.kernel_cache import FOLDER_VARIABLE


class Cycle:
    def __init__(self):
        self.itself = self


def test_what_was_there_before_is_not_visited():
    gc.collect()
    cycle = Cycle()
    gc.collect()  # the cycle is among the old
    old = weakref.ref(cycle)
    with fewer_collections() as garbage:
        young = weakref.ref(Cycle())
        del cycle
    garbage.collect()
    assert old() is not None
    assert young() is None
    gc.collect()
    assert old() is None


def test_what_has_moved_on_to_the_old_is_freed_too():
    gc.collect()
    with fewer_collections() as garbage:
        cycle = Cycle()
        made = weakref.ref(cycle)
        gc.collect(1)  # as happens after ten million objects
        del cycle
    garbage.collect()
    assert made() is None


def test_thresholds_are_as_they_were():
    before = gc.get_threshold()
    with fewer_collections():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before


def test_no_ir_is_left_of_a_compilation(tmp_path, monkeypatch):
    """And old objects are not visited, also when kernels are built."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    stepwell.compile(model, exactness="bitwise")  # what is imported when it is needed is there
    gc.collect()
    before = sum(isinstance(o, ModuleOp) for o in gc.get_objects())
    full = gc.get_stats()[2]["collections"]
    for file in tmp_path.rglob("*.kernel"):
        file.unlink()
    engine = stepwell.compile(model)
    assert gc.get_stats()[2]["collections"] == full
    assert sum(isinstance(o, ModuleOp) for o in gc.get_objects()) == before
    assert engine(-np.ones((2, 3), np.float32)).max() == 0
