"""`xdsl-opt` knows our dialects and passes."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from xdsl.dialects import get_all_dialects as their_dialects
from xdsl.universe import XDSL_UNIVERSE

from stepwell.compiler.universe import REPLACED, UNIVERSE
from stepwell.dialects import get_all_dialects

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def xdsl_opt(tmp_path: Path):
    """The tool, with the entry point of pyproject.toml, whenever this package was installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (name, value) = next(iter(project["entry-points"]["xdsl.universe"].items()))
    info = tmp_path / "entry_point-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: entry_point\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[xdsl.universe]\n{name} = {value}\n")

    def run(*arguments: str) -> str:
        code = "from xdsl.tools.xdsl_opt import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("name", ["1_framework", "2_engine", "3_layout", "4_plan", "5_kernels"])
def test_reads_every_level(xdsl_opt, name: str):
    assert "func.func @main(" in xdsl_opt(str(ROOT / f"test/compiler/two_layers/{name}.mlir"))


def test_runs_our_passes(xdsl_opt):
    file = ROOT / "test/compiler/two_layers/1_framework.mlir"
    printed = xdsl_opt(str(file), "-p", "lower-to-engine,lower-to-layout,lower-to-plan")
    assert "engine.matmul %x, %w epilogue" in printed
    assert "%arena: memref<" in printed


def test_no_name_is_there_twice():
    assert not UNIVERSE.all_dialects.keys() & XDSL_UNIVERSE.all_dialects.keys()
    assert not UNIVERSE.all_passes.keys() & XDSL_UNIVERSE.all_passes.keys()


def test_the_replaced_dialects_are_named():
    theirs, ours = their_dialects(), get_all_dialects()
    shared = theirs.keys() & ours.keys()
    differ = [name for name in shared if theirs[name]() is not ours[name]()]
    assert sorted(differ) == sorted(REPLACED)


def test_their_canonicalize_applies_our_rules(xdsl_opt, tmp_path: Path):
    file = tmp_path / "transposes.mlir"
    file.write_text("""
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %b = engine.transpose %a {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
  func.return %b : tensor<2x3xf32>
}
""")
    assert "engine.transpose" in xdsl_opt(str(file))
    assert "engine.transpose" not in xdsl_opt(str(file), "-p", "canonicalize")
