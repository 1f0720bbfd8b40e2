"""One program for all sizes of a model."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.compiler import open_model
from stepwell.compiler.compile import lower
from stepwell.compiler.open_model import PER_SIZES
from stepwell.errors import InputError, NotEnoughMemoryError, UsageError
from stepwell.runtime.engine import Engine
from stepwell.runtime.open_engine import OpenEngine

RNG = np.random.default_rng(0)
SHAPES = [(1, 1, 6), (3, 7, 6), (2, 16, 6), (1, 0, 6), (5, 33, 6), (3, 7, 6), (4, 400, 6)]


def model(x: Any = ("N", "S", 6)) -> onnx.ModelProto:
    """Maps, a mean over the steps, and a softmax over what does not change."""
    nodes = [
        helper.make_node("Exp", ["x"], ["e"], name="/exp"),
        helper.make_node("ReduceMean", ["e"], ["m"], name="/mean", axes=[1]),
        helper.make_node("Sub", ["e", "m"], ["d"], name="/sub"),
        helper.make_node("Softmax", ["d"], ["p"], name="/softmax", axis=2),
        helper.make_node("Concat", ["p", "x"], ["y"], name="/concat", axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
            helper.make_tensor_value_info("m", TensorProto.FLOAT, None),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def values(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return stepwell.compile(model())


@pytest.fixture(scope="module")
def theirs() -> Any:
    return onnxruntime.InferenceSession(model().SerializeToString())


def test_it_is_compiled_once(engine):
    assert not isinstance(engine, OpenEngine)
    assert PER_SIZES not in engine.program.provenance.options
    assert engine.program.sizes == ("N", "S")
    assert len(engine.program.codes) == 1
    assert engine.program.table_entries > 1


def test_any_sizes_give_what_onnxruntime_gives(engine, theirs):
    for shape in SHAPES:
        x = values(*shape)
        if not x.size:  # whose mean they refuse
            assert engine(x)[0].shape == (1, 0, 6)
            continue
        for ours, other in zip(engine(x), theirs.run(None, {"x": x}), strict=True):
            np.testing.assert_allclose(ours, other, atol=1e-6)
        assert engine.arena_bytes == engine.memory(N=shape[0], S=shape[1]).intermediate


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_as_the_model_with_these_sizes(engine, shape):
    x = values(*shape)
    bound = stepwell.compile(model(), shapes={"N": shape[0], "S": shape[1]})
    for ours, other in zip(engine(x), bound(x), strict=True):
        np.testing.assert_allclose(ours, other, rtol=2e-6, atol=1e-7)


def test_results_do_not_depend_on_threads(engine):
    others = [stepwell.compile(model(), threads=threads) for threads in (2, 4)]
    for shape in SHAPES:
        x = values(*shape)
        for other in others:
            for a, b in zip(engine(x), other(x), strict=True):
                np.testing.assert_array_equal(a, b)


def test_sizes_that_alternate_in_several_threads(engine):
    inputs = [values(*shape) for shape in SHAPES]
    expected = [engine(x) for x in inputs]

    def many(first: int) -> None:
        for at in range(60):
            number = (first + at) % len(inputs)
            for a, b in zip(engine(inputs[number]), expected[number], strict=True):
                np.testing.assert_array_equal(a, b)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(many, range(3)))


def test_inputs_that_do_not_fit_are_refused_and_the_engine_works_on(engine):
    expected = engine(values(2, 3, 6) * 0)
    with pytest.raises(InputError, match="rank 2"):
        engine(values(2, 6))
    with pytest.raises(InputError, match=r"expected \[N = 2, S = 3, 6\]"):
        engine(values(2, 3, 5))
    for a, b in zip(engine(values(2, 3, 6) * 0), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_more_memory_than_there_is(engine):
    with pytest.raises(NotEnoughMemoryError, match=r"N = \d+, S = \d+"):
        engine.memory(N=2**40, S=2**40)
    with pytest.raises(UsageError, match="the names of the sizes of the model are N, S"):
        engine.memory(S=2)


def test_it_travels(engine, tmp_path):
    path = tmp_path / "net.well"
    engine.save(path)
    x = values(3, 11, 6)
    np.save(tmp_path / "x.npy", x)
    code = (
        "import sys, numpy as np\n"
        "from stepwell.runtime.load import load\n"
        "y = load(sys.argv[1])(np.load(sys.argv[2]))\n"
        "assert not any(m.startswith(('llvmlite', 'xdsl', 'onnx')) for m in sys.modules)\n"
        "np.save(sys.argv[3], y[0])\n"
    )
    command = [sys.executable, "-c", code, path, tmp_path / "x.npy", tmp_path / "y.npy"]
    subprocess.run(command, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), engine(x)[0])
    for other in (
        stepwell.load(path),
        stepwell.load(path, recompile=True),
        pickle.loads(pickle.dumps(engine)),
    ):
        assert not other.program.is_open
        np.testing.assert_array_equal(other(x)[0], engine(x)[0])


def test_variants_stand_beside_it(engine, tmp_path):
    both = stepwell.compile(model(), variants=[{"N": 1, "S": 8}, {"N": 3, "S": 7}])
    assert isinstance(both, OpenEngine)
    assert not both.program.is_open
    both.save(tmp_path / "both.well")
    again = stepwell.load(tmp_path / "both.well")
    for shape in SHAPES:
        x = values(*shape)
        for one in (both, again):
            np.testing.assert_allclose(one(x)[0], engine(x)[0], rtol=2e-6, atol=1e-7)
            assert one.arena_bytes == one.memory(N=shape[0], S=shape[1]).intermediate
    assert both.at({"N": 3, "S": 7}) is not both
    assert both.at({"N": 3, "S": 8}) is both


def test_every_level_runs(tmp_path):
    from stepwell.dialects import make_context
    from stepwell.interpreters.running import run
    from stepwell.ir.module_file import read_module

    x = values(2, 5, 6)
    expected = stepwell.compile(model(), shapes={"N": 2, "S": 5})(x)
    for level in ("engine", "layout", "plan", "kernels"):
        path = tmp_path / f"{level}.mlir"
        path.write_text(lower(model(), level).text)
        ctx = make_context()
        results = run(ctx, read_module(ctx, str(path)), [x])
        for ours, other in zip(results, expected, strict=True):
            np.testing.assert_allclose(ours, other, atol=1e-6, err_msg=level)
    compiled = stepwell.compile(tmp_path / "kernels.mlir")
    assert str(compiled.inputs[0]) == "x: float32[N, S, 6]"
    np.testing.assert_allclose(compiled(x)[0], expected[0], atol=1e-6)


def test_reference_operations_take_the_sizes_of_the_call(tmp_path):
    """A determinant and a remainder in 64 bits have no kernels; one result lies in the arena."""
    nodes = [
        helper.make_node("Det", ["x"], ["d"], name="/det"),
        helper.make_node("Mod", ["d", "b"], ["y"], name="/mod", fmod=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [
            helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", "S", 3, 3]),
            helper.make_tensor_value_info("b", TensorProto.DOUBLE, ["S"]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, None)],
    )
    engine = stepwell.compile(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    )
    assert not engine.program.is_open
    assert engine.reference_ops == ("/det", "/mod")
    engine.save(tmp_path / "net.well")

    def call(one: Engine, n: int, s: int) -> None:
        x, b = RNG.standard_normal((n, s, 3, 3)), RNG.random(s) + 0.1
        expected = np.fmod(np.linalg.det(x), b)
        for _ in range(2):
            np.testing.assert_allclose(one(x, b), expected, atol=1e-12)

    for one in (engine, stepwell.load(tmp_path / "net.well")):
        for shape in ((3, 5), (1, 1), (2, 40), (3, 5)):
            call(one, *shape)
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(call, one, n, 7 - n) for n in range(1, 7)]:
                done.result()


def test_a_size_that_an_operator_needs_is_a_bound_of_its_name():
    graph = helper.make_graph(
        [helper.make_node("Gather", ["x", "last"], ["y"], name="/last", axis=1)],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "S"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.array(-3), "last")],
    )
    opset = [helper.make_opsetid("", 17)]
    engine = stepwell.compile(helper.make_model(graph, opset_imports=opset, ir_version=8))
    assert engine.program.dims["S"] == "3..@128"
    needs = "input 'x' has S = 2, expected at least 3, which Gather '/last' needs"
    with pytest.raises(InputError, match=needs):
        engine(values(2, 2))
    x = values(2, 3)
    np.testing.assert_array_equal(engine(x), x[:, 0])


def test_a_reference_operation_whose_operands_do_not_say_the_names():
    """It is compiled for the sizes of a call: by itself `N * S` does not say what either is."""
    text = """<ir_version: 10, opset_import: ["" : 21]>
        g (float[N, S, 2, 2] x) => (float[M] y) <int64[3] s = {-1, 2, 2}> {
            r = Reshape(x, s) d = Det(r) y = Neg(d) }"""
    engine = stepwell.compile(onnx.parser.parse_model(text))
    assert (
        "sizes that its operands do not give: N, S"
        in (engine.program.provenance.options[PER_SIZES])
    )
    for n, s in ((2, 3), (1, 4)):
        x = values(n, s, 2, 2)
        expected = -np.linalg.det(x.reshape(-1, 2, 2))
        np.testing.assert_allclose(engine(x), expected, rtol=1e-4, atol=1e-5)


def strings_model() -> onnx.ModelProto:
    """Columns of strings become numbers beside others, whose rows have another name."""
    text = """<ir_version: 10, opset_import: ["" : 21, "ai.onnx.ml" : 4]>
        g (string[R, 2] s, float[M, 3] x) => (float[M, 5] y) {
            e = ai.onnx.ml.LabelEncoder<keys_strings = ["a", "b"], values_floats = [1.0, 2.0],
                default_float = -1.0>(s)
            c = Concat<axis = 1>(e, x)
            y = Neg(c)
        }"""
    return onnx.parser.parse_model(text)


def test_sizes_that_strings_alone_say(tmp_path):
    engine = stepwell.compile(strings_model())
    assert PER_SIZES not in engine.program.provenance.options
    assert engine.program.sizes == ("M", "R"), "inputs with a buffer come first"
    engine.save(tmp_path / "net.well")
    for one in (engine, stepwell.load(tmp_path / "net.well")):
        for rows in (1, 3, 7, 3):
            s = np.array([["a", "b"], ["b", "?"], ["?", "a"]] * 3, object)[:rows]
            x = values(rows, 3)
            numbers = np.where(s == "a", 1.0, np.where(s == "b", 2.0, -1.0))
            expected = -np.concatenate([numbers, x], 1).astype(np.float32)
            np.testing.assert_array_equal(one.run({"s": s.tolist(), "x": x})["y"], expected)
        with pytest.raises(InputError, match="equal sizes, and R is 2, M is 3"):
            one.run({"s": np.array([["a", "b"]] * 2, object), "x": values(3, 3)})


def test_sizes_of_strings_in_a_program_for_each_size(monkeypatch):
    monkeypatch.setattr(open_model, "general_program", lambda *_: (None, "asked by a test"))
    engine = stepwell.compile(strings_model())
    for rows in (2, 5):
        s, x = np.full((rows, 2), "a", object), values(rows, 3)
        expected = -np.concatenate([np.ones((rows, 2), np.float32), x], 1)
        np.testing.assert_array_equal(engine.run({"s": s, "x": x})["y"], expected)


def test_a_sequence_beside_a_tensor_of_any_size():
    """The elements of a sequence have sizes of their own, which are none of the model's."""
    text = """<ir_version: 10, opset_import: ["" : 21]>
        g (seq(float[K]) s, float[N] x) => (seq(float[K]) y) { n = Neg(x) y = SequenceInsert(s, n) }
        """
    engine = stepwell.compile(onnx.parser.parse_model(text))
    for count in (3, 5):
        given, x = [values(2), values(4)], values(count)
        found = engine.run({"s": given, "x": x})["y"]
        for ours, expected in zip(found, [*given, -x], strict=True):
            np.testing.assert_array_equal(ours, expected)


def test_parts_that_are_there_at_some_sizes_only():
    """At the hint of one the last part would have a size below 0."""
    text = """<ir_version: 10, opset_import: ["" : 21]>
        g (float[N] x) => (a, b, c, d) { a, b, c, d = Split<num_outputs = 4>(x) }"""
    engine = stepwell.compile(onnx.parser.parse_model(text))
    assert PER_SIZES not in engine.program.provenance.options
    assert not engine.reference_ops
    for n in (4, 7, 16, 31):
        x, step = values(n), -(-n // 4)
        for at, part in enumerate(engine(x)):
            np.testing.assert_array_equal(part, x[at * step : (at + 1) * step])
    with pytest.raises(InputError, match="N = 5"):
        engine(values(5))
