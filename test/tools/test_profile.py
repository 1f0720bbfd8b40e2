"""`stepwell profile`: every step of the plan is timed, named, and measured against a ceiling."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.finish import CLOCK
from stepwell.compiler.options import Options
from stepwell.conversion.engine_to_kernels.kernel_uses import planned_main
from stepwell.dialects.engine import ReferenceOp
from stepwell.dialects.engine.base import EngineOp
from stepwell.tools.measure import peak_record
from stepwell.tools.measure.peak import Bandwidth, Peak
from stepwell.tools.measure.profile_run import profile_program
from stepwell.tools.measure.timed_program import TimedModel, TimedProgram

RNG = np.random.default_rng(0)
SIZE = 512
X = RNG.standard_normal((SIZE, SIZE)).astype(np.float32)

PEAK = Peak(1, 100.0, {level: Bandwidth(50.0, 40.0) for level in ("l1", "l2", "l3", "dram")}, 400.0)


@pytest.fixture(autouse=True)
def known_ceilings(monkeypatch):
    """Ceilings that take no time to measure; that they are measured is tested by itself."""

    def known(threads: int) -> Peak:
        return Peak(threads, PEAK.gflops * threads, PEAK.bandwidth, PEAK.gops_of_codes * threads)

    monkeypatch.setattr("stepwell.tools.measure.profile_run.recorded_peak", known)


def model_of(nodes, inputs, outputs, weights=()) -> onnx.ModelProto:
    def described(values):
        return [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in values]

    held = [numpy_helper.from_array(array, name) for name, array in weights]
    graph = helper.make_graph(nodes, "g", described(inputs), described(outputs), held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """Two products with a Softmax between them that no product can take."""
    weights = [(name, X / SIZE) for name in ("w", "v")]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], name="/first"),
        helper.make_node("Softmax", ["a"], ["s"], name="/softmax"),
        helper.make_node("MatMul", ["s", "v"], ["y"], name="/second"),
    ]
    path = tmp_path_factory.mktemp("model") / "net.onnx"
    square = [SIZE, SIZE]
    onnx.save(model_of(nodes, [("x", square)], [("y", square)], weights), str(path))
    return path


@pytest.fixture(scope="module")
def with_reference_op(tmp_path_factory) -> Path:
    nodes = [
        helper.make_node("Relu", ["x"], ["r"], name="/relu"),
        helper.make_node("Det", ["r"], ["d"], name="/det"),
        helper.make_node("Add", ["d", "d"], ["y"], name="/add"),
    ]
    path = tmp_path_factory.mktemp("model") / "reference.onnx"
    onnx.save(model_of(nodes, [("x", [3, 4, 4])], [("y", [3])]), str(path))
    return path


@pytest.fixture
def profiled(stepwell):
    """`profiled(*arguments)` gives (exit code, standard output, standard error)."""
    return partial(stepwell, "profile")


def timed_program(path: Path, threads: int = 1) -> TimedProgram:
    return TimedModel(path, threads=threads).at({})


def planned_ops(path: Path) -> list[str]:
    compilation = Compilation.of(str(path), Options())
    compilation.lower_to("plan")
    ops = planned_main(compilation.module).body.block.ops
    return [op.name for op in ops if isinstance(op, EngineOp | ReferenceOp)]


def test_the_steps_are_the_operations_of_the_plan(model, with_reference_op):
    for path in (model, with_reference_op):
        steps = timed_program(path).steps
        assert [f"engine.{step.op}" for step in steps] == planned_ops(path)
    assert [step.nodes for step in timed_program(model).steps] == [
        ("/first",),
        ("/softmax",),
        ("/second",),
    ]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_clock_only_goes_forward_and_changes_no_result(model, threads):
    program = timed_program(model, threads=threads)
    results = program.engine.run({"x": X})
    expected = stepwell.compile(str(model), threads=threads).run({"x": X})
    np.testing.assert_array_equal(results["y"], expected["y"])
    ticks = results[CLOCK]
    assert ticks.shape == (len(program.steps) + 1,)
    assert np.all(np.diff(ticks) > 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_steps_account_for_the_call(model, threads):
    program = timed_program(model, threads=threads)
    profile = profile_program(program, {"x": X}, model=model, threads=threads, runs=10)
    # The rest is a few microseconds of Python around milliseconds of products.
    assert 0.9 < profile["accounted"] <= 1.0
    assert profile["best_wall_us"] <= profile["wall_us"]
    assert sum(step["share"] for step in profile["steps"]) == pytest.approx(1)
    assert [len(profile["ceilings"]), profile["threads"]] == [threads, threads]
    first, softmax, second = profile["steps"]
    assert first["median_us"] > softmax["median_us"] / 10
    assert {first["threads"], second["threads"]} == {threads}


def test_figures_follow_from_the_work(model):
    program = timed_program(model)
    profile = profile_program(program, {"x": X}, model=model, threads=1, runs=3)
    product = profile["steps"][0]
    assert product["flops"] == product["definition_flops"] == 2 * SIZE**3
    # The weights lie in panels, of which the last may be filled up.
    assert 4 * SIZE**2 <= product["bytes_of_weights"] < 1.2 * 4 * SIZE**2
    assert product["bytes"] == 2 * 4 * SIZE**2 + product["bytes_of_weights"]
    assert product["template"] == "Matmul"
    assert product["bound"] == "compute"
    seconds = product["median_us"] * 1e-6
    assert product["gflops"] == pytest.approx(product["flops"] / seconds / 1e9)
    assert product["gbs"] == pytest.approx(product["bytes"] / seconds / 1e9)
    assert product["ceiling_us"] == pytest.approx(1e6 * product["flops"] / 100e9)
    assert product["percent_of_ceiling"] == pytest.approx(
        100 * (product["ceiling_us"] or 0) / product["median_us"]
    )
    softmax = profile["steps"][1]
    assert softmax["bound"] in ("l2", "l3", "dram")
    assert softmax["ceiling_us"] == pytest.approx(1e6 * 2 * 4 * SIZE**2 / 40e9)
    by_op = {group["name"]: group for group in profile["by_op"]}
    assert set(by_op) == {"matmul", "softmax"}
    assert by_op["matmul"]["count"] == 2
    assert by_op["matmul"]["flops"] == 4 * SIZE**3
    # Both products have the same types, so they are one kernel.
    assert [group["count"] for group in profile["by_kernel"] if "matmul" in group["name"]] == [2]


def test_json_is_complete(profiled, model):
    code, out, err = profiled(model, "--runs", 2, "--json")
    assert (code, err.splitlines()[0].split(":")[0]) == (0, "compile")
    profile = json.loads(out)
    assert profile["model"] == "net.onnx"
    assert profile["runs"] == 2
    assert profile["machine"]["processor"]
    assert profile["ceilings"][0]["bandwidth"]["l2"] == {"read": 50.0, "copy": 40.0}
    for step in profile["steps"]:
        assert step["kernel"].startswith(f"{step['op']}_512x512_")
        assert 0 < step["best_us"] <= step["median_us"]
        assert step["percent_of_ceiling"] > 0
        assert step["operands"][0] == "f32 512x512"
        assert step["nodes"]
        assert step["chunks"] >= 1
    assert profile["steps"][0]["operands"][1].startswith("f32 512x512 ")  # in panels


def test_tables(profiled, model):
    code, out, _ = profiled(model, "--runs", 2)
    assert code == 0
    first, second = out.splitlines()[:2]
    assert first.startswith("net.onnx, 1 thread: ")
    assert second.startswith("3 steps account for ")
    for text in ("/first", "/softmax", "/second", "f32 512x512", "compute", "operation"):
        assert text in out
    code, out, _ = profiled(model, "--runs", 1, "--top", 1)
    assert ("/first" in out) + ("/softmax" in out) + ("/second" in out) == 1


def test_an_artifact_is_profiled_from_the_ir_it_carries(profiled, model, tmp_path):
    well = tmp_path / "net.well"
    engine = stepwell.compile(str(model))
    engine.save(well)
    code, out, _ = profiled(well, "--runs", 1, "--json")
    assert code == 0
    assert [step["nodes"] for step in json.loads(out)["steps"]] == [
        ["/first"],
        ["/softmax"],
        ["/second"],
    ]
    engine.save(well, recompilable=False)
    code, out, err = profiled(well)
    assert (code, out) == (1, "")
    assert "the artifact has no IR" in err


def test_a_reference_operation_has_a_time_and_no_ceiling(profiled, with_reference_op):
    code, out, _ = profiled(with_reference_op, "--runs", 3, "--json")
    assert code == 0
    steps = json.loads(out)["steps"]
    (reference,) = [step for step in steps if not step["kernel"]]
    assert (reference["op"], reference["nodes"]) == ("reference", ["/det"])
    assert reference["percent_of_ceiling"] is reference["bound"] is None
    # It runs in Python, the others are a few dozen instructions.
    assert reference["share"] > 0.5
    code, out, _ = profiled(with_reference_op, "--runs", 1)
    assert (code, "reference (reference)" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.onnx"], 1, "missing.onnx"),
        (["--runs", "0"], 2, "--runs"),
        (["--threads", "0"], 2, "--threads"),
        (["--inputs", "{other}"], 1, "'x'"),
        (["--inputs", "missing.npz"], 1, "missing.npz"),
    ],
)
def test_bad_input(profiled, model, tmp_path, arguments, code, says):
    other = tmp_path / "other.npz"
    np.savez(other, z=X)
    given = [argument.format(other=other) for argument in arguments]
    if not given[0].endswith(".onnx"):
        given.insert(0, str(model))
    done, out, err = profiled(*given)
    assert (done, out) == (code, "")
    assert says in err


def test_options_of_compiling_do_not_go_with_an_artifact(profiled, model, tmp_path):
    well = tmp_path / "net.well"
    stepwell.compile(str(model)).save(well)
    code, _, err = profiled(well, "--shape", "x=2,2")
    assert code == 2
    assert "is compiled" in err


def test_the_best_figures_are_remembered(monkeypatch, tmp_path):
    figures = iter([10.0, 8.0, 12.0])

    def measured(seconds, threads):
        value = next(figures)
        levels = PEAK.bandwidth
        bandwidth = {level: Bandwidth(value, 20 - value) for level in levels}
        return Peak(threads, value, bandwidth, 4 * value)

    monkeypatch.setattr(peak_record, "measure_peak", measured)
    peaks = [peak_record.recorded_peak(1, tmp_path) for _ in range(3)]
    assert [peak.gflops for peak in peaks] == [10, 10, 12]
    assert peaks[1].bandwidth["l2"] == Bandwidth(10, 12)
    assert peaks[2].bandwidth["dram"] == Bandwidth(12, 12)
    (record,) = tmp_path.iterdir()
    record.write_text(record.read_text()[:20])
    figures = iter([5.0])
    assert peak_record.recorded_peak(1, tmp_path).gflops == 5


def test_a_loop_and_a_branch_are_one_step_each(tmp_path: Path):
    text = """<ir_version: 10, opset_import: ["": 21]>
    g (float[64] x, bool c, int64 n) => (float[64] y) <bool on = {1}> {
        a = Loop(n, on, x) <body = t (int64 i, bool g, float[64] u) => (bool h, float[64] p) {
            h = Identity(g) q = Softmax<axis = 0>(u) p = Neg(q) }>
        y = If(c) <then_branch = s () => (float[64] b) { b = Softmax<axis = 0>(a) },
            else_branch = e () => (float[64] d) { d = Abs(a) }>
    }"""
    path = tmp_path / "courses.onnx"
    path.write_bytes(onnx.parser.parse_model(text).SerializeToString())
    program = timed_program(path)
    assert [s.kernel for s in program.steps if s.op in ("loop", "if")] == ["loop", "if"]
    assert all(s.op in ("loop", "if", "relayout") for s in program.steps)
    for going in (True, False):  # a branch that does not run leaves no tick unset
        for trips in (0, 3):
            x = np.ones(64, np.float32)
            results = program.engine(x, np.array(going), np.array(trips))
            assert (np.diff(results[-1]) >= 0).all()
