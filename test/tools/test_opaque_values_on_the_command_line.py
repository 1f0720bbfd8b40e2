"""Sequences, optionals, maps and strings in `.npz` files, and the commands on models with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from stepwell.errors import InputError
from stepwell.runtime.named_arrays import for_npz, named_arrays, random_opaque, with_opaque
from stepwell.runtime.program import TensorSignature
from stepwell.tools.opt_tool import main as opt_tool


def _signature(dtype: str, *wrappers: str) -> TensorSignature:
    return TensorSignature("x", dtype, ("...",), wrappers, 0)


WHOLE = st.integers(-9, 9)
TENSORS = st.lists(WHOLE, max_size=3).map(lambda v: np.array(v, np.int64))
STRINGS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)).map(
    lambda v: np.array(v, np.object_)
)
MAPS = st.dictionaries(WHOLE, WHOLE.map(np.int64), min_size=1)
CASES = st.one_of(
    TENSORS.map(lambda v: (_signature("int64"), v)),
    STRINGS.map(lambda v: (_signature("string"), v)),
    st.lists(TENSORS).map(lambda v: (_signature("int64", "seq"), v)),
    st.lists(STRINGS).map(lambda v: (_signature("string", "seq"), v)),
    st.lists(st.lists(TENSORS, min_size=1)).map(lambda v: (_signature("int64", "seq", "seq"), v)),
    st.none().map(lambda v: (_signature("int64", "optional"), v)),
    st.lists(TENSORS).map(lambda v: (_signature("int64", "optional", "seq"), v)),
    MAPS.map(lambda v: (_signature("int64", "map int64"), v)),
    st.lists(MAPS).map(lambda v: (_signature("int64", "seq", "map int64"), v)),
)


@given(CASES)
def test_values_survive_a_file(case: tuple[TensorSignature, Any]) -> None:
    signature, value = case
    arrays = for_npz({"x": value, "other": np.zeros(2)})
    assert all(array.dtype != np.object_ for array in arrays.values())
    feeds = with_opaque(arrays, [signature], "in.npz")
    assert feeds.keys() == {"x", "other"}
    before, after = named_arrays("x", value), named_arrays("x", feeds["x"])
    assert before.keys() == after.keys()
    for name, array in before.items():
        assert array.tolist() == after[name].tolist()


def test_an_object_that_is_not_whole() -> None:
    arrays = {"x.1": np.zeros(2), "y": np.zeros(1)}
    with pytest.raises(
        InputError, match=r"in.npz: no array of the name 'x.0', 'x.1', .*'x.1', 'y'"
    ):
        with_opaque(arrays, [_signature("float32", "seq")], "in.npz")
    with pytest.raises(InputError, match="no array of the name 'x.keys'"):
        with_opaque(arrays, [_signature("float32", "map int64")], "in.npz")


def test_random_objects() -> None:
    rng = np.random.default_rng(0)
    pair = random_opaque(TensorSignature("x", "float32", (2, "?"), ("optional", "seq"), 0), rng)
    assert [array.shape for array in pair] == [(2, 3), (2, 3)]
    words = random_opaque(TensorSignature("x", "string", (4,), (), 0), rng)
    assert words.dtype == np.object_
    assert words.shape == (4,)
    assert list(random_opaque(_signature("int64", "map string"), rng)) == ["well", "step"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where x is not 0, the pieces and x, and the words with an end."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["where"], name="/where"),
        helper.make_node("SequenceInsert", ["pieces", "x"], ["longer"], name="/insert"),
        helper.make_node("StringConcat", ["words", "words"], ["twice"], name="/concat"),
        helper.make_node("Neg", ["x"], ["y"], name="/neg"),
    ]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [3]),
        helper.make_tensor_sequence_value_info("pieces", TensorProto.FLOAT, ["K"]),
        helper.make_tensor_value_info("words", TensorProto.STRING, ["W"]),
    ]
    outputs = [
        helper.make_tensor_value_info("where", TensorProto.INT64, [1, "count"]),
        helper.make_tensor_sequence_value_info("longer", TensorProto.FLOAT, ["K"]),
        helper.make_tensor_value_info("twice", TensorProto.STRING, ["W"]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [3]),
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    opsets = [helper.make_opsetid("", 21)]
    path = tmp_path_factory.mktemp("objects") / "objects.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), str(path))
    return path


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "in.npz"
    pieces = {"pieces.0": np.ones(2, np.float32), "pieces.1": np.ones(1, np.float32)}
    x, words = np.array([0, 5, 6], np.float32), np.array(["a", "bé"])
    np.savez(path, allow_pickle=False, x=x, words=words, **pieces)
    return path


def test_compile_info_run(stepwell, model: Path, inputs: Path, tmp_path: Path) -> None:
    well, results = tmp_path / "objects.well", tmp_path / "out.npz"
    assert stepwell("compile", model, "-o", well)[0] == 0
    code, out, _ = stepwell("info", well)
    assert code == 0
    assert "pieces: seq(float32[K])" in out
    assert "words: string[W]" in out
    assert "where: int64[1, count]" in out
    for program in (model, well):
        assert stepwell("run", program, "--inputs", inputs, "--outputs", results)[0] == 0
        with np.load(results, allow_pickle=False) as file:
            assert sorted(file.files) == ["longer.0", "longer.1", "longer.2", "twice", "where", "y"]
            assert file["where"].tolist() == [[1, 2]]
            assert file["longer.2"].tolist() == [0, 5, 6]
            assert file["twice"].tolist() == ["aa", "bébé"]
            assert file["y"].tolist() == [0, -5, -6]
    code, out, _ = stepwell("run", well, "--inputs", inputs)
    assert code == 0
    assert "longer.0: float32[2]" in out


def test_a_sequence_that_is_missing(stepwell, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.npz"
    np.savez(path, x=np.zeros(3, np.float32), words=np.array(["a"]))
    code, _, err = stepwell("run", model, "--inputs", path)
    assert code == 1
    assert "no array of the name 'pieces.0', 'pieces.1', ..., or of an empty 'pieces'" in err


@pytest.mark.parametrize("random", [True, False])
def test_verify(stepwell, model: Path, inputs: Path, random: bool) -> None:
    code, out, _ = stepwell("verify", model, *([] if random else ["--inputs", inputs]))
    assert code == 0
    assert "longer.2" in out
    assert "6 of 6 values" in out
    code, out, _ = stepwell("verify", model, "--per-op")
    assert code == 0


PASSES = ("convert-onnx-to-engine", "optimize", "assign-layouts", "plan-memory")


@pytest.mark.parametrize("count", range(len(PASSES) + 1))
def test_every_level_runs(
    capfd: pytest.CaptureFixture[str], model: Path, inputs: Path, count: int
) -> None:
    """The same values at each level, and no pass moves one of them."""
    pipeline = ["-p", ",".join(PASSES[:count]), "--check-numerics"] if count else []
    assert opt_tool([str(model), *pipeline, "--run", "--inputs", str(inputs)]) == 0
    out, err = capfd.readouterr()
    assert "not checked" not in err
    for text in ("where: int64[1, 2]", "longer.2: float32[3]", "twice: object[2]", "y: float32[3]"):
        assert text in out


def test_all_levels_are_printed(stepwell, model: Path, tmp_path: Path) -> None:
    for level in ("onnx", "engine", "layout", "plan", "kernels", "llvm"):
        text = tmp_path / f"{level}.mlir"
        assert stepwell("compile", model, "--emit", level, "-o", text)[0] == 0
        if level != "llvm":
            assert stepwell("info", text)[0] == 0
