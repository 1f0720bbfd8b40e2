"""The recipe of docs/adding.md, followed as a stranger would: on a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
STEP = re.compile(r"<!-- (new|change): (\S+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMANDS = re.search(r"^```\nmake docs\nlit (.*)\npytest (.*)\n```$", PAGE, re.MULTILINE)


def changed(text: str, change: str, file: str) -> str:
    """`text` after one change; its lines of context must be there, and only once."""
    lines = [(line[:1], line[1:]) for line in change.splitlines(keepends=True)]
    before = "".join(line for mark, line in lines if mark != "+")
    after = "".join(line for mark, line in lines if mark != "-")
    assert text.count(before) == 1, f"docs/adding.md changes {file} where it does not look so"
    return text.replace(before, after)


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the sources with every step of the recipe done, as the package `stepwell`."""
    site = tmp_path_factory.mktemp("site")
    tree = site / "stepwell"
    skip = shutil.ignore_patterns(".*", "__pycache__", "build", "benchmarks", "*.onnx", "Output")
    shutil.copytree(ROOT, tree, ignore=skip)
    steps = STEP.findall(PAGE)
    assert len(steps) > 12
    for kind, name, text in steps:
        path = tree / name
        if kind == "new":
            assert not path.exists(), f"{name} is there already"
            path.write_text(text)
        else:
            path.write_text(changed(path.read_text(), text, name))
    return tree


def run(tree: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(tree.parent)}
    done = subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_copy_is_what_runs(tree: Path):
    code = "import stepwell; print(stepwell.__file__)"
    assert run(tree, "-c", code).strip() == str(tree / "__init__.py")


def test_the_reference_has_the_operation(tree: Path):
    run(tree, "docs/generate_reference.py")
    assert "## `engine.horner`" in (tree / "docs" / "reference" / "engine.md").read_text()


def test_its_lit_tests_pass(tree: Path):
    assert COMMANDS is not None
    files = COMMANDS[1].split()
    printed = run(tree, "-c", "from lit.main import main; main()", "-v", *files)
    assert f"Passed: {len(files)} (100.00%)" in printed


def test_its_python_tests_pass(tree: Path):
    assert COMMANDS is not None
    files = COMMANDS[2].split()
    selected = ["-k", "horner or drop-zero-coefficients"]
    printed = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, *selected)
    assert re.search(r"^1[2-9] passed", printed, re.MULTILINE), printed
