"""A plug-in as a package of its own: `test/plugin_package`, installed into a folder.

Everything runs in processes of its own, as what a plug-in adds stays in the one that has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent / "plugin_package"


def install(package: Path, site: Path) -> None:
    """Put a package into a folder as `pip install --target` would, without building a wheel."""
    project = tomllib.loads((package / "pyproject.toml").read_text())
    name, version = project["project"]["name"].replace("-", "_"), project["project"]["version"]
    for module in project["tool"]["setuptools"]["packages"]:
        shutil.copytree(package / module, site / module)
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in table.items())
        for group, table in project["project"]["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install(PACKAGE, folder)
    return folder


def run(site: Path, *command: str, cwd: Path | None = None) -> str:
    """The output of a command that finds what is installed in `site`; strict."""
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site), "STEPWELL_STRICT": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


MODEL = """
import numpy as np
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(0)
v = (0.3 * rng.standard_normal((20, 3, 3, 3))).astype(np.float32)
w = (0.1 * rng.standard_normal((8, 20, 3, 3))).astype(np.float32)
first, second = [0.5, -1.0, 0.25, 0.125], [1.0, 0.5, 0.0]


def horner(x, y, coefficients):
    return helper.make_node("Horner", [x], [y], y, domain="org.example", coefficients=coefficients)


def conv(x, w, y):
    return helper.make_node("Conv", [x, w], [y], y, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


nodes = [conv("x", "v", "a"), horner("a", "b", first)]
nodes += [conv("b", "w", "c"), horner("c", "y", second)]
graph = helper.make_graph(
    nodes,
    "net",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3, 9, 7])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 8, 9, 7])],
    [numpy_helper.from_array(v, "v"), numpy_helper.from_array(w, "w")],
)
opsets = [helper.make_opsetid("", 21), helper.make_opsetid("org.example", 1)]
model = helper.make_model(graph, opset_imports=opsets)
x = rng.standard_normal((2, 3, 9, 7)).astype(np.float32)


def convolved(x, w):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, w)


polynomial = np.polynomial.polynomial.polyval
expected = polynomial(convolved(polynomial(convolved(x, v), first), w), second)
"""


def test_a_model_runs_natively(site: Path, tmp_path: Path):
    code = """
import stepwell

for target in (None, "x86-64-v3", "x86-64-v2"):
    engine = stepwell.compile(model, target=target)
    assert engine.reference_ops == (), engine.reference_ops
    np.testing.assert_allclose(engine(x), expected, rtol=1e-4, atol=1e-4)
    engine.save("net.well")
    for anew in (False, True):
        loaded = stepwell.load("net.well", recompile=anew, threads=2)
        np.testing.assert_allclose(loaded(x), expected, rtol=1e-4, atol=1e-4)
"""
    run(site, "-c", MODEL + code, cwd=tmp_path)


def test_every_level_means_the_same(site: Path, tmp_path: Path):
    code = """
from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.interpreters import run

compilation = Compilation.of(model, Options(target="x86-64-v3"))
for level in ("onnx", "engine", "layout", "plan", "kernels"):
    compilation.lower_to(level)
    (y,) = run(compilation.ctx, compilation.module, [x])
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4, err_msg=level)
    print(compilation.module)
"""
    printed = run(site, "-c", MODEL + code, cwd=tmp_path)
    assert "onnx.org.example.Horner(%a) {coefficients = [0.5, -1.0, 0.25, 0.125]" in printed
    assert 'rewrites = ["drop-zero-coefficients"]' in printed
    # In the layout of the convolutions, and between the borders of the next one's operand.
    assert 'tensor<2x20x9x7xf32, #engine.layout<"aBcd8b">>' in printed
    assert "poly.horner" in printed
    assert "func.func @poly_horner_2x20x9x7" in printed


def test_operators_without_a_schema_name_the_domain(tmp_path: Path):
    code = """
import stepwell

try:
    stepwell.compile(model)
except stepwell.StepwellError as error:
    print(error)
"""
    printed = run(tmp_path, "-c", MODEL + code, cwd=tmp_path)
    assert "no schema of domain 'org.example' is known" in printed


def test_attributes_are_checked_by_the_schema(site: Path, tmp_path: Path):
    code = """
import stepwell

nodes[1].attribute[0].name = "coeficients"
graph.node[1].CopyFrom(nodes[1])
model = helper.make_model(graph, opset_imports=opsets)
try:
    stepwell.compile(model)
except stepwell.StepwellError as error:
    print(error)
"""
    printed = run(site, "-c", MODEL + code, cwd=tmp_path)
    assert "unsupported attribute 'coeficients'; its schema has coefficients" in printed


def test_its_own_lit_suite(site: Path, tmp_path: Path):
    suite = tmp_path / "test"
    shutil.copytree(PACKAGE / "test", suite)
    printed = run(site, "-c", "from lit.main import main; main()", "-v", str(suite))
    assert "Passed: 4 (100.00%)" in printed
