"""Models that leave sizes open and have a program for each set of sizes."""

import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler import open_model
from stepwell.errors import CompileError, InputError, NotEnoughMemoryError, UsageError
from stepwell.runtime.engine import Engine
from stepwell.runtime.open_engine import OpenEngine
from stepwell.runtime.sized_engines import SizedEngines

RNG = np.random.default_rng(0)
WEIGHT = RNG.standard_normal((6, 5)).astype(np.float32)


def programs(engine: Engine) -> SizedEngines:
    """What is kept for the sizes that have been seen."""
    assert isinstance(engine, OpenEngine)
    return engine._sized


def model(x: Any = ("N", "S", 6), **options: Any) -> onnx.ModelProto:
    """A product, a sum with the mean over the steps, and a softmax over them."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"], name="/product"),
        helper.make_node("ReduceMean", ["p"], ["m"], name="/mean", axes=[1]),
        helper.make_node("Add", ["p", "m"], ["s"], name="/add"),
        helper.make_node("Softmax", ["s"], ["y"], name="/softmax", axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(WEIGHT, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def values(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def no_program_for_all_sizes():
    """As if an operation of every model had no kernel that takes its sizes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_model, "general_program", lambda *_: (None, "asked by a test"))
        yield


@pytest.fixture(scope="module")
def engine() -> stepwell.Engine:
    return stepwell.compile(model())


@pytest.fixture(scope="module")
def theirs() -> Any:
    return onnxruntime.InferenceSession(model().SerializeToString())


def test_any_sizes_give_what_onnxruntime_gives(engine, theirs):
    assert str(engine.inputs[0]) == "x: float32[N, S, 6]"
    assert engine.outputs[0].shape[0] == "N"
    for shape in ((1, 1, 6), (3, 7, 6), (2, 16, 6), (3, 7, 6)):
        x = values(*shape)
        np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
        assert engine.arena_bytes == engine.memory(N=shape[0], S=shape[1]).intermediate


def test_the_same_as_the_model_with_these_sizes(engine):
    x = values(3, 9, 6)
    bound = stepwell.compile(model(), shapes={"N": 3, "S": 9})
    np.testing.assert_array_equal(engine(x), bound(x))


def test_progress_covers_programs_that_calls_make():
    steps: list[str] = []
    engine = stepwell.compile(model(), progress=lambda step: steps.append(step.name))
    del steps[:]
    for _ in range(2):
        engine(values(1, 2, 6))
    assert steps.count("plan") == 1
    assert steps[-1] == "code"


def test_out_and_other_kinds_of_arrays(engine):
    x = values(2, 4, 6)
    expected = engine(x)
    out = np.empty_like(expected)
    assert engine(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(engine(x.tolist()), expected)
    np.testing.assert_array_equal(engine(np.asfortranarray(x)), expected)
    with pytest.raises(InputError, match=r"has shape \[1\], expected \[2, 4, 5\]"):
        engine(x, out=out[0, 0, :1])


def test_wrong_inputs_are_refused_before_anything_is_compiled(engine):
    count = len(programs(engine))
    for wrong, message in (
        (np.zeros((5, 11, 6)), "has dtype float64, expected float32"),
        (np.zeros((5, 6), np.float32), r"has rank 2 \(shape \[5, 6\]\), expected rank 3"),
        (np.zeros((5, 11, 7), np.float32), r"shape \[5, 11, 7\], expected \[N = 5, S = 11, 6\]"),
    ):
        with pytest.raises(InputError, match=message):
            engine(wrong)
    with pytest.raises(InputError, match="there is no input 'z'"):
        engine.run({"z": values(5, 11, 6)})
    with pytest.raises(UsageError, match="inputs are given as list"):
        engine.run([values(5, 11, 6)])
    assert len(programs(engine)) == count
    assert engine(values(1, 1, 6)).shape == (1, 1, 5)


def test_threads_with_other_and_equal_sizes(monkeypatch, theirs):
    made: list[Any] = []
    program_for = open_model.OpenModel.program_for

    def counted(self: Any, sizes: Any) -> Any:
        made.append(tuple(sizes.values()))
        return program_for(self, sizes)

    monkeypatch.setattr(open_model.OpenModel, "program_for", counted)
    engine = stepwell.compile(model(), threads=2)

    def call(at: int) -> None:
        x = values(1 + at % 2, 5, 6)
        np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(40)))
    assert sorted(made) == [(1, 5), (2, 5)]


def test_more_memory_than_there_is(engine):
    huge = np.broadcast_to(np.float32(0), (1 << 20, 1 << 20, 6))
    with pytest.raises(NotEnoughMemoryError, match="with N = 1048576, S = 1048576: "):
        engine.memory(N=1 << 20, S=1 << 20)
    assert huge.shape == (1 << 20, 1 << 20, 6)
    assert engine(values(1, 1, 6)).shape == (1, 1, 5)


def test_memory_of_other_names(engine):
    with pytest.raises(UsageError, match="N is given; the names of the sizes .* are N, S"):
        engine.memory(N=1)
    bound = stepwell.compile(model((1, 2, 6)))
    assert bound.memory().weights == bound.weight_bytes
    with pytest.raises(UsageError, match="all sizes of this model are numbers"):
        bound.memory(N=1)


def test_names_that_the_model_does_not_give(theirs):
    engine = stepwell.compile(model((None, None, 6)))
    x = values(2, 3, 6)
    np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
    assert engine.inputs[0].shape == ("x_0", "x_1", 6)


def test_some_sizes_may_be_given(theirs):
    engine = stepwell.compile(model(), shapes={"N": 2})
    assert engine.inputs[0].shape == (2, "S", 6)
    x = values(2, 3, 6)
    np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
    with pytest.raises(InputError, match=r"has shape \[1, 3, 6\], expected \[2, S = 3, 6\]"):
        engine(x[:1])


def test_a_rank_that_is_not_known(tmp_path):
    proto = model()
    proto.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(CompileError, match=r"'x' has no rank; give it a shape: shapes=\{'x': \("):
        stepwell.compile(proto)
    assert stepwell.compile(proto, shapes={"x": (2, 3, 6)}).inputs[0].shape == (2, 3, 6)


def test_copies_are_the_same_engine(engine):
    assert copy.copy(engine) is engine
    assert copy.deepcopy(engine) is engine


class TestVariants:
    def test_they_are_there_and_stay(self, theirs):
        engine = stepwell.compile(model(), variants=[{"N": 1, "S": 4}, {"S": 3, "N": 2}])
        assert {sizes for sizes, _, stays in programs(engine) if stays} == {(1, 4), (2, 3)}
        for rows in range(1, 12):
            engine(values(rows, 5, 6))
        assert {sizes for sizes, _, stays in programs(engine) if stays} == {(1, 4), (2, 3)}
        x = values(2, 3, 6)
        np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)

    def test_programs_share_their_weights(self):
        engine = stepwell.compile(model(), variants=[{"N": 1, "S": 4}, {"N": 2, "S": 3}])
        one, two = (entry._weights for _, entry, _ in programs(engine))
        assert np.shares_memory(one, two)

    @pytest.mark.parametrize(
        ("variants", "message"),
        [
            ([{"N": 1}], "a variant: N is given; the names of the sizes of the model are N, S"),
            ([{"N": 1, "S": 2, "T": 3}], "a variant: N, S, T is given; "),
            ({"N": 1, "S": 2}, "variants is .* expected a list of sizes by name"),
            ([3], "a variant is 3, expected sizes by name"),
            ([{"N": 1, "S": "x"}], "the size S of a variant is 'x'"),
        ],
    )
    def test_wrong_ones(self, variants, message):
        with pytest.raises(UsageError, match=message):
            stepwell.compile(model(), variants=variants)

    def test_a_model_of_numbers_has_none(self):
        with pytest.raises(UsageError, match="the model are none: all are numbers"):
            stepwell.compile(model((1, 2, 6)), variants=[{"N": 1}])


@pytest.fixture(scope="module")
def path(tmp_path_factory: Any) -> Path:
    engine = stepwell.compile(model(), variants=[{"N": 1, "S": 4}])
    engine(values(2, 3, 6))
    path = tmp_path_factory.mktemp("open") / "net.well"
    engine.save(path)
    return path


class TestArtifacts:
    def test_it_holds_the_programs_there_are(self, path, engine):
        loaded = stepwell.load(path)
        assert {sizes for sizes, _, _ in programs(loaded)} == {(1, 4), (2, 3)}
        assert loaded.inputs == engine.inputs
        one, two = (entry._weights for _, entry, _ in programs(loaded))
        assert np.shares_memory(one, two)
        for shape in ((1, 4, 6), (2, 3, 6), (3, 5, 6)):
            x = values(*shape)
            np.testing.assert_array_equal(loaded(x), engine(x))

    def test_equal_engines_give_equal_files(self, path, tmp_path):
        stepwell.load(path).save(tmp_path / "again.well")
        assert (tmp_path / "again.well").read_bytes() == path.read_bytes()

    def test_recompiled_it_holds_the_same_programs(self, path, engine):
        loaded = stepwell.load(path, recompile=True)
        assert {sizes for sizes, _, _ in programs(loaded)} == {(1, 4), (2, 3)}
        x = values(2, 3, 6)
        np.testing.assert_array_equal(loaded(x), engine(x))

    def test_engines_travel(self, path, engine):
        x = values(2, 3, 6)
        for travelled in (stepwell.load(path), stepwell.compile(model())):
            arrived = pickle.loads(pickle.dumps(travelled))
            np.testing.assert_array_equal(arrived(x), engine(x))
            assert arrived(values(1, 7, 6)).shape == (1, 7, 5)

    def test_without_the_compiler(self, path, engine):
        """Sizes that are there run, and for others it says what to do."""
        code = f"""
import sys
for name in ("llvmlite", "xdsl"):
    sys.modules[name] = None
import numpy as np
import stepwell
engine = stepwell.load({str(path)!r})
print(engine(np.zeros((2, 3, 6), np.float32)).shape)
try:
    engine(np.zeros((2, 9, 6), np.float32))
except stepwell.StepwellError as error:
    print(error)
print(engine(np.zeros((1, 4, 6), np.float32)).shape)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        first, message, last = done.stdout.splitlines()
        assert (first, last) == ("(2, 3, 5)", "(1, 4, 5)")
        assert message == (
            "there is no program for N = 2, S = 9 in this artifact, and no compiler to make it; it "
            "has those for N = 1, S = 4; N = 2, S = 3. Compile the model with these sizes among "
            "its variants (--variant N=2,S=9)"
        )

    def test_without_ir_it_runs_what_it_holds(self, path, tmp_path, engine):
        stepwell.load(path).save(tmp_path / "small.well", recompilable=False)
        loaded = stepwell.load(tmp_path / "small.well")
        assert loaded(values(2, 3, 6)).shape == (2, 3, 5)
        with pytest.raises(InputError, match="there is no program for N = 4, S = 4"):
            loaded(values(4, 4, 6))

    def test_the_file_of_the_model_is_not_needed(self, tmp_path):
        path = tmp_path / "net.onnx"
        onnx.save(model(), path)
        engine = stepwell.compile(path)
        path.unlink()
        assert engine(values(2, 3, 6)).shape == (2, 3, 5)


def test_a_multiple_goes_by_the_name_that_the_model_gives_it(tmp_path, theirs):
    known = {"S": stepwell.Dim(8, 64, multiple=8, hint=16)}
    engine = stepwell.compile(model(), sizes=known, variants=[{"N": 1, "S": 16}])
    x = values(1, 24, 6)
    np.testing.assert_allclose(engine(x), theirs.run(None, {"x": x})[0], atol=1e-6)
    assert engine.memory(N=1, S=16).total > 0
    assert str(engine.inputs[0]) == "x: float32[N, S, 6]"
    with pytest.raises(InputError, match="has S = 12, which is no multiple of 8"):
        engine(values(1, 12, 6))
    with pytest.raises(InputError, match="has S = 72, expected 8 to 64 in steps of 8"):
        engine(values(1, 72, 6))
    with pytest.raises(UsageError, match="S = 12 is no multiple of 8"):
        engine.memory(N=1, S=12)
    engine.save(tmp_path / "net.well", recompilable=False)
    with pytest.raises(
        InputError, match="no program for N = 2, S = 16 in .*no IR .*S = 16; N = 1, S = 24"
    ):
        stepwell.load(tmp_path / "net.well")(values(2, 16, 6))


def test_a_module_of_level_2_with_names(tmp_path):
    type_ = 'tensor<?x6xf32, #engine.sizes<"N">>'
    (tmp_path / "net.mlir").write_text(f"""
func.func @main(%x: {type_}) -> {type_} attributes {{sizes = #engine.names<N in 1 to 64>}} {{
  %0 = engine.softmax %x {{axis = 0 : i64}} : {type_} -> {type_}
  func.return %0 : {type_}
}}
""")
    engine = stepwell.compile(tmp_path / "net.mlir")
    engine.save(tmp_path / "net.well")
    for x in (values(3, 6), values(1, 6)):
        expected = np.exp(x) / np.exp(x).sum(0)
        np.testing.assert_allclose(engine(x), expected, rtol=1e-5)
        np.testing.assert_allclose(stepwell.load(tmp_path / "net.well")(x), expected, rtol=1e-5)
    with pytest.raises(InputError, match="has N = 65, expected 1 to 64"):
        engine(values(65, 6))
