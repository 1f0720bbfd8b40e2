"""Models that leave sizes open, on the command line and in Python."""

import json
import re
import shlex
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell as package
from stepwell.compiler import open_model
from stepwell.ir.known_sizes import open_sizes_text

RNG = np.random.default_rng(0)


def net(x=("batch", 3), y=(1, 3)) -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "y"], ["z"], name="/add")],
        "net",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, x),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, y),
        ],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.fixture
def model(tmp_path):
    onnx.save(net(), tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


@pytest.fixture
def inputs(tmp_path):
    path = tmp_path / "in.npz"
    np.savez(path, x=np.ones((5, 3), np.float32), y=np.full((1, 3), 2, np.float32))
    return path


def test_run_takes_them_from_the_inputs(stepwell, model, inputs, tmp_path):
    out = tmp_path / "out.npz"
    assert stepwell("run", model, "--inputs", inputs, "--outputs", out)[0] == 0
    with np.load(out) as file:
        np.testing.assert_array_equal(file["z"], np.full((5, 3), 3, np.float32))


@pytest.mark.parametrize("command", ["verify", "bench", "profile"])
def test_so_do_the_others(stepwell, model, inputs, command):
    few = {"bench": ["--rounds", 1], "profile": ["--runs", 1], "verify": []}[command]
    for sizes in (["--inputs", inputs], ["--shape", "batch=4"], ["--shape", "x=2,3"]):
        assert stepwell(command, model, *sizes, *few)[0] == 0
    code, out, _ = stepwell(command, model, *few)
    assert code == 0
    assert "batch = 1" in out


def test_verify_draws_three_points(stepwell, tmp_path):
    onnx.save(net(["N", "S"], [1, "S"]), tmp_path / "net.onnx")
    code, out, _ = stepwell("verify", tmp_path / "net.onnx")
    assert code == 0
    points = re.findall(r"^at N = (\d+), S = (\d+), the program for all sizes:$", out, re.MULTILINE)
    assert len(set(points)) == 3
    assert points[0] == ("1", "128")
    assert "3 of 3 values" in out
    code, out, _ = stepwell("verify", tmp_path / "net.onnx", "--shape", "S=9")
    assert set(re.findall(r"S = (\d+)", out)) <= {"9"}


def test_bench_gives_the_shapes_to_the_peers(stepwell, model):
    code, out, _ = stepwell(
        "bench", model, "--shape", "batch=4", "--vs", "onnxruntime", "--rounds", 1, "--json"
    )
    assert code == 0
    assert json.loads(out)["comparisons"][0]["runtimes"]["onnxruntime"]["agrees"]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (["batch", 3], [1, 3]),
        (["batch", "width"], [1, "width"]),
        ([None, 3], [1, 3]),
        (["N", None], [1, 3]),
        (["x", 3], ["x", 3]),
        (["a b", 3], ["it's", 3]),
    ],
)
def test_the_options_that_info_says_can_be_copied(stepwell, tmp_path, x, y):
    path = tmp_path / "net.onnx"
    onnx.save(net(x, y), path)
    line = re.search(r"open sizes +(.*)", stepwell("info", path)[1])
    assert line is not None
    options = shlex.split(line[1])
    assert stepwell("compile", path, "-o", tmp_path / "net.well", *options)[0] == 0
    sizes = package.load(tmp_path / "net.well").inputs[0].shape
    assert all(isinstance(size, int) for size in sizes)


def test_a_rank_that_is_not_known():
    from xdsl.dialects.builtin import f32

    from stepwell.dialects.framework import tensor_type

    text = open_sizes_text({"x": tensor_type(f32, None)})
    assert "input 'x' is float of any rank" in text
    assert "--shape x=SIZES" in text


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x": np.ones((5, 4), np.float32)},
            r"input 'x' has shape \[5, 4\], expected \[batch, 3\]",
        ),
        ({"x": np.ones(3, np.float32)}, r"input 'x' has rank 1 .* expected rank 2: \[batch, 3\]"),
        ({"x": np.ones((5, 3), np.float64)}, "has dtype float64"),
        ({"z": np.ones((5, 3), np.float32)}, "missing: 'x'"),
    ],
)
def test_inputs_that_do_not_fit(stepwell, model, tmp_path, arrays, message):
    given: dict[str, Any] = {"y": np.ones((1, 3), np.float32), **arrays}
    np.savez(tmp_path / "in.npz", **given)
    code, _, err = stepwell("run", model, "--inputs", tmp_path / "in.npz")
    assert code == 1
    assert re.search(message, err)


def test_a_given_size_against_the_inputs(stepwell, model, inputs):
    code, _, err = stepwell("run", model, "--inputs", inputs, "--shape", "batch=4")
    assert code == 1
    assert "dimension 'batch' is 5 in input 'x' (shape [5, 3]), but 4 in the given sizes" in err


def test_a_static_size_stays(stepwell, model):
    code, _, err = stepwell("compile", model, "--shape", "y=1,4")
    assert code == 1
    assert "shape of 'y': [1, 4] given, but dimension 1 is 3 in the model, not 4" in err


class TestArrayFiles:
    def test_single_arrays(self, stepwell, model, tmp_path):
        np.save(tmp_path / "x.npy", np.ones((2, 3), np.float32))
        np.save(tmp_path / "y=1.npy", np.ones((1, 3), np.float32))
        code, out, _ = stepwell(
            *("run", model, "--inputs", f"x={tmp_path}/x.npy"),
            *("--inputs", f"y={tmp_path}/y=1.npy"),
        )
        assert code == 0
        assert out.startswith("z: float32[2, 3]\n")

    def test_without_a_name_for_a_model_of_one_input(self, stepwell, tmp_path):
        graph = helper.make_graph(
            [helper.make_node("Neg", ["x"], ["y"])],
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        )
        opset = [helper.make_opsetid("", 21)]
        path = tmp_path / "net.onnx"
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
        np.save(tmp_path / "a=b.npy", np.ones(3, np.float32))
        for command in ("run", "verify"):
            assert stepwell(command, path, "--inputs", tmp_path / "a=b.npy")[0] == 0

    @pytest.mark.parametrize(
        ("given", "status", "message"),
        [
            (["x.npy"], 2, "the model has 2 inputs ('x', 'y'); say which, as in --inputs NAME="),
            (["in.npz", "x=x.npy"], 2, "'x' is given twice"),
            (["x=in.npz"], 2, "is an archive of named arrays, which gets no name"),
            (["x=absent.npy"], 1, "absent.npy: No such file"),
            (["empty.npz"], 1, "empty.npz: the file is empty"),
            (["broken.npz"], 1, "broken.npz: not a .npz file of plain arrays"),
            (["cut.npz"], 1, "cut.npz: not a .npz file of plain arrays"),
            (["other.npz"], 1, "other.npz: not a .npz file of plain arrays"),
        ],
    )
    def test_wrong_files(
        self, stepwell, model, inputs, tmp_path, monkeypatch, given, status, message
    ):
        import zipfile

        monkeypatch.chdir(tmp_path)
        np.save("x.npy", np.ones((5, 3), np.float32))
        open("empty.npz", "wb").close()
        data = bytearray(inputs.read_bytes())
        with open("cut.npz", "wb") as file:
            file.write(data[: len(data) // 2])
        np.savez_compressed("broken.npz", x=RNG.standard_normal((50, 3)).astype(np.float32))
        with open("broken.npz", "r+b") as file:
            file.seek(200)
            file.write(b"\xff" * 20)
        with zipfile.ZipFile("other.npz", "w") as archive:
            archive.writestr("x.npy", b"text")
        arguments = [word for text in given for word in ("--inputs", text)]
        code, _, err = stepwell("run", model, *arguments)
        assert code == status, err
        assert message in err


def test_one_program_for_all_sizes(stepwell, model, tmp_path):
    path = tmp_path / "net.well"
    code, out, _ = stepwell("compile", model, "-o", path)
    assert code == 0
    assert "sizes batch are open, with one program for all; arena" in out
    assert "bytes at batch = 1," in out
    out = stepwell("info", path)[1]
    assert "program       for all sizes" in out
    assert "buffers at batch = 1" in out
    np.savez(tmp_path / "in.npz", x=np.ones((4, 3), np.float32), y=np.ones((1, 3), np.float32))
    assert stepwell("run", path, "--inputs", tmp_path / "in.npz")[1].startswith("z: float32[4, 3]")
    code, out, _ = stepwell("compile", model, "-o", path, "--variant", "batch=4")
    assert "with one program for all, and 1 program for chosen ones; arena" in out
    out = stepwell("info", path)[1]
    assert "program       for batch = 4: arena" in out
    assert "program       for all other sizes" in out


def test_compile_leaves_them_open(stepwell, model, tmp_path, monkeypatch):
    monkeypatch.setattr(open_model, "general_program", lambda *_: (None, "asked by a test"))
    path = tmp_path / "net.well"
    code, out, _ = stepwell("compile", model, "-o", path)
    assert code == 0
    assert "sizes batch are open, with 0 programs (--variant compiles for sizes ahead)" in out
    variants = ["--variant", "batch=1", "--variant", "batch=4"]
    code, out, _ = stepwell("compile", model, "-o", path, *variants)
    assert code == 0
    assert "sizes batch are open, with 2 programs," in out
    out = stepwell("info", path)[1]
    assert "program       for batch = 4: arena" in out
    assert "size          batch: 0..@1" in out
    np.savez(tmp_path / "in.npz", x=np.ones((4, 3), np.float32), y=np.ones((1, 3), np.float32))
    assert stepwell("run", path, "--inputs", tmp_path / "in.npz")[1].startswith("z: float32[4, 3]")
    for wrong in ("batch", "batch=x", "batch=1,batch=2"):
        assert stepwell("compile", model, "-o", path, "--variant", wrong)[0] == 2
    few = {"bench": ["--rounds", 1], "profile": ["--runs", 1]}
    for command, options in few.items():
        code, out, _ = stepwell(command, path, *options)
        assert code == 0
        assert out.startswith("at batch = 1, ")
        for sizes in (
            ["--shape", "batch=4"],
            ["--shape", "x=4,3"],
            ["--size", "batch=4"],
            ["--inputs", tmp_path / "in.npz"],
        ):
            code, out, _ = stepwell(command, path, *sizes, *options)
            assert (code, out.startswith("at batch = 4, ")) == (0, True)
    stepwell("compile", model, "--shape", "batch=4", "-o", path)
    code, _, err = stepwell("bench", path, "--shape", "batch=4")
    assert (code, "its shapes are what they are" in err) == (2, True)


FEW = {"bench": ["--rounds", 1], "profile": ["--runs", 1], "verify": []}


@pytest.mark.parametrize("command", FEW)
class TestSizesOfCalls:
    """`--size` of commands that make calls: the program is one for all sizes."""

    def at(self, out: str) -> list[str]:
        return re.findall(r"^at (.*), the program for all sizes:$", out, re.MULTILINE)

    def test_each_number_of_a_name_is_taken_in_turn(self, stepwell, model, command):
        sizes = ["--size", "batch=7", "--size", "batch=2"]
        code, out, err = stepwell(command, model, *sizes, *FEW[command])
        assert code == 0, err
        assert self.at(out) == ["batch = 7", "batch = 2"]

    def test_hints_and_bounds_are_those_given(self, stepwell, tmp_path, command):
        onnx.save(net(["N", "S"], [1, "S"]), tmp_path / "net.onnx")
        sizes = ["--size", "S=8..24/8@16", "--size", "N=3"]
        code, out, err = stepwell(command, tmp_path / "net.onnx", *sizes, *FEW[command])
        assert code == 0, err
        points = self.at(out)
        assert points[0] == "N = 3, S = 16"
        assert set(points) <= {f"N = 3, S = {n}" for n in (8, 16, 24)}
        assert len(points) == (3 if command == "verify" else 1)

    def test_what_a_model_does_not_take(self, stepwell, tmp_path, command):
        onnx.save(net(["N", "S"], [1, "S"]), tmp_path / "net.onnx")
        for sizes, code, message in (
            (["T=3"], 2, "unknown size 'T'; known are N, S"),
            (["S=8..24/8", "S=9"], 2, "S = 9 is no multiple of 8"),
            (["S=8..24", "S=25"], 1, "input 'x' has S = 25, expected 8 to 24"),
            (["S=x"], 2, "'x' is no size"),
        ):
            given = [word for size in sizes for word in ("--size", size)]
            found, _, err = stepwell(command, tmp_path / "net.onnx", *given)
            assert (found, message in err) == (code, True), err

    def test_a_module(self, stepwell, tmp_path, command):
        onnx.save(net(["N", "S"], [1, "S"]), tmp_path / "net.onnx")
        text = stepwell("compile", tmp_path / "net.onnx", "--emit", "engine")[1]
        (tmp_path / "net.mlir").write_text(text)
        sizes = ["--size", "N=2", "--size", "S=7"]
        code, out, err = stepwell(command, tmp_path / "net.mlir", *sizes, *FEW[command])
        assert code == 0, err
        assert self.at(out) == ["N = 2, S = 7"]


def test_profile_says_work_at_the_sizes_of_the_calls(stepwell, tmp_path):
    onnx.save(net(["N", "S"], [1, "S"]), tmp_path / "net.onnx")
    sizes = ["--size", "N=2", "--size", "S=64", "--size", "S=512"]
    code, out, _ = stepwell("profile", tmp_path / "net.onnx", *sizes, "--runs", 1, "--json")
    assert code == 0
    profiles = json.loads(out)
    assert [p["sizes"] for p in profiles] == ["N = 2, S = 64", "N = 2, S = 512"]
    for profile, length in zip(profiles, (64, 512), strict=True):
        [step] = profile["steps"]
        assert step["flops"] == 2 * length
        assert step["bytes_written"] == 4 * 2 * length
        assert step["operands"] == [f"f32 2x{length}", f"f32 1x{length}"]


def test_sizes_that_relations_leave_are_drawn(stepwell, tmp_path):
    """Only multiples of 8 can be halved three times and put together again."""
    graph = helper.make_graph(
        [
            helper.make_node("MaxPool", ["x"], ["a"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("Resize", ["a", "", "scales"], ["b"], mode="nearest", name="/up"),
            helper.make_node("Add", ["x", "b"], ["y"], name="/skip"),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, "H", "W"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, 8, 8])],
    )
    opset = [helper.make_opsetid("", 21)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "net.onnx")
    sizes = ["--size", "H=8..64", "--size", "W=8..64"]
    code, out, err = stepwell("verify", tmp_path / "net.onnx", *sizes)
    assert code == 0, err
    found = re.findall(r"^at H = (\d+), W = (\d+)", out, re.MULTILINE)
    assert len(set(found)) == 3
    assert all(int(n) % 8 == 0 for point in found for n in point)


def test_info_says_the_memory_of_a_call(stepwell, model, tmp_path):
    path = tmp_path / "net.well"
    assert stepwell("compile", model, "-o", path)[0] == 0
    code, out, _ = stepwell("info", path, "--size", "batch=10", "--size", "batch=1000")
    assert code == 0
    rows = re.findall(r"memory +(.*) for intermediate values, (.*) for inputs .* at (.*)", out)
    assert [row[1:] for row in rows] == [
        ("252 bytes", "batch = 10"),
        ("24.0 kB", "batch = 1000"),
    ]
    code, _, err = stepwell("info", model, "--size", "batch=10")
    assert (code, "--size is for .well files" in err) == (2, True)
